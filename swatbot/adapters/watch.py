"""Whom a chat network tells how it is: people on the other networks, and its own once it is back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


def _ignore(*_: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Watch:
    """Whom a network tells how it is; called on the network's thread.

    Attributes:
        trouble: told, in a sentence, what people should know, once until it is well again, and then that it
            is; and the channels in which they need not be told, for that is where it is.
        gap: told from when to when (UTC) nothing was heard in some channel, once it is heard again.
        split: told from when to when (UTC) people were cut off by a netsplit, once the first is back.
    """

    trouble: Callable[[str, frozenset[str]], None]
    gap: Callable[[datetime, datetime], None] = _ignore
    split: Callable[[datetime, datetime], None] = _ignore
