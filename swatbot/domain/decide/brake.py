"""The brake and its release: hold, resume, recheck, continue, cancel, lock, unlock."""

from datetime import datetime

from swatbot.domain import commands as c
from swatbot.domain.decide.asking import undo
from swatbot.domain.decide.picking import pick_or_named
from swatbot.domain.decide.upkeep import braked
from swatbot.domain.deployment import CauseKind, HoldKind, State
from swatbot.domain.events import Continued, Event, Held, Locked, Resumed, Unlocked
from swatbot.domain.live import Live
from swatbot.domain.permissions import require
from swatbot.domain.person import Role
from swatbot.domain.reasons import DeclinedError, LockState, WhyNeeded, WrongState
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status


def on_hold(status: Status, command: c.PutHold) -> tuple[Event, ...]:
    """Without a number whatever is going on is stopped; it is never asked back which."""
    stopped = braked(status, command)
    active = status.active
    if stopped and (active is None or _held_by_person(active)):
        return stopped
    if command.number is None and active is not None and _held_by_person(active):
        raise DeclinedError(WrongState(number=active.number, state=active.state.words, command="hold"))
    open_ones = [d for d in status.live.values() if not _held_by_person(d)]
    if command.number is None:
        open_ones = [d for d in open_ones if d.active]
    d = pick_or_named(status, open_ones, command.number, "hold")
    held = Held(d.number, HoldKind.PERSON, command.actor.name, command.why, None, command.place.private)
    return (*stopped, held)


def on_resume(status: Status, command: c.Resume) -> tuple[Event, ...]:
    """A held deployment goes on where it was."""
    d = pick_or_named(status, status.in_state(State.HELD), command.number, "resume")
    return (Resumed(d.number, command.actor.name),)


def on_recheck(status: Status, command: c.Recheck) -> tuple[Event, ...]:
    """The checks that could not tell are asked again."""
    d = pick_or_named(status, _questions(status), command.number, "recheck")
    return (Resumed(d.number, command.actor.name, recheck=True),)


def on_continue(status: Status, command: c.Continue) -> tuple[Event, ...]:
    """A deployer answers the question that the checks could not."""
    if not command.why:
        raise DeclinedError(WhyNeeded(usage="!continue [#] WHY"))
    d = pick_or_named(status, _questions(status), command.number, "continue")
    return (Continued(d.number, command.actor.name, command.why),)


def on_cancel(status: Status, command: c.Cancel) -> tuple[Event, ...]:
    """What it touched is put back."""
    d = pick_or_named(status, list(status.live.values()), command.number, "cancel")
    return undo(d, CauseKind.CANCELLED, command)


def on_lock(status: Status, command: c.PutLock, now: datetime) -> tuple[Event, ...]:
    """Nothing new begins; what is active may finish."""
    if not command.why:
        raise DeclinedError(WhyNeeded(usage="!lock WHY [until HH:MM]"))
    lock = status.lock
    if lock is not None and (lock.until is None or lock.until > now) and lock.by != command.actor.name:
        raise DeclinedError(LockState(by=lock.by, until=lock.until, reason=lock.why))
    return (Locked(command.actor.name, command.why, command.until),)


def on_unlock(status: Status, command: c.Unlock, rules: Rules) -> tuple[Event, ...]:
    """The queue goes on; another's lock is for admins to remove."""
    if status.lock is None:
        raise DeclinedError(LockState())
    if status.lock.by != command.actor.name:
        require(command.actor, Role.ADMIN, f"unlock ({status.lock.by}'s lock)", rules)
    return (Unlocked(command.actor.name),)


def _held_by_person(d: Live) -> bool:
    return d.hold is not None and d.hold.kind is HoldKind.PERSON


def _questions(status: Status) -> tuple[Live, ...]:
    return tuple(
        d for d in status.in_state(State.HELD) if d.hold is not None and d.hold.kind is HoldKind.QUESTION
    )
