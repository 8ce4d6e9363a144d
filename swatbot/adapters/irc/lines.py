"""Lines as IRC can carry them: split by bytes at word borders, folded names, formatting taken off."""

import re

LINE_BYTES = 512
# What a server may put before our words at most, while our own host is not known: user and host.
_USER_BYTES = 12
_HOST_BYTES = 64

_FORMATTING = re.compile(
    "\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_FOLDING = str.maketrans("[]\\~", "{}|^")


def room(nick: str, userhost: str, target: str) -> int:
    """How many bytes of text a PRIVMSG of ours may hold, so that it arrives whole.

    Args:
        nick: our nick.
        userhost: "user@host" as the server shows us to others, "" while it is not known.
        target: the channel or nick that is written to.
    """
    seen = len(userhost.encode()) if userhost else _USER_BYTES + 1 + _HOST_BYTES
    around = len(f":{nick}! PRIVMSG {target} :\r\n".encode()) + seen
    return LINE_BYTES - around


def split(text: str, limit: int) -> list[str]:
    """Cut cleaned text into pieces of at most `limit` bytes (at least 4), at spaces where there are any.

    The spaces at a cut are dropped, all others are kept. Text without a word gives no piece.
    """
    pieces = []
    rest = text.strip(" ")
    while rest:
        piece = _head(rest, limit)
        pieces.append(piece.rstrip(" "))
        rest = rest[len(piece) :].lstrip(" ")
    return pieces


def plain(text: str) -> str:
    """The text without IRC's codes for bold, colour and the like, which are not part of what was said."""
    return _FORMATTING.sub("", text)


def fold(name: str) -> str:
    """A nick or channel for comparison, in IRC's own idea of lower case."""
    return name.lower().translate(_FOLDING)


def _head(text: str, limit: int) -> str:
    """The longest start of the text that fits: whole words if one fits, else whole characters."""
    data = text.encode()
    if len(data) <= limit:
        return text
    # A byte more is looked at: a word may end exactly at the limit.
    fits = data[: limit + 1].decode(errors="ignore")
    space = fits.rfind(" ")
    return text[:space] if space > 0 else data[:limit].decode(errors="ignore")
