"""What workers, hosts and the clock report to the engine."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.effects import (
    Effect,
    Finish,
    Inspect,
    Mend,
    Patrol,
    ProveStaged,
    PutRight,
    RestoreStep,
    RunChecks,
    SyncStep,
    TakeSnapshot,
)
from swatbot.domain.findings import Findings, Holdings, Pin, Season
from swatbot.domain.stage import HostResult, Tally
from swatbot.domain.upkeep import Drift
from swatbot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Start:
    """An engine took the lease."""

    token: int
    away_since: datetime | None


@dataclass(frozen=True, slots=True)
class Tick:
    """Some deadline may have passed."""


@dataclass(frozen=True, slots=True)
class TakeBaseline:
    """What the fleet holds was read from its hosts."""

    holdings: Holdings
    hosts: int
    by: str


@dataclass(frozen=True, slots=True)
class Inspected:
    """The tree and the calendar were looked at; `paths` are those words of the message that are paths."""

    effect: Inspect
    findings: Findings
    season: Season
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """The plan was pinned."""

    effect: TakeSnapshot
    pin: Pin


@dataclass(frozen=True, slots=True)
class HostsReported:
    """Hosts were put right, synced or restored."""

    effect: PutRight | SyncStep | RestoreStep
    results: tuple[HostResult, ...]


@dataclass(frozen=True, slots=True)
class TellProgress:
    """Hosts are being worked on."""

    effect: PutRight | SyncStep | RestoreStep
    tally: Tally


@dataclass(frozen=True, slots=True)
class ChecksReported:
    """Checks have an answer."""

    effect: RunChecks
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """It is known what the fleet holds now, and whether the tree holds something newer."""

    effect: Finish
    manifest: str
    newer: bool = False


@dataclass(frozen=True, slots=True)
class StagedReported:
    """Test servers said what they hold: `drift` of those that differ, `silent` could not be asked."""

    effect: ProveStaged
    drift: tuple[Drift, ...]
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostReturned:
    """A host that could not be asked answers again."""

    host: str


@dataclass(frozen=True, slots=True)
class MendReported:
    """Hosts were brought back to what the fleet holds, or failed; `stopped` if that was no longer wanted."""

    effect: Mend
    results: tuple[HostResult, ...]
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class PatrolReported:
    """Hosts said what they hold: `drift` of those that differ, `silent` could not be asked."""

    effect: Patrol
    drift: tuple[Drift, ...]
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """Somebody had hosts asked: `drift` of those that differ; `right` prove that nothing does."""

    drift: tuple[Drift, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """An effect raised: an operational error with its text, or a bug."""

    effect: Effect
    error: str
    bug: bool


ShellCommand = (
    Start
    | Tick
    | TakeBaseline
    | Inspected
    | Snapshotted
    | HostsReported
    | TellProgress
    | ChecksReported
    | Finished
    | HostReturned
    | MendReported
    | PatrolReported
    | StagedReported
    | DriftSeen
    | EffectFailed
)
