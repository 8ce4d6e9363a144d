"""When Slack may be called next: a pace for each channel and card, and whatever it asks to wait for."""

import time
from collections import defaultdict
from collections.abc import Callable

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
        self._lines: defaultdict[str, TokenBucket] = defaultdict(lambda: TokenBucket(burst, 1 / every))
        self._edits = TokenBucket(_EDITS, _EDITS_PER_SECOND)
        self._not_before: defaultdict[str, float] = defaultdict(float)

    def until_line(self, channel: str) -> float:
        """How long until a line may go to a channel; 0 for now."""
        now = self._now()
        return max(self._shut(channel, now), self._lines[channel].wait_at(now))

    def line(self, channel: str) -> None:
        """A line goes to a channel."""
        self._lines[channel].take(self._now())

    def until_edit(self, card: str) -> float:
        """How long until a card may be edited; 0 for now."""
        now = self._now()
        return max(self._shut(card, now), self._shut("edits", now), self._edits.wait_at(now))

    def edit(self, card: str) -> None:
        """A card is edited."""
        self._edits.take(self._now())
        self.rest(card)

    def rest(self, card: str) -> None:
        """A card was posted or edited: it stays as it is for a moment."""
        self.wait(card, self._edit_every)

    def wait(self, where: str, seconds: float) -> None:
        """Nothing is sent for so long to a channel or card, to no card ("edits"), or to nothing ("")."""
        self._not_before[where] = max(self._not_before[where], self._now() + seconds)

    def _shut(self, where: str, now: float) -> float:
        return max(self._not_before[where], self._not_before[""]) - now if self._not_before else 0.0
