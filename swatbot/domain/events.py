"""Facts: what was decided, in the past tense; the journal holds them and folding them gives the status.

A released event never changes its meaning: fields are only added, with a default.
"""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.coverage import Change
from swatbot.domain.deployment import Cause, HoldKind, Kind, Place, Word
from swatbot.domain.findings import Holdings, Pin, StageHosts
from swatbot.domain.person import Actor
from swatbot.domain.plan import Options, Plan
from swatbot.domain.reasons import Reason
from swatbot.domain.stage import HostResult, Stage, Tally
from swatbot.domain.verdict import Verdict


@dataclass(frozen=True, slots=True)
class EngineStarted:
    """An engine took the lease; `away_since` is when the one before was last seen alive.

    `away_for` (seconds) is credited to every deadline: nobody could answer in that time.
    """

    token: int
    away_since: datetime | None = None
    away_for: float = 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply to a request, worded; `nick` is addressed."""

    place: Place
    nick: str
    lines: tuple[str, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class BaselineTaken:
    """What the fleet holds was taken over from what its hosts prove."""

    holdings: Holdings
    hosts: int
    by: str


@dataclass(frozen=True, slots=True)
class Locked:
    """Deploying is locked."""

    by: str
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The lock is gone; `by` is "" when its time was over."""

    by: str


@dataclass(frozen=True, slots=True)
class Requested:
    """Somebody asked for a deployment. A rollback brings its original's snapshot and hosts."""

    number: int
    kind: Kind
    plan: Plan
    message: str
    options: Options
    actor: Actor
    place: Place
    of: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """It may be queued: what it would ship, who will be asked, what is ahead, and warnings to tell."""

    number: int
    changes: tuple[Change, ...]
    files: int
    added: int
    removed: int
    asked: tuple[str, ...]
    ahead: tuple[int, ...]
    private: bool = False
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not."""

    number: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Started:
    """It is its turn."""

    number: int


@dataclass(frozen=True, slots=True)
class Pinned:
    """The snapshot was taken; the hosts are fixed from here on."""

    number: int
    pin: Pin
    stages: tuple[StageHosts, ...]
    before: Holdings | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended before any host was touched."""

    number: int
    reason: Reason


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
class CanariesStarted:
    """Everybody's word is there: production is next."""

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
    """It is live (a rollback: undone) on all hosts but the stale ones."""

    number: int
    holdings: Holdings
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """It stands still. A question (checks could not tell) has a deadline that ends in rollback."""

    number: int
    kind: HoldKind
    by: str
    why: str
    deadline: datetime | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """It goes on where it was held; `recheck` when its checks are asked again on request."""

    number: int
    by: str
    recheck: bool = False


@dataclass(frozen=True, slots=True)
class Continued:
    """A deployer took the checks' undecided question: it goes on as if they had passed."""

    number: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    """Everything it touched is put back."""

    number: int
    cause: Cause
    private: bool = False


@dataclass(frozen=True, slots=True)
class HostsRestored:
    """What came of bringing hosts back to S_`step`."""

    number: int
    step: int
    results: tuple[HostResult, ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Every touched host proves what it held before."""

    number: int


@dataclass(frozen=True, slots=True)
class RollbackIncomplete:
    """Some hosts do not prove it; they are stale."""

    number: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parked:
    """The test servers are free for others; it waits for `here` until `deadline`."""

    number: int
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Rejoined:
    """Its submitter is here: it is inspected anew."""

    number: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It ended before any host was touched, because somebody wanted that or nobody came."""

    number: int
    cause: Cause
    private: bool = False


DeploymentEvent = (
    Requested
    | Accepted
    | Refused
    | Started
    | Pinned
    | Failed
    | HostsSynced
    | Progressed
    | Checked
    | VerificationAsked
    | Answer
    | Reminded
    | CanariesStarted
    | BakeStarted
    | FleetStarted
    | FinishStarted
    | Completed
    | Held
    | Resumed
    | Continued
    | RollbackStarted
    | HostsRestored
    | RolledBack
    | RollbackIncomplete
    | Parked
    | Rejoined
    | Cancelled
)
GlobalEvent = EngineStarted | Answered | BaselineTaken | Locked | Unlocked
Event = GlobalEvent | DeploymentEvent
