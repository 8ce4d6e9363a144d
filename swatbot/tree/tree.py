"""The Tree port over a git checkout: inspect, snapshot, diff, adopt."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from swatbot.domain.changed import NO_LINES, Changes, changed
from swatbot.domain.findings import Findings, Holdings, PathFault, Pin
from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.person import People
from swatbot.domain.plan import Plan
from swatbot.errors import UserError
from swatbot.ports import Clock
from swatbot.tree import baseline
from swatbot.tree.compare import Side, lines
from swatbot.tree.copying import copy
from swatbot.tree.difference import difference
from swatbot.tree.discreet import discreet, masked, veiled
from swatbot.tree.git import Git
from swatbot.tree.history import History, TreeState
from swatbot.tree.inspection import Inspection, typed_faults
from swatbot.tree.lint import LintRule, lint
from swatbot.tree.manifest import Captured, bytes_at, capture
from swatbot.tree.pending import effective
from swatbot.tree.recover import recover
from swatbot.tree.snapshots import SnapshotStore


class GitTree:
    """The staging directory, the top of a git checkout, and the store of its snapshots.

    Modes are those that git knows: 755 for a file with any execute bit, 644 for others.

    Args:
        path: the tree.
        store: where snapshots are kept.
        people: whose commits are whose, by e-mail.
        ignore: glob patterns of files that are not deployed, see `Patterns`.
        private: glob patterns of files that are not shown.
        clock: tells how old a file is that was just read.
        lint: commands that changed files must pass.
    """

    def __init__(
        self,
        path: Path,
        store: SnapshotStore,
        people: People,
        *,
        ignore: Sequence[str],
        private: Sequence[str],
        clock: Clock,
        lint: Sequence[LintRule] = (),
    ) -> None:
        self._path = path
        self._store = store
        self._rules = tuple(lint)
        self._history = History(Git(path))
        self._inspection = Inspection.of(
            self._history, store, people, ignore=ignore, private=private, clock=clock
        )

    def manifest(self, digest: str) -> Manifest:
        """The manifest of this digest, see `SnapshotStore.manifest`."""
        return self._store.manifest(digest)

    def deployable(self, digest: str) -> Manifest:
        """The manifest of this digest, without what `[tree] ignore` matches now.

        Raises:
            OperationalError: the store does not have it, or has it damaged.
        """
        return self._inspection.deployable(digest)

    def nowhere(self, paths: Sequence[str], holdings: Holdings) -> tuple[PathFault, ...]:
        """Those of the paths that no host can hold, and why; "." is the whole tree.

        Raises:
            OperationalError: the disk failed, or the store does not have what the fleet holds.
        """
        inspection = self._inspection
        if early := typed_faults(paths, inspection.ignore):
            return masked(early, paths, inspection.private)
        with self._discreet():
            held = self.deployable(holdings.manifest)
            unheld = [path for path in paths if path != "." and not held.select([path]).entries]
            found = list(inspection.nowhere(unheld))
            missing = inspection.missing([path for path in found if isinstance(path, str)], held)
            faults = (*(fault for fault in found if isinstance(fault, PathFault)), *missing)
            return masked(faults, paths, inspection.private)

    def known(self, words: Sequence[str], holdings: Holdings) -> tuple[str, ...]:
        """Those of the words that are paths at which tree or fleet have something that is deployed.

        Raises:
            OperationalError: the disk failed, or the store does not have what the fleet holds.
        """
        possible = [word for word in words if not typed_faults([word], self._inspection.ignore)]
        if not possible:
            return ()
        with self._discreet():
            held = self.deployable(holdings.manifest)
            missing = [word for word in possible if not held.select([word]).entries]
            found = self._inspection.nowhere(missing)
            nowhere = {at if isinstance(at, str) else at.path for at in found}
            return tuple(word for word in possible if word not in nowhere)

    def content(self, sha256: str) -> bytes:
        """The bytes with this SHA-256, see `SnapshotStore.content`."""
        return self._store.content(sha256)

    def inspect(self, plan: Plan, holdings: Holdings) -> Findings:
        """Hold the tree against what the fleet holds, for the paths of a plan.

        Raises:
            OperationalError: git or the disk failed, or git does not know what the fleet holds.
        """
        early = typed_faults(plan.paths, self._inspection.ignore)
        if early:
            return Findings("", faults=early)
        with self._discreet():
            held = self.deployable(holdings.manifest)
            captured = self._look(plan.paths)
            state = self._history.state()
            return self._judge(plan, holdings, held, captured, state, from_store=False)

    def snapshot(self, plan: Plan, holdings: Holdings) -> Pin:
        """Copy the plan's paths into the store and pin them.

        Raises:
            OperationalError: a file kept changing while it was copied, or git or the disk failed.
            UserError: a path can not be shipped (see Findings.faults), or a file does not pass lint.
        """
        self._refuse(Findings("", faults=typed_faults(plan.paths, self._inspection.ignore)))
        with self._discreet():
            held = self.deployable(holdings.manifest)
            captured, state = copy(self._inspection, plan.paths)
            findings = self._judge(plan, holdings, held, captured, state, from_store=True)
            self._refuse(findings)
            new = Manifest.of(plan.paths, captured.entries.values())
            changed = [new.by_path[f] for f in findings.files if f in new.by_path]
            lint(self._rules, changed, self._store, self._store.scratch())
            return self._pin(plan, holdings, held, new, findings)

    def diff(self, paths: Sequence[str], holdings: Holdings) -> Changes:
        """What differs between what the fleet holds and the tree; private files are counted, not shown.

        Raises:
            OperationalError: git or the disk failed.
            UserError: a path can not be shipped.
        """
        self._refuse(Findings("", faults=typed_faults(paths, self._inspection.ignore)))
        with self._discreet():
            held = self.deployable(holdings.manifest)
            captured = self._look(paths)
            self._refuse(Findings("", faults=self._inspection.faults(paths, captured, held)))
            old, new = held.select(paths), Manifest.of(paths, captured.entries.values())
            gone = [file.old for file in changed(old, new) if file.old]
            recover(self._history, self._store, gone, effective(holdings.marks))
            return self._changes(old, new, self._current)

    def compare(self, old: str, new: str) -> Changes:
        """What differs between two manifests in the store; private files are counted, not shown.

        Raises:
            OperationalError: the store does not have them, or git or the disk failed.
        """
        return self._changes(self._store.manifest(old), self._store.manifest(new), self._kept)

    def _changes(self, old: Manifest, new: Manifest, content: Callable[[Entry], bytes]) -> Changes:
        found = list(changed(old, new))
        hides = self._inspection.leads_to_private
        open_ones = (file for file in found if not self._inspection.private.match(file.path))
        shown = [file for file in open_ones if not (hides(file.old) or hides(file.new))]
        plain = [file for file in shown if not _is_link(file.old) and not _is_link(file.new)]
        before = Side([file.old for file in plain if file.old], self._kept)
        after = Side([file.new for file in plain if file.new], content)
        read = lines(self._history.git, self._store.scratch(), before, after)
        told = tuple(replace(file, lines=read.get(file.path, NO_LINES)) for file in shown)
        return Changes(told, len(found) - len(shown))

    def overlay(self, whole: str, part: str) -> str:
        """Digest of what is deployable in `whole`, with everything under the roots of `part` replaced by it.

        Raises:
            OperationalError: the store does not have one of them, or the disk failed.
        """
        return self._store.put_manifest(self.deployable(whole).overlay(self.deployable(part)))

    def hidden(self, path: str) -> bool:
        """Whether a path is private, see `[tree] private`."""
        return self._inspection.private.match(path)

    def discreet(self, text: str) -> str:
        """The text without the names of private files, see `veiled`."""
        return veiled(text, self._inspection.private)

    def differs(self, paths: Sequence[str], whole: str) -> bool:
        """Whether the tree holds something else under these paths than a manifest in the store.

        Raises:
            OperationalError: the disk failed, or the store does not have the manifest.
        """
        with self._discreet():
            return bool(difference(paths, self._look(paths), self.deployable(whole)).files)

    def adopt(self, manifest: Manifest, commit: str = "") -> Holdings:
        """Take over what a fleet proves to hold as holdings, with `commit` as its place in history.

        Without a commit the newest one is found that is what the hosts hold.

        Raises:
            UserError: the commit is not in the tree's history, or differs from what the hosts hold; or there
                is none, and the nearest is named.
            OperationalError: git or the disk failed.
        """
        return baseline.adopt(self._inspection, manifest, commit)

    def _discreet(self) -> AbstractContextManager[None]:
        return discreet(self._path, self._inspection.private)

    def _look(self, paths: Sequence[str]) -> Captured:
        inspection = self._inspection
        return capture(self._path, paths, inspection.ignore, inspection.cache.sha256, together=False)

    def _judge(
        self,
        plan: Plan,
        holdings: Holdings,
        held: Manifest,
        captured: Captured,
        state: TreeState,
        *,
        from_store: bool,
    ) -> Findings:
        inspection = self._inspection
        blocked = inspection.blocked(plan.paths, held)
        told = {fault.path for fault in blocked}
        faults = (*blocked, *(f for f in inspection.faults(plan.paths, captured, held) if f.path not in told))
        if faults:
            return Findings(state.head, faults=masked(faults, plan.paths, inspection.private))
        found = difference(plan.paths, captured, held)
        return inspection.findings(state, found, holdings, self._kept if from_store else self._current)

    def _pin(self, plan: Plan, holdings: Holdings, held: Manifest, new: Manifest, findings: Findings) -> Pin:
        state = held.select(new.roots)
        # A rollback needs every byte of what is replaced, not only of what differs now.
        recover(self._history, self._store, state.entries, effective(holdings.marks))
        states = [self._store.put_manifest(state)]
        for step in plan.steps:
            state = state.overlay(new.select(step.paths))
            states.append(self._store.put_manifest(state))
        return Pin(tuple(states), findings)

    def _kept(self, entry: Entry) -> bytes:
        return self._store.content(entry.content)

    def _current(self, entry: Entry) -> bytes:
        return bytes_at(self._path, entry.path)

    @staticmethod
    def _refuse(findings: Findings) -> None:
        if findings.faults:
            first = findings.faults[0]
            hint = f" Did you mean {first.suggestion}?" if first.suggestion else ""
            more = (
                f" {len(findings.faults) - 1} more paths can not be shipped." if findings.faults[1:] else ""
            )
            raise UserError(f"{first.path} can not be shipped: {first.fault}.{hint}{more}")


def _is_link(entry: Entry | None) -> bool:
    return entry is not None and entry.kind is Kind.LINK
