"""Writing appends into an open transaction: each all or none, refused where its writer is stale."""

import sqlite3
from dataclasses import dataclass

from swatbot.adapters.sqlite.schema import row_of
from swatbot.app.chain import GENESIS, link
from swatbot.errors import OperationalError
from swatbot.ports import Entry, Record, RecordKind, StaleWriterError

# One question instead of four: each lets other threads run, and among many busy ones the way back is long.
_END = """
SELECT (SELECT value FROM meta WHERE key = 'token'),
    (SELECT coalesce(max(seq), 0) FROM records WHERE kind = ?),
    (SELECT coalesce(max(seq), 0) FROM records),
    coalesce((SELECT hash FROM records ORDER BY seq DESC LIMIT 1), ?)
"""


_MOVE = """
INSERT INTO cursors VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)
"""


@dataclass
class Append:
    """One caller's append while it waits for its turn, and what came of it."""

    entries: list[Entry]
    expect: int | None
    token: int | None
    cursor: tuple[str, int] | None
    durable: bool
    records: tuple[Record, ...] = ()
    error: BaseException | None = None
    done: bool = False

    def fail(self, error: BaseException) -> None:
        """Nothing of the batch was written, so nobody's append was."""
        self.error = error if isinstance(error, Exception) else OperationalError("the append was interrupted")
        self.records = ()


def insert(db: sqlite3.Connection, one: Append) -> None:
    """Write one append inside the open transaction, or note that its writer is stale."""
    token, decided, seq, previous = db.execute(_END, (RecordKind.DECIDED.value, GENESIS)).fetchone()
    one.error = _stale(one, token, decided)
    if one.error is not None:
        return
    if one.token is not None and one.token > token:
        note_token(db, one.token)
    records: list[Record] = []
    for entry in one.entries:
        seq += 1
        records.append(link(previous, seq, entry))
        previous = records[-1].hash
    db.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?,?,?,?)", map(row_of, records))
    if one.cursor is not None:
        db.execute(_MOVE, one.cursor)
    one.records = tuple(records)


def _stale(one: Append, token: int, decided: int) -> StaleWriterError | None:
    if one.token is not None and one.token < token:
        return StaleWriterError(f"token {one.token} is old: another engine has token {token}")
    if one.expect is not None and one.expect != decided:
        return StaleWriterError(f"the last decided record is {decided}, not {one.expect}")
    return None


def note_token(db: sqlite3.Connection, token: int) -> None:
    """Refuse older tokens from now on."""
    db.execute("UPDATE meta SET value = ? WHERE key = 'token' AND value < ?", (token, token))


def number(db: sqlite3.Connection, query: str, *values: str) -> int:
    """What a query for one number finds, 0 for nothing."""
    row = db.execute(query, values).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
