"""Who speaks with a host next: a lock that calls back instead of making threads wait."""

import threading
from collections import deque
from collections.abc import Callable


class Turn:
    """Held by one conversation at a time, handed on in the order of asking."""

    def __init__(self) -> None:
        """Nobody has it."""
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, then: Callable[[], None]) -> bool:
        """Take it if it is free; else `then` is called, by whoever gives it, once it is the caller's."""
        with self._lock:
            if self._taken:
                self._waiting.append(then)
                return False
            self._taken = True
            return True

    def give(self) -> None:
        """Hand it on."""
        with self._lock:
            then = self._waiting.popleft() if self._waiting else None
            self._taken = then is not None
        if then is not None:
            then()
