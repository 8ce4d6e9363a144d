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
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def listen(self, listener: Listener) -> None:
        """Add a listener; before `start`, or it misses records."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to follow, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(2 * _WAIT)

    def catch_up(self) -> int:
        """Deal with all records that there are now; how many there were."""
        dealt = 0
        while records := self._journal.read(self.seq):
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

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.catch_up()
                self._journal.wait(self.seq, _WAIT)
            except Exception:  # noqa: BLE001 - a thread that must outlive any fault, which is logged
                _LOG.exception("following the journal stumbled at record %d; trying again", self.seq)
                self._stopped.wait(_WAIT)
