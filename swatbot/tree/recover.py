"""Fetches from git what the fleet holds and the snapshot store has lost."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from swatbot.domain.findings import Mark, mark_for
from swatbot.domain.manifest import Entry, Kind
from swatbot.errors import OperationalError
from swatbot.tree.history import History
from swatbot.tree.snapshots import SnapshotStore

# More paths than this may not fit on a command line; then the whole commit is listed.
_MOST_PATHS = 200


def recover(history: History, store: SnapshotStore, entries: Iterable[Entry], marks: Sequence[Mark]) -> None:
    """See that the store has the bytes of these entries, from the commits at which the fleet holds them.

    Raises:
        OperationalError: neither the store nor git has them.
    """
    lost: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        if entry.kind is Kind.FILE and not store.has(entry.content):
            mark = mark_for(entry.path, marks)
            lost[mark.commit if mark else ""][entry.path] = entry
    for commit, files in lost.items():
        if commit:
            _fetch(history, store, commit, files)
        for entry in files.values():
            if not store.has(entry.content):
                held = f"{entry.path} as the fleet holds it"
                raise OperationalError(f"neither the snapshot store nor git ({commit[:7]}) has {held}")


def _fetch(history: History, store: SnapshotStore, commit: str, files: dict[str, Entry]) -> None:
    paths = tuple(files) if len(files) <= _MOST_PATHS else ()
    blobs = history.blobs(commit, paths)
    with store.batch() as batch:
        for _, data in history.contents(blobs[path] for path in files if path in blobs):
            batch.add(data)
