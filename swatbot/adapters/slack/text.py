"""Text as Slack writes it: what was typed is taken out of its marks, and what is said can not become any."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MARK = re.compile(r"<(?P<kind>[@#!]?)(?P<what>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
# What phones and word processors make of "--for" and of quotation marks.
_DASHES = re.compile(r"(?<!\S)[\u2013\u2014]-?(?=[a-z])")
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00a0": " "})
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


def pieces(text: str, people: Mapping[str, str]) -> tuple[Piece, ...]:
    """A line with those whom it addresses taken out: "dana: #42 is live" notifies dana.

    Who is addressed stands before a colon at the start of a line, or of a sentence outside quotation marks.

    Args:
        text: the line.
        people: ids of users by what messages call them. An id is also its own name.
    """
    found: list[Piece] = []
    done = 0
    for address in _addresses(text, people):
        if text.count('"', 0, address.start()) % 2:
            continue
        found += [Piece(text[done : address.start("names")])]
        for number, name in enumerate(address["names"].split(", ")):
            found += [Piece(", ")] if number else []
            found += [Piece(people.get(name, name), is_user=True)]
        done = address.end("names")
    return tuple(piece for piece in (*found, Piece(text[done:])) if piece.text)


def _addresses(text: str, people: Mapping[str, str]) -> list[re.Match[str]]:
    known = sorted(people, key=len, reverse=True)
    name = "|".join([*map(re.escape, known), "[UW][A-Z0-9]{6,}"])
    return list(re.finditer(rf"(?:^|(?<=[.!?] ))(?P<names>(?:{name})(?:, (?:{name}))*)(?=: )", text))
