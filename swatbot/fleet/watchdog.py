"""A deadline for everything that waits for a host: paramiko's own timeouts miss a peer that stalls."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

_LOOK_EVERY = 0.25
# Signs of life put a deadline off, but not for ever: a host that is ill may go on giving them.
_LONGEST = 20


class Deadline:
    """A time by which something must be over, else it is ended; it may be put off."""

    def __init__(self, seconds: float, end: Callable[[], None], busy: float = 0.0) -> None:
        """End it, by calling `end`, unless it is over in so many seconds.

        Args:
            seconds: without a sign of life.
            end: must not block.
            busy: seconds for which it may go on giving signs of life, beside twenty times `seconds`.
        """
        self.seconds = seconds
        self.passed = False
        self._end = end
        self._began = monotonic()
        self._at = self._began + seconds
        self._last = self._began + busy + _LONGEST * seconds

    @property
    def waited(self) -> float:
        """Seconds after which it is ended, by and large: more where there are signs of life meanwhile."""
        waits = self._at - self._began
        return self.seconds if waits < self.seconds + 1 else float(round(waits))

    def put_off(self) -> None:
        """There was a sign of life: count from now, but not for ever."""
        if not self.passed:
            self._at = min(monotonic() + self.seconds, self._last)

    def look(self) -> None:
        """End it if it is time."""
        if not self.passed and monotonic() >= self._at:
            self.passed = True
            self._end()


class Watchdog:
    """One thread for all deadlines, asleep while there are none."""

    def __init__(self) -> None:
        """The thread starts with the first deadline."""
        self._watched: set[Deadline] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def guard(self, seconds: float, end: Callable[[], None]) -> Iterator[Deadline]:
        """Call `end` (which must not block) if the body takes longer than so many seconds."""
        deadline = self.watch(seconds, end)
        try:
            yield deadline
        finally:
            self.forget(deadline)

    def watch(self, seconds: float, end: Callable[[], None], busy: float = 0.0) -> Deadline:
        """Call `end` (which must not block) in so many seconds, unless that is forgotten or put off.

        That it may be put off for `busy` seconds more than is usual is for what is known to take long.
        """
        deadline = Deadline(seconds, end, busy)
        with self._changed:
            self._watched.add(deadline)
            self._wake()
        return deadline

    def forget(self, deadline: Deadline) -> None:
        """What it was for is over."""
        with self._changed:
            self._watched.discard(deadline)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="fleet-watchdog", daemon=True)
            self._thread.start()
        elif len(self._watched) == 1:
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed and not self._watched:
                    return
                self._changed.wait(_LOOK_EVERY if self._watched else None)
                watched = tuple(self._watched)
            for deadline in watched:
                deadline.look()
