"""Counts and shows the lines between what the fleet holds and the tree, with git's own diff.

Git gets to see the files under numbers: no name can be taken for a part of the diff, and no `.gitattributes`
among them changes how another is read.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from swatbot.domain.changed import MOST_LINES, Lines
from swatbot.domain.manifest import Entry, Kind
from swatbot.tree.git import Git

_INSERTED = re.compile(r"(\d+) insertions?\(\+\)")
_DELETED = re.compile(r"(\d+) deletions?\(-\)")
_OPTIONS = ("diff", "--no-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-prefix")
_FILE = re.compile(rb"diff --git [ab]/(\d+) [ab]/\d+")
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NO_END = " (no newline at its end)"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things compared: some entries, and where their bytes come from."""

    entries: Sequence[Entry]
    content: Callable[[Entry], bytes]


def count(git: Git, scratch: AbstractContextManager[str], old: Side, new: Side) -> tuple[int, int]:
    """Lines added and removed between the two sides, as git counts: none in a binary file."""
    text = _diff(git, scratch, _numbered(old, new), (old, new), "--shortstat").decode()
    added, removed = _INSERTED.search(text), _DELETED.search(text)
    return int(added[1]) if added else 0, int(removed[1]) if removed else 0


def lines(git: Git, scratch: AbstractContextManager[str], old: Side, new: Side) -> dict[str, Lines]:
    """The changed lines of each file, by path; bytes that are not UTF-8 are replaced."""
    numbers = _numbered(old, new)
    if not numbers:
        return {}
    names = {number: path for path, number in numbers.items()}
    found = _parsed(_diff(git, scratch, numbers, (old, new), "--unified=0").split(b"\n"))
    return {names[number]: read.lines for number, read in found.items()}


def _numbered(*sides: Side) -> dict[str, int]:
    return {path: n for n, path in enumerate(sorted({e.path for side in sides for e in side.entries}))}


def _diff(
    git: Git,
    scratch: AbstractContextManager[str],
    numbers: Mapping[str, int],
    sides: tuple[Side, Side],
    form: str,
) -> bytes:
    with scratch as name:
        for letter, side in zip("ab", sides, strict=True):
            top = Path(name) / letter
            top.mkdir()
            for entry in side.entries:
                _write(top / str(numbers[entry.path]), entry, side)
        return git.run(*_OPTIONS, form, "--", "a", "b", allowed=(0, 1), cwd=Path(name))


def _write(path: Path, entry: Entry, side: Side) -> None:
    if entry.kind is Kind.LINK:
        path.symlink_to(entry.content)
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, entry.mode | 0o600), "wb") as file:
        file.write(side.content(entry))


class _Reader:
    """The lines of one file, as they come."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._total = 0
        self.binary = False

    @property
    def lines(self) -> Lines:
        return Lines(tuple(self._first), self._total, self.binary)

    def take(self, line: bytes) -> None:
        self._total += 1
        if self._total <= MOST_LINES:
            self._first.append(line.decode("utf-8", "replace"))

    def without_end(self) -> None:
        """Git says so of the line before."""
        if 0 < self._total <= MOST_LINES:
            self._first[-1] += _NO_END


def _parsed(diff: Sequence[bytes]) -> dict[int, _Reader]:
    """Each file's lines; a hunk is as long as it says, so that no line in it is taken for a header."""
    found: dict[int, _Reader] = {}
    reader = _Reader()
    rest: Iterator[bytes] = iter(diff)
    for line in rest:
        if file := _FILE.fullmatch(line):
            reader = found.setdefault(int(file[1]), _Reader())
        elif hunk := _HUNK.match(line):
            left = sum(int(length or 1) for length in hunk.groups())
            while left:
                piece = next(rest)
                if piece.startswith(b"\\"):
                    reader.without_end()
                else:
                    reader.take(piece)
                    left -= 1
        elif line.startswith(b"\\"):
            reader.without_end()
        elif line.startswith(b"Binary files "):
            reader.binary = True
    return found
