"""When: the clock, and the calendar."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from swatbot.domain.findings import Season


class Clock(Protocol):
    """The time, and being called at one."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""
        ...

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        """Call once at that time, or at once if it has passed; replaces the earlier appointment."""
        ...

    def stop(self) -> None:
        """Forget the appointment."""
        ...


class Calendar(Protocol):
    """Windows and freezes."""

    def season(self, now: datetime) -> Season:
        """What the calendar says of this moment."""
        ...
