"""Where the tree differs from what the fleet holds, by entries; no git is asked."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from swatbot.domain.manifest import Entry, Manifest, covered
from swatbot.tree.manifest import Captured


@dataclass(frozen=True, slots=True)
class Difference:
    """Where tree and fleet differ under some paths.

    Attributes:
        old: what the fleet holds under the paths.
        new: what the tree has there, by path.
        files: the paths of files that differ, sorted.
    """

    old: Manifest
    new: dict[str, Entry]
    files: tuple[str, ...]

    @property
    def before(self) -> list[Entry]:
        """The entries that the fleet holds and the tree has otherwise, or not at all."""
        return [self.old.by_path[f] for f in self.files if f in self.old.by_path]

    @property
    def after(self) -> list[Entry]:
        """The entries of the tree that the fleet holds otherwise, or not at all."""
        return [self.new[f] for f in self.files if f in self.new]


def difference(paths: Sequence[str], captured: Captured, held: Manifest) -> Difference:
    """Where what was captured under the paths differs from what is held."""
    old = held.select(paths)
    both = old.by_path.keys() | captured.entries.keys()
    files = sorted(p for p in both if old.by_path.get(p) != captured.entries.get(p))
    return Difference(old, captured.entries, tuple(files))


def emptied(found: Difference) -> Iterator[str]:
    """Directories of the plan, or right below the top, that are gone without having been moved."""
    moved = {(entry.kind, entry.content) for entry in found.after}
    for place, entries in _places(found.old).items():
        gone = not any(covered(path, (place,)) for path in found.new)
        if gone and len(entries) > 1 and not all((e.kind, e.content) in moved for e in entries):
            yield place


def _places(old: Manifest) -> dict[str, list[Entry]]:
    """What the fleet holds by the plan's paths; of the whole tree, by its first directories."""
    places: dict[str, list[Entry]] = defaultdict(list)
    for entry in old.entries:
        for root in old.roots:
            if root == ".":
                places[entry.path.partition("/")[0]].append(entry)
            elif covered(entry.path, (root,)):
                places[root].append(entry)
    return places
