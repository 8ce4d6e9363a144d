"""Walks from a commit to its parents, with what each parent has otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from swatbot.tree.blobs import Blob, blob_of
from swatbot.tree.git import Git

_AT_ONCE = 500
_OPTIONS = (
    "--stdin",
    "--always",
    "-r",
    "-z",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-relative",
    "--ignore-submodules=none",
)


@dataclass(frozen=True, slots=True)
class Parent:
    """A commit's parent, and what that has at the paths in which the two differ (None: nothing)."""

    id: str
    blobs: dict[str, Blob | None]


def backwards(git: Git, head: str, limit: int) -> Iterator[list[tuple[str, list[Parent]]]]:
    """Commits from head backwards, children before parents, each with its parents; a few hundred at once.

    Raises:
        OperationalError: git failed.
    """
    walk = ("rev-list", "--date-order", "--parents", f"--max-count={limit}", head)
    lines = (line.decode().split() for line in git.parts(b"\n", *walk))
    while some := list(islice(lines, _AT_ONCE)):
        yield _with_differences(git, some)


def _with_differences(git: Git, some: list[list[str]]) -> list[tuple[str, list[Parent]]]:
    pairs = [(commit, parent) for commit, *parents in some for parent in parents]
    asked = "".join(f"{commit} {parent}\n" for commit, parent in pairs).encode()
    found = _parts(git.run("diff-tree", *_OPTIONS, given=asked).split(b"\0")[:-1]) if pairs else iter(())
    return [(commit, [Parent(parent, next(found)) for parent in parents]) for commit, *parents in some]


def _parts(tokens: Iterable[bytes]) -> Iterator[dict[str, Blob | None]]:
    """What each parent has: after the id of a commit, facts and path of each file that differs."""
    part: dict[str, Blob | None] | None = None
    left = iter(tokens)
    for token in left:
        if not token.startswith(b":"):
            if part is not None:
                yield part
            part = {}
        elif part is not None:
            path = next(left).decode("utf-8", "surrogateescape")
            mode, _, blob, *_ = token[1:].decode().split()
            part[path] = blob_of(path, mode, blob)
    if part is not None:
        yield part
