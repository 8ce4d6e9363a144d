"""Text as Slack writes it: what was typed is taken out of its marks, and what is said can not become any."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

_MARK = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
# What phones and word processors make of "--for" and of quotation marks.
_DASHES = re.compile(r"(?<!\S)[\u2013\u2014]-?(?=[a-z])")
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00a0": " "})
# Somebody who is in no list is called by their id.
_USER = re.compile(r"[UW][A-Z0-9]{6,}")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def typed(text: str, people: Mapping[str, str]) -> str:
    """What a person typed, of a message's text.

    Links that Slack makes of names such as README.md are these names again, and people are called as
    messages call them, so that they can be named to commands.

    Args:
        text: as Slack has it.
        people: names by the ids of users.
    """

    def plain(mark: re.Match[str]) -> str:
        label, what = mark["label"], mark["what"]
        match mark["kind"]:
            case "@":
                return people.get(what) or f"@{label or what}"
            case "#":
                return f"#{label or what}"
            case "!":
                return f"@{label or what.partition('^')[0]}"
        return (label or what).removeprefix("mailto:")

    found = _MARK.sub(plain, text)
    for entity, character in _ENTITIES:
        found = found.replace(entity, character)
    return _DASHES.sub("--", found.translate(_QUOTES))


def told(text: str) -> str:
    """A text that Slack shows as it is, but for emphasis: no mention and no link can be made in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fitted(text: str, most: int, size: Callable[[str], int]) -> str:
    """The text, or as much of its beginning as fits with an ellipsis behind it.

    It is cut as it was written, and measured as it is sent: so no cut goes through `&amp;` or a mention.

    Args:
        text: as it was written.
        most: what is allowed.
        size: what of that a text takes.
    """
    if size(text) <= most:
        return text
    kept = bisect_right(range(len(text)), most, key=lambda end: size(f"{text[:end]}…")) - 1
    return f"{text[:kept]}…" if kept > 0 else ""


def told_size(text: str) -> int:
    """Bytes that a text takes as it is told. Slack counts characters in places: these are never more."""
    return len(told(text).encode())


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: words, or a user who is to be notified (then `text` is the id)."""

    text: str
    is_user: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line.

    Attributes:
        text: all of it.
        users: ids of those whom it addresses, by what it calls them; "" for who is not on Slack.
        start: where it begins, behind its mark.
    """

    text: str
    users: Mapping[str, str] = field(default_factory=dict)
    start: int = 0


def users(calls: Iterable[str], people: Mapping[str, str]) -> dict[str, str]:
    """Those whom a line addresses, with the id of each that can be notified.

    Args:
        calls: whom it addresses.
        people: ids of users by what messages call them. The id of somebody unknown is also their name.
    """
    return {name: people.get(name) or (name if _USER.fullmatch(name) else "") for name in calls}


def pieces(words: Words) -> tuple[Piece, ...]:
    """A line with those whom it addresses taken out: "dana: #42 is live" notifies dana.

    They stand before a colon at the start of the line, or else of its last sentence that has them there: what
    people wrote, and the line repeats, is before that.
    """
    text, address = words.text, _address(words)
    if address is None:
        return (Piece(text),) if text else ()
    found = [Piece(text[: address.start()])]
    for number, name in enumerate(re.findall(_one_of(words.users), address[0])):
        found += [Piece(", ")] if number else []
        user = words.users[name]
        found += [Piece(user or name, is_user=bool(user))]
    return tuple(piece for piece in (*found, Piece(text[address.end() :])) if piece.text)


def line_text(words: Words) -> str:
    """A line as plain message text, for notifications and for who can not see blocks."""
    return "".join(f"<@{p.text}>" if p.is_user else told(p.text) for p in pieces(words))


def cut(words: Words, most: int) -> Words:
    """As much of a line as takes so many bytes when it is sent."""

    def size(text: str) -> int:
        return len(line_text(replace(words, text=text)).encode())

    return replace(words, text=fitted(words.text, most, size))


def _address(words: Words) -> re.Match[str] | None:
    if not words.users:
        return None
    name = _one_of(words.users)
    names = rf"{name}(?:, {name})*(?=: )"
    if first := re.compile(names).match(words.text, words.start):
        return first
    return next(reversed([*re.finditer(rf"(?<=[.!?] ){names}", words.text)]), None)


def _one_of(users: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(users, key=len, reverse=True)))})"
