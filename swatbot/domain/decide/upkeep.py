"""Hosts outside of deployments: those that return are caught up, others repaired, all asked now and then."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from swatbot.domain import commands as c
from swatbot.domain import events as e
from swatbot.domain.effects import Mend, Patrol
from swatbot.domain.reasons import AtWork, DeclinedError, ExclusionState, NoBaseline, UnderWay, UnknownHost
from swatbot.domain.rules import Rules
from swatbot.domain.stage import HostResult, Outcome
from swatbot.domain.status import Status
from swatbot.domain.upkeep import Drift, Upkeep, UpkeepKind


def on_returned(status: Status, command: c.HostReturned, now: datetime) -> tuple[e.Event, ...]:
    """A stale host is caught up as soon as no deployment occupies it; others are as they should be.

    One that is being caught up may come and go, and so may one that is tried soon anyway.
    """
    host, mending = command.host, status.mending
    if host not in status.stale or (mending is not None and host in mending.hosts):
        return ()
    if host in status.returned and status.due.get(host, now) <= now + timedelta(minutes=1):
        return ()
    return (e.HostsReturned((host,)),)


def on_repair(status: Status, command: c.Repair) -> tuple[e.Event, ...]:
    """Hosts are brought back to what the fleet holds, unless a deployment is at work on them."""
    if status.holdings is None:
        raise DeclinedError(NoBaseline())
    for host in command.hosts:
        if host in status.excluded:
            raise DeclinedError(ExclusionState(host=host, excluded=True))
        if host not in status.hosts:
            raise DeclinedError(UnknownHost(host=host))
    active = status.active
    if active is not None and any(map(active.occupies, command.hosts)):
        raise DeclinedError(UnderWay(number=active.number, command="repair"))
    if status.mending is not None:
        raise DeclinedError(AtWork(hosts=status.mending.hosts))
    actor = command.actor
    return (e.UpkeepStarted(Upkeep(UpkeepKind.REPAIR, command.hosts, actor.name, actor.nick)),)


def on_mended(status: Status, command: c.MendReported) -> tuple[e.Event, ...]:
    """What came of it; where it had been stopped, what was done all the same."""
    upkeep = command.effect.upkeep
    if command.stopped:
        return _late(status, command)
    if status.mending != upkeep:
        return ()
    return (e.HostsMended(upkeep, command.results),)


def _late(status: Status, command: c.MendReported) -> tuple[e.Event, ...]:
    """Hosts that a deployment occupies by now, or that missed one, have to prove themselves once more."""
    holdings, active = status.holdings, status.active
    if holdings is None or holdings.manifest != command.effect.whole:
        return ()
    free = (r for r in command.results if active is None or not active.occupies(r.host))
    done = tuple(r for r in free if r.outcome is Outcome.OK)
    return (e.HostsMended(command.effect.upkeep, done, late=True),) if done else ()


def on_patrolled(status: Status, command: c.PatrolReported) -> tuple[e.Event, ...]:
    """What is new is told. A stale host differs of course; of one that is silent is known what was."""
    if status.upkeep is None or status.upkeep.kind is not UpkeepKind.PATROL:
        return ()
    found = tuple(d for d in command.drift if d.host not in status.stale)
    asked = set(command.effect.hosts)
    kept = tuple(d for d in _known(status) if d.host in command.silent or d.host not in asked)
    news = tuple(d.host for d in found if status.drift.get(d.host) != d.files)
    now = {d.host for d in (*found, *kept)}
    back = tuple(h for h in status.drift if h in asked and h not in now and h not in status.stale)
    silent = tuple(h for h in command.silent if h not in status.stale)
    missing = tuple(h for h in silent if h not in status.silent)
    return (e.Patrolled(len(asked), (*found, *kept), news, back, silent=silent, missing=missing),)


def on_drift_seen(status: Status, command: c.DriftSeen) -> tuple[e.Event, ...]:
    """Whoever differs is put right by the next deployment, which has to know of it."""
    found = tuple(
        d for d in command.drift if d.host not in status.stale and status.drift.get(d.host) != d.files
    )
    right = tuple(h for h in command.right if h in status.drift)
    return (e.DriftFound(found, right),) if found or right else ()


def on_failed_upkeep(status: Status, effect: Mend | Patrol, error: str) -> tuple[e.Event, ...]:
    """It is over, and who waits for it is told why it did not work; what was stopped is of no interest."""
    upkeep = status.upkeep
    if isinstance(effect, Patrol):
        patrols = upkeep is not None and upkeep.kind is UpkeepKind.PATROL
        return (e.Patrolled(0, _known(status), fault=error, silent=status.silent),) if patrols else ()
    if upkeep is None or upkeep != effect.upkeep:
        return ()
    results = (HostResult(h, Outcome.FAILED, reason=error) for h in upkeep.hosts)
    return (e.HostsMended(upkeep, tuple(results)),)


def next_upkeep(status: Status, now: datetime) -> e.Event | None:
    """Stale hosts whose time has come are caught up when nothing else is going on with them."""
    hosts = tuple(h for h, due in _due(status).items() if due <= now)
    return e.UpkeepStarted(Upkeep(UpkeepKind.CATCH_UP, hosts)) if hosts else None


def catch_up_at(status: Status) -> datetime | None:
    """When the next stale host is to be caught up, None while something else is going on with hosts."""
    return min(_due(status).values(), default=None)


def _due(status: Status) -> Mapping[str, datetime]:
    """Stale hosts that may be worked on, and when; a patrol is broken off only for one that is back."""
    if status.mending is not None or status.holdings is None:
        return {}
    active = status.active
    hosts = status.due if status.upkeep is None else status.returned
    return {h: status.due[h] for h in hosts if active is None or not active.occupies(h)}


def braked(status: Status, command: c.PutHold) -> tuple[e.Event, ...]:
    """A brake without a number stops a repair or a catch-up, too."""
    if status.mending is None or command.number is not None:
        return ()
    by, private = command.actor.name, command.place.private
    return (e.UpkeepStopped(status.mending, 0, by, command.why, private),)


def give_way(status: Status, number: int, *, urgent: bool) -> e.Event | None:
    """What a deployment has to wait for, if it has: a catch-up never, a repair only if it is not urgent."""
    upkeep = status.mending
    if upkeep is not None and (urgent or upkeep.kind is UpkeepKind.CATCH_UP):
        return e.UpkeepStopped(upkeep, number)
    return None


def patrol_at(status: Status, rules: Rules) -> datetime | None:
    """When all hosts are to be asked next, None while something else is going on with them."""
    idle = bool(status.free) and status.upkeep is None and status.holdings is not None
    if not rules.patrol_every or not idle or status.patrolled_at is None:
        return None
    return status.patrolled_at + rules.patrol_every


def start_patrol(status: Status) -> e.Event:
    """All hosts are asked that no deployment is at work on."""
    return e.UpkeepStarted(Upkeep(UpkeepKind.PATROL, status.free))


def _known(status: Status) -> tuple[Drift, ...]:
    return tuple(Drift(host, files) for host, files in status.drift.items())
