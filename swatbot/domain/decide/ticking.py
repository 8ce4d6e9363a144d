"""What time alone brings: reminders, expiry, parking, the end of a lock. `next_tick` tells the clock when."""

from collections.abc import Iterator
from datetime import datetime

from swatbot.domain import events as e
from swatbot.domain.decide.upkeep import catch_up_at, patrol_at, start_patrol
from swatbot.domain.deployment import Cause, CauseKind, HoldKind, State
from swatbot.domain.live import Live
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status


def on_tick(status: Status, now: datetime, rules: Rules) -> tuple[e.Event, ...]:
    """Everything that is due; asking twice changes nothing, because what is done is not due again."""
    found: list[e.Event] = []
    if status.lock and status.lock.until and status.lock.until <= now:
        found.append(e.Unlocked(""))
    patrol = patrol_at(status, rules)
    if patrol is not None and patrol <= now:
        found.append(start_patrol(status))
    for d in status.live.values():
        due = next((event for when, event in _due(status, d, rules) if when <= now), None)
        if due is not None:
            found.append(due)
    return tuple(found)


def next_tick(status: Status, rules: Rules) -> datetime | None:
    """When `on_tick` will next have something to say, None if nothing waits for the time."""
    times = [when for d in status.live.values() for when, _ in _due(status, d, rules)]
    if status.lock and status.lock.until:
        times.append(status.lock.until)
    times += [when for when in (patrol_at(status, rules), catch_up_at(status)) if when is not None]
    return min(times, default=None)


Due = Iterator[tuple[datetime, e.Event]]


def _due(status: Status, d: Live, rules: Rules) -> Due:
    """What time will bring to a deployment, the weightiest first."""
    match d.state:
        case State.AWAITING_VERIFICATION:
            yield from _awaiting(status, d, rules)
        case State.HELD:
            yield from _held(d, rules)
        case State.PARKED if d.deadline:
            yield d.deadline, e.Cancelled(d.number, Cause(CauseKind.EXPIRED))


def _awaiting(status: Status, d: Live, rules: Rules) -> Due:
    if not d.waits_for:  # everybody has spoken, and a repair is to be over first
        return
    if d.deadline:
        yield d.deadline, e.RollbackStarted(d.number, Cause(CauseKind.EXPIRED))
    others = [o for o in status.waiting if o.state is State.QUEUED]
    if others and d.asked_at and not any(a.word for a in d.asked):
        since = max(d.asked_at, min(o.requested_at for o in others))
        yield since + rules.park_after, e.RollbackStarted(d.number, Cause(CauseKind.PARKED))
    if d.reminded_at:
        yield d.reminded_at + rules.remind_every, e.Reminded(d.number)


def _held(d: Live, rules: Rules) -> Due:
    if d.hold and d.hold.kind is HoldKind.QUESTION and d.hold.deadline:
        yield d.hold.deadline, e.RollbackStarted(d.number, Cause(CauseKind.UNDECIDED, "", d.hold.why))
    elif d.reminded_at:
        yield d.reminded_at + rules.hold_reminder, e.Reminded(d.number)
