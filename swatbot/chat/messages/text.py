"""Small pieces of wording: lists cut short, times, durations, and text made safe for a channel."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from swatbot.domain.plan import as_typed

LINE_BYTES = 400
NOTHING = "(nothing that can be shown)"
_CUT = "…"
# Letters and symbols that have no ink: fillers of Hangul, and the empty Braille pattern.
_INKLESS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def clean(text: str) -> str:
    """The text without control, formatting and line-breaking characters, so it can not change a channel.

    Bidirectional marks (Unicode category Cf) would let a name rewrite the line around it.
    """
    return "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or _harmless(c)).strip()


def fit(text: str, limit: int = LINE_BYTES) -> str:
    """The cleaned text, cut at a character to at most `limit` bytes of UTF-8.

    A text of which nothing would be seen becomes `NOTHING`; no text stays none.
    """
    cleaned = clean(text)
    if text and not _visible(cleaned):
        cleaned = NOTHING
    if len(cleaned.encode("utf-8", "replace")) <= limit:
        return cleaned
    room = limit - len(_CUT.encode())
    return cleaned.encode("utf-8", "replace")[:room].decode("utf-8", "ignore").rstrip() + _CUT


def whole(ways: Iterable[str], limit: int = LINE_BYTES) -> str:
    """The first of several ways to say something that fits without a cut; the last if none does.

    What is to be typed must not be cut: so it is said at length, in short, or in other words.
    """
    way = ""
    for way in ways:
        if len(clean(way).encode("utf-8", "replace")) <= limit:
            break
    return way


def typed(path: str) -> str:
    """A path as it is to be typed, in quotation marks where it needs them; "" if it can not be."""
    if '"' in path or clean(path) != path:
        return ""
    return as_typed(path)


def spelled(path: str, limit: int) -> str:
    """A file's name in at most `limit` bytes, with what can not be seen of it as Python would write it."""
    return fit("".join(c if c == " " or _harmless(c) else _escape(c) for c in path), limit)


def quoted(text: str, limit: int = 160) -> str:
    """A person's words, cleaned, shortened and in quotation marks."""
    return f'"{fit(text, limit)}"'


def some(items: Sequence[str], more: str = "", most: int = 3, others: int = 0) -> str:
    """A list cut after a few items: `a, b, c and 5 more` (with `: !diff 43` where `more` says so).

    Args:
        items: what can be listed.
        more: where the rest can be seen.
        most: how many are listed.
        others: how many there are beside the items.
    """
    left = max(0, len(items) - most) + others
    listed = ", ".join(items[:most])
    if not left:
        return listed
    hint = f": {more}" if more else ""
    return f"{listed} and {left} more{hint}"


def both(items: Iterable[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; or with another word."""
    listed = list(items)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {word} {listed[-1]}"


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def hhmm(when: datetime) -> str:
    """`14:22 UTC`."""
    return f"{when.astimezone(UTC):%H:%M} UTC"


def clock_span(start: datetime, end: datetime) -> str:
    """`14:07:10 and 14:07:51 UTC`."""
    return f"{start.astimezone(UTC):%H:%M:%S} and {end.astimezone(UTC):%H:%M:%S} UTC"


def duration(span: timedelta) -> str:
    """`00m 41s`, as deployers know it."""
    seconds = int(span.total_seconds())
    return f"{seconds // 60:02d}m {seconds % 60:02d}s"


def ago(span: timedelta) -> str:
    """`41 s`, `7 min`, `3 h`, `2 days`."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _visible(text: str) -> bool:
    return any(unicodedata.category(c)[0] in "LNPS" and c not in _INKLESS for c in text)


def _escape(character: str) -> str:
    """As Python writes it; a byte that is not UTF-8 as that byte."""
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]


def _harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
