"""Lets one engine run per journal: an operating-system lock, so a killed engine leaves nothing behind."""

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from swatbot.errors import OperationalError
from swatbot.ports import Clock, Lease, LeaseTakenError


class Tokens(Protocol):
    """Where fencing tokens come from: the journal, which refuses older ones."""

    def next_token(self) -> int:
        """A token larger than all before, durably noted."""
        ...


class EngineLock:
    """Leases on one machine.

    The file's text says who holds the lock, its time of change when the holder was last alive.

    Args:
        path: the lock file, by custom the journal's path with `.lock` after it; made (0600) when not there.
        tokens: the journal.
        clock: for when the holder was last seen.
    """

    def __init__(self, path: Path, tokens: Tokens, clock: Clock) -> None:
        self._path = path
        self._tokens = tokens
        self._clock = clock
        self._file: int | None = None

    def acquire(self, holder: str) -> Lease:
        """See `Leases.acquire`.

        Raises:
            LeaseTakenError: another engine runs; the text names it.
            OperationalError: the lock file can not be opened or written.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OperationalError(f"the engine's lock {self._path} can not be opened: {error}") from error
        try:
            lease = self._take(descriptor, holder)
        except BaseException:
            os.close(descriptor)
            raise
        self._file = descriptor
        return lease

    def renew(self) -> None:
        """See `Leases.renew`."""
        if self._file is not None:
            self._stamp(self._file)

    def release(self) -> None:
        """See `Leases.release`."""
        descriptor, self._file = self._file, None
        if descriptor is not None:
            self._stamp(descriptor)
            os.close(descriptor)

    def abandon(self) -> None:
        """Let go as a killed process does: without a last word."""
        descriptor, self._file = self._file, None
        if descriptor is not None:
            os.close(descriptor)

    def _take(self, descriptor: int, holder: str) -> Lease:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = _told(_text(descriptor))
            raise LeaseTakenError(f"{first} already runs deployments here ({self._path})") from None
        status = os.fstat(descriptor)
        last_seen = datetime.fromtimestamp(status.st_mtime_ns / 1e9, UTC) if status.st_size else None
        lease = Lease(self._tokens.next_token(), last_seen)
        self._sign(descriptor, holder)
        return lease

    def _sign(self, descriptor: int, holder: str) -> None:
        since = self._clock.now().isoformat(timespec="seconds")
        who = {"holder": holder, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
        text = json.dumps(who).encode()
        os.pwrite(descriptor, text, 0)  # in this order the text is never empty for somebody who is refused
        os.ftruncate(descriptor, len(text))
        self._stamp(descriptor)

    def _stamp(self, descriptor: int) -> None:
        now = int(self._clock.now().timestamp() * 1_000_000) * 1000
        os.utime(descriptor, ns=(now, now))


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 4096, 0).decode("utf-8", "replace")


def _told(text: str) -> str:
    """The holder as a message names it; process and host are told once, also if its name has them."""
    try:
        who = json.loads(text)
        name = who["holder"].removesuffix(f" (process {who['pid']})")
        name = "an engine" if name == who["host"] else name
        return f"{name} (process {who['pid']} on {who['host']}, since {who['since']})"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "another engine"
