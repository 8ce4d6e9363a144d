"""Which deployment a command means: by its number, or the only one that it could mean; never a guess."""

from collections.abc import Iterable

from swatbot.domain.deployment import Deployment
from swatbot.domain.reasons import DeclinedError, NoSuchDeployment, NothingTo, WhichOne, WrongState
from swatbot.domain.status import Status


def known(status: Status, number: int) -> Deployment:
    """The deployment of this number.

    Raises:
        DeclinedError: the number was never given out.
    """
    d = status.deployment(number)
    if d is None:
        raise DeclinedError(NoSuchDeployment(number=number))
    return d


def pick(candidates: Iterable[Deployment], number: int | None, command: str) -> Deployment:
    """The only candidate.

    Raises:
        DeclinedError: there is none, or more than one.
    """
    found = list(candidates)
    if len(found) == 1 and number in (None, found[0].number):
        return found[0]
    if not found:
        raise DeclinedError(NothingTo(command=command))
    raise DeclinedError(WhichOne(command=command, numbers=tuple(d.number for d in found)))


def pick_or_named(
    status: Status, candidates: Iterable[Deployment], number: int | None, command: str
) -> Deployment:
    """The candidate of this number, or without a number the only one.

    Raises:
        DeclinedError: the number names none of them, or without one there is none, or several.
    """
    if number is None:
        return pick(candidates, None, command)
    d = known(status, number)
    if all(other.number != number for other in candidates):
        raise DeclinedError(WrongState(number=number, state=d.state.words, command=command))
    return d
