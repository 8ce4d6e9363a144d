"""The journal in one SQLite file, which threads and processes of one machine share.

Write-ahead log with `synchronous=FULL`: what `append` returned survives a power cut. An append that need not
be durable yet is written with `NORMAL`: it is in the log, and the next durable one takes it to the disk.
Callers that append at the same moment share one transaction, so that they share its fsync too.
"""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from swatbot.adapters.sqlite.appending import Append, insert, note_token, number
from swatbot.adapters.sqlite.doorbell import Doorbell, Listener
from swatbot.adapters.sqlite.schema import connect, explain, prepare, record_of
from swatbot.app.chain import settle
from swatbot.errors import OperationalError
from swatbot.ports import Entry, Record

_LOOK = 1.0
"""Seconds after which a follower looks without having heard the bell: a writer may die before it rings."""


class SqliteJournal:
    """A Journal in a file.

    Args:
        path: the database; made (readable by its owner only) when it is not there.

    Raises:
        OperationalError: the file can not be opened, is damaged, no journal, or from a newer swatbot.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._bell = Doorbell(path.with_name(path.name + "-bell"))
        except OSError as error:
            if not path.parent.is_dir():
                why = f"the directory {path.parent} is missing: make it, for the bot's user only"
                raise OperationalError(f"the journal {path} can not be opened: {why}") from error
            raise OperationalError(f"the journal {path} can not be opened: {error}") from error
        try:
            with self._bell.alone():
                self._writer = prepare(path)
        except BaseException:
            self._bell.close()
            raise
        self._writing = threading.Lock()
        self._durable = True
        self._queue: deque[Append] = deque()
        self._readers: deque[sqlite3.Connection] = deque()
        self._grown = threading.Condition()
        self._seen = 0
        self._watchers: list[Callable[[], None]] = []
        self._closed = False
        self._ears: tuple[Listener, threading.Thread] | None = None

    def append(
        self,
        entries: Sequence[Entry],
        *,
        expect: int | None = None,
        token: int | None = None,
        cursor: tuple[str, int] | None = None,
        durable: bool = True,
    ) -> tuple[Record, ...]:
        """See `Journal.append`."""
        mine = Append([settle(entry) for entry in entries], expect, token, cursor, durable)
        self._queue.append(mine)
        with self._writing:
            if not mine.done:
                self._commit_all()
        if mine.error is not None:
            raise mine.error
        return mine.records

    def next_token(self) -> int:
        """A fencing token larger than all before, durably noted; older ones are refused from now on."""
        with self._writing, self._transaction(durable=True) as db:
            token = number(db, "SELECT value FROM meta WHERE key = 'token'") + 1
            note_token(db, token)
        return token

    def read(self, after: int, limit: int = 1000) -> tuple[Record, ...]:
        """See `Journal.read`."""
        with self._reading() as db:
            query = "SELECT * FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
            rows = db.execute(query, (after, limit)).fetchall()
        return tuple(record_of(row) for row in rows)

    def wait(self, after: int, timeout: float) -> bool:
        """See `Journal.wait`; an append in this process wakes at once, one in another within milliseconds."""
        end = time.monotonic() + timeout
        self._attend()
        with self._grown:
            while self._seen <= after and not self._closed:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._grown.wait(left)
            return self._seen > after

    def watch(self, grown: Callable[[], None]) -> None:
        """See `Journal.watch`."""
        self._watchers.append(grown)
        self._attend()

    def _attend(self) -> None:
        """Hear of other processes from now on; what they did before is looked at once."""
        if not self._listen():
            return
        try:
            self._look()
        except OperationalError:
            if not self._closed:
                raise

    def head(self) -> int:
        """See `Journal.head`."""
        with self._reading() as db:
            return number(db, "SELECT max(seq) FROM records")

    def cursor(self, name: str) -> int:
        """See `Journal.cursor`."""
        with self._reading() as db:
            return number(db, "SELECT seq FROM cursors WHERE name = ?", name)

    def close(self) -> None:
        """See `Journal.close`."""
        with self._grown:
            if self._closed:
                return
            self._closed = True
            self._grown.notify_all()
            ears, self._ears = self._ears, None
        if ears is not None:
            listener, thread = ears
            listener.wake()
            thread.join()
            listener.close()
        with self._writing:
            self._drop_readers()
            self._writer.close()
            self._bell.close()

    def _commit_all(self) -> None:
        """Append for everyone who waits, in one transaction; the caller holds the write lock."""
        batch = [self._queue.popleft() for _ in range(len(self._queue))]
        try:
            with self._transaction(durable=any(one.durable for one in batch)) as db:
                for one in batch:
                    insert(db, one)
        except BaseException as error:
            for one in batch:
                one.fail(error)
            if not isinstance(error, OperationalError):
                raise
        finally:
            for one in batch:
                one.done = True
        self._tell(max((one.records[-1].seq for one in batch if one.records), default=0))

    @contextmanager
    def _transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise OperationalError(f"the journal {self._path} is closed")
        with explain(self._path):
            if durable != self._durable:
                self._writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile; kept for the next reader."""
        if self._closed:
            raise OperationalError(f"the journal {self._path} is closed")
        with explain(self._path):
            try:
                db = self._readers.pop()
            except IndexError:
                db = connect(self._path)
            try:
                yield db
            finally:
                self._readers.append(db)
                if self._closed:
                    self._drop_readers()

    def _drop_readers(self) -> None:
        with suppress(IndexError):
            while True:
                self._readers.pop().close()

    def _tell(self, head: int) -> None:
        if head:
            self._note(head)
            self._bell.ring()

    def _note(self, head: int) -> None:
        with self._grown:
            if head <= self._seen:
                return
            self._seen = head
            self._grown.notify_all()
        for grown in self._watchers:
            grown()

    def _look(self) -> int:
        head = self.head()
        self._note(head)
        return head

    def _listen(self) -> bool:
        """Begin to follow other processes, when somebody waits for the first time; whether it is."""
        with self._grown:
            if self._ears is not None or self._closed:
                return False
            listener = self._bell.listen()
            thread = threading.Thread(target=self._follow, args=(listener,), name="journal-bell", daemon=True)
            self._ears = (listener, thread)
            thread.start()
            return True

    def _follow(self, listener: Listener) -> None:
        while listener.wait(_LOOK):
            with suppress(OperationalError):  # whoever reads or appends next is told
                self._look()
