"""Rings when time alone may bring something; holds no state, so a restart neither loses nor repeats."""

from datetime import datetime, timedelta

from swatbot.app.follower import Follower
from swatbot.app.records import Body, heard
from swatbot.domain.decide.ticking import next_tick
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status
from swatbot.ports import Clock, Incoming, Journal, Record

_PATIENCE = timedelta(seconds=30)
CLOCK = "clock"
"""The network's name in records that the timetable appends."""


class Timetable:
    """Keeps one appointment with the clock: the next deadline that follows from the status."""

    def __init__(self, journal: Journal, follower: Follower, clock: Clock, rules: Rules) -> None:
        self._journal, self._clock, self._rules = journal, clock, rules
        self._rung: datetime | None = None
        self._made: datetime | None = None
        follower.listen(self._changed)

    def _changed(self, _record: Record, _body: Body, status: Status, _overtaken: bool) -> None:
        """A deadline that was rung for, and still stands, is rung for again only after a while.

        Otherwise the record of the ring would itself be a change, and ring again, for as long as no
        engine decides.
        """
        when = next_tick(status, self._rules)
        if when is not None and when == self._rung:
            when = max(when, self._clock.now() + _PATIENCE)
        if when != self._made:  # most records change no deadline, and an appointment is not cheap
            self._made = when
            self._clock.at(when, lambda: self._ring(when))

    def _ring(self, when: datetime | None) -> None:
        """A deadline has come: what it means is for the engine to decide."""
        self._rung, self._made = when, None
        tick = Incoming("tick", CLOCK, None, CLOCK)
        self._journal.append([heard(CLOCK, tick, self._clock.now())])
