"""How a host that holds something else than was expected comes to a state: through each one between.

The states of a plan are ordered for a reason: who missed a step takes that one first, and then the next.
"""

from collections.abc import Sequence

from swatbot.domain.manifest import Manifest


def next_state(held: Manifest, states: Sequence[Manifest], goal: int) -> int:
    """The index of the state that a host is to take next on its way to `states[goal]`.

    Who is between two states, because a step broke off there, completes or undoes that step first. Who is
    nowhere is taken to be between the two with which the fewest files can not be explained.

    Args:
        held: what it holds, under the roots of the states.
        states: of a plan, in their order; at least one.
        goal: index of the state to be reached.
    """
    exact = [index for index, state in enumerate(states) if state.digest == held.digest]
    if exact:  # as nearly always
        at = min(exact, key=lambda index: abs(index - goal))
        return at + (goal > at) - (goal < at)
    if len(states) == 1:
        return goal
    farthest_first = sorted(range(len(states) - 1), key=lambda low: -abs(2 * (low - goal) + 1))
    low = min(farthest_first, key=lambda low: len(strays(held, states[low : low + 2])))
    return low + 1 if goal > low else low


def strays(held: Manifest, states: Sequence[Manifest]) -> frozenset[str]:
    """The paths at which a host holds what none of the states does: neither as before, nor as wanted.

    Args:
        held: what it holds, under the roots of the states.
        states: those in which it may rightly be; at least one.
    """
    return frozenset.intersection(*(frozenset(held.differences(state)) for state in states))
