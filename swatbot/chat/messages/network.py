"""What people are told about a chat network that was not as it should be, and about channels."""

from collections.abc import Sequence
from datetime import datetime

from swatbot.chat.messages.text import both, clock_span


def missed(start: datetime, end: datetime) -> str:
    """The bot was away from a network or a channel."""
    return f"I did not hear what was said here between {clock_span(start, end)}: please repeat it."


def was_away(start: datetime, end: datetime) -> str:
    """The bot was away from a network that delivers later what it could not then, for some minutes."""
    return (
        f"I was cut off from here between {clock_span(start, end)}. What was said then reaches me late, if it"
        " was not long: if you get no answer, please repeat it."
    )


def was_split(start: datetime, end: datetime) -> str:
    """People were on the other side of a netsplit."""
    return (
        f"Between {clock_span(start, end)} this network was split: who was on the other side did not hear me"
        ' ("!queue" tells how things stand), and I did not hear them: please repeat what you said.'
    )


def only_reports(nick: str, hears: Sequence[str]) -> str:
    """Somebody speaks to the bot in a channel that is not for commands."""
    return f"{nick}: here I only report. I hear what is said in {both(hears)}."


def too_fast(nick: str) -> str:
    """Somebody whom the bot does not know asks faster than it may answer."""
    return f"{nick}: you ask faster than I may answer. Ask again when you have all your answers."
