"""What HEAD has and the tree has not: an edit that undoes a file of a commit would hide that half ships."""

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
        return _checked_out(history, path) != submodule
    new = {path: entry} if entry else {}
    return bool(uncommitted(history, head, (path,), new, lambda found: bytes_at(tree, found.path)))


def _checked_out(history: History, submodule: str) -> str:
    """The commit that is checked out in a submodule, "" if none is."""
    top = history.git.path / submodule
    if not (top / ".git").exists():  # else git would take it for a part of the tree around it
        return ""
    status, out = Git(top).ask("rev-parse", "--verify", "--quiet", "HEAD", allowed=(0, 1, 128))
    return "" if status else out.decode().strip()
