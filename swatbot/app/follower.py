"""One fold of the journal for all that only reads: front ends, the timetable, the board."""

import logging
import threading
from collections.abc import Callable

from swatbot.app.records import Body, body_of
from swatbot.domain.events import Event
from swatbot.domain.evolve import evolve
from swatbot.domain.status import Status
from swatbot.ports import Journal, Record

_LOG = logging.getLogger(__name__)
_MANY = 1000
_WAIT = 1.0

Listener = Callable[[Record, Body, Status, bool], None]


class Follower:
    """Reads the journal from its start, keeps the status, and tells listeners of every record in order.

    A listener is called with the record, its body, the status after it, and whether a newer record of the
    same type about the same deployment is known already (so progress can be coalesced).
    """

    def __init__(self, journal: Journal) -> None:
        self.status = Status()
        self.seq = 0
        self._journal = journal
        self._listeners: list[Listener] = []
        self._stopped = threading.Event()
        self._news = threading.Event()
        self._draining = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def listen(self, listener: Listener) -> None:
        """Add a listener; before `start`, or it misses records."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to follow: in the thread that has appended, and in one of its own for other processes."""
        self._journal.watch(self._drain)
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(2 * _WAIT)

    def catch_up(self) -> int:
        """Deal with all records that there are now; how many there were."""
        dealt = 0
        more = True
        while more and (records := self._journal.read(self.seq, _MANY)):
            more = len(records) == _MANY
            newest = {(r.entry.type, r.entry.number): r.seq for r in records}
            for record in records:
                self._one(record, overtaken=newest[record.entry.type, record.entry.number] > record.seq)
            dealt += len(records)
        return dealt

    def _one(self, record: Record, *, overtaken: bool) -> None:
        body = body_of(record)
        if isinstance(body, Event):
            self.status = evolve(self.status, body, record.entry.time)
        self.seq = record.seq
        for listener in self._listeners:
            try:
                listener(record, body, self.status, overtaken)
            except Exception:  # noqa: BLE001 - one listener's fault must not cost the others a record
                _LOG.exception("a listener stumbled over record %d", record.seq)

    def _drain(self) -> None:
        """Deal with what is new; who comes while another does leaves it to that one.

        An answer is told without a change of threads that way, which counts when the machine is busy.
        """
        self._news.set()
        while self._news.is_set() and not self._stopped.is_set() and self._draining.acquire(blocking=False):
            self._news.clear()
            try:
                self.catch_up()
            except Exception:  # noqa: BLE001 - who has appended is not to blame; the thread tries again
                _LOG.exception("following the journal stumbled at record %d; trying again", self.seq)
            finally:
                self._draining.release()

    def _run(self) -> None:
        """In case a call was lost, or failed."""
        self._drain()
        while not self._stopped.wait(_WAIT):
            self._drain()
