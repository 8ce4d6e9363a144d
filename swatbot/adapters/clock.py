"""The only place that asks for the time; APScheduler keeps the one appointment, and no state of its own."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger


class SystemClock:
    """The time of this machine. Appointments are kept on a thread of the clock's own, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scheduler: BackgroundScheduler | None = None
        self._turn = 0

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        """See `Clock.at`; without a time the appointment is forgotten."""
        with self._lock:
            self._forget()
            if when is not None:
                self._add(when, call, self._turn)

    def stop(self) -> None:
        """See `Clock.stop`; does not wait for a call that is under way."""
        with self._lock:
            # Forgotten first: a shutdown while a job becomes due kills APScheduler's thread with an error.
            self._forget()
            scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=False)

    def _forget(self) -> None:
        self._turn += 1
        if self._scheduler is not None:
            self._scheduler.remove_all_jobs()

    def _add(self, when: datetime, call: Callable[[], None], turn: int) -> None:
        if self._scheduler is None:
            self._scheduler = _scheduler()
        # Each appointment is a job of its own: one with the id of a job that is still running would be
        # dropped without a word. Without a grace time one that is late would be dropped, too.
        trigger = DateTrigger(run_date=when.astimezone(UTC))
        self._scheduler.add_job(self._ring, trigger, args=(turn, call), misfire_grace_time=None)

    def _ring(self, turn: int, call: Callable[[], None]) -> None:
        with self._lock:
            if turn != self._turn:
                return
            self._turn += 1
        call()


def _scheduler() -> BackgroundScheduler:
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)}, daemon=True)
    scheduler.start()
    return scheduler


class ManualClock:
    """A clock that stands still until it is told otherwise: for stories, and for trying things.

    Args:
        start: the time it shows first; must have a zone.
    """

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._due: tuple[datetime, Callable[[], None]] | None = None
        self._ringing = False

    def now(self) -> datetime:
        """See `Clock.now`."""
        with self._lock:
            return self._now

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        """See `Clock.at`; a time that has passed is rung in the thread of the caller."""
        with self._lock:
            self._due = None if when is None else (when.astimezone(UTC), call)
        self._ring(self.now())

    def stop(self) -> None:
        """See `Clock.stop`."""
        with self._lock:
            self._due = None

    def advance(self, **step: float) -> None:
        """Go on by this much, said as for a timedelta, and keep each appointment on the way at its time."""
        self._ring(self.now() + timedelta(**step))

    def move_to(self, when: datetime) -> None:
        """Go on to this time; one that has passed changes nothing."""
        self._ring(when.astimezone(UTC))

    def _ring(self, until: datetime) -> None:
        """Keep every appointment up to this time; those that a call makes are kept by the loop it is in."""
        with self._lock:
            if self._ringing:
                return
            self._ringing = True
        while call := self._next(until):
            try:
                call()
            except BaseException:
                with self._lock:
                    self._ringing = False
                raise

    def _next(self, until: datetime) -> Callable[[], None] | None:
        """The next call that is due; None, the time told forward and the loop over, in one breath."""
        with self._lock:
            if self._due is None or self._due[0] > until:
                self._now, self._ringing = max(self._now, until), False
                return None
            when, call = self._due
            self._now, self._due = max(self._now, when), None
            return call
