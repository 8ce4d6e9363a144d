"""Why something is not done, as values; the wording, with the next thing to type, is in `chat/messages`.

Each class has a tag in `why`, so that a journal can hold any of them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from swatbot.domain.coverage import Change
from swatbot.domain.findings import NO_NOTES, Notes, PathFault
from swatbot.domain.person import Role
from swatbot.domain.plan import NO_OPTIONS, Options
from swatbot.errors import UserError


@dataclass(frozen=True, kw_only=True)
class NoSuchDeployment:
    """The number was never given out."""

    number: int
    why: Literal["no_such_deployment"] = "no_such_deployment"


@dataclass(frozen=True, kw_only=True)
class NothingTo:
    """No deployment is in a state in which the command makes sense."""

    command: str
    why: Literal["nothing_to"] = "nothing_to"


@dataclass(frozen=True, kw_only=True)
class WhichOne:
    """Several deployments could be meant."""

    command: str
    numbers: tuple[int, ...]
    why: Literal["which_one"] = "which_one"


@dataclass(frozen=True, kw_only=True)
class WrongState:
    """The deployment is not in a state in which the command makes sense."""

    number: int
    state: str
    command: str
    why: Literal["wrong_state"] = "wrong_state"


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """The speaker is not one of those whose word is waited for."""

    number: int
    waits_for: tuple[str, ...]
    known: bool
    why: Literal["not_asked"] = "not_asked"


@dataclass(frozen=True, kw_only=True)
class NotProven:
    """The message carried no proven account."""

    command: str = ""
    why: Literal["not_proven"] = "not_proven"


@dataclass(frozen=True, kw_only=True)
class NotKnown:
    """The account is proven, and not in people.toml."""

    account: str
    why: Literal["not_known"] = "not_known"


@dataclass(frozen=True, kw_only=True)
class NeedsRole:
    """The command is for others."""

    command: str
    role: Role
    holders: tuple[str, ...]
    why: Literal["needs_role"] = "needs_role"


@dataclass(frozen=True, kw_only=True)
class SayNumber:
    """A bare word could mean either of two deployments."""

    word: str
    over: int
    over_ended: bool
    staged: int
    why: Literal["say_number"] = "say_number"


@dataclass(frozen=True, kw_only=True)
class NearlyAWord:
    """Somebody who is asked said something that is almost an answer."""

    text: str
    number: int
    why: Literal["nearly_a_word"] = "nearly_a_word"


@dataclass(frozen=True, kw_only=True)
class WhyNeeded:
    """The command needs a reason."""

    usage: str
    why: Literal["why_needed"] = "why_needed"


@dataclass(frozen=True, kw_only=True)
class SelfVerifyDenied:
    """Here a deployer may not verify the own change."""

    number: int
    why: Literal["self_verify_denied"] = "self_verify_denied"


@dataclass(frozen=True, kw_only=True)
class AlreadySaid:
    """The speaker has answered this question."""

    number: int
    word: str
    why: Literal["already_said"] = "already_said"


@dataclass(frozen=True, kw_only=True)
class LaterDeployment:
    """A rollback would undo what a later deployment put there."""

    number: int
    later: int
    why: Literal["later_deployment"] = "later_deployment"


@dataclass(frozen=True, kw_only=True)
class LockState:
    """The lock is not as the command needs it: there is one (by, until), or there is none."""

    by: str = ""
    until: datetime | None = None
    reason: str = ""
    why: Literal["lock_state"] = "lock_state"


@dataclass(frozen=True, kw_only=True)
class BadPaths:
    """Paths that can not be shipped."""

    faults: tuple[PathFault, ...]
    why: Literal["bad_paths"] = "bad_paths"


@dataclass(frozen=True, kw_only=True)
class NothingToSync:
    """Test servers and fleet hold the paths as they are in the tree."""

    plan: str
    digest: str
    upstream_ahead: int | None
    fetched_at: datetime | None
    notes: Notes = NO_NOTES
    why: Literal["nothing_to_sync"] = "nothing_to_sync"


@dataclass(frozen=True, kw_only=True)
class LeftBehind:
    """A change would ship in part."""

    change: Change
    left: tuple[str, ...]
    plan: str
    more: int
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["left_behind"] = "left_behind"


@dataclass(frozen=True, kw_only=True)
class Dirty:
    """There are uncommitted edits under the plan; `owners` says of each file whose it is ("": deleted)."""

    files: tuple[str, ...]
    owners: tuple[str, ...] = ()
    plan: str
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["dirty"] = "dirty"


@dataclass(frozen=True, kw_only=True)
class ManyDeletions:
    """The plan deletes more than the guard allows."""

    deletions: int
    held: int
    plan: str
    message: str
    options: Options = NO_OPTIONS
    why: Literal["many_deletions"] = "many_deletions"


@dataclass(frozen=True, kw_only=True)
class UnknownAuthor:
    """Nobody knows whom to ask about a change."""

    change: Change
    plan: str
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["unknown_author"] = "unknown_author"


@dataclass(frozen=True, kw_only=True)
class UnknownPerson:
    """`--for` names somebody who is not in people.toml."""

    name: str
    suggestion: str
    why: Literal["unknown_person"] = "unknown_person"


@dataclass(frozen=True, kw_only=True)
class OutOfSeason:
    """Deploying is not allowed now: a freeze, or no window."""

    freeze: str
    until: datetime | None
    upcoming: str
    opens: datetime | None
    why: Literal["out_of_season"] = "out_of_season"


@dataclass(frozen=True, kw_only=True)
class UnknownHost:
    """No stage has a host of this name."""

    host: str
    why: Literal["unknown_host"] = "unknown_host"


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """A deployment is active, and hosts are between two states."""

    number: int
    command: str
    why: Literal["under_way"] = "under_way"


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """Hosts are being caught up or repaired."""

    hosts: tuple[str, ...]
    why: Literal["at_work"] = "at_work"


@dataclass(frozen=True, kw_only=True)
class NoBaseline:
    """What the fleet holds was never taken over."""

    why: Literal["no_baseline"] = "no_baseline"


@dataclass(frozen=True, kw_only=True)
class LookupFailed:
    """The tree, git or a disk failed."""

    error: str
    why: Literal["lookup_failed"] = "lookup_failed"


@dataclass(frozen=True, kw_only=True)
class TreeChanged:
    """Between the request and the snapshot the tree changed in a way the deployer was not told."""

    number: int
    told: tuple[str, ...]
    found: tuple[str, ...]
    why: Literal["tree_changed"] = "tree_changed"


Reason = (
    NoSuchDeployment
    | NothingTo
    | WhichOne
    | WrongState
    | NotAsked
    | NotProven
    | NotKnown
    | NeedsRole
    | SayNumber
    | NearlyAWord
    | WhyNeeded
    | SelfVerifyDenied
    | AlreadySaid
    | LaterDeployment
    | LockState
    | BadPaths
    | NothingToSync
    | LeftBehind
    | Dirty
    | ManyDeletions
    | UnknownAuthor
    | UnknownPerson
    | OutOfSeason
    | UnknownHost
    | UnderWay
    | AtWork
    | NoBaseline
    | LookupFailed
    | TreeChanged
)


class DeclinedError(UserError):
    """A command can not be done; carries the reason, which `chat/messages` words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.why)
        self.reason = reason
