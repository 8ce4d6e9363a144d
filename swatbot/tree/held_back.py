"""What HEAD has and the tree has not: an edit that undoes a file of a commit would hide that half ships."""

from pathlib import Path

from swatbot.domain.manifest import Entry
from swatbot.tree.committed import uncommitted
from swatbot.tree.git import Git
from swatbot.tree.history import History
from swatbot.tree.manifest import bytes_at


def held_back(history: History, head: str, path: str, entry: Entry | None) -> bool:
    """Whether the tree has something else at a path than HEAD.

    Args:
        history: of the tree.
        head: the commit checked out.
        path: of a file, a link or a submodule, which is to have that commit checked out that HEAD names.
        entry: what the tree has there, None for nothing.

    Raises:
        OperationalError: git or the disk failed.
    """
    tree = history.git.path
    submodule = history.committed(head).submodules.get(path)
    if submodule is not None:
        return _checked_out(tree / path) != submodule
    new = {path: entry} if entry else {}
    return bool(uncommitted(history, head, (path,), new, lambda found: bytes_at(tree, found.path)))


def _checked_out(submodule: Path) -> str | None:
    """The commit that is checked out in a submodule, None if none is."""
    if not (submodule / ".git").exists():  # else git would take it for a part of the tree around it
        return None
    return History(Git(submodule)).commit("HEAD")
