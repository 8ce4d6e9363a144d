"""Which deployment a command means: by its number, or the only one that it could mean; never a guess."""

from collections.abc import Iterable

from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.reasons import DeclinedError, NoSuchDeployment, NothingTo, WhichOne, WrongState
from swatbot.domain.status import Status


def known(status: Status, number: int) -> Live | Past:
    """The deployment of this number, over or not.

    Raises:
        DeclinedError: the number was never given out.
    """
    d = status.deployment(number)
    if d is None:
        raise DeclinedError(NoSuchDeployment(number=number))
    return d


def on_its_way(status: Status, number: int, command: str) -> Live:
    """The deployment of this number, for a command that makes no sense once it is over.

    Raises:
        DeclinedError: the number was never given out, or the deployment is over.
    """
    d = known(status, number)
    if isinstance(d, Past):
        raise DeclinedError(WrongState(number=number, state=d.state.words, command=command))
    return d


def pick(candidates: Iterable[Live], number: int | None, command: str) -> Live:
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


def pick_or_named(status: Status, candidates: Iterable[Live], number: int | None, command: str) -> Live:
    """The candidate of this number, or without a number the only one.

    Raises:
        DeclinedError: the number names none of them, or without one there is none, or several.
    """
    if number is None:
        return pick(candidates, None, command)
    d = known(status, number)
    found = next((other for other in candidates if other.number == number), None)
    if found is None:
        raise DeclinedError(WrongState(number=number, state=d.state.words, command=command))
    return found
