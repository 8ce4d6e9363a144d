"""The form of the journal's SQLite file: how it is opened and checked, and how a record lies in it."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from swatbot.app.chain import encode, stamp
from swatbot.errors import OperationalError
from swatbot.ports import Entry, Record, RecordKind

VERSION = 1
"""Of the file's form; a file with a larger one is refused."""

_BUSY = 10.0
"""Seconds that another process may hold the file before an append gives up."""

_TABLES = """
CREATE TABLE records (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL,
    time TEXT NOT NULL, number INTEGER, account TEXT, source TEXT, body TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX records_by_kind ON records (kind, seq);
CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL);
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO meta VALUES ('token', 0), ('schema', 1);
"""


def prepare(path: Path) -> sqlite3.Connection:
    """Open the journal for writing, and make it when it is not there.

    Only one process at a time may be in here.

    Raises:
        OperationalError: the file can not be opened, is damaged, no journal, or from a newer swatbot.
    """
    with explain(path):
        # Made here, so that it is never readable by others; never opened again beside SQLite,
        # because closing a second descriptor would drop the locks that SQLite holds.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        db = connect(path)
        try:
            _set_up(db, path)
        except BaseException:
            db.close()
            raise
    return db


def connect(path: Path) -> sqlite3.Connection:
    """A connection for one thread at a time, without transactions of its own making."""
    db = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def explain(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk complain about into what a person can act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise OperationalError(f"the journal {path}: {error}: {_advice(error)}") from error
    except OSError as error:
        raise OperationalError(f"the journal {path} can not be opened: {error}") from error


def row_of(record: Record) -> tuple[Any, ...]:
    """A record as the columns of `records`."""
    e = record.entry
    head = (record.seq, e.kind.value, e.type, e.version, stamp(e.time), e.number, e.account, e.source)
    return (*head, encode(e.body), record.previous, record.hash)


def record_of(row: tuple[Any, ...]) -> Record:
    """The record in a row of `records`.

    Raises:
        OperationalError: the row is not as it was written, byte for byte.
    """
    seq, kind, name, version, time, number, account, source, body, previous, digest = row
    try:
        entry = Entry(
            RecordKind(kind),
            name,
            json.loads(body),
            datetime.fromisoformat(time),
            number,
            account,
            source,
            version,
        )
        record = Record(seq, entry, previous, digest)
        faithful = row_of(record) == row
    except (ValueError, TypeError) as error:
        raise OperationalError(f"record {seq} was altered: it can not be read ({error})") from error
    if not faithful:
        raise OperationalError(f"record {seq} was altered: it is not in the form in which it was written")
    return record


def _set_up(db: sqlite3.Connection, path: Path) -> None:
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        _use_log(db, path)
        db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        return
    if not {"records", "cursors", "meta"} <= tables:
        raise OperationalError(f"{path} is a database, but not a journal of swatbot: choose another path")
    found = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    if found is None or found[0] > VERSION:
        form = found[0] if found else "unknown"
        raise OperationalError(
            f"the journal {path} has form {form}, and this swatbot knows {VERSION}: use the newer swatbot"
        )
    _use_log(db, path)


def _use_log(db: sqlite3.Connection, path: Path) -> None:
    mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise OperationalError(f"the journal {path} can not have a write-ahead log: put it on a local disk")


def _advice(error: sqlite3.DatabaseError) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    known = {
        sqlite3.SQLITE_NOTADB: "it is not a journal; choose another path, or put a copy of the journal back",
        sqlite3.SQLITE_CORRUPT: "it is damaged; stop swatbot, keep the file, and put a copy back",
        sqlite3.SQLITE_BUSY: f"another process held it for {_BUSY:.0f} s; find out which (fuser) and end it",
        sqlite3.SQLITE_FULL: "the disk is full; make room, nothing was written",
        sqlite3.SQLITE_READONLY: "it may not be written; check its owner and mode",
        sqlite3.SQLITE_CANTOPEN: "check that its directory is there and may be written",
        sqlite3.SQLITE_IOERR: "the disk failed; look into the kernel's log",
    }
    return known.get(code, "look whether the file is whole")
