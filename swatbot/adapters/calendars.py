"""Windows and freezes as the config has them: weekly slots in a place's own time, and spans of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from swatbot.domain.findings import Season

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class WindowRule:
    """A slot that comes every week.

    Attributes:
        name: as messages call it.
        days: of `DAYS`, on which it opens.
        start: when it opens, on the clocks of its zone.
        minutes: how long it is open.
        zone: IANA name of the time zone; in UTC the window moves with that zone's daylight saving time.
    """

    name: str
    days: tuple[str, ...]
    start: time
    minutes: int
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class FreezeRule:
    """A time without deployments: from `start` until just before `end`, and why."""

    start: datetime
    end: datetime
    why: str


@dataclass(frozen=True, slots=True)
class _Slot:
    opens: datetime
    closes: datetime
    name: str


class TomlCalendar:
    """The Calendar of the config.

    Where several windows are open, the one that closes last is told; likewise with freezes.

    Args:
        windows: the weekly slots.
        freezes: the times without deployments.
    """

    def __init__(self, windows: Sequence[WindowRule], freezes: Sequence[FreezeRule] = ()) -> None:
        self._windows = tuple(windows)
        self._freezes = tuple(freezes)

    def season(self, now: datetime) -> Season:
        """See `Calendar.season`."""
        slots = [slot for rule in self._windows for slot in _slots(rule, now)]
        current = max((s for s in slots if s.opens <= now < s.closes), key=lambda s: s.closes, default=None)
        coming = min((s for s in slots if s.opens > now), key=lambda s: s.opens, default=None)
        frozen = [f for f in self._freezes if f.start <= now < f.end]
        freeze = max(frozen, key=lambda f: f.end, default=None)
        return Season(
            window=current.name if current else "",
            closes=current.closes if current else None,
            upcoming=coming.name if coming else "",
            opens=coming.opens if coming else None,
            freeze=freeze.why if freeze else "",
            thaws=freeze.end.astimezone(UTC) if freeze else None,
        )


def _slots(rule: WindowRule, now: datetime) -> Iterator[_Slot]:
    """The rule's slots that may be open now, and those of the week that comes.

    Local date and time make the opening, and lengths are added in UTC. A time that the clocks skip opens
    as late as they skip; one that they show twice opens the first time.
    """
    zone = ZoneInfo(rule.zone)
    today = now.astimezone(zone).date()
    length = timedelta(minutes=rule.minutes)
    for offset in range(-1 - length.days, 9):
        day = today + timedelta(days=offset)
        if DAYS[day.weekday()] in rule.days:
            opens = datetime.combine(day, rule.start, tzinfo=zone).astimezone(UTC)
            yield _Slot(opens, opens + length, rule.name)
