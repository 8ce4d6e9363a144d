"""A deployment that stands still, goes on, or is undone."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.deployment import Cause, HoldKind
from swatbot.domain.stage import HostResult


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
