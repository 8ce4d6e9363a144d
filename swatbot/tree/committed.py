"""Holds what would ship against HEAD, byte for byte: `git status` can be told to look away from an edit.

Sparse checkouts, `--skip-worktree`, `--assume-unchanged`, `core.fileMode`, `submodule.*.ignore` and git's
excludes change what `git status` says, and none of them what is copied to the hosts. So it is not asked.

What ships are the bytes in the tree, so it is these that are compared, without git's conversions (line ends,
keywords, filters): where a checkout writes something else than what was committed, nobody reviewed what
ships, and it counts as an edit.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from swatbot.domain.manifest import Entry, Kind
from swatbot.tree.blobs import Blob, Committed
from swatbot.tree.git import Git
from swatbot.tree.history import History

_SHA1 = 40


def uncommitted(
    history: History,
    head: str,
    files: Sequence[str],
    new: Mapping[str, Entry],
    content: Callable[[Entry], bytes],
) -> tuple[str, ...]:
    """Those of the files that HEAD does not have as the tree has them: edited, added, deleted.

    Args:
        history: of the tree.
        head: the commit checked out.
        files: the paths to be judged.
        new: what the tree has at them, by path; what is not in it was deleted.
        content: gives the bytes of an entry.

    Raises:
        OperationalError: git or the disk failed.
    """
    if not files:
        return ()
    whole = history.committed(head)
    blobs = {path: whole.blobs[path] for path in files if path in whole.blobs}
    lost: set[str] = set()
    for place, paths in _by_submodule(whole, files).items():
        below = _of_submodule(history.git, place, whole.submodules[place], paths)
        blobs |= below or {}
        lost.update(paths if below is None else ())
    return tuple(f for f in files if f in lost or not _same(blobs.get(f), new.get(f), content))


def _by_submodule(whole: Committed, files: Iterable[str]) -> dict[str, list[str]]:
    """The files that lie in submodules, by the submodule's path."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in files:
        parts = path.split("/")
        above = ("/".join(parts[:n]) for n in range(1, len(parts)))
        if place := next((place for place in above if place in whole.submodules), ""):
            found[place].append(path)
    return found


def _of_submodule(git: Git, place: str, commit: str, files: Sequence[str]) -> dict[str, Blob] | None:
    """What a submodule's commit has of these files; None if it can not be told, because that is not here.

    Without a `.git` of its own git would take the directory for a part of the tree around it.
    """
    top = git.path / place
    if not (top / ".git").exists():
        return None
    inner = History(Git(top))
    whole = inner.committed_or_none(commit)
    if whole is None:
        return None
    relative = [path.removeprefix(f"{place}/") for path in files]
    found = {f"{place}/{path}": whole.blobs[path] for path in relative if path in whole.blobs}
    for deeper, paths in _by_submodule(whole, relative).items():
        below = _of_submodule(inner.git, deeper, whole.submodules[deeper], paths)
        if below is None:
            return None
        found |= {f"{place}/{path}": blob for path, blob in below.items()}
    return found


def _same(blob: Blob | None, entry: Entry | None, content: Callable[[Entry], bytes]) -> bool:
    if blob is None or entry is None:
        return blob is None and entry is None
    if entry.kind is Kind.LINK:
        return blob.link and _id(entry.content.encode("utf-8", "surrogateescape"), blob.id) == blob.id
    same_mode = not blob.link and blob.executable == (entry.mode == 0o755)
    return same_mode and _id(content(entry), blob.id) == blob.id


def _id(data: bytes, like: str) -> str:
    """The id that git gives to these bytes, in a repository that has such ids."""
    kind = hashlib.sha1(usedforsecurity=False) if len(like) == _SHA1 else hashlib.sha256()
    kind.update(b"blob %d\0" % len(data))
    kind.update(data)
    return kind.hexdigest()
