"""Finds words of a message that may be meant as paths: a forgotten comma drops nothing in silence."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swatbot.domain.manifest import covered
from swatbot.domain.plan import normal_path

_TOKEN = re.compile(r'"[^"]*"|,|[^\s,"]+')
_QUOTED = re.compile(r'"[^"]*"')
# What people put between two paths; the first few say which goes first.
_ORDERING = frozenset({"then", "->", "=>", ">", ">>", "before"})
_LINKING = _ORDERING | {",", "and", "also", "plus", "with", "&", "&&", "+", ";", "after"}
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message that seems to go on with the plan.

    Attributes:
        path: the first word of it that is a path and would not ship.
        more: with what the plan would go on, as it is typed right: `, dblists` or ` then dblists`.
        rest: what is left as the message.
        ordered: whether an order was asked for.
    """

    path: str
    more: str
    rest: str
    ordered: bool


def maybe_paths(message: str) -> tuple[str, ...]:
    """The words of a message to be looked up: the first few, and those after `then`.

    A message that stands in quotation marks is meant as one, whatever is in it.
    """
    found = _tokens(message)
    words = [token for token in found if token[0].lower() not in _LINKING][:_LOOKED_AT]
    return tuple(dict.fromkeys(_path(token) for token in (*words, *_after_then(found))))


def doubt(message: str, plan: Sequence[str], known: Container[str]) -> Doubt | None:
    """What of a message is hardly meant as one; None if nothing.

    Args:
        message: what was typed after the paths.
        plan: the paths that ship; what they cover is not lost.
        known: those of `maybe_paths` at which tree or fleet have something.
    """

    def lost(token: re.Match[str]) -> bool:
        return _path(token) in known and not covered(_path(token), plan)

    found = _tokens(message)
    run, more = [], ""
    for token, joint in _beginning(found):
        if not lost(token):
            break
        run.append((token, joint))
        more += f"{joint} {token[0]}"
    if run:
        return _doubt(message, run[0][0], run[-1][0], more, ordered=run[0][1] == " then")
    for token in _after_then(found):
        if lost(token) or ("/" in token[0].strip("/") and not covered(_path(token), plan)):
            return _doubt(message, token, token, f" then {token[0]}", ordered=True)
    return None


def _doubt(message: str, first: re.Match[str], last: re.Match[str], more: str, *, ordered: bool) -> Doubt:
    return Doubt(_path(first), more, message[last.end() :].strip(), ordered)


def _tokens(message: str) -> list[re.Match[str]]:
    return [] if _QUOTED.fullmatch(message.strip()) else list(_TOKEN.finditer(message))


def _beginning(found: Sequence[re.Match[str]]) -> list[tuple[re.Match[str], str]]:
    """The words, without what links them, each with what has to stand before it in a plan."""
    words: list[tuple[re.Match[str], str]] = []
    joint = ","
    for token in found:
        if token[0].lower() in _LINKING:
            joint = " then" if token[0].lower() in _ORDERING else joint
        else:
            words.append((token, joint))
            joint = ","
    return words


def _after_then(found: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    return [word for then, word in pairwise(found) if then[0].lower() == "then"]


def _path(token: re.Match[str]) -> str:
    return normal_path(token[0].strip('"'))
