"""A deployment on its way: pinned, staged, verified, and brought to the fleet."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.deployment import Word
from swatbot.domain.findings import Holdings, Pin, StageHosts
from swatbot.domain.person import Actor
from swatbot.domain.stage import HostResult, Stage, Tally
from swatbot.domain.upkeep import Drift
from swatbot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Pinned:
    """The snapshot was taken; the hosts are fixed from here on, and those that must be put right first.

    Attributes:
        gone: short ids of changes that the deployer was told of and that it does not ship: they went live
            meanwhile, or were reverted.
        asked: who is asked instead, if there are any.
    """

    number: int
    pin: Pin
    stages: tuple[StageHosts, ...]
    before: Holdings | None = None
    behind: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostsPutRight:
    """What came of bringing hosts of a stage to exactly what the fleet holds, before its first step."""

    number: int
    stage: Stage
    results: tuple[HostResult, ...]


@dataclass(frozen=True, slots=True)
class HostsSynced:
    """What came of bringing hosts to S_`step`. Hosts that were not started keep what they had."""

    number: int
    stage: Stage
    step: int
    results: tuple[HostResult, ...]


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a sync is; `told` when it is worth a line in the channel."""

    number: int
    tally: Tally
    told: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of a stage said."""

    number: int
    stage: Stage
    step: int
    baking: bool
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class VerificationAsked:
    """The snapshot is on the test servers, and the submitters are asked until `deadline`."""

    number: int
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A submitter's word, or that of a deployer in the place of those in `persons`."""

    number: int
    word: Word
    persons: tuple[str, ...]
    actor: Actor
    why: str = ""
    override: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Reminded:
    """Those who are asked, or who hold, were reminded."""

    number: int


@dataclass(frozen=True, slots=True)
class StillStaged:
    """Everybody's word is there, and the test servers prove that they hold what it was about."""

    number: int


@dataclass(frozen=True, slots=True)
class NoLongerStaged:
    """Test servers hold something else by now, so that nobody's word counts: it is staged anew.

    Attributes:
        drift: those that differ.
        silent: those that could not be asked.
    """

    number: int
    drift: tuple[Drift, ...]
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CanariesStarted:
    """Production is next."""

    number: int


@dataclass(frozen=True, slots=True)
class BakeStarted:
    """The canaries have it and answer; they are watched under traffic."""

    number: int


@dataclass(frozen=True, slots=True)
class FleetStarted:
    """The canaries passed."""

    number: int


@dataclass(frozen=True, slots=True)
class FinishStarted:
    """All hosts were dealt with."""

    number: int


@dataclass(frozen=True, slots=True)
class Completed:
    """It is live (a rollback: undone) on all hosts but the stale ones; `newer`: the tree has changed."""

    number: int
    holdings: Holdings
    stale: tuple[str, ...] = ()
    newer: bool = False
