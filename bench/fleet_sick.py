"""Some hosts hang and some refuse: whether the others have to wait for them."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

from bench.figures import Figure
from bench.fleet_figures import milliseconds
from bench.fleet_ground import Ground, address, name
from bench.fleet_ours import Begun, Ours
from bench.fleet_tree import Library, Tree
from swatbot.domain.stage import Outcome
from swatbot.errors import OperationalError

_WARM_ROUNDS, _COLD_ROUNDS = 10, 5
_GOAL = 1.2
# Of every hundred hosts, by number.
_HANGS, _REFUSES = 30, 60
# Who hangs ends a round only then: shorter than in a config, so that ten rounds do not take minutes, and long
# enough for those who are well, of whom many are connected to at once where the round is cold.
_WARM_TIMEOUT, _COLD_TIMEOUT = 3.0, 5.0


class Sick:
    """A fleet of which in every hundred one hangs (TCP connects, then silence) and one refuses."""

    def __init__(self, place: Ground, library: Library, held: Tree, hosts: int) -> None:
        """Have all hosts hold the same, while they are all well."""
        self._place, self._library, self._held, self._hosts = place, library, held, range(hosts)
        self._well = tuple(name(host) for host in self._hosts if host % 100 not in (_HANGS, _REFUSES))
        ours = self._ours({})
        try:
            ours.push(ours.held)
        finally:
            ours.close()

    def warm(self) -> list[Figure]:
        """The well ones are connected."""
        with _ports(self._hosts) as ports:
            ours = self._ours(ports, _WARM_TIMEOUT)
            try:
                self._push(ours, sick=True)
                pairs = [self._pair(number, ours) for number in range(_WARM_ROUNDS)]
            finally:
                ours.close()
        return self._figure("warm", pairs)

    def cold(self) -> list[Figure]:
        """Nobody is connected."""
        with _ports(self._hosts) as ports:
            pairs = [self._pair(number, ports) for number in range(_COLD_ROUNDS)]
        return self._figure("cold", pairs)

    def _figure(self, how: str, pairs: Sequence[tuple[float, float]]) -> list[Figure]:
        """The median of what each took with the sick ones around, beside the median without."""
        one = len(self._hosts) // 100
        what = f"{len(self._hosts)} hosts, {one} hanging and {one} refusing, {how}"
        with_them, without = (median(column) for column in zip(*pairs, strict=True))
        note = f"one file edited; median of {len(pairs)}"
        return [milliseconds(f"{what}: the others' wall, to without them", with_them, without, _GOAL, note)]

    def _pair(self, number: int, on: Ours | Mapping[int, int]) -> tuple[float, float]:
        """Seconds with the sick ones and without, in changing order."""
        first = bool(number % 2)
        taken = {sick: self._once(on, sick=sick) for sick in (first, not first)}
        return taken[True], taken[False]

    def _once(self, on: Ours | Mapping[int, int], *, sick: bool) -> float:
        if isinstance(on, Ours):
            return self._push(on, sick=sick)
        ours = self._ours(on)
        try:
            return self._push(ours, sick=sick)
        finally:
            ours.close()

    def _push(self, ours: Ours, *, sick: bool) -> float:
        """Sync; seconds until the last of the well hosts had proven."""
        tree = self._library.changed(self._held, 1)
        target, begun = self._library.manifest_of(tree), Begun()
        hosts = tuple(map(name, self._hosts)) if sick else self._well
        results = ours.push_to(hosts, target, begun)
        well = frozenset(self._well)
        if wrong := [r for r in results if (r.outcome is Outcome.OK) != (r.host in well)]:
            raise OperationalError(f"{len(wrong)} hosts did not do as they should: {wrong[0]}")
        self._held, ours.held = tree, target
        return begun.last_end(results, well)

    def _ours(self, ports: Mapping[int, int], timeout: float = _COLD_TIMEOUT) -> Ours:
        targets = [self._place.target("ours", host, ports.get(host, 0)) for host in self._hosts]
        held = self._library.manifest_of(self._held)
        return Ours(self._place, targets, self._library, held, connect_timeout=timeout)


@contextmanager
def _ports(hosts: Sequence[int]) -> Iterator[Mapping[int, int]]:
    """The ports of the hosts that are sick: the kernel accepts and nobody answers, or nobody listens."""
    found = {host: socket.socket() for host in hosts if host % 100 in (_HANGS, _REFUSES)}
    try:
        for host, sock in found.items():
            sock.bind((address(host), 0))
            if host % 100 == _HANGS:
                sock.listen(1024)
        yield {host: sock.getsockname()[1] for host, sock in found.items()}
    finally:
        for sock in found.values():
            sock.close()
