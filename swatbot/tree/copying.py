"""Copies paths of the tree into the snapshot store, as they were together at one moment."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Event

from swatbot.errors import OperationalError
from swatbot.tree.history import TreeState
from swatbot.tree.inspection import Inspection
from swatbot.tree.manifest import Captured, capture, settled
from swatbot.tree.walk import ChangedError, Seen, read

_TRIES = 3
# Longer than a tick of the kernel's clock (4 ms, at most 10): whoever still writes shows after it.
_PAUSE = 0.02


def copy(tree: Inspection, paths: Sequence[str]) -> tuple[Captured, TreeState]:
    """Copy what lies under the paths into the store, while one and the same commit is checked out.

    Returns:
        The entries, and the state of the tree at that moment.

    Raises:
        OperationalError: a file kept changing, or other commits were checked out, over three tries.
    """
    before, why = tree.history.state(), ""
    for _ in range(_TRIES):
        captured, taken = _round(tree, paths)
        after = tree.history.state()
        why = _torn(tree.tree, {s: d for s, d in taken.items() if not settled(s, tree.clock)})
        if before.head != after.head:
            why = "other commits were checked out while the tree was copied"
        if not why:
            return captured, after
        before = after
    raise OperationalError(f"{why}: wait until that is done")


def _round(tree: Inspection, paths: Sequence[str]) -> tuple[Captured, dict[Seen, str]]:
    taken: dict[Seen, str] = {}
    with tree.store.batch() as batch:

        def keep(seen: Seen) -> str:
            taken[seen] = batch.add(read(tree.tree, seen))
            return taken[seen]

        return capture(tree.tree, paths, tree.ignore, keep), taken


def _torn(tree: Path, young: Mapping[Seen, str]) -> str:
    """What is wrong with files that were just written, "" if nothing is.

    A writer that is half done when they are read, and done within the same tick of the kernel's clock,
    leaves no other trace than the bytes: they are read a second time when the tick is over.
    """
    if young:
        Event().wait(_PAUSE)
    for seen, digest in young.items():
        try:
            same = sha256(read(tree, seen)).hexdigest() == digest
        except ChangedError:
            same = False
        if not same:
            return f"{seen.path} kept changing while it was copied"
    return ""
