"""What follows without anybody's doing: a finished stage leads to the next, an empty place to the queue."""

from datetime import datetime

from swatbot.domain import events as e
from swatbot.domain.decide.asking import shipped_over
from swatbot.domain.decide.upkeep import give_way, next_upkeep
from swatbot.domain.deployment import Cause, CauseKind, Kind, State
from swatbot.domain.live import Live, Phase
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status


def onward(status: Status, now: datetime, rules: Rules) -> e.Event | None:
    """The next event that is due by itself, None when all waits for hosts, people or time."""
    for d in status.live.values():
        event = _step(d, now, rules)
        if event is not None and (first := _make_way(status, event)) is not None:
            return first
    return _begin(status) or next_upkeep(status, now)


def _step(d: Live, now: datetime, rules: Rules) -> e.DeploymentEvent | None:
    done = d.phase is Phase.DONE
    match d.state:
        case State.STAGING if done:
            return e.VerificationAsked(d.number, now + rules.verify_within)
        case State.AWAITING_VERIFICATION if not d.waits_for and d.phase is Phase.PROVEN:
            return e.CanariesStarted(d.number)
        case State.CANARIES if done:
            return e.BakeStarted(d.number)
        case State.BAKING if done:
            return e.FleetStarted(d.number)
        case State.FLEET if done:
            return e.FinishStarted(d.number)
        case State.ROLLING_BACK if d.undo == 0 and d.phase is not Phase.BASELINE:
            return _undone(d, now, rules)
    return None


def _undone(d: Live, now: datetime, rules: Rules) -> e.DeploymentEvent:
    if d.kind is Kind.ROLLBACK:  # what the fleet holds changes with it; hosts that failed are stale
        return e.FinishStarted(d.number)
    left = tuple(h for h in d.touched if not d.proves(h, 0))
    if left:
        return e.RollbackIncomplete(d.number, left)
    if d.cause and d.cause.kind is CauseKind.PARKED:
        return e.Parked(d.number, now + rules.parked_for)
    return e.RolledBack(d.number)


def _begin(status: Status) -> e.Event | None:
    """The first in the queue begins."""
    event = _first(status) if status.active is None else None
    return event and _make_way(status, event)


def _make_way(status: Status, event: e.DeploymentEvent) -> e.Event | None:
    """What has to come before an event that takes hosts: a catch-up gives way, a repair is waited for."""
    takes_hosts = isinstance(event, e.Started | e.CanariesStarted | e.RollbackStarted)
    if status.mending is None or not takes_hosts:
        return event
    d = status.live[event.number]
    return give_way(status, d.number, urgent=d.kind is Kind.ROLLBACK or bool(d.options.emergency))


def _first(status: Status) -> e.DeploymentEvent | None:
    """The first in the queue that may begin; a lock stops all but rollbacks and emergencies."""
    for d in status.waiting:
        if d.state is not State.QUEUED:
            continue
        if d.kind is Kind.ROLLBACK:
            later = shipped_over(status, status.past[d.of])
            if later is not None:  # it was held in the queue meanwhile
                why = f"#{later} shipped over #{d.of} since"
                return e.Cancelled(d.number, Cause(CauseKind.CANCELLED, "", why))
            return e.RollbackStarted(d.number, Cause(CauseKind.DEMANDED, d.actor.name, d.message))
        if status.lock is None or d.options.emergency:
            return e.Started(d.number)
    return None
