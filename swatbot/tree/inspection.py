"""Holds the tree against what the fleet holds: which files differ, which changes wait, what can not ship."""

import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from swatbot.domain.coverage import Change, Share, against
from swatbot.domain.findings import (
    EMPTY,
    IGNORED,
    MISSING,
    UNEXPLAINED,
    Edit,
    Findings,
    Holdings,
    Link,
    Notes,
    PathFault,
)
from swatbot.domain.manifest import Entry, Kind, Manifest, covered
from swatbot.domain.person import People
from swatbot.domain.plan import path_fault
from swatbot.ports import Clock
from swatbot.tree.committed import uncommitted
from swatbot.tree.compare import Side, count
from swatbot.tree.difference import Difference, difference, emptied
from swatbot.tree.held_back import held_back
from swatbot.tree.history import History, TreeState
from swatbot.tree.manifest import Captured, HashCache, capture, entry_at
from swatbot.tree.net import is_nothing
from swatbot.tree.owners import owner
from swatbot.tree.patterns import Patterns
from swatbot.tree.pending import Sight, Waiting, effective, pending
from swatbot.tree.recover import recover
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.suggest import nearest
from swatbot.tree.walk import look

# Manifests whose deployable part is kept: what the fleet holds, and the states of what is under way.
_REMEMBERED = 8


def typed_faults(paths: Sequence[str], ignore: Patterns) -> tuple[PathFault, ...]:
    """What is wrong with typed paths before the tree is looked at. "." is the whole tree."""
    found = ((path, _typed(path, ignore)) for path in paths if path != ".")
    return tuple(PathFault(path, fault) for path, fault in found if fault)


def _typed(path: str, ignore: Patterns) -> str | None:
    return path_fault(path) or (IGNORED if ignore.match(path) else None)


@dataclass(frozen=True)
class Inspection:
    """Everything that is needed to judge a tree; see `faults` and `findings`."""

    tree: Path
    history: History
    store: SnapshotStore
    people: People
    ignore: Patterns
    private: Patterns
    cache: HashCache
    clock: Clock
    deployables: dict[str, Manifest] = field(default_factory=dict)

    @staticmethod
    def of(
        history: History,
        store: SnapshotStore,
        people: People,
        *,
        ignore: Sequence[str],
        private: Sequence[str],
        clock: Clock,
    ) -> "Inspection":
        """Make one for the tree of a history."""
        tree = history.git.path
        cache = HashCache(tree, clock)
        return Inspection(tree, history, store, people, Patterns(ignore), Patterns(private), cache, clock)

    def faults(self, paths: Sequence[str], captured: Captured, held: Manifest) -> tuple[PathFault, ...]:
        """What under the plan's paths can not be shipped."""
        listed = [*captured.entries, *(fault.path for fault in captured.faults), *captured.absent]
        bare = (p for p in paths if p != "." and not any(covered(path, (p,)) for path in listed))
        empty = (PathFault(path, EMPTY) for path in bare if not held.select([path]).entries)
        return (*captured.faults, *self.missing(captured.absent, held), *empty)

    def missing(self, absent: Sequence[str], held: Manifest) -> tuple[PathFault, ...]:
        """Those of the paths absent from the tree that the fleet does not hold either, with what is near."""
        nowhere = [path for path in absent if not held.select([path]).entries]
        known = [e.path for e in held.entries]
        if nowhere:
            known += [n.relative_to(self.tree).as_posix() for n in self._nearby(nowhere)]
        return tuple(PathFault(path, MISSING, nearest(path, known)) for path in nowhere)

    def nowhere(self, paths: Sequence[str]) -> Iterator[PathFault | str]:
        """Those of the paths at which the tree has nothing: as they are if they are absent, else why."""
        for path in paths:
            sight = look(self.tree, path, self.ignore)
            if not sight.present:
                yield path
            elif not sight.files:
                yield next(iter(sight.faults), PathFault(path, EMPTY))

    def deployable(self, digest: str) -> Manifest:
        """A manifest of the store, without what is ignored now: it may be older than a pattern."""
        found = self.deployables.get(digest)
        if found is None:
            whole = self.store.manifest(digest)
            kept = [entry for entry in whole.entries if not self.ignore.match(entry.path)]
            found = Manifest.of(whole.roots, kept) if len(kept) < len(whole.entries) else whole
            while len(self.deployables) >= _REMEMBERED:
                self.deployables.pop(next(iter(self.deployables)), None)
            self.deployables[digest] = found
        return found

    def blocked(self, paths: Sequence[str], held: Manifest) -> tuple[PathFault, ...]:
        """Paths below something that the fleet holds as a file or link: no host could have both."""
        above = {p: [e for e in _parents(p) if e in held.by_path] for p in paths}
        return tuple(
            PathFault(path, f"the fleet holds {found[0]}, which is no directory there", found[0])
            for path, found in above.items()
            if found
        )

    def findings(
        self,
        state: TreeState,
        found: Difference,
        holdings: Holdings,
        content: Callable[[Entry], bytes],
    ) -> Findings:
        """The findings for what differs.

        Args:
            state: of the git checkout.
            found: what differs under the plan's paths.
            holdings: what the fleet holds.
            content: gives the bytes of the tree's entries.
        """
        marks = effective(holdings.marks)
        recover(self.history, self.store, found.before, marks)
        added, removed = self._lines(found, content)
        waiting = self._waiting(state.head, found, holdings)
        return Findings(
            head=state.head,
            changes=waiting.changes,
            files=found.files,
            added=added,
            removed=removed,
            deletions=sum(f not in found.new for f in found.files),
            held=len(found.old.entries),
            dirty=self._dirty(state.head, found, waiting, content),
            upstream_ahead=state.behind,
            fetched_at=self.history.fetched_at(),
            private=self._private(found, waiting.changes),
            notes=self._notes(found, waiting),
            absent=self._absent(waiting.changes),
            taken_back=waiting.undone,
            emptied=tuple(emptied(found)),
        )

    def _dirty(
        self, head: str, found: Difference, waiting: Waiting, content: Callable[[Entry], bytes]
    ) -> tuple[Edit, ...]:
        """Edits in no commit; and what differs though no commit that waits, or is taken back, touches it.

        A merge may have taken one parent's older file, an edit that shipped may have vanished, or the config
        may deploy more than before. Where an edit undoes what a commit does to a file, that does not differ.
        """
        edited = {*uncommitted(self.history, head, found.files, found.new, content), *_undone(found, waiting)}
        explained = [f for c in (*waiting.changes, *waiting.undone) for f in c.files]
        return tuple(
            Edit.of(f, owner(self.tree, f) if f in edited else UNEXPLAINED, found.new.get(f))
            for f in sorted(edited.union(found.files))
            if f in edited or not covered(f, explained)
        )

    def _absent(self, changes: Sequence[Change]) -> tuple[str, ...]:
        paths = dict.fromkeys(path for change in changes for path in change.files)
        return tuple(path for path in paths if not os.path.lexists(self.tree / path))

    def _lines(self, found: Difference, content: Callable[[Entry], bytes]) -> tuple[int, int]:
        if not found.files:
            return 0, 0
        old = Side(found.before, lambda entry: self.store.content(entry.content))
        return count(self.history.git, self.store.scratch(), old, Side(found.after, content))

    def _waiting(self, head: str, found: Difference, holdings: Holdings) -> Waiting:
        marks = effective(holdings.marks)
        held = self.deployable(holdings.manifest)
        differing = frozenset(found.files)

        def deployed(path: str) -> bool:
            return not self.ignore.match(path)

        def differs(path: str) -> bool:
            if (self.tree / path / ".git").exists():  # a submodule: git knows it as one path
                return self._below_differs(path, held)
            if covered(path, found.old.roots):
                return path in differing
            entry = entry_at(self.tree, path, self.cache.sha256)
            # What lies there and can not be shipped is left behind, too: a link that leaves the tree, say.
            return entry != held.by_path.get(path) or (entry is None and os.path.lexists(self.tree / path))

        def lacks(path: str) -> bool:
            entry = entry_at(self.tree, path, self.cache.sha256)
            return held_back(self.history, head, path, entry)

        commits = self.history.since(head, frozenset(mark.commit for mark in marks))
        sight = Sight(deployed, differs, lacks, partial(is_nothing, self.history.git))
        return pending(commits, head, marks, sight, self.people)

    def _below_differs(self, path: str, held: Manifest) -> bool:
        captured = capture(self.tree, [path], self.ignore, self.cache.sha256, together=False)
        return bool(difference([path], captured, held).files)

    def leads_to_private(self, entry: Entry | None) -> bool:
        """Whether an entry is a link whose target is not for everybody to read of."""
        if entry is None or entry.kind is not Kind.LINK:
            return False
        target = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.content))
        return self.private.match(target)

    def _notes(self, found: Difference, waiting: Waiting) -> Notes:
        roots = found.old.roots
        links = (found.new[root] for root in roots if root in found.new)
        return Notes(
            tuple(
                pair
                for pair, files in waiting.cancelled.items()
                if any(covered(path, roots) for path in files)
            ),
            tuple(
                Link(entry.path, "what is private" if self.leads_to_private(entry) else entry.content)
                for entry in links
                if entry.kind is Kind.LINK
            ),
            tuple(c.short for c in waiting.undone if against(c, roots).share is not Share.APART),
            tuple(
                root for root in roots if found.files and not any(covered(f, (root,)) for f in found.files)
            ),
        )

    def _private(self, found: Difference, changes: Sequence[Change]) -> bool:
        roots = found.old.roots
        shipped = (f for c in changes if any(covered(p, roots) for p in c.files) for f in c.files)
        return any(self.private.match(path) for path in (*roots, *found.files, *shipped))

    def _nearby(self, paths: Sequence[str]) -> list[Path]:
        """What lies beside the deepest directories of these paths that there are."""
        places = {self.tree}
        for path in paths:
            place = self.tree
            for part in path.split("/")[:-1]:
                place /= part
                if not place.is_dir() or place.is_symlink():
                    break
                places.add(place)
        beside = (child for place in sorted(places) for child in place.iterdir())
        return [c for c in beside if not self.ignore.match(c.relative_to(self.tree).as_posix())]


def _undone(found: Difference, waiting: Waiting) -> Iterator[str]:
    """Paths of the plan that a commit changes, and that the tree has as the fleet does all the same."""
    paths = dict.fromkeys(f for change in waiting.changes for f in change.files)
    for path in paths:
        if covered(path, found.old.roots) and not any(covered(file, (path,)) for file in found.files):
            yield path


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
