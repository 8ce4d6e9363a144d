"""What concerns the whole environment: engines, replies, the baseline, the lock."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.deployment import Place
from swatbot.domain.findings import Holdings


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
