"""Why something is not done, as values; the wording, with the next thing to type, is in `chat/messages`.

Each class has a tag in `why`, so that a journal can hold any of them.
"""

from swatbot.domain.reasons.content import (
    BadPaths,
    Dirty,
    Idle,
    IdleStep,
    LeftBehind,
    LookupFailed,
    ManyDeletions,
    NoBaseline,
    NothingToSync,
    PathInMessage,
    TreeChanged,
    UnknownAuthor,
)
from swatbot.domain.reasons.requests import (
    AlreadySaid,
    AtWork,
    BeforeBaseline,
    ExclusionState,
    LaterDeployment,
    LockState,
    NearlyAWord,
    NeedsRole,
    NoHostLeft,
    NoSuchDeployment,
    NotAsked,
    NothingTo,
    NotKnown,
    NotProven,
    OtherCard,
    OtherThread,
    OutOfSeason,
    Relayed,
    SayNumber,
    SelfVerifyDenied,
    TooEarly,
    UnderWay,
    UnknownHost,
    UnknownPerson,
    WhichOne,
    WhyNeeded,
    WrongState,
)
from swatbot.errors import UserError

Reason = (
    NoSuchDeployment
    | NothingTo
    | WhichOne
    | WrongState
    | NotAsked
    | NotProven
    | Relayed
    | NotKnown
    | NeedsRole
    | SayNumber
    | OtherCard
    | OtherThread
    | TooEarly
    | NearlyAWord
    | WhyNeeded
    | SelfVerifyDenied
    | AlreadySaid
    | LaterDeployment
    | BeforeBaseline
    | LockState
    | BadPaths
    | NothingToSync
    | PathInMessage
    | IdleStep
    | LeftBehind
    | Dirty
    | ManyDeletions
    | UnknownAuthor
    | UnknownPerson
    | OutOfSeason
    | UnknownHost
    | UnderWay
    | AtWork
    | ExclusionState
    | NoHostLeft
    | NoBaseline
    | LookupFailed
    | TreeChanged
)


class DeclinedError(UserError):
    """A command can not be done; carries the reason, which `chat/messages` words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.why)
        self.reason = reason


__all__ = [
    "AlreadySaid",
    "AtWork",
    "BadPaths",
    "BeforeBaseline",
    "DeclinedError",
    "Dirty",
    "ExclusionState",
    "Idle",
    "IdleStep",
    "LaterDeployment",
    "LeftBehind",
    "LockState",
    "LookupFailed",
    "ManyDeletions",
    "NearlyAWord",
    "NeedsRole",
    "NoBaseline",
    "NoHostLeft",
    "NoSuchDeployment",
    "NotAsked",
    "NotKnown",
    "NotProven",
    "NothingTo",
    "NothingToSync",
    "OtherCard",
    "OtherThread",
    "OutOfSeason",
    "PathInMessage",
    "Reason",
    "Relayed",
    "SayNumber",
    "SelfVerifyDenied",
    "TooEarly",
    "TreeChanged",
    "UnderWay",
    "UnknownAuthor",
    "UnknownHost",
    "UnknownPerson",
    "WhichOne",
    "WhyNeeded",
    "WrongState",
]
