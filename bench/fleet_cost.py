"""What a piece of work costs: the deployment host, the targets, and the wire between them."""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from bench.fleet_ground import Ground
from bench.usage import children, family_cpu, loopback_bytes


@dataclass(frozen=True)
class Cost:
    """What one sync of some hosts took.

    Attributes:
        wall: seconds.
        controller: CPU seconds for each host, of all processes on the deployment host's side.
        target: CPU seconds for each host, of sshd and all that it started.
        helper: those of them that were Python's.
        wire: bytes for each host over the loopback device, both ways, headers included.
    """

    wall: float
    controller: float
    target: float
    helper: float
    wire: float


def typical(costs: Sequence[Cost]) -> Cost:
    """The medians."""
    columns = zip(*((c.wall, c.controller, c.target, c.helper, c.wire) for c in costs), strict=True)
    return Cost(*map(median, columns))


def measured(place: Ground, hosts: int, work: Callable[[], None], *, opens: int = 0) -> Cost:
    """What a piece of work on so many hosts costs.

    One rsync daemon counts as the controller's: it runs on the deployment host, and compresses for each
    target; the other one is the proxies'. The targets' CPU is that of everything that came from sshd, whether
    it has ended or not; disk and network work that the kernel does in threads of its own is nobody's.

    Args:
        place: where it is done.
        hosts: how many.
        work: what is done.
        opens: how many sessions the work leaves open on the hosts.
    """
    sessions = len(children(place.sshd))
    target, daemon, wire = _targets_cpu(place), family_cpu(place.rsyncd), loopback_bytes()
    helper = family_cpu(place.sshd, "python")
    own, began = _own_cpu(), perf_counter()
    work()
    wall, own = perf_counter() - began, _own_cpu() - own
    place.await_sessions(sessions + opens)
    wire = loopback_bytes() - wire
    target, daemon = _targets_cpu(place) - target, family_cpu(place.rsyncd) - daemon
    helper = family_cpu(place.sshd, "python") - helper
    return Cost(wall, (own + daemon) / hosts, target / hosts, helper / hosts, wire / hosts)


def _targets_cpu(place: Ground) -> float:
    """Of all hosts; those from which others pull do that work for the others."""
    return family_cpu(place.sshd) + family_cpu(place.proxyd)


def _own_cpu() -> float:
    """Of this process, and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
