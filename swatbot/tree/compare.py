"""Counts and shows the lines between what the fleet holds and the tree, with git's own diff."""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from swatbot.domain.manifest import Entry, Kind
from swatbot.tree.git import Git

_INSERTED = re.compile(r"(\d+) insertions?\(\+\)")
_DELETED = re.compile(r"(\d+) deletions?\(-\)")
_OPTIONS = ("diff", "--no-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-prefix")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things compared: some entries, and where their bytes come from."""

    entries: Sequence[Entry]
    content: Callable[[Entry], bytes]


def count(git: Git, scratch: AbstractContextManager[str], old: Side, new: Side) -> tuple[int, int]:
    """Lines added and removed between the two sides, as git counts: none in a binary file."""
    text = _diff(git, scratch, old, new, "--shortstat")
    added, removed = _INSERTED.search(text), _DELETED.search(text)
    return int(added[1]) if added else 0, int(removed[1]) if removed else 0


def unified(git: Git, scratch: AbstractContextManager[str], old: Side, new: Side) -> str:
    """A unified diff between the two sides, bytes that are not UTF-8 replaced."""
    return _diff(git, scratch, old, new, "--unified=3")


def _diff(git: Git, scratch: AbstractContextManager[str], old: Side, new: Side, form: str) -> str:
    with scratch as name:
        for letter, side in (("a", old), ("b", new)):
            top = Path(name) / letter
            top.mkdir()
            for entry in side.entries:
                _write(top / entry.path, entry, side)
        out = git.run(*_OPTIONS, form, "--", "a", "b", allowed=(0, 1), cwd=Path(name))
    return out.decode("utf-8", "replace")


def _write(path: Path, entry: Entry, side: Side) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind is Kind.LINK:
        path.symlink_to(entry.content)
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, entry.mode | 0o600), "wb") as file:
        file.write(side.content(entry))
