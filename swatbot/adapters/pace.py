"""When to send and when to try again: a token bucket and a backoff, both told the time by their caller."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class TokenBucket:
    """Lets `burst` lines through at once, then `per_second`; all times are monotonic seconds.

    The usual networks take a burst of five and one or two lines a second, so 4 and 1 keep below them.
    """

    burst: float = 4
    per_second: float = 1.0
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Begin full."""
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """Take a token if there is one; whether there was."""
        self._tokens = self._at(now)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def wait(self) -> float:
        """Seconds from the last `take` until the next token is there."""
        return self.wait_at(self._filled_at)

    def wait_at(self, now: float) -> float:
        """Seconds from now until a token is there, none if there is one."""
        return max(0.0, (1 - self._at(now)) / self.per_second)

    def is_full(self, now: float) -> bool:
        """Whether it is as if nothing had been taken."""
        return self._at(now) >= self.burst

    def _at(self, now: float) -> float:
        return min(self.burst, self._tokens + (now - self._filled_at) * self.per_second)


@dataclass
class Backoff:
    """Ever longer pauses, each between half and all of the doubled one, so that bots do not return as one."""

    first: float = 1.0
    most: float = 60.0
    chance: Callable[[], float] = random.random
    _tries: int = 0

    def next(self) -> float:
        """Seconds to pause before the next try."""
        longest = min(self.most, self.first * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return longest * (0.5 + self.chance() / 2)

    def reset(self) -> None:
        """Begin with short pauses again."""
        self._tries = 0
