"""What commits do to a file, taken together: a revert that was edited leaves something of the change."""

from collections import Counter
from collections.abc import Iterable, Sequence

from swatbot.tree.git import Git

_DIFF = (
    "diff-tree",
    "--no-commit-id",
    "--root",
    "--patch",
    "--unified=0",
    "--no-renames",
    "--no-textconv",
    "--no-ext-diff",
    "--no-color",
    "--ignore-submodules=none",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_REMOVED, _ADDED = (b"old mode ", b"deleted file mode "), (b"new mode ", b"new file mode ")
_BINARY = b"Binary files "


def is_nothing(git: Git, commits: Sequence[str], path: str) -> bool:
    """Whether commits add and remove the same lines (and modes) of a file: together they do nothing.

    That lines come back in another place is not seen. A file that is not text counts as changed.

    Args:
        git: of the tree.
        commits: full ids, none of them a merge that changes the file by itself.
        path: of a file, a link or a submodule.

    Raises:
        OperationalError: git failed.
    """
    net: Counter[bytes] = Counter()
    for commit in commits:
        lines = git.run("--literal-pathspecs", *_DIFF, commit, "--", path).split(b"\n")
        if any(line.startswith(_BINARY) for line in lines):
            return False
        for sign, line in _changes(lines):
            net[line] += sign
    return not any(net.values())


def _changes(lines: Iterable[bytes]) -> Iterable[tuple[int, bytes]]:
    """The lines that a patch removes (-1) and adds (1), and the modes in its head."""
    inside = False
    for line in lines:
        inside = line.startswith(b"@@") or (inside and not line.startswith(b"diff --git "))
        if inside and line[:1] in b"+-" and line:
            yield (1 if line[:1] == b"+" else -1), line[1:]
        for sign, heads in ((-1, _REMOVED), (1, _ADDED)):
            head = next((head for head in heads if not inside and line.startswith(head)), None)
            if head is not None:
                yield sign, b"mode " + line.removeprefix(head)
