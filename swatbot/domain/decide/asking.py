"""A deployment is asked for: a sync, a retry, a rollback."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from swatbot.domain import commands as c
from swatbot.domain.decide.picking import known, pick
from swatbot.domain.decide.typed import refuse_repeats
from swatbot.domain.deployment import Cause as Why
from swatbot.domain.deployment import CauseKind, Deployment, Kind, State
from swatbot.domain.events import Cancelled, Event, Requested, RollbackStarted
from swatbot.domain.findings import PathFault
from swatbot.domain.live import Live
from swatbot.domain.plan import Options, path_fault
from swatbot.domain.reasons import (
    BadPaths,
    BeforeBaseline,
    DeclinedError,
    LaterDeployment,
    NoBaseline,
    UnknownPerson,
    WrongState,
)
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status

_ON_HOSTS = (State.STAGING, State.AWAITING_VERIFICATION, State.CANARIES, State.BAKING, State.FLEET)
_UNDONE = (State.ROLLING_BACK, State.FINISHING)


def on_sync(status: Status, command: c.Sync, rules: Rules, of: int = 0) -> tuple[Event, ...]:
    """A new number, to be inspected; `of` is the deployment that it retries."""
    if status.holdings is None:
        raise DeclinedError(NoBaseline())
    faults = tuple(PathFault(p, f) for p in command.plan.paths if (f := path_fault(p)))
    if faults:
        raise DeclinedError(BadPaths(faults=faults))
    refuse_repeats(command.plan, command.message, command.options)
    verifiers = tuple(_person(name, rules) for name in command.options.verifiers)
    options = replace(command.options, verifiers=verifiers)
    number, kind = status.latest + 1, Kind.SYNC
    return (
        Requested(number, kind, command.plan, command.message, options, command.actor, command.place, of),
    )


def _person(name: str, rules: Rules) -> str:
    """The person's name as people.toml has it."""
    person = rules.people.by_name(name)
    if person is None:
        near = difflib.get_close_matches(name, [p.name for p in rules.people.everyone], 1)
        raise DeclinedError(UnknownPerson(name=name, suggestion=near[0] if near else ""))
    return person.name


def on_retry(status: Status, command: c.Retry, rules: Rules) -> tuple[Event, ...]:
    """The same plan once more, as a new number that refers to the old one.

    What was allowed knowingly, or for an emergency, was allowed once.
    """
    old = known(status, command.number)
    if isinstance(old, Live) or old.kind is Kind.ROLLBACK:
        raise DeclinedError(WrongState(number=old.number, state=old.state.words, command="retry"))
    options = Options(verifiers=old.options.verifiers)
    sync = c.Sync(command.actor, command.place, old.plan, old.message, options)
    return on_sync(status, sync, rules, old.number)


def on_rollback(status: Status, command: c.Rollback) -> tuple[Event, ...]:
    """An active deployment is undone at once; a completed one by a new number at the queue's head."""
    if command.number is None:
        active = [d for d in status.live.values() if d.active]
        return undo(pick(active, None, "rollback"), CauseKind.DEMANDED, command)
    d = known(status, command.number)
    if isinstance(d, Live):
        return undo(d, CauseKind.DEMANDED, command)
    if d.kind is Kind.ROLLBACK and d.state is State.COMPLETED:
        raise DeclinedError(WrongState(number=d.number, state=f"the rollback of #{d.of}", command="rollback"))
    if d.state not in (State.COMPLETED, State.ROLLBACK_INCOMPLETE) or not d.states:
        raise DeclinedError(WrongState(number=d.number, state=d.state.words, command="rollback"))
    if _undone(status, d.number) or any(o.of == d.number for o in _rollbacks(status.live)):
        raise DeclinedError(WrongState(number=d.number, state="rolled back", command="rollback"))
    if d.number <= status.baseline:
        raise DeclinedError(BeforeBaseline(number=d.number))
    later = shipped_over(status, d)
    if later is not None:
        busy = later in status.live
        raise DeclinedError(LaterDeployment(number=d.number, later=later, active=busy))
    return (
        Requested(
            status.latest + 1,
            Kind.ROLLBACK,
            d.plan,
            command.why or d.message,
            d.options,
            command.actor,
            command.place,
            d.number,
        ),
    )


def undo(d: Live, kind: CauseKind, command: c.Rollback | c.Cancel) -> tuple[Event, ...]:
    """End a live deployment: put back what it touched, or just end it where it touched nothing.

    Raises:
        DeclinedError: it is being undone already, or is all but over.
    """
    state = d.hold.resume_to if d.hold else d.state
    if state in _UNDONE:
        raise DeclinedError(WrongState(number=d.number, state=state.words, command=kind.value))
    cause = Why(kind, command.actor.name, command.why)
    if state in _ON_HOSTS:
        return (RollbackStarted(d.number, cause, command.place.private),)
    return (Cancelled(d.number, cause, command.place.private),)


def shipped_over(status: Status, d: Deployment) -> int | None:
    """The latest whose content a rollback would take away: it must go first."""
    active = status.active
    for number in range(status.latest, d.number, -1):
        later = status.deployment(number)
        if later is None or not later.plan.overlaps(d.plan):
            continue
        ships = later.state is State.COMPLETED or later is active
        if ships and later.kind is Kind.SYNC and not _undone(status, number):
            return number
    return None


def _undone(status: Status, number: int) -> bool:
    return any(d.of == number and d.state is State.COMPLETED for d in _rollbacks(status.past))


def _rollbacks(found: Mapping[int, Deployment]) -> Iterator[Deployment]:
    return (d for d in found.values() if d.kind is Kind.ROLLBACK)
