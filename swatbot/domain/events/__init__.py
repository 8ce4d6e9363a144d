"""Facts: what was decided, in the past tense; the journal holds them and folding them gives the status.

A released event never changes its meaning: fields are only added, with a default.
"""

from swatbot.domain.events.asking import (
    Accepted,
    Cancelled,
    Failed,
    Parked,
    Refused,
    Rejoined,
    Requested,
    Started,
)
from swatbot.domain.events.shipping import (
    Answer,
    BakeStarted,
    CanariesStarted,
    Checked,
    Completed,
    FinishStarted,
    FleetStarted,
    HostsPutRight,
    HostsSynced,
    NoLongerStaged,
    Pinned,
    Progressed,
    Reminded,
    StillStaged,
    VerificationAsked,
)
from swatbot.domain.events.site import Answered, BaselineTaken, EngineStarted, Locked, Unlocked
from swatbot.domain.events.stopping import (
    Continued,
    Held,
    HostsRestored,
    Resumed,
    RollbackIncomplete,
    RollbackStarted,
    RolledBack,
)
from swatbot.domain.events.upkeep import (
    DriftFound,
    HostsConfigured,
    HostsExcluded,
    HostsIncluded,
    HostsMended,
    HostsReturned,
    Patrolled,
    UpkeepStarted,
    UpkeepStopped,
)

DeploymentEvent = (
    Requested
    | Accepted
    | Refused
    | Started
    | Pinned
    | Failed
    | HostsPutRight
    | HostsSynced
    | Progressed
    | Checked
    | VerificationAsked
    | Answer
    | Reminded
    | StillStaged
    | NoLongerStaged
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
UpkeepEvent = (
    HostsConfigured
    | HostsExcluded
    | HostsIncluded
    | HostsReturned
    | UpkeepStarted
    | UpkeepStopped
    | HostsMended
    | Patrolled
    | DriftFound
)
GlobalEvent = EngineStarted | Answered | BaselineTaken | Locked | Unlocked | UpkeepEvent
Event = GlobalEvent | DeploymentEvent

__all__ = [
    "Accepted",
    "Answer",
    "Answered",
    "BakeStarted",
    "BaselineTaken",
    "CanariesStarted",
    "Cancelled",
    "Checked",
    "Completed",
    "Continued",
    "DeploymentEvent",
    "DriftFound",
    "EngineStarted",
    "Event",
    "Failed",
    "FinishStarted",
    "FleetStarted",
    "GlobalEvent",
    "Held",
    "HostsConfigured",
    "HostsExcluded",
    "HostsIncluded",
    "HostsMended",
    "HostsPutRight",
    "HostsRestored",
    "HostsReturned",
    "HostsSynced",
    "Locked",
    "NoLongerStaged",
    "Parked",
    "Patrolled",
    "Pinned",
    "Progressed",
    "Refused",
    "Rejoined",
    "Reminded",
    "Requested",
    "Resumed",
    "RollbackIncomplete",
    "RollbackStarted",
    "RolledBack",
    "Started",
    "StillStaged",
    "Unlocked",
    "UpkeepEvent",
    "UpkeepStarted",
    "UpkeepStopped",
    "VerificationAsked",
]
