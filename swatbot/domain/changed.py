"""What differs between two states of some files, in a form that can be shown."""

from collections.abc import Iterator
from dataclasses import dataclass

from swatbot.domain.manifest import Entry, Manifest

MOST_LINES = 20
"""Of more changed lines than these in one file only the number is kept."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The changed lines of one file.

    Attributes:
        first: the first `MOST_LINES` of them, each with `+` or `-` before it.
        total: how many there are.
        binary: whether the file has no lines.
    """

    first: tuple[str, ...] = ()
    total: int = 0
    binary: bool = False


NO_LINES = Lines()


@dataclass(frozen=True, slots=True)
class Changed:
    """One file that differs: what it was, what it is (None: nothing), and its lines."""

    path: str
    old: Entry | None
    new: Entry | None
    lines: Lines = NO_LINES


@dataclass(frozen=True, slots=True)
class Changes:
    """The files that differ, by path; those that are not to be shown are only counted."""

    files: tuple[Changed, ...] = ()
    private: int = 0


def changed(old: Manifest, new: Manifest) -> Iterator[Changed]:
    """The files in which two manifests differ, sorted, without their lines."""
    for path in old.differences(new):
        yield Changed(path, old.by_path.get(path), new.by_path.get(path))
