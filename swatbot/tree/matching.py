"""Finds the commit that hosts hold, from what they prove: git and hosts hash contents differently."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from swatbot.domain.manifest import Entry, Kind, covered
from swatbot.errors import OperationalError
from swatbot.tree.blobs import Blob
from swatbot.tree.inspection import Inspection
from swatbot.tree.lineage import Parent, backwards
from swatbot.tree.manifest import entry_at

LIMIT = 20_000
"""So many commits back is looked; what is further behind is named by hand."""
_MOST_BYTES = 1 << 25


@dataclass(frozen=True, slots=True)
class Match:
    """The commit that comes nearest to what hosts hold.

    Attributes:
        commit: the newest of those with the fewest differing files.
        differing: these files, sorted; none if the commit is what the hosts hold.
        looked: how many commits were looked at.
    """

    commit: str
    differing: tuple[str, ...]
    looked: int


def nearest_commit(tree: Inspection, wanted: Mapping[str, Entry], roots: Sequence[str]) -> Match:
    """The newest commit of HEAD's history whose deployable files are those that are wanted, or the nearest.

    A commit's differences are those of its child, but for the paths in which the two differ. So git is asked
    for one listing of HEAD and for the short differences between commits, and for contents only where they
    have the size that is wanted.

    Args:
        tree: the tree.
        wanted: what the hosts hold, by path, with git's modes.
        roots: what the hosts were asked about.

    Raises:
        OperationalError: git or the disk failed.
    """
    judge = _Judge(tree, wanted, roots)
    head = tree.history.commit("HEAD")
    if head is None:
        raise OperationalError(f"{tree.tree} has no commit yet")
    # What is open are commits whose child was judged and that were not reached yet.
    still = {head: judge.of_all(tree.history.blobs(head))}
    best, looked = Match(head, tuple(sorted(still[head])), 1), 0
    for some in backwards(tree.history.git, head, LIMIT):
        judge.learn(blob for _, parents in some for parent in parents for blob in parent.blobs.values())
        for commit, parents in some:
            looked += 1
            differing = still.pop(commit)
            if len(differing) < len(best.differing):
                best = Match(commit, tuple(sorted(differing)), looked)
            if not differing:
                return best
            for parent in parents:
                if parent.id not in still:
                    still[parent.id] = judge.after(differing, parent)
    return Match(best.commit, best.differing, looked)


class _Judge:
    """Says whether what a commit has at a path is what is wanted there."""

    def __init__(self, tree: Inspection, wanted: Mapping[str, Entry], roots: Sequence[str]) -> None:
        self._tree, self._wanted, self._roots = tree, wanted, roots
        self._hashes: dict[str, str] = {}
        self._beside: dict[str, bool] = {}

    def of_all(self, blobs: Mapping[str, Blob]) -> frozenset[str]:
        """The paths in which a commit with these files differs."""
        self.learn(blobs.values())
        every = blobs.keys() | self._wanted.keys()
        return frozenset(path for path in every if not self._fits(path, blobs.get(path)))

    def after(self, differing: frozenset[str], parent: Parent) -> frozenset[str]:
        """The paths in which a parent differs, from those in which its child does."""
        worse = {path for path, blob in parent.blobs.items() if not self._fits(path, blob)}
        return (differing - parent.blobs.keys()) | worse

    def learn(self, blobs: Iterable[Blob | None]) -> None:
        """Hash the contents of blobs that could be what is wanted, by their size."""
        new = dict.fromkeys(b for b in blobs if b and b.id not in self._hashes and self._counts(b.path))
        batch: list[Blob] = []
        size = 0
        for blob, length in self._tree.history.sizes(new):
            entry = self._wanted.get(blob.path)
            if entry is None or entry.size != length:
                continue
            batch.append(blob)
            size += length
            if size > _MOST_BYTES:
                self._hash(batch)
                batch, size = [], 0
        self._hash(batch)

    def _hash(self, blobs: Sequence[Blob]) -> None:
        found = self._tree.history.contents(blobs)
        self._hashes |= {blob.id: sha256(data).hexdigest() for blob, data in found}

    def _counts(self, path: str) -> bool:
        return covered(path, self._roots) and not self._tree.ignore.match(path)

    def _fits(self, path: str, blob: Blob | None) -> bool:
        entry = self._wanted.get(path)
        if not self._counts(path):
            return True
        if blob is None:
            return entry is None or self._is_beside(path)
        if entry is None:
            return False
        if entry.kind is Kind.LINK:
            target = entry.content.encode("utf-8", "surrogateescape")
            return blob.link and self._hashes.get(blob.id) == sha256(target).hexdigest()
        same_mode = not blob.link and blob.executable == (entry.mode == 0o755)
        return same_mode and self._hashes.get(blob.id) == entry.content

    def _is_beside(self, path: str) -> bool:
        """Whether the tree has it as it is wanted, beside what is in git."""
        if path not in self._beside:
            found = entry_at(self._tree.tree, path, self._tree.cache.sha256)
            self._beside[path] = found == self._wanted[path]
        return self._beside[path]
