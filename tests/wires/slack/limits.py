"""Slack's rate limits, for its stand-in: who goes on too fast is told for how long to be silent."""

import math
from dataclasses import dataclass, field

_NEVER = float("-inf")


@dataclass(frozen=True)
class Limits:
    """How much is allowed; None for no limit at all.

    Attributes:
        post_seconds: chat.postMessage takes one message in this time and channel,
        post_burst: but this many at once after a pause.
        tiers: calls a minute, by the number of the tier. Tier 1 has none of its own: at the one method that
            counts here, apps.connections.open, Slack hardly ever applies it.
    """

    post_seconds: float | None = 1.0
    post_burst: int = 1
    tiers: dict[int, int | None] = field(default_factory=lambda: {2: 20, 3: 50, 4: 100})

    @classmethod
    def off(cls) -> "Limits":
        return cls(None, 1, {})


@dataclass
class Bucket:
    """Calls that are allowed now, which grow back with time."""

    per_second: float
    size: int
    level: float
    seen: float = _NEVER

    def take(self, now: float) -> float:
        """Take one, or say after how many seconds there will be one."""
        grown = self.per_second * (now - self.seen) if self.seen != _NEVER else 0.0
        self.level, self.seen = min(float(self.size), self.level + grown), now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        return (1 - self.level) / self.per_second


class Meter:
    """Counts calls against the limits, and those that come before the time that was told is over.

    Attributes:
        too_early: the method and channel of each such call, with how many seconds too early it was.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.too_early: list[tuple[str, str, float]] = []
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._silent_until: dict[tuple[str, str], float] = {}

    def seconds_to_wait(self, method: str, channel: str, tier: int, now: float) -> int:
        """The whole seconds of Retry-After, or 0 when the call may go on."""
        key = (method, channel if method == "chat.postMessage" else "")
        left = self._silent_until.get(key, 0.0) - now
        if left > 0:
            self.too_early.append((method, channel, left))
            return math.ceil(left)
        bucket = self._buckets.get(key) or self._new_bucket(method, tier)
        if bucket is None:
            return 0
        self._buckets[key] = bucket
        wait = math.ceil(bucket.take(now))
        if wait:
            self._silent_until[key] = now + wait
        return wait

    def forget(self) -> None:
        """Begin anew, as with limits that a test has changed."""
        self._buckets.clear()
        self._silent_until.clear()

    def _new_bucket(self, method: str, tier: int) -> Bucket | None:
        if method == "chat.postMessage":
            seconds, burst = self.limits.post_seconds, self.limits.post_burst
            return None if seconds is None else Bucket(1 / seconds, burst, burst)
        minute = self.limits.tiers.get(tier)
        return None if minute is None else Bucket(minute / 60, minute, minute)
