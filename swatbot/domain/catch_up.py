"""How a host that holds something else than was expected comes to a state: through each one between.

The states of a plan are ordered for a reason: who missed a step takes that one first, and then the next.
"""

from collections.abc import Sequence

from swatbot.domain.manifest import Manifest


def next_state(held: Manifest, states: Sequence[Manifest], goal: int) -> int:
    """The index of the state that a host is to take next on its way to `states[goal]`.

    Args:
        held: what it holds, under the roots of the states.
        states: of a plan, in their order; at least one.
        goal: index of the state to be reached.
    """
    nearest = _nearest(held, states, goal)
    return nearest + (goal > nearest) - (goal < nearest)


def strays(held: Manifest, states: Sequence[Manifest]) -> frozenset[str]:
    """The paths at which a host holds what none of the states does: neither as before, nor as wanted.

    Args:
        held: what it holds, under the roots of the states.
        states: those in which it may rightly be; at least one.
    """
    return frozenset.intersection(*(frozenset(held.differences(state)) for state in states))


def _nearest(held: Manifest, states: Sequence[Manifest], goal: int) -> int:
    """The state from which the fewest files differ; of several the one that is closest to the goal."""
    ranked = sorted(range(len(states)), key=lambda index: abs(index - goal))
    exact = (index for index in ranked if states[index].digest == held.digest)
    found = next(exact, None)
    if found is not None:  # as nearly always
        return found
    return min(ranked, key=lambda index: len(held.differences(states[index])))
