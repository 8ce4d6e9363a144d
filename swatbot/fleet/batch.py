"""Work on hosts in their order, a bounded number at once; a host that is slow holds up nobody else."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Batch(Generic[T]):
    """Hosts being worked on, by threads that live as long as the batch."""

    def __init__(
        self,
        hosts: Sequence[str],
        work: Callable[[str], T],
        stumbled: Callable[[str], T],
        width: int,
        may_begin: Callable[[Sequence[T]], bool] = lambda _: True,
    ) -> None:
        """Begin at once.

        Args:
            hosts: in the order in which they are begun.
            work: does one host; whatever it raises is a bug, and logged.
            stumbled: the result of a host whose work raised.
            width: how many hosts at once.
            may_begin: asked, with the results so far, before each host is begun; after a no, none is.
        """
        self.results: dict[str, T] = {}
        self._work, self._stumbled, self._may_begin = work, stumbled, may_begin
        self._left: Iterator[str] = iter(hosts)
        self._changed = threading.Condition()
        self._running = min(max(width, 1), len(hosts))
        self._begun = 0
        for _ in range(self._running):
            threading.Thread(target=self._run, name="fleet-worker", daemon=True).start()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until all that was begun has ended, at most so many seconds; whether it has."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, timeout)

    def counts(self) -> tuple[int, tuple[T, ...]]:
        """How many hosts are in flight, and the results so far."""
        with self._changed:
            return self._begun - len(self.results), tuple(self.results.values())

    def _run(self) -> None:
        while (host := self._next()) is not None:
            self._one(host)
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            if not self._may_begin(tuple(self.results.values())):
                self._left = iter(())
            host = next(self._left, None)
            if host is not None:
                self._begun += 1
            return host

    def _one(self, host: str) -> None:
        try:
            result = self._work(host)
        except Exception:
            logging.getLogger(__name__).exception("work on %s ended in a bug", host)
            result = self._stumbled(host)
        with self._changed:
            self.results[host] = result
