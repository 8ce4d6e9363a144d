"""A large tree that hosts do not hold yet: the first sync, by push, by pull, and by ssh and rsync."""

import os
import shutil
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from bench.figures import Figure
from bench.fleet_cost import Cost, measured, typical
from bench.fleet_figures import CURVE, milliseconds
from bench.fleet_ground import PROXIES, Ground, name
from bench.fleet_ours import Ours
from bench.fleet_rsync import CURVE25519, Rsync
from bench.fleet_tree import ROOT, Library, Tree, lacking
from swatbot.domain.manifest import Manifest
from swatbot.fleet.hosts import Daemon, PullSettings, Transfer

_HOSTS, _FILES, _BYTES = 25, 3000, 60_000_000
_ROUNDS = 2
# How often each way in which swatbot can bring a tree to hosts is measured.
_WAYS = {"push": _ROUNDS, "pull": _ROUNDS, "push, no fsync": 1, "pull, no fsync": 1}
# Trees of files of the same size, by the number of files: between two of them lies where push and pull cross.
_SMALLER = (50, 500)


def measure_first(place: Ground, library: Library) -> list[Figure]:
    """All engines by turns, onto hosts whose directories are empty each time."""
    first = _First(place, library, library.make(_FILES, _BYTES))
    taken: dict[str, list[Cost]] = {way: [] for way in (*_WAYS, CURVE)}
    for done in range(_ROUNDS):
        taken[CURVE].append(first.rsync())
        for way, rounds in _WAYS.items():
            if done < rounds:
                taken[way].append(first.ours(way))
    what = f"{_BYTES // 1_000_000} MB in {_FILES:,} files for the first time, {_HOSTS} hosts"
    base = typical(taken[CURVE])
    figures = [
        figure
        for way in _WAYS
        for figure in _figures(f"{what}, {way}, to {CURVE}", typical(taken[way]), base)
    ]
    largest = {way: typical(taken[way]) for way in ("push", "pull")}
    return [*figures, *_crossings(place, library, largest)]


def _figures(what: str, ours: Cost, base: Cost) -> list[Figure]:
    return [
        milliseconds(f"{what}: wall", ours.wall, base.wall),
        milliseconds(f"{what}: controller CPU per host", ours.controller, base.controller),
        milliseconds(f"{what}: target CPU per host", ours.target, base.target),
        Figure("fleet", f"{what}: wire per host", ours.wire / 1000, "KB", base.wire / 1000),
    ]


def _crossings(place: Ground, library: Library, largest: dict[str, Cost]) -> list[Figure]:
    """From how many bytes times hosts on a pull is cheaper: for the deployment host, and by the clock."""
    each = _BYTES // _FILES
    costs = []
    for files in _SMALLER:
        first = _First(place, library, library.make(files, files * each), with_rsync=False)
        costs.append((files * each, {way: first.ours(way) for way in ("push", "pull")}))
    costs.append((_BYTES, largest))
    return [
        figure
        for what, of in (("controller CPU", _controller), ("wall", _wall))
        for figure in _crossing(what, [(size, of(c["push"]), of(c["pull"])) for size, c in costs])
    ]


def _controller(cost: Cost) -> float:
    return cost.controller


def _wall(cost: Cost) -> float:
    return cost.wall


def _crossing(what: str, rows: Sequence[tuple[int, float, float]]) -> list[Figure]:
    """Rows of size, push and pull as figures, and where the two cross, on a straight line between two."""
    figures = [
        milliseconds(f"{size / 1e6:g} MB for {_HOSTS} hosts, pull to push: {what}", pull, push)
        for size, push, pull in rows[:-1]
    ]
    where, note = 0.0, f"pull is cheaper from {rows[0][0] / 1e6:g} MB on, the least that is measured"
    gains = [(size * _HOSTS, push - pull) for size, push, pull in rows]
    if gains[-1][1] <= 0:
        where, note = float(gains[-1][0]), "push is cheaper up to there, the most that is measured"
    elif gains[0][1] < 0:
        (less, loss), (more, gain) = next(p for p in pairwise(gains) if p[0][1] < 0 <= p[1][1])
        where, note = less + (more - less) * -loss / (gain - loss), "bytes to ship, times hosts"
    return [*figures, Figure("fleet", f"push and pull cross: {what}", where / 1e6, "MB", note=note)]


class _First:
    """The tree, and ways to bring it to hosts that have nothing."""

    def __init__(self, place: Ground, library: Library, tree: Tree, *, with_rsync: bool = True) -> None:
        self._place, self._library, self._tree = place, library, tree
        self._manifest = library.manifest_of(tree)
        self._hosts = range(_HOSTS)
        library.store(self._manifest, place.objects)
        if with_rsync:
            shutil.rmtree(place.source / ROOT, ignore_errors=True)
            self._rsync = Rsync(place, self._hosts, tree, "first")

    def rsync(self) -> Cost:
        """What the baseline takes."""
        self._empty()
        cost = measured(self._place, _HOSTS, lambda: self._rsync.pull(*CURVE25519))
        self._rsync.prove({})
        return cost

    def ours(self, way: str) -> Cost:
        """What swatbot takes over connections that are open, proof included."""
        self._empty()
        nothing = Manifest.of([ROOT], [])
        targets = [self._place.target("first", host) for host in self._hosts]
        pull = self._pull() if way.startswith("pull") else None
        durable = not way.endswith("no fsync")
        ours = Ours(self._place, targets, self._library, nothing, pull, durable=durable)
        try:
            ours.push(nothing)
            cost = measured(self._place, _HOSTS, partial(ours.push, self._manifest))
        finally:
            ours.close()
        roots = [self._place.root("first", host) for host in self._hosts]
        assert not lacking(self._tree, roots, self._tree)
        return cost

    def _pull(self) -> PullSettings:
        at = "rsync://127.0.0.1"
        near = tuple(
            Daemon(name(h), f"{at}:{self._place.proxy_port}/{name(h)}/", name(h)) for h in range(PROXIES)
        )
        source = Daemon("the deployment host", f"{at}:{self._place.rsync_port}/objects/")
        return PullSettings(Transfer.PULL, source=source, near={name(host): near for host in self._hosts})

    def _empty(self) -> None:
        shutil.rmtree(self._place.directory / "first", ignore_errors=True)
        for host in self._hosts:
            self._place.root("first", host).mkdir(parents=True)
        os.sync()
