"""How fast, cheaply and steadily hosts are synced, beside one ssh process and one rsync pull for each."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

from bench.figures import Figure
from bench.fleet_figures import ASKED
from bench.fleet_first import measure_first
from bench.fleet_ground import Ground, ground
from bench.fleet_sick import Sick
from bench.fleet_syncs import FILES, Case, Syncs
from bench.fleet_thousand import HOSTS, measure_thousand
from bench.fleet_tree import Library
from swatbot.errors import OperationalError

_MOST = 300
# The most hosts first: smaller cases leave the others behind.
_CASES = (
    Case(300, rounds=2),
    Case(100, goals=ASKED),
    Case(100, changed=FILES, rewritten=True, rounds=2),
    Case(25),
)
_SICK = (300, 100)


def measure(_requests: int) -> Iterator[Figure]:
    """All of it, on one machine: hosts share its cores and its disk with the controller.

    Yields:
        What is known so far: it takes minutes.

    Raises:
        OperationalError: a program, a disk or a right is missing, and which; or, in the end, what went wrong.
    """
    faults = []
    with ground(HOSTS) as place:
        for what, part in _parts(place):
            print(f"   {what} ...", file=sys.stderr, end="", flush=True)
            began = perf_counter()
            try:
                yield from part()
            except OperationalError as error:
                faults.append(f"{what}: {error}")
            print(f" {perf_counter() - began:.0f} s", file=sys.stderr)
    if faults:
        raise OperationalError("; ".join(faults))


def _parts(place: Ground) -> Iterator[tuple[str, Callable[[], list[Figure]]]]:
    """What is measured, in this order; each is begun when the one before is over."""
    library = Library()
    syncs = Syncs(place, library, _MOST)
    for case in _CASES:
        yield str(case), partial(syncs.measure, case)
    for hosts in _SICK:
        sick = Sick(place, library, syncs.held, hosts)
        yield f"{hosts} hosts, some sick", sick.warm
    yield f"{hosts} hosts, some sick, cold", sick.cold
    yield "a large tree for the first time", partial(measure_first, place, library)
    yield "a thousand hosts", partial(measure_thousand, place, library)
