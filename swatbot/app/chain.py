"""The hash chain, so that whoever reads the journal can prove that nothing was changed, lost or put in.

Each record's hash covers the hash before it and the record's own canonical JSON: keys sorted, no
spaces, UTF-8. Lone surrogates (bytes of odd file names) are written as JSON escapes.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from swatbot.ports import Entry, Record

GENESIS = "0" * 64
"""The previous hash of the first record."""


def encode(value: Any) -> str:
    """Canonical JSON.

    Raises:
        TypeError: the value has no JSON form.
        ValueError: it holds NaN or an infinity, or refers to itself.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return _escaped(text)


def stamp(time: datetime) -> str:
    """A time as it is hashed and stored: UTC, always with microseconds.

    Raises:
        ValueError: the time has no zone.
    """
    if time.tzinfo is None:
        raise ValueError(f"a journal entry needs a time with its zone, not {time.isoformat()}")
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def settle(entry: Entry) -> Entry:
    """The entry exactly as it will be read again: a body of JSON values, UTC, text that is UTF-8.

    Raises:
        TypeError: the body has no JSON form.
        ValueError: it holds NaN, or the time has no zone.
    """
    return replace(
        entry,
        type=_escaped(entry.type),
        body=json.loads(encode(entry.body)),
        time=datetime.fromisoformat(stamp(entry.time)),
        account=None if entry.account is None else _escaped(entry.account),
        source=None if entry.source is None else _escaped(entry.source),
    )


def link(previous: str, seq: int, entry: Entry) -> Record:
    """Give a settled entry its place: number `seq`, after the record with the hash `previous`."""
    return Record(seq, entry, previous, _hash(previous, seq, entry))


@dataclass
class Walk:
    """A walk along the chain, one record at a time, so that any length needs no memory.

    Attributes:
        count: records that were found right.
        head: hash of the last of them.
    """

    count: int = 0
    head: str = GENESIS

    def fault(self, record: Record) -> str | None:
        """What is wrong with the next record, as a sentence; None when it is right."""
        found = self._place(record) or _content(record)
        if found is None:
            self.count, self.head = record.seq, record.hash
        return found

    def _place(self, record: Record) -> str | None:
        expected = self.count + 1
        if record.seq > expected:
            return f"record {expected} is missing: record {record.seq} comes after record {self.count}"
        if record.seq < expected:
            return f"record {record.seq} is out of order: it comes after record {self.count}"
        if record.previous != self.head:
            before = f"record {self.count}" if self.count else "the beginning"
            return f"record {record.seq} does not follow {before}: one of the two was altered or replaced"
        return None


def verify(records: Iterable[Record]) -> str | None:
    """The first fault in a chain that starts at record 1, as a sentence; None when there is none.

    Times may run backwards (a clock was set right), so only a time without a zone is a fault.
    """
    walk = Walk()
    return next((fault for fault in map(walk.fault, records) if fault), None)


def _content(record: Record) -> str | None:
    if record.entry.version < 1:
        return f"record {record.seq} has the odd version {record.entry.version}"
    if record.entry.time.tzinfo is None:
        return f"record {record.seq} has a time without a zone"
    if record.hash != _hash(record.previous, record.seq, record.entry):
        return f"record {record.seq} was altered: its content does not fit its hash"
    return None


def _hash(previous: str, seq: int, entry: Entry) -> str:
    content = {
        "account": entry.account,
        "body": entry.body,
        "kind": entry.kind.value,
        "number": entry.number,
        "seq": seq,
        "source": entry.source,
        "time": stamp(entry.time),
        "type": entry.type,
        "version": entry.version,
    }
    return hashlib.sha256(f"{previous}\n{encode(content)}".encode()).hexdigest()


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
