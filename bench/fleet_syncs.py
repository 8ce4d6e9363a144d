"""Syncs of a directory that the hosts hold already: warm, cold and back, beside a pull by ssh and rsync."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from bench.figures import Figure
from bench.fleet_cost import Cost, measured, typical
from bench.fleet_figures import CURVE, DEFAULT, NONE, Goals, milliseconds
from bench.fleet_ground import Ground
from bench.fleet_ours import Ours
from bench.fleet_rsync import CURVE25519, Rsync
from bench.fleet_tree import Library, Tree, lacking, write

FILES, BYTES = 50, 3_000_000
_WARM = 2
# A helper reads once more what changed within the last 2 s. Syncs are further apart than that, rollbacks not.
_SETTLED = 2.2


@dataclass(frozen=True)
class Case:
    """What is synced.

    Attributes:
        hosts: how many.
        changed: how many files differ each time: a line in each, or every line.
        rewritten: whether it is every line, of which a delta saves nothing.
        goals: see Goals.
        rounds: how often; each has two warm syncs of ours.
    """

    hosts: int
    changed: int = 1
    rewritten: bool = False
    goals: Goals = NONE
    rounds: int = 3

    def __str__(self) -> str:
        how = "rewritten" if self.rewritten else "edited"
        return f"{self.changed} of {FILES} files {how}, {self.hosts} hosts"


@dataclass
class _Taken:
    """What the rounds took, by what was done; `alone` is the CPU for each host of pulls without ssh."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)
    alone: list[float] = field(default_factory=list)

    def note(self, what: str, cost: Cost) -> None:
        self.costs.setdefault(what, []).append(cost)

    def __getitem__(self, what: str) -> Cost:
        return typical(self.costs[what])


class Syncs:
    """The directory on some hosts, and changes of it, one after the other.

    Attributes:
        held: what swatbot brought to them last.
    """

    def __init__(self, place: Ground, library: Library, hosts: int) -> None:
        """Have all hosts hold it, once for each engine."""
        self._place, self._library, self._hosts = place, library, range(hosts)
        self.held = library.make(FILES, BYTES)
        self._rsync = Rsync(place, self._hosts, self.held)
        self._rsync.fill()
        for host in self._hosts:
            write(self.held, place.root("ours", host))
        os.sync()  # what is measured waits for its own writes only

    def measure(self, case: Case) -> list[Figure]:
        """Change files on the first so many hosts, again and again, the engines by turns.

        Other hosts are left behind: ask for the most hosts first. Our connections are opened anew in every
        round, whose first sync is the cold one.
        """
        self._hosts = self._rsync.hosts = range(case.hosts)
        taken = _Taken()
        for _ in range(case.rounds):
            taken.note(DEFAULT, self._pull(case))
            self._ours(taken, case, durable=True)
            taken.note(CURVE, self._pull(case, *CURVE25519))
            taken.alone.append(self._pull_alone(case))
        self._ours(taken, case, durable=False)
        return _figures(taken, case, self._place.file_system)

    def _pull(self, case: Case, *options: str) -> Cost:
        before = self._rsync.tree
        self._rsync.serve(self._change(before, case))
        cost = measured(self._place, case.hosts, lambda: self._rsync.pull(*options))
        self._rsync.prove(before)
        return cost

    def _pull_alone(self, case: Case) -> float:
        before = self._rsync.tree
        self._rsync.serve(self._change(before, case))
        cpu = self._rsync.pull_alone()
        self._rsync.prove(before)
        return cpu

    def _ours(self, taken: _Taken, case: Case, *, durable: bool) -> None:
        """One cold sync, then warm ones, each of them taken back at once."""
        kind = "" if durable else ", no fsync"
        targets = [self._place.target("ours", host) for host in self._hosts]
        held = self._library.manifest_of(self.held)
        ours = Ours(self._place, targets, self._library, held, durable=durable)
        try:
            taken.note("cold" + kind, self._push(ours, self._change(self.held, case), opens=case.hosts))
            for _ in range(_WARM):
                before = self.held
                threading.Event().wait(_SETTLED)
                taken.note("warm" + kind, self._push(ours, self._change(before, case)))
                taken.note("back" + kind, self._push(ours, before))
                taken.note("look" + kind, measured(self._place, len(self._hosts), ours.look))
        finally:
            ours.close()

    def _change(self, tree: Tree, case: Case) -> Tree:
        return self._library.changed(tree, case.changed, rewritten=case.rewritten)

    def _push(self, ours: Ours, tree: Tree, *, opens: int = 0) -> Cost:
        """Sync to this, and see with own eyes that it came about."""
        target = self._library.manifest_of(tree)
        cost = measured(self._place, len(self._hosts), partial(ours.push, target), opens=opens)
        changed = [path for path, data in self.held.items() if tree[path] != data]
        assert not lacking(tree, [self._place.root("ours", host) for host in self._hosts], changed)
        self.held = tree
        return cost


def _figures(taken: _Taken, case: Case, disk: str) -> list[Figure]:
    warm, back, look = taken["warm"], taken["back"], taken["look"]
    return [
        *_warm(taken, f"{case}, warm, to", case.goals, f"fsync on {disk}"),
        *_without_fsync(taken, f"{case}, warm, no fsync, to"),
        *_cold(taken, f"{case}, cold, to {DEFAULT}", case.goals.cold),
        milliseconds(f"{case}, rollback, to the sync: wall", back.wall, warm.wall, case.goals.back),
        milliseconds(f"{case}, rollback, to the sync: target CPU per host", back.target, warm.target),
        milliseconds(f"{case}, a mere proof, to the sync: wall", look.wall, warm.wall),
        milliseconds(f"{case}, a mere proof, to the sync: target CPU per host", look.target, warm.target),
    ]


def _warm(taken: _Taken, what: str, goals: Goals, note: str) -> list[Figure]:
    ours, figures = taken["warm"], []
    for base, wall, cpu in zip((DEFAULT, CURVE), goals.wall, goals.controller, strict=True):
        pull = taken[base]
        figures += [
            milliseconds(f"{what} {base}: wall", ours.wall, pull.wall, wall, note),
            milliseconds(f"{what} {base}: controller CPU per host", ours.controller, pull.controller, cpu),
        ]
    pull, alone = taken[CURVE], median(taken.alone)
    return [
        *figures,
        milliseconds(f"{what} {CURVE}: target CPU per host", ours.target, pull.target, goals.target),
        milliseconds(f"{what} rsync alone: helper CPU per host", ours.helper, alone, goals.target),
        milliseconds(f"{what} rsync alone: target CPU per host, with sshd", ours.target, alone),
        Figure("fleet", f"{what} {CURVE}: wire per host", ours.wire / 1000, "KB", pull.wire / 1000),
    ]


def _without_fsync(taken: _Taken, what: str) -> list[Figure]:
    fast, durable, pull = taken["warm, no fsync"], taken["warm"], taken[CURVE]
    return [
        milliseconds(f"{what} with fsync: wall", fast.wall, durable.wall),
        milliseconds(f"{what} {CURVE}: wall", fast.wall, pull.wall),
        milliseconds(f"{what} rsync alone: target CPU per host", fast.target, median(taken.alone)),
    ]


def _cold(taken: _Taken, what: str, goals: Sequence[float | None]) -> list[Figure]:
    cold, pull = taken["cold"], taken[DEFAULT]
    return [
        milliseconds(f"{what}: wall", cold.wall, pull.wall, goals[0]),
        milliseconds(f"{what}: controller CPU per host", cold.controller, pull.controller, goals[1]),
        milliseconds(f"{what}: target CPU per host", cold.target, pull.target),
    ]
