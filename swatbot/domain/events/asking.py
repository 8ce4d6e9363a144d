"""A deployment before any host is touched: asked for, judged, queued, set aside."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.coverage import Change
from swatbot.domain.deployment import Cause, Kind, Place
from swatbot.domain.findings import NO_NOTES, Edit, Notes
from swatbot.domain.person import Actor
from swatbot.domain.plan import Options, Plan
from swatbot.domain.reasons import Reason


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
    """It may be queued: what it would ship, who will be asked, what is ahead, and warnings to tell.

    `edits` are those in no commit that the deployer means to ship; no others will be. Of the `files` so many
    are `deletions`; `left` are those of its changes that it leaves behind.
    """

    number: int
    changes: tuple[Change, ...]
    files: int
    added: int
    removed: int
    asked: tuple[str, ...]
    ahead: tuple[int, ...]
    private: bool = False
    warnings: tuple[Reason, ...] = ()
    notes: Notes = NO_NOTES
    edits: tuple[Edit, ...] = ()
    deletions: int = 0
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not; `private` if its paths, or what it would ship, are not for everybody."""

    number: int
    reason: Reason
    private: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """It is its turn."""

    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended before any host was touched."""

    number: int
    reason: Reason


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
