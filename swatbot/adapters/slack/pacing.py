"""When Slack may be called next: a pace for each channel and card, and whatever it asks to wait for."""

import time
from collections.abc import Callable
from functools import partial

from swatbot.adapters.pace import TokenBucket

# chat.update is of Slack's tier 3, which takes more than 50 calls a minute of all cards together.
_EDITS, _EDITS_PER_SECOND = 10, 0.8


class Pacing:
    """Knows when the next line may go to a channel, and when a card may be edited. Times are in seconds.

    Args:
        burst: lines that a channel takes at once.
        every: between lines of a channel after that.
        edit_every: between two edits of one card.
        now: monotonic.
    """

    def __init__(
        self, burst: int, every: float, edit_every: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now, self._edit_every = now, edit_every
        self._bucket = partial(TokenBucket, burst, 1 / every)
        self._lines: dict[str, TokenBucket] = {}
        self._edits = TokenBucket(_EDITS, _EDITS_PER_SECOND)
        self._not_before: dict[str, float] = {}

    def until_line(self, channel: str, method: str = "chat.postMessage") -> float:
        """How long until a line may go to a channel, by this method; 0 for now."""
        bucket = self._lines.get(channel)
        full = bucket.wait_at(self._now()) if bucket is not None else 0.0
        return max(self._shut(channel, method), full)

    def line(self, channel: str) -> None:
        """A line goes to a channel."""
        now = self._now()
        self._lines = {where: bucket for where, bucket in self._lines.items() if not bucket.is_full(now)}
        self._lines.setdefault(channel, self._bucket()).take(now)

    def until_edit(self, card: str) -> float:
        """How long until a card may be edited; 0 for now."""
        return max(self._shut(card, "edits", "chat.update"), self._edits.wait_at(self._now()))

    def edit(self, card: str) -> None:
        """A card is edited."""
        self._edits.take(self._now())
        self.rest(card)

    def rest(self, card: str) -> None:
        """A card was posted or edited: it stays as it is for a moment."""
        self.wait(card, self._edit_every)

    def wait(self, where: str, seconds: float) -> None:
        """Nothing goes for so long to a channel or card, by a method, to all cards ("edits"), or at all."""
        now = self._now()
        self._not_before = {place: until for place, until in self._not_before.items() if until > now}
        self._not_before[where] = max(self._not_before.get(where, 0.0), now + seconds)

    def _shut(self, *places: str) -> float:
        """Seconds until nothing keeps us from sending any more, 0 for now."""
        return max(0.0, *(self._not_before.get(place, 0.0) - self._now() for place in ("", *places)))

    def __len__(self) -> int:
        """How much is kept in mind: nothing that is over."""
        return len(self._lines) + len(self._not_before)
