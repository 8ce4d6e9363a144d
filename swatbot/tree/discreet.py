"""Keeps what must not be shown out of errors that end up in a channel: they name files."""

import ast
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from swatbot.domain.findings import PathFault
from swatbot.domain.manifest import covered
from swatbot.errors import OperationalError, UserError
from swatbot.tree.patterns import Patterns

_log = logging.getLogger(__name__)
# A name as Python quotes it (one that was cut has no end), or a word of its own.
_WORDS = re.compile(
    r"""(?<!\w)b?(?P<quote>['"])(?P<name>(?:\\.|(?!(?P=quote)).)*)(?:(?P=quote)|$)|[^\s:,;=()'"]+""",
    re.DOTALL,
)
_HIDDEN = "a private file stands in the way; the log has more"
_VEIL = "a private file"


@contextmanager
def discreet(tree: Path, private: Patterns) -> Iterator[None]:
    """Let errors that name a private file out without a word of it; the log has all of it."""
    try:
        yield
    except (OperationalError, UserError) as error:
        text = str(error).replace(f"{tree}/", "")
        if not any(_private(word, private) for word in _words(text)):
            raise
        _log.warning("not told in public: %s", error)
        raise type(error)(_HIDDEN) from None


def veiled(text: str, private: Patterns) -> str:
    """The text with `a private file` in place of each private path, and of each quoted part of one.

    A word of small letters that stands without quotation marks is taken for prose.
    """
    secret = [word for word in _words(text) if _private(word, private) and not _prose(word)]
    quoted = (_name(found) for found in _WORDS.finditer(text) if found["quote"])
    secret += [name for name in quoted if _private(name, private)]
    if not secret:
        return text

    def veil(found: re.Match[str]) -> str:
        hidden = any(word in secret or _inside(word, secret) for word in _of(found))
        return _VEIL if hidden and (found["quote"] or not _prose(found[0])) else found[0]

    return _WORDS.sub(veil, text)


def _words(text: str) -> Iterator[str]:
    for found in _WORDS.finditer(text):
        yield from _of(found)


def _of(found: re.Match[str]) -> Iterator[str]:
    """What may be a path: a quoted name and the words in it, or the word without what ends a sentence."""
    if not found["quote"]:
        yield found[0].rstrip(".!?")
        return
    name = _name(found)
    yield name
    if name.split() != [name]:
        yield from _words(name.replace("'", " ").replace('"', " "))


def _name(found: re.Match[str]) -> str:
    """A quoted name as it is on the disk."""
    quote, name = found["quote"], found["name"]
    try:
        return str(ast.literal_eval(f"{quote}{name}{quote}"))
    except (SyntaxError, ValueError):
        return name


def _prose(word: str) -> bool:
    return word.isalpha() and word.islower()


def _private(word: str, private: Patterns) -> bool:
    """Whether it is a private path, from the top of the tree or, with a slash before it, of the host.

    `.git` is no part of what is deployed; whether it lies in something private counts.
    """
    parts = word.strip("/").split("/")
    parts = parts[: parts.index(".git")] if ".git" in parts else parts
    starts = range(len(parts)) if word.startswith("/") else range(min(1, len(parts)))
    return any(private.match("/".join(parts[n:])) for n in starts)


def _inside(word: str, secret: Sequence[str]) -> bool:
    """Whether it is a part of a private path, but not the beginning, which is not private by itself."""
    return any(f"/{word}/" in f"{path}/" and not path.startswith(f"{word}/") for path in secret)


def masked(faults: Sequence[PathFault], typed: Sequence[str], private: Patterns) -> tuple[PathFault, ...]:
    """The faults, where a private file is named that nobody typed with the path that somebody did type."""
    return tuple(dict.fromkeys(_masked(fault, typed, private) for fault in faults))


def _masked(fault: PathFault, typed: Sequence[str], private: Patterns) -> PathFault:
    if fault.suggestion and private.match(fault.suggestion):
        fault = replace(fault, suggestion="")
    if fault.path in typed or not private.match(fault.path):
        return fault
    _log.warning("not told in public: %s: %s", fault.path, fault.fault)
    above = next((path for path in typed if covered(fault.path, (path,))), typed[0])
    return PathFault(above, "a private file under it can not be shipped; the log has more")
