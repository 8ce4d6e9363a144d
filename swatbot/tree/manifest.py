"""Turns what lies in the tree into manifest entries: every file read and hashed, none of them half-edited."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from swatbot.domain.findings import PathFault
from swatbot.domain.manifest import Entry, Kind
from swatbot.errors import OperationalError
from swatbot.ports import Clock
from swatbot.tree.patterns import Patterns
from swatbot.tree.walk import ChangedError, Seen, Sight, glance, look, read

_TRIES = 3
# A stamp proves that a file is unchanged only if it was old when the file was read: two edits within one
# tick of the kernel's clock, or within the 2 s of a coarse file system, leave the same stamp.
_SETTLED = timedelta(seconds=2)
_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Captured:
    """What lies under some paths of the tree.

    Attributes:
        entries: files and links by path.
        faults: what can not be shipped.
        absent: the paths at which nothing lies.
    """

    entries: dict[str, Entry]
    faults: tuple[PathFault, ...] = ()
    absent: tuple[str, ...] = ()


def settled(seen: Seen, clock: Clock) -> bool:
    """Whether the last change of a file is so long ago that another one would have left another stamp."""
    return seen.changed < (clock.now() - _SETTLED).timestamp()


class HashCache:
    """SHA-256 of files that were read before and have the same stamp since."""

    def __init__(self, tree: Path, clock: Clock) -> None:
        self._tree = tree
        self._clock = clock
        self._known: dict[Seen, str] = {}

    def sha256(self, seen: Seen) -> str:
        """The hash of a file's bytes, read if it may have changed.

        Raises:
            ChangedError: it is not the file that was seen.
            OperationalError: it can not be read.
        """
        known = self._known.get(seen)
        if known is not None:
            return known
        found = hashlib.sha256(read(self._tree, seen)).hexdigest()
        if settled(seen, self._clock):
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[seen] = found
        return found


def capture(
    tree: Path,
    paths: Iterable[str],
    ignore: Patterns,
    sha256: Callable[[Seen], str],
    *,
    together: bool = True,
) -> Captured:
    """Take the entries at or under these paths, each of a file that did not change while it was read.

    Args:
        tree: the tree.
        paths: relative to it.
        ignore: what is left out.
        sha256: reads and hashes a file, or knows its hash.
        together: whether all must be as they were at one moment: then the paths are looked at again after
            the last file was read, and what changed meanwhile is read again.

    Raises:
        OperationalError: a file kept changing over three tries, or the disk failed.
    """
    wanted = tuple(dict.fromkeys(paths))
    changed = ""
    taken: dict[Seen, Entry] = {}
    for _ in range(_TRIES):
        sights = [look(tree, path, ignore) for path in wanted]
        try:
            entries = {s.path: _entry(s, taken, sha256) for sight in sights for s in sight.files}
        except ChangedError as error:
            changed = str(error)
            continue
        again = [look(tree, path, ignore) for path in wanted] if together else sights
        if again == sights:
            return _captured(wanted, sights, entries)
        changed = _first_change(sights, again)
    raise OperationalError(f"{changed} kept changing while it was read: wait until its writer is done")


def entry_at(tree: Path, path: str, sha256: Callable[[Seen], str]) -> Entry | None:
    """The entry at exactly this path, None if there is no file or link; a fast look that tries three times.

    Raises:
        OperationalError: the file kept changing, or the disk failed.
    """
    for _ in range(_TRIES):
        seen = glance(tree, path)
        try:
            return _entry(seen, {}, sha256) if seen else None
        except ChangedError:
            continue
    raise OperationalError(f"{path} kept changing while it was read: wait until its writer is done")


def bytes_at(tree: Path, path: str) -> bytes:
    """What the file at exactly this path has now, nothing if there is no file any more.

    Raises:
        OperationalError: the file kept changing, or the disk failed.
    """
    for _ in range(_TRIES):
        seen = glance(tree, path)
        try:
            return read(tree, seen) if seen and seen.kind is Kind.FILE else b""
        except ChangedError:
            continue
    raise OperationalError(f"{path} kept changing while it was read: wait until its writer is done")


def _captured(wanted: tuple[str, ...], sights: list[Sight], entries: dict[str, Entry]) -> Captured:
    faults = tuple(dict.fromkeys(fault for sight in sights for fault in sight.faults))
    absent = tuple(path for path, sight in zip(wanted, sights, strict=True) if not sight.present)
    return Captured(entries, faults, absent)


def _entry(seen: Seen, taken: dict[Seen, Entry], sha256: Callable[[Seen], str]) -> Entry:
    if seen not in taken:
        content = seen.target if seen.kind is Kind.LINK else sha256(seen)
        taken[seen] = Entry(seen.path, seen.kind, seen.mode, seen.size, content)
    return taken[seen]


def _first_change(before: list[Sight], after: list[Sight]) -> str:
    old = {seen for sight in before for seen in sight.files}
    new = {seen for sight in after for seen in sight.files}
    return min((seen.path for seen in old ^ new), default="the tree")
