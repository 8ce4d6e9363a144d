"""A large tree that hosts do not hold yet: the first sync, beside a pull by ssh and rsync."""

import os
import shutil
from functools import partial

from bench.figures import Figure
from bench.fleet_cost import Cost, measured, typical
from bench.fleet_figures import CURVE, milliseconds
from bench.fleet_ground import Ground
from bench.fleet_ours import Ours
from bench.fleet_rsync import CURVE25519, Rsync
from bench.fleet_tree import ROOT, Library, Tree, lacking
from swatbot.domain.manifest import Manifest

_HOSTS, _FILES, _BYTES = 25, 3000, 60_000_000
_ROUNDS = 2
# The ways in which swatbot can bring a tree to hosts: the settings of each, and how often; `pull` joins here.
_WAYS = {"push": ({"durable": True}, _ROUNDS), "push, no fsync": ({"durable": False}, 1)}


def measure_first(place: Ground, library: Library) -> list[Figure]:
    """All engines by turns, onto hosts whose directories are empty each time."""
    first = _First(place, library, library.make(_FILES, _BYTES))
    taken: dict[str, list[Cost]] = {way: [] for way in (*_WAYS, CURVE)}
    for done in range(_ROUNDS):
        taken[CURVE].append(first.rsync())
        for way, (settings, rounds) in _WAYS.items():
            if done < rounds:
                taken[way].append(first.ours(**settings))
    what = f"{_BYTES // 1_000_000} MB in {_FILES:,} files for the first time, {_HOSTS} hosts"
    base = typical(taken[CURVE])
    return [
        figure
        for way in _WAYS
        for figure in _figures(f"{what}, {way}, to {CURVE}", typical(taken[way]), base)
    ]


def _figures(what: str, ours: Cost, base: Cost) -> list[Figure]:
    return [
        milliseconds(f"{what}: wall", ours.wall, base.wall),
        milliseconds(f"{what}: controller CPU per host", ours.controller, base.controller),
        milliseconds(f"{what}: target CPU per host", ours.target, base.target),
        Figure("fleet", f"{what}: wire per host", ours.wire / 1000, "KB", base.wire / 1000),
    ]


class _First:
    """The tree, and ways to bring it to hosts that have nothing."""

    def __init__(self, place: Ground, library: Library, tree: Tree) -> None:
        self._place, self._library, self._tree = place, library, tree
        self._manifest = library.manifest_of(tree)
        self._hosts = range(_HOSTS)
        shutil.rmtree(place.source / ROOT, ignore_errors=True)
        self._rsync = Rsync(place, self._hosts, tree, "first")

    def rsync(self) -> Cost:
        """What the baseline takes."""
        self._empty()
        cost = measured(self._place, _HOSTS, lambda: self._rsync.pull(*CURVE25519))
        self._rsync.prove({})
        return cost

    def ours(self, **settings: float) -> Cost:
        """What swatbot takes over connections that are open, proof included."""
        self._empty()
        nothing = Manifest.of([ROOT], [])
        targets = [self._place.target("first", host) for host in self._hosts]
        ours = Ours(self._place, targets, self._library, nothing, **settings)
        try:
            ours.push(nothing)
            cost = measured(self._place, _HOSTS, partial(ours.push, self._manifest))
        finally:
            ours.close()
        roots = [self._place.root("first", host) for host in self._hosts]
        assert not lacking(self._tree, roots, self._tree)
        return cost

    def _empty(self) -> None:
        shutil.rmtree(self._place.directory / "first", ignore_errors=True)
        for host in self._hosts:
            self._place.root("first", host).mkdir(parents=True)
        os.sync()
