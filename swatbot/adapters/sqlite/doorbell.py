"""Tells other processes on this machine that the journal has grown, so that followers need not poll.

Whoever has committed writes one byte to a small file beside the journal; followers watch that file with
inotify. The write-ahead log itself is no bell: it changes before the commit can be seen.
"""

import ctypes
import fcntl
import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_MODIFY = 0x2
_POLL = 0.05
"""Seconds between looks where there is no inotify."""


class Doorbell:
    """The bell of one journal.

    Args:
        path: the bell's file; made (0600) when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def ring(self) -> None:
        """Wake the followers in all processes."""
        os.pwrite(self._file, b"\n", 0)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it lasts, no other process is in here: for setting the journal up."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def listen(self) -> "Listener":
        """A listener that hears every ring from now on."""
        return Listener(self._path)

    def close(self) -> None:
        """Close the file; the bell can not be rung any more."""
        os.close(self._file)


class Listener:
    """Hears a bell; used by one thread, closed by any.

    Args:
        path: the bell's file.
    """

    def __init__(self, path: Path) -> None:
        self._closed, self._closer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._closed, select.POLLIN)
        self._inotify = _watch(path)
        if self._inotify is not None:
            self._poll.register(self._inotify, select.POLLIN)

    def wait(self, timeout: float) -> bool:
        """Block until the bell rings or `timeout` seconds are over; False once the listener was closed."""
        seconds = timeout if self._inotify is not None else min(timeout, _POLL)
        ready = {descriptor for descriptor, _ in self._poll.poll(seconds * 1000)}
        if self._inotify in ready:
            os.read(self._inotify, 4096)
        return self._closed not in ready

    def wake(self) -> None:
        """Make `wait` return False, now and for ever."""
        os.write(self._closer, b"x")

    def close(self) -> None:
        """Release the descriptors; the waiting thread must have ended."""
        for descriptor in (self._closed, self._closer, self._inotify):
            if descriptor is not None:
                os.close(descriptor)


def _watch(path: Path) -> int | None:
    """An inotify descriptor for writes to this file; None where inotify is missing or used up."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return None
    descriptor = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(path), ctypes.c_uint32(_IN_MODIFY)) < 0:
        os.close(descriptor)
        return None
    return int(descriptor)
