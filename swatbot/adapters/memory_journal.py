"""The journal and the lease in memory, for stories, the demo and whoever wants to try without a disk."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from swatbot.app.chain import GENESIS, link, settle
from swatbot.errors import OperationalError
from swatbot.ports import Clock, Entry, Lease, LeaseTakenError, Record, RecordKind, StaleWriterError


class MemoryJournal:
    """A Journal for the threads of one process; gone with it."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._cursors: dict[str, int] = {}
        self._decided = 0
        self._token = 0
        self._grown = threading.Condition()
        self._closed = False
        self._watchers: list[Callable[[], None]] = []

    def append(
        self,
        entries: Sequence[Entry],
        *,
        expect: int | None = None,
        token: int | None = None,
        cursor: tuple[str, int] | None = None,
        durable: bool = True,  # noqa: ARG002 - nothing here outlives the process
    ) -> tuple[Record, ...]:
        """See `Journal.append`."""
        settled = [settle(entry) for entry in entries]
        with self._grown:
            self._check(expect, token)
            self._token = max(self._token, token or 0)
            records = tuple(self._add(entry) for entry in settled)
            if cursor is not None:
                name, seq = cursor
                self._cursors[name] = max(self._cursors.get(name, 0), seq)
            self._grown.notify_all()
        for grown in self._watchers:
            grown()
        return records

    def watch(self, grown: Callable[[], None]) -> None:
        """See `Journal.watch`."""
        self._watchers.append(grown)

    def next_token(self) -> int:
        """A fencing token larger than all before; older ones are refused from now on."""
        with self._grown:
            self._token += 1
            return self._token

    def read(self, after: int, limit: int = 1000) -> tuple[Record, ...]:
        """See `Journal.read`."""
        with self._grown:
            return tuple(self._records[after : after + limit])

    def wait(self, after: int, timeout: float) -> bool:
        """See `Journal.wait`."""
        end = time.monotonic() + timeout
        with self._grown:
            while len(self._records) <= after and not self._closed:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._grown.wait(left)
            return len(self._records) > after

    def head(self) -> int:
        """See `Journal.head`."""
        with self._grown:
            return len(self._records)

    def cursor(self, name: str) -> int:
        """See `Journal.cursor`."""
        with self._grown:
            return self._cursors.get(name, 0)

    def close(self) -> None:
        """See `Journal.close`; what was appended can still be read."""
        with self._grown:
            self._closed = True
            self._grown.notify_all()

    def reopen(self) -> None:
        """Go on after a close, as a restarted process would with a file."""
        with self._grown:
            self._closed = False

    def _check(self, expect: int | None, token: int | None) -> None:
        if self._closed:
            raise OperationalError("the journal is closed")
        if token is not None and token < self._token:
            raise StaleWriterError(f"token {token} is old: another engine has token {self._token}")
        if expect is not None and expect != self._decided:
            raise StaleWriterError(f"the last decided record is {self._decided}, not {expect}")

    def _add(self, entry: Entry) -> Record:
        previous = self._records[-1].hash if self._records else GENESIS
        record = link(previous, len(self._records) + 1, entry)
        self._records.append(record)
        if entry.kind is RecordKind.DECIDED:
            self._decided = record.seq
        return record


@dataclass
class LeaseSlot:
    """Where the lease of one MemoryJournal lies: who has it, and when a holder was last seen."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    owner: "MemoryLeases | None" = None
    holder: str = ""
    last_seen: datetime | None = None


class MemoryLeases:
    """Leases in memory; one object stands for one process that may want the lease.

    Args:
        journal: where the token comes from.
        clock: for when the holder was last seen.
        slot: shared by all that compete; a new one when there is nobody else.
    """

    def __init__(self, journal: MemoryJournal, clock: Clock, slot: LeaseSlot | None = None) -> None:
        self._journal = journal
        self._clock = clock
        self._slot = slot or LeaseSlot()

    def acquire(self, holder: str) -> Lease:
        """See `Leases.acquire`."""
        with self._slot.lock:
            if self._slot.owner is not None:
                raise LeaseTakenError(f"{self._slot.holder} already runs deployments here")
            lease = Lease(self._journal.next_token(), self._slot.last_seen)
            self._slot.owner, self._slot.holder = self, holder
            self._slot.last_seen = self._clock.now()
        return lease

    def renew(self) -> None:
        """See `Leases.renew`."""
        with self._slot.lock:
            if self._slot.owner is self:
                self._slot.last_seen = self._clock.now()

    def release(self) -> None:
        """See `Leases.release`."""
        with self._slot.lock:
            if self._slot.owner is self:
                self._slot.last_seen = self._clock.now()
                self._slot.owner = None

    def abandon(self) -> None:
        """Be gone as a killed process is: without a last word."""
        with self._slot.lock:
            if self._slot.owner is self:
                self._slot.owner = None
