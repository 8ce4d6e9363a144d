"""How much of a message is sent, and how: what Slack does not take in one form it may take in another."""

from dataclasses import dataclass, replace

from swatbot.adapters.slack.api import DeniedError
from swatbot.adapters.slack.refusals import BLOCKS, THREAD

# https://docs.slack.dev/reference/methods/chat.postMessage, chat.update and /reference/block-kit/blocks
TEXT, WHOLE_TEXT, BLOCK = 4_000, 40_000, 3_000
"""Text that any message may have, and that a new one may have; and what one block may have."""
LEAST = 400
"""What is as short as that is not shortened any more."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a message may take.

    Attributes:
        block: bytes of text in each block; 0 for no blocks at all.
        text: bytes of the message's own text, which is what is read if there are no blocks.
        plain: the same once there are no blocks.
        below: whether it may be in a thread; if not it is in the channel.
    """

    block: int = BLOCK
    text: int = TEXT
    plain: int = TEXT
    below: bool = True

    def smaller(self, error: DeniedError) -> "Shape | None":
        """What to send after a refusal, None if it is about something else or nothing is left to be taken."""
        if error.code in THREAD:
            return replace(self, below=False) if self.below else None
        if error.code == "msg_too_long":
            return replace(self, text=self.text // 2) if self.text > LEAST else None
        if error.code not in BLOCKS or not self.block:
            return None
        if error.too_long and self.block > LEAST:
            return replace(self, block=self.block // 2)
        return self.without_blocks()

    def without_blocks(self) -> "Shape | None":
        """The message as text only, None if it is that already."""
        return replace(self, block=0, text=self.plain) if self.block else None
