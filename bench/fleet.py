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

_MOST = 300
# The most hosts first: smaller cases leave the others behind.
_CASES = (
    Case(300),
    Case(100, goals=ASKED),
    Case(100, changed=FILES, rewritten=True),
    Case(25),
)
_SICK = (300, 100)


def measure(_requests: int) -> list[Figure]:
    """All of it, on one machine: hosts share its cores and its disk with the controller.

    Raises:
        OperationalError: a program, a disk or a right is missing for that, and which.
    """
    with ground(HOSTS) as place:
        figures = []
        for what, part in _parts(place):
            print(f"   {what} ...", file=sys.stderr, end="", flush=True)
            began = perf_counter()
            figures += part()
            print(f" {perf_counter() - began:.0f} s", file=sys.stderr)
        return figures


def _parts(place: Ground) -> Iterator[tuple[str, Callable[[], list[Figure]]]]:
    """What is measured, in this order; each is begun when the one before is over."""
    library = Library()
    syncs = Syncs(place, library, _MOST)
    for case in _CASES:
        yield str(case), partial(syncs.measure, case)
    for hosts in _SICK:
        yield f"{hosts} hosts, some sick", Sick(place, library, syncs.held, hosts).warm
    yield f"{_SICK[-1]} hosts, some sick, cold", Sick(place, library, syncs.held, _SICK[-1]).cold
    yield "a large tree for the first time", partial(measure_first, place, library)
    yield "a thousand hosts", partial(measure_thousand, place, library)
