"""The stores that the contracts of Journal and Leases are held against."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.memory_journal import LeaseSlot, MemoryJournal, MemoryLeases
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.ports import Entry, Journal, Leases, RecordKind

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)


def entry(kind: RecordKind = RecordKind.HEARD, **body: Any) -> Entry:
    return Entry(kind, "Thing", body, NOON)


def decided(**body: Any) -> Entry:
    return entry(RecordKind.DECIDED, **body)


class Tokened(Journal, Protocol):
    """A journal that also gives out fencing tokens."""

    def next_token(self) -> int: ...


class Lab(Protocol):
    """One store; `open` is what a further process would do."""

    clock: ManualClock

    def open(self) -> Tokened: ...

    def leases(self) -> Leases:
        """What a further process would use to compete for the lease."""
        ...

    def vanish(self, leases: Leases) -> None:
        """As if the process with these leases had been killed."""
        ...

    def close(self) -> None: ...


class SqliteLab:
    def __init__(self, directory: Path) -> None:
        self.clock = ManualClock(NOON)
        self.path = directory / "journal.sqlite"
        self._open: list[SqliteJournal] = []

    def open(self) -> SqliteJournal:
        self._open.append(SqliteJournal(self.path))
        return self._open[-1]

    def leases(self) -> Leases:
        return EngineLock(self.path.with_name("journal.sqlite.lock"), self.open(), self.clock)

    def vanish(self, leases: Leases) -> None:
        assert isinstance(leases, EngineLock)
        leases.abandon()

    def close(self) -> None:
        for journal in self._open:
            journal.close()


class MemoryLab:
    def __init__(self, _: Path) -> None:
        self.clock = ManualClock(NOON)
        self._journal = MemoryJournal()
        self._slot = LeaseSlot()

    def open(self) -> MemoryJournal:
        self._journal.reopen()
        return self._journal

    def leases(self) -> Leases:
        return MemoryLeases(self._journal, self.clock, self._slot)

    def vanish(self, leases: Leases) -> None:
        assert isinstance(leases, MemoryLeases)
        leases.abandon()

    def close(self) -> None:
        self._journal.close()


LABS: dict[str, Callable[[Path], Lab]] = {"sqlite": SqliteLab, "memory": MemoryLab}
