"""swatbot's fleet, asked for syncs as its engine would ask."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from bench.fleet_figures import WIDTH
from bench.fleet_ground import Ground
from bench.fleet_tree import Library
from swatbot.adapters.clock import SystemClock
from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Budget, HostResult, Outcome
from swatbot.errors import OperationalError
from swatbot.fleet.hosts import PullSettings, Target
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Order, Stop

_TOKEN = 1


class Ours:
    """swatbot's fleet on some hosts: its directories on them are `ours`, or as the targets say.

    Attributes:
        fleet: the fleet itself.
        held: what the hosts hold now.
    """

    def __init__(
        self,
        place: Ground,
        targets: Sequence[Target],
        library: Library,
        held: Manifest,
        pull: PullSettings | None = None,
        **settings: float,
    ) -> None:
        self._hosts = tuple(target.name for target in targets)
        self._library, self._place = library, place
        changed = replace(place.settings(), **settings)  # type: ignore[arg-type] # the callers know the fields
        self.fleet = SshFleet(targets, changed, SystemClock(), pull)
        self.held = held

    def push(self, target: Manifest) -> None:
        """Bring all hosts to this, and have each prove it."""
        results = self.push_to(self._hosts, target, threading.Event())
        if wrong := [r for r in results if r.outcome is not Outcome.OK or r.digest != target.digest]:
            raise OperationalError(f"{len(wrong)} hosts failed: {wrong[0].host}: {wrong[0].reason}")
        self.held = target

    def push_to(self, hosts: Sequence[str], target: Manifest, stop: Stop) -> tuple[HostResult, ...]:
        """Bring some hosts from what all hold to this; what came of each."""
        budget = Budget(len(hosts))
        order = Order(1, (self.held, target), 0, 1, tuple(hosts), _TOKEN, WIDTH, budget)
        return self.fleet.push(order, self._library, lambda _: None, stop)

    def look(self) -> None:
        """Have all hosts prove what they hold, and change nothing."""
        for proof in self.fleet.prove(self._hosts, self.held.roots):
            if proof.manifest != self.held:
                raise OperationalError(f"{proof.host} does not hold what it should: {proof.reason}")

    def close(self) -> None:
        """End the connections, and wait for that."""
        self.fleet.close()
        self._place.await_sessions(0)


class Begun:
    """A Stop that never stops, and notes when it was asked: that is when the next host is begun."""

    def __init__(self) -> None:
        self._at: list[float] = []

    def is_set(self) -> bool:
        """Never."""
        self._at.append(monotonic())
        return False

    def wait(self, timeout: float | None = None) -> bool:
        """Nobody waits for it here."""
        raise NotImplementedError(timeout)

    def last_end(self, results: Sequence[HostResult], among: frozenset[str]) -> float:
        """Seconds from the beginning until the last of some hosts had proven."""
        pairs = zip(self._at, results, strict=True)
        ends = [at + result.seconds for at, result in pairs if result.host in among]
        return max(ends) - self._at[0]
