"""What every chat front end does to text: make it safe to show, say how old it is, see who is addressed."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from swatbot.chat.messages.text import hhmm
from swatbot.ports import Outgoing

# What is told longer than that after it happened says when that was.
_LATE = timedelta(minutes=1)

# They reorder what a reader sees, so that a line reads as something that was not said.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS = frozenset("\r\n\0\t\x0b\x0c\x85\u2028\u2029")


def clean(text: str) -> str:
    """Make one line that any network and any terminal can show as it is.

    Line breaks, tabs and NUL become spaces; other control characters and marks that change the reading
    direction go; what has no UTF-8 form (a lone surrogate) becomes U+FFFD.
    """
    return "".join(_clean_one(c) for c in text)


def as_said(line: Outgoing, now: datetime) -> str:
    """The text of a line that leaves now, with its mark."""
    return f"{mark(line, now)}{line.text}"


def mark(line: Outgoing, now: datetime) -> str:
    """What stands before a repeat, and before what tells of long ago: "(perhaps again) [14:05 UTC] "."""
    again = "(perhaps again) " if line.again else ""
    late = f"[{hhmm(line.at)}] " if line.at is not None and now - line.at > _LATE else ""
    return f"{again}{late}"


def unaddressed(text: str, names: Iterable[str]) -> str | None:
    """What follows "swatbot: " or "swatbot, ", for any of the bot's names; None if nobody was addressed."""
    wanted = "|".join(re.escape(name) for name in names if name)
    match = re.match(rf"\s*@?(?:{wanted})[:,]\s*(?P<rest>.*)", text, re.IGNORECASE | re.DOTALL)
    return match["rest"] if match and wanted else None


def _clean_one(char: str) -> str:
    if char in _BREAKS:
        return " "
    if char in _BIDI:
        return ""
    category = unicodedata.category(char)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category == "Cc" else char
