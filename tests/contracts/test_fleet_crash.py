"""Random trees, plans, edits and kills: each file is old or new, and after recovery all hosts are one."""

import os
import shutil
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from unittest import mock

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from swatbot.domain.manifest import Manifest, covered
from swatbot.domain.plan import Plan, Step
from swatbot.domain.stage import HostResult, Outcome
from swatbot.fleet.attempt import Attempt
from swatbot.fleet.connection import LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Answer, Ask, Conversation, Open
from swatbot.fleet.helper import above
from swatbot.fleet.hosts import SshSettings
from swatbot.fleet.lists import Lists
from swatbot.fleet.payload import payloads_of
from swatbot.tree import copying
from swatbot.tree.patterns import Patterns
from swatbot.tree.walk import Seen, read
from tests.contracts.fleet_lab import Files, Store, order, read_files, write_file
from tests.contracts.helper_process import HelperProcess, hello_to
from tests.contracts.tree_lab import GitLab

SOAK = os.environ.get("SOAK") == "1"
HOSTS = ("h1", "h2")
TOPS = ("a", "b", "c d")
IGNORE = ("*.md", "tests/")
# What hosts leave alone, outside of every plan and in the midst of what it brings and takes away.
LEFT_ALONE = {
    "README.md": (0o644, b"read me"),
    "tests/t": (0o600, b"t"),
    "a/notes.md": (0o600, b"n"),
    "a/x/tests/t": (0o644, b"t"),
    "b/y/x/log.md": (0o644, b"l"),
    "c d/tests/t": (0o644, b"t"),
}

EDITED = (0o644, b"edited while the snapshot was taken")
# To find the smallest example that fails takes minutes.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)

File = tuple[int, bytes]
files = st.tuples(st.sampled_from((0o644, 0o755)), st.sampled_from((b"", b"1", b"2", b"3" * 999)))
links = st.tuples(st.just(0), st.sampled_from((b"x", b"y/z", b"\xff")))
names = st.sampled_from(("x", "y", "-rf", "\u00fc\udcff", "n\n"))
paths = st.tuples(st.sampled_from(TOPS), st.lists(names, max_size=3)).map(lambda p: "/".join((p[0], *p[1])))


def possible(found: dict[str, File]) -> dict[str, File]:
    """Without what lies under a file."""
    return {path: file for path, file in found.items() if not set(above(path)) & found.keys()}


# Where there is much that stays as it is, a helper looks only at what is to change.
STAYS: Files = {f"{TOPS[0]}/stays/{n}": (0o644, b"%d" % n) for n in range(40)}
trees = st.dictionaries(paths, files | links, min_size=2, max_size=10).map(possible)
# How a host's helpers die, one after the other: arguments of crashing_helper.py; () is one that lives.
Fate = tuple[str, ...]
early: st.SearchStrategy[Fate] = st.integers(0, 150).map(lambda n: (str(n),))
midway: st.SearchStrategy[Fate] = st.integers(2, 9).map(lambda n: (str(n), "moves"))
writing: st.SearchStrategy[Fate] = st.integers(0, 12).map(lambda n: (str(n), "writes"))
ending: st.SearchStrategy[Fate] = st.just(("0", "finish"))
alive: st.SearchStrategy[Fate] = st.just(())
fates = st.lists(midway | writing | ending | early | alive, min_size=1, max_size=4)


@dataclass(frozen=True)
class Case:
    """What is tried.

    Attributes:
        before: what hosts and tree hold at first.
        after: what the tree holds when the snapshot is taken.
        steps: the plan.
        edited: a file that somebody edits while the snapshot is taken, "" for none.
        away: whether the last host misses the first step of several.
        goes_on: whether a step that was interrupted on some hosts is followed by the next, on all.
        again: whether an interrupted deployment is pushed again, or rolled back.
        fates: of each host's helpers.
    """

    before: Files
    after: Files
    steps: tuple[tuple[str, ...], ...]
    edited: str
    away: bool
    goes_on: bool
    again: bool
    fates: tuple[list[Fate], ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    before = possible({**draw(st.sampled_from([STAYS, {}])), **draw(trees)})
    # Two trees drawn apart have hardly a path in common, and then no file is ever replaced.
    changed = draw(st.dictionaries(st.sampled_from(sorted(before)), files | links, min_size=1, max_size=9))
    others = before if STAYS.keys() <= before.keys() else draw(trees)
    after = possible({**others, **changed})
    there = [top for top in TOPS if any(covered(path, [top]) for path in (*before, *after))]
    order_of = draw(st.permutations(there))
    cut = draw(st.integers(1, max(len(order_of) - 1, 1)))
    steps = tuple(tuple(step) for step in (order_of[:cut], order_of[cut:]) if step)
    edited = draw(st.sampled_from(("", *sorted(path for path, (mode, _) in after.items() if mode))))
    away, goes_on, again = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    return Case(before, after, steps, edited, away, goes_on, again, tuple(draw(fates) for _ in HOSTS))


class Host:
    """A directory, and one helper after the other that looks after it."""

    kept: set[str]

    def __init__(self, name: str, root: Path, fates: list[Fate]) -> None:
        self.name, self.root, self.fates = name, root, deque(fates)
        self.left: object = None
        self._helper: HelperProcess | None = None
        self.kept = set()
        self.when_killed: Callable[[], None] = lambda: None
        root.mkdir(parents=True)

    def hold(self, conversation: Conversation[HostResult]) -> HostResult:
        """Carry a conversation out."""
        answer: Answer | None = None
        error: LostError | None = None
        try:
            while True:
                step = conversation.throw(error) if error else conversation.send(answer)
                answer, error = self._carry_out(step)
        except StopIteration as end:
            return cast(HostResult, end.value)

    def look(self) -> tuple[Manifest, object]:
        """What a new helper finds here."""
        helper = HelperProcess(self.root, sys.executable, ignore=IGNORE)
        found = helper.look(["."])
        helper.close()
        return found

    def close(self) -> None:
        if self._helper is not None:
            self._helper.close()
        self._helper = None

    def _carry_out(self, step: object) -> tuple[Answer | None, LostError | None]:
        try:
            if isinstance(step, Open) and self._helper is None:
                self._open()
            if isinstance(step, Ask):
                assert self._helper is not None
                return self._helper.ask_raw(step.request), None
        except EOFError:
            self.close()
            self.when_killed()
            return None, LostError("it died", transient=True)
        return None, None

    def _open(self) -> None:
        dies = self.fates.popleft() if self.fates else ()
        self._helper = HelperProcess(self.root, sys.executable, ignore=IGNORE, dies=dies, hello=False)
        self.kept.update(self._helper.ask(hello_to(self.root, ignore=IGNORE))["kept"])


class World:
    """A git tree, its snapshots, and some hosts."""

    def __init__(self, top: Path, case: Case) -> None:
        self.case, self.lab, self.lists = case, GitLab(top), Lists()
        self.after = case.after
        self._write(case.before)
        commit = self.lab.commit("alice", "before")
        whole = Store().take(["."], case.before)
        self.lab.holdings = self.lab.tree.adopt(whole, commit)
        self.hosts = [Host(n, top / n / "tree", f) for n, f in zip(HOSTS, case.fates, strict=True)]
        for host in self.hosts:
            for path, (mode, data) in {**case.before, **left_alone(case)}.items():
                write_file(host.root, path, data, mode)

    def snapshot(self) -> list[Manifest]:
        """The states of the plan, from the first to the last."""
        self._write(self.case.after)
        self.lab.commit("bob", "after")
        plan = Plan(tuple(Step(step) for step in self.case.steps))
        with mock.patch.object(copying, "read", self._read_and_edit):
            pin = self.lab.tree.snapshot(plan, self.lab.holdings)
        states = [self.lab.tree.manifest(digest) for digest in pin.states]
        self._write({"a/late": (0o644, b"edited after the snapshot")})
        return states

    def _read_and_edit(self, tree: Path, seen: Seen) -> bytes:
        """Somebody edits a file when the first one was read; what ships is the tree after that."""
        data = read(tree, seen)
        edited = self.case.edited
        if edited and self.after[edited] != EDITED:
            self.after = {**self.after, edited: EDITED}
            write_file(tree, edited, EDITED[1], EDITED[0])
        return data

    def push(self, host: Host, states: list[Manifest], since: int, step: int) -> HostResult:
        wanted = replace(order([host.name], *states[:2]), states=tuple(states), since=since, step=step)
        payloads = payloads_of(wanted, self.lab.tree, durable=False)
        connections, settings = self._connections(host), SshSettings(Path())
        attempt = Attempt(wanted, host.name, connections, payloads, self.lists, settings)
        # What the next helper finds, before it mends anything: a push tries again by itself.
        host.when_killed = partial(holds_old_or_new, host, self, states)
        return host.hold(attempt.run())

    def close(self) -> None:
        for host in self.hosts:
            host.close()

    @staticmethod
    def _connections(host: Host) -> Connections:
        class One:
            kept: Callable[[str], set[str]] = staticmethod(lambda _: host.kept)
            hooks: Callable[[str], tuple[()]] = staticmethod(lambda _: ())
            dropped: Callable[[str], bool] = staticmethod(lambda _: False)

        return cast(Connections, One())

    def _write(self, files: Files) -> None:
        for place in self.lab.path.iterdir():
            if place.name != ".git":
                shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
        for path, (mode, data) in files.items():
            write_file(self.lab.path, path, data, mode)


def holds_old_or_new(host: Host, world: World, states: list[Manifest]) -> None:
    """Every file is of one of two neighbouring states; where they are mixed, the host knows that."""
    held, unfinished = host.look()
    roots = states[0].roots
    part = held.select(roots)
    steps = [(step, to) for step in range(1, len(states)) for to in (step - 1, step)]
    steps = [(step, to) for step, to in steps if all_as_in(part, *states[step - 1 : step + 1])]
    assert steps, "it has a file of a step that is not its turn"
    if part.digest not in {state.digest for state in states}:
        # Who dies before it has begun leaves what the one before it has left.
        now = [{"number": "42", "step": str(to), "target": states[to].digest[:16]} for _, to in steps]
        assert unfinished in ([*now, host.left] if host.left else now)
    host.left = unfinished
    found = read_files(host.root).items()
    ignored = left_alone(world.case)
    assert {p: f for p, f in found if p in ignored or not covered(p, roots)} == apart(world.case, roots)


def all_as_in(part: Manifest, old: Manifest, new: Manifest) -> bool:
    """Whether every path is as in one of two states."""
    paths = part.by_path.keys() | old.by_path.keys() | new.by_path.keys()
    return all(part.by_path.get(p) in (old.by_path.get(p), new.by_path.get(p)) for p in paths)


def apart(case: Case, roots: tuple[str, ...]) -> Files:
    """What no deployment of these roots may touch."""
    return {**{p: f for p, f in case.before.items() if not covered(p, roots)}, **left_alone(case)}


def left_alone(case: Case) -> Files:
    """The ignored files that a host can have, whatever the plan brings."""
    taken = {*case.before, *case.after}
    return {p: f for p, f in LEFT_ALONE.items() if not taken & {p, *above(p)}}


def deploy(world: World, states: list[Manifest]) -> int:
    """Push step by step, or until one is interrupted; the state that was to be reached last."""
    last = len(states) - 1
    for step in range(1, len(states)):
        is_missed = world.case.away and step == 1 < last
        hosts = world.hosts[:-1] if is_missed else world.hosts
        results = [world.push(host, states, step - 1, step) for host in hosts]
        for host, result in zip(hosts, results, strict=True):
            holds_old_or_new(host, world, states)
            if result.outcome is Outcome.OK:
                held = host.look()[0].select(states[0].roots)
                assert held.digest == result.digest == states[step].digest
                assert not result.put_right, "what a host held before is nothing to be put right"
        if {r.outcome for r in results} != {Outcome.OK} and not world.case.goes_on:
            return step
    return last


def recover(world: World, states: list[Manifest], reached: int) -> None:
    """Go on to the end, or back to the beginning; kills come in between here as well."""
    last = len(states) - 1
    way = range(reached, last + 1) if world.case.again else range(reached - 1, -1, -1)
    for step in way:
        since = step - 1 if world.case.again else step + 1
        for host in world.hosts:
            while (result := world.push(host, states, since, step)).outcome is not Outcome.OK:
                assert "it died" in result.reason
                holds_old_or_new(host, world, states)


@given(cases())
@settings(max_examples=400 if SOAK else 25, phases=tuple(Phase) if SOAK else QUICK)
@pytest.mark.timeout(3600)
def test_hosts_are_old_or_new_and_after_recovery_all_are_one(case: Case) -> None:
    with TemporaryDirectory() as top:
        world = World(Path(top), case)
        try:
            states = world.snapshot()
            recover(world, states, deploy(world, states))
            roots = states[0].roots
            kept = world.after if case.again else case.before
            wanted = {**apart(case, roots), **{p: f for p, f in kept.items() if covered(p, roots)}}
            assert not any(Patterns(IGNORE).match(path) for path in kept)
            for host in world.hosts:
                assert read_files(host.root) == wanted
                assert host.look()[1] is None
        finally:
            world.close()


TEN = {f"{top}/{n}": (0o644, b"old") for top in "ab" for n in range(5)}


@pytest.mark.parametrize(
    ("deaths", "pushes", "stands"),
    [(("6", "8"), [(0, 1), (1, 2)], (4, 0)), (("10", "14"), [(0, 1), (1, 2), (1, 0)], (5, 1))],
)
def test_who_died_within_a_step_ends_or_undoes_it_before_the_next(
    tmp_path: Path, deaths: tuple[str, str], pushes: list[tuple[int, int]], stands: tuple[int, int]
) -> None:
    """One file is missing of the first step, or one is there of the second; then it dies once more."""
    after, steps = dict.fromkeys(TEN, (0o644, b"new")), (("b",), ("a",))
    dies: list[Fate] = [fate for death in deaths for fate in ((death, "moves"), ("0",))]
    world = World(tmp_path, Case(TEN, after, steps, "", False, True, False, (dies, [])))
    try:
        host, states, stood = world.hosts[0], world.snapshot(), []
        for since, step in pushes:
            world.push(host, states, since, step)
            holds_old_or_new(host, world, states)
            new = [path for path, (_, data) in read_files(host.root).items() if data == b"new"]
            stood.append(tuple(sum(path.startswith(f"{top}/") for path in new) for top in "ba"))
        assert stands in stood, "it was to die there"
        assert stood[-1] not in (stands, (5, 5), (0, 0)), "it was to die again, in the other step"
    finally:
        world.close()
