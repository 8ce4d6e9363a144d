"""A tree, a fleet and checks in memory, obedient to the stories."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.memory_fleet import MemoryFleet
from swatbot.domain.changed import Changes, Lines, changed
from swatbot.domain.coverage import Change, cancel
from swatbot.domain.findings import IGNORED, MISSING, Edit, Findings, Holdings, Mark, Notes, PathFault, Pin
from swatbot.domain.manifest import Entry, Kind, Manifest, covered
from swatbot.domain.person import People
from swatbot.domain.plan import Plan, path_fault
from swatbot.domain.stage import Files, HostResult, Outcome, Stage, Tally
from swatbot.domain.verdict import Finding, Verdict
from swatbot.errors import OperationalError
from swatbot.ports import CheckTask, Contents, Order, Stop
from swatbot.tree.discreet import veiled
from swatbot.tree.patterns import Patterns

WHEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def entry(path: str, text: str) -> Entry:
    """A file's entry."""
    data = text.encode()
    return Entry(path, Kind.FILE, 0o644, len(data), hashlib.sha256(data).hexdigest())


class FakeTree:
    """Files and commits as the story makes them."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.files = {
            "wmf-config/InitialiseSettings.php": "settings 1",
            "wmf-config/CommonSettings.php": "common 1",
            "dblists/uploadsdisabled.dblist": "one",
            "static/logo.png": "logo 1",
        }
        self.commits: list[Change] = []
        self.edits: list[str] = []
        self.undone: list[str] = []
        self.taken_back: list[Change] = []
        self.ignored: list[str] = []
        self.fails: Exception | None = None
        self.upstream_ahead: int | None = None
        self.during_snapshot: Callable[[], None] = lambda: None
        self._manifests: dict[str, Manifest] = {}
        self._contents: dict[str, bytes] = {}

    def commit(self, who: str, subject: str, *, mail: str = "", **files: str | None) -> str:
        """Commit; file names are written with `__` for `/` and `_php` for `.php`."""
        return self.change(who, subject, {_path(k): v for k, v in files.items()}, mail=mail)

    def change(
        self,
        who: str,
        subject: str,
        files: dict[str, str | None],
        *,
        mail: str = "",
        reverts: tuple[str, ...] = (),
    ) -> str:
        """Commit these files; None deletes one; `reverts` has full ids. Returns the short id."""
        for path, text in files.items():
            if text is None:
                self.files.pop(path, None)
            else:
                self.files[path] = text
        commit = hashlib.sha1(f"{who}{subject}{len(self.commits)}".encode()).hexdigest()  # noqa: S324 - a git id
        email = mail or f"{who}@example.org"
        person = self.people.by_email(email)
        when = WHEN + timedelta(hours=len(self.commits))
        made = Change(commit, who, email, subject, when, tuple(files), person.name if person else "", reverts)
        self.commits.insert(0, made)
        return commit[:7]

    def revert(self, path: str, text: str) -> None:
        """Put a file back by hand, as if nothing had been committed."""
        self.files[path] = text
        self.commits = [c for c in self.commits if path not in c.files]

    def adopt_all(self) -> Holdings:
        """Everything as it is, taken over."""
        return Holdings(self._put(self._all()), (Mark(".", "base", 0),))

    def inspect(self, plan: Plan, holdings: Holdings) -> Findings:
        if self.fails is not None:
            raise self.fails
        held, now = self.deployable(holdings.manifest), self._all()
        missing = [p for p in plan.paths if not self._any(p, held) and not self._any(p, now)]
        if missing:
            return Findings("head", tuple(map(_missing, missing)))
        differing = now.differences(held)
        files = tuple(f for f in differing if covered(f, plan.paths))
        left, cancelled = cancel(self.commits, differing.__contains__, lambda *_: True)
        cut = (replace(c, files=tuple(f for f in c.files if f in differing)) for c in left)
        changes = tuple(c for c in cut if c.files)
        under = (pair for pair, paths in cancelled.items() if any(covered(f, plan.paths) for f in paths))
        held_here = [e for e in held.entries if covered(e.path, plan.paths)]
        gone = [e for e in held_here if e.path not in now.by_path]
        dirty = tuple(Edit.of(f, "deployer", now.by_path.get(f)) for f in files if f in self.edits)
        return Findings(
            "c0ffee0",
            (),
            changes,
            files,
            len(files),
            len(files) // 2,
            len(gone),
            len(held_here),
            dirty,
            self.upstream_ahead,
            WHEN,
            private=covered("private", plan.paths) or any(covered(p, ("private",)) for p in plan.paths),
            notes=Notes(tuple(under), undone=(*self.undone, *(c.short for c in self.taken_back))),
            taken_back=tuple(self.taken_back),
            emptied=tuple(p for p in plan.paths if _emptied(p, held, now)),
            absent=tuple(f for change in changes for f in change.files if f not in self.files),
        )

    def snapshot(self, plan: Plan, holdings: Holdings) -> Pin:
        self.during_snapshot()
        findings = self.inspect(plan, holdings)
        held, now = self.deployable(holdings.manifest), self._all()
        state = held.select(plan.paths)
        states = [self._put(state)]
        for step in plan.steps:
            state = Manifest.of(plan.paths, state.overlay(now.select(step.paths)).entries)
            states.append(self._put(state))
        return Pin(tuple(states), findings)

    def overlay(self, whole: str, part: str) -> str:
        return self._put(self.deployable(whole).overlay(self.deployable(part)))

    def diff(self, paths: Sequence[str], holdings: Holdings) -> Changes:
        held = self.deployable(holdings.manifest).select(paths)
        return self._changes(held, self._all().select(paths))

    def compare(self, old: str, new: str) -> Changes:
        return self._changes(self.manifest(old), self.manifest(new))

    def _changes(self, old: Manifest, new: Manifest) -> Changes:
        """A file's new content is its only changed line."""
        found = list(changed(old, new))
        texts = {f.path: "+" + self._contents[f.new.content].decode() if f.new else "-" for f in found}
        told = [replace(f, lines=Lines((texts[f.path],), 1)) for f in found if not self.hidden(f.path)]
        return Changes(tuple(told), len(found) - len(told))

    def hidden(self, path: str) -> bool:
        return covered(path, ("private",))

    def discreet(self, text: str) -> str:
        return veiled(text, Patterns(("private",)))

    def differs(self, paths: Sequence[str], whole: str) -> bool:
        return self._all().select(paths) != self.deployable(whole).select(paths)

    def adopt(self, manifest: Manifest, commit: str = "") -> Holdings:
        return Holdings(self._put(manifest), (Mark(".", commit or "found", 0),))

    def manifest(self, digest: str) -> Manifest:
        try:
            return self._manifests[digest]
        except KeyError:
            raise OperationalError(f"no manifest {digest}") from None

    def deployable(self, digest: str) -> Manifest:
        whole = self.manifest(digest)
        return Manifest.of(whole.roots, (e for e in whole.entries if not self.ignores(e.path)))

    def ignores(self, path: str) -> bool:
        """Whether the config leaves a path out, as the story has it."""
        return covered(path, self.ignored)

    def nowhere(self, paths: Sequence[str], holdings: Holdings) -> tuple[PathFault, ...]:
        held, now = self.deployable(holdings.manifest), self._all()
        typed = ((p, path_fault(p) or (IGNORED if self.ignores(p) else None)) for p in paths)
        if faults := tuple(PathFault(path, fault) for path, fault in typed if fault):
            return faults
        return tuple(_missing(p) for p in paths if not self._any(p, held) and not self._any(p, now))

    def known(self, words: Sequence[str], holdings: Holdings) -> tuple[str, ...]:
        return tuple(word for word in words if not self.nowhere((word,), holdings))

    def content(self, sha256: str) -> bytes:
        return self._contents[sha256]

    def _all(self) -> Manifest:
        self._contents.update(
            {hashlib.sha256(t.encode()).hexdigest(): t.encode() for t in self.files.values()}
        )
        return Manifest.of((".",), (entry(p, t) for p, t in self.files.items() if not self.ignores(p)))

    def _put(self, manifest: Manifest) -> str:
        self._manifests[manifest.digest] = manifest
        return manifest.digest

    @staticmethod
    def _any(path: str, manifest: Manifest) -> bool:
        return any(covered(e.path, (path,)) for e in manifest.entries)


def _emptied(path: str, held: Manifest, now: Manifest) -> bool:
    return len(held.select((path,)).entries) > 1 and not now.select((path,)).entries


def _missing(path: str) -> PathFault:
    return PathFault(path, MISSING, "wmf-config" if path.startswith("wmf") else "")


def _path(name: str) -> str:
    return name.replace("__", "/").replace("_php", ".php")


class FakeFleet(MemoryFleet):
    """The fleet in memory, some of whose hosts fail, or take time, when the story says so."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.failing: dict[str, Outcome] = {}
        self.says = "No space left on device"
        self.odd: tuple[str, ...] = ()
        self.hook_fails: dict[str, int] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.progress_at: dict[str, float] = {}
        self.writes: list[tuple[str, int, int]] = []
        self.clock: ManualClock | None = None

    def leave_alone(self, ignore: Callable[[str], bool]) -> None:
        """Hosts leave alone what this says, as the config's patterns do."""
        self._ignore = ignore

    def fail(self, *names: str, outcome: Outcome = Outcome.FAILED) -> None:
        """These hosts fail from now on."""
        self.failing.update(dict.fromkeys(names, outcome))
        if outcome is Outcome.UNREACHABLE:
            self.unreachable.update(names)

    def heal(self, *names: str) -> None:
        """These hosts work again; who watches is told of those that could not be asked."""
        for name in names:
            self.failing.pop(name, None)
        self.mend(*names)

    def fill(self, manifest: Manifest) -> None:
        """Every host holds this, and nothing else."""
        for name in self.holds:
            self.holds[name] = dict(manifest.by_path)

    def spoil(self, host: str, path: str) -> None:
        """Somebody edits a file on a host."""
        self.put(host, path, b"spoiled")

    def proof(self, host: str, roots: Sequence[str]) -> Manifest:
        """What a host holds under some roots."""
        return self.held(host, roots)

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """Time passes at the hosts that the story names; elsewhere nobody watches."""

        def watched(tally: Tally) -> None:
            done = order.hosts[tally.ok + tally.fail - 1] if tally.ok + tally.fail else ""
            if done in self.progress_at and self.clock:
                self.clock.advance(seconds=self.progress_at.pop(done))
                progress(Tally(1, tally.ok, tally.fail, tally.left - 1))

        return super().push(order, contents, watched, stop)

    def _begin(self, host: str, order: Order, results: list[HostResult], stop: Stop) -> HostResult:
        self.before.pop(host, lambda: None)()
        return super()._begin(host, order, results, stop)

    def apply(self, host: str, order: Order) -> HostResult:
        if self.failing.get(host) is Outcome.FAILED:
            return HostResult(host, Outcome.FAILED, reason=self.says, put_right=Files.of(self.odd))
        before = self.held(host, order.target.roots)
        result = super().apply(host, order)
        if result.outcome is Outcome.OK and before.digest != order.target.digest:
            self.writes.append((host, order.number, order.step))
        if self.hook_fails.get(host) == order.step:  # once
            del self.hook_fails[host]
            return replace(result, outcome=Outcome.FAILED, reason="after sync: reload exited 1")
        return result


class FakeChecker:
    """Passes, unless the story has prepared something else for a stage (and step)."""

    def __init__(self) -> None:
        self.prepared: dict[tuple[Stage, bool, int], Verdict] = {}
        self.once: dict[tuple[Stage, bool, int], Verdict] = {}
        self.takes = 0.0
        self.during: Callable[[], None] = lambda: None
        self.clock: ManualClock | None = None
        self.asked: list[CheckTask] = []

    def answer(
        self,
        stage: Stage,
        finding: Finding,
        reason: str,
        *,
        step: int = 1,
        baking: bool = False,
        once: bool = False,
    ) -> None:
        """Prepare the verdict of a stage."""
        where = self.once if once else self.prepared
        where[stage, baking, step] = Verdict("logs" if baking else "front page", finding, reason)

    def check(self, task: CheckTask, stop: Stop) -> tuple[Verdict, ...]:
        del stop
        self.asked.append(task)
        if task.baking:
            during, self.during = self.during, lambda: None
            during()
        key = (task.stage, task.baking, task.step)
        if task.baking and self.clock and self.takes:
            self.clock.advance(seconds=self.takes)
        found = self.once.pop(key, None) or self.prepared.get(key)
        if found is not None:
            return (found,)
        if task.baking:
            return (Verdict("logs", Finding.PASS, "after 14 s: 0.4 errors/s per host, control group 0.5"),)
        return (Verdict("front page", Finding.PASS, f"{len(task.hosts)}/{len(task.hosts)} answer"),)
