"""Folding: status and event in, status out; no decision is made here, so replay can never differ."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from swatbot.domain import events as e
from swatbot.domain.applied import applied, credited, unproven
from swatbot.domain.deployment import Deployment, Kind, State
from swatbot.domain.findings import Holdings
from swatbot.domain.live import HostMark, Live
from swatbot.domain.manifest import covered
from swatbot.domain.status import Lock, Status
from swatbot.domain.transitions import TABLE
from swatbot.domain.upkept import mended, undrifted, upkept, with_due, without_patrol


def evolve(status: Status, event: e.Event, at: datetime) -> Status:
    """The status after this event, which was recorded at this time (UTC).

    Raises:
        ValueError: the transition table does not allow the event in the deployment's state.
    """
    if isinstance(event, e.GlobalEvent):
        return _global(status, event, at)
    if isinstance(event, e.Requested):
        return _requested(status, event, at)
    d = status.live.get(event.number)
    target = TABLE.get((d.state, type(event))) if d else None
    if d is None or target is None:
        raise ValueError(f"{type(event).__name__} is not allowed for #{event.number} ({d and d.state})")
    if isinstance(event, e.Pinned):
        event = _shared(event, status)
    after = applied(d, event, at, target)
    return with_due(_queue(status.put(after), after, event), at)


def fold(status: Status, recorded: Iterable[tuple[e.Event, datetime]]) -> Status:
    """The status after all of these."""
    for event, at in recorded:
        status = evolve(status, event, at)
    return status


def _global(status: Status, event: e.GlobalEvent, at: datetime) -> Status:
    if isinstance(event, e.UpkeepEvent):
        after = upkept(status, event, at)
        is_over = status.mending is not None and after.mending is None
        # Whoever waited for that has waited with what the test servers had proven before.
        return replace(after, live={n: unproven(d) for n, d in after.live.items()}) if is_over else after
    match event:
        case e.EngineStarted():
            live = {n: _credited(d, timedelta(seconds=event.away_for)) for n, d in status.live.items()}
            return replace(status, live=live, token=event.token)
        case e.BaselineTaken():
            status = replace(status, holdings=event.holdings, stale={}, drift={}, upkeep=None)
            status = replace(status, baseline=status.latest)
            return replace(status, due={}, setbacks={}, returned=(), silent=(), patrolled_at=at)
        case e.Locked():
            return replace(status, lock=Lock(event.by, event.why, event.until))
        case e.Unlocked():
            return replace(status, lock=None)
        case e.Answered():
            return status


def _credited(d: Live, away: timedelta) -> Live:
    """Deadlines moved by the time in which nobody could be heard; hosts in between become uncertain.

    What a hold interrupted is moved by the whole of the hold when it ends.
    """
    marks = {h: replace(m, uncertain=m.proven != m.attempted) for h, m in d.marks.items()}
    d = unproven(replace(d, marks=marks))
    if d.hold is None:
        return credited(d, away)
    deadline = d.hold.deadline + away if d.hold.deadline else None
    return replace(d, hold=replace(d.hold, deadline=deadline))


def _requested(status: Status, event: e.Requested, at: datetime) -> Status:
    d = Live(
        event.number,
        event.kind,
        event.plan,
        event.message,
        event.options,
        event.actor,
        event.place,
        at,
        event.of,
    )
    if event.kind is Kind.SYNC:
        return status.put(d)
    original = status.past[event.of]
    last = len(original.states) - 1
    stages = status.stages or original.stages
    d = replace(
        d,
        state=State.QUEUED,
        changes=original.changes,
        private=original.private,
        states=original.states,
        before=original.before,
        stages=stages,
    )
    d = replace(d, marks=dict.fromkeys(d.hosts(), HostMark(last, last, reached=last)))
    return replace(status.put(d), queue=(d.number, *status.queue))


def _queue(status: Status, d: Live, event: e.DeploymentEvent) -> Status:
    """What an event means for the queue, for what the fleet holds, and for stale hosts."""
    if isinstance(event, e.Pinned):
        return replace(status, stages=event.stages)
    if isinstance(event, e.HostsPutRight):
        return mended(status, event.results)
    if isinstance(event, e.Accepted):
        return replace(status, queue=(*status.queue, d.number))
    if d.active:
        status = without_patrol(status)
    if d.number in status.queue and (d.active or d.state.terminal):
        status = status.without_queued(d.number)
    if isinstance(event, e.Completed):
        stale = _stale(status, d, event.stale)
        status = replace(status, holdings=_shared_marks(event.holdings, status.holdings), stale=stale)
        return undrifted(status, d, event.stale)
    if isinstance(event, e.RollbackIncomplete):
        return replace(status, stale=_missed(status, d.number, event.hosts))
    return status


def _shared(event: e.Pinned, status: Status) -> e.Pinned:
    """With hosts and holdings that equal the known ones kept once, however many deployments there are."""
    stages = status.stages if event.stages == status.stages else event.stages
    before = status.holdings if event.before == status.holdings else event.before
    return replace(event, stages=stages, before=before)


def _shared_marks(holdings: Holdings, known: Holdings | None) -> Holdings:
    """The same, with the marks that were there before kept once."""
    marks = {mark: mark for mark in known.marks} if known else {}
    return replace(holdings, marks=tuple(marks.get(mark, mark) for mark in holdings.marks))


def _stale(status: Status, d: Live, hosts: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Hosts that proved the whole of this plan have caught up with what it covers."""
    caught_up: dict[str, tuple[int, ...]] = {}
    for host, numbers in status.stale.items():
        left = tuple(n for n in numbers if host in hosts or not _covers(d, status.deployment(n)))
        if left or not numbers:
            caught_up[host] = left
    return _missed(replace(status, stale=caught_up), d.number, hosts)


def _covers(d: Deployment, missed: Deployment | None) -> bool:
    return missed is not None and all(covered(path, d.plan.paths) for path in missed.plan.paths)


def _missed(status: Status, number: int, hosts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    stale = dict(status.stale)
    for host in hosts:
        stale[host] = tuple(dict.fromkeys((*stale.get(host, ()), number)))
    return stale
