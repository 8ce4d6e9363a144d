"""What upkeep changes in the status; `evolve` folds it in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment
from swatbot.domain.manifest import covered
from swatbot.domain.stage import HostResult, Outcome
from swatbot.domain.status import Status

_SOON = timedelta(minutes=1)
_LATER = timedelta(minutes=10)
_BRAKED = timedelta(hours=1)


def upkept(status: Status, event: e.UpkeepEvent, at: datetime) -> Status:
    """The status after an event about hosts outside of deployments."""
    match event:
        case e.HostsReturned():
            return replace(status, due={**status.due, **dict.fromkeys(event.hosts, at)})
        case e.UpkeepStarted():
            return replace(status, upkeep=event.upkeep)
        case e.UpkeepStopped():
            return _stopped(status, event, at)
        case e.HostsMended():
            return _tried(replace(mended(status, event.results), upkeep=None), event.results, at)
        case e.Patrolled():
            drift = {found.host: found.files for found in event.drift}
            return replace(status, upkeep=None, drift=drift, patrolled_at=at)


def _stopped(status: Status, event: e.UpkeepStopped, at: datetime) -> Status:
    """Hosts that a person wants left alone are left alone for a good while."""
    left = event.upkeep.hosts if event.by else ()
    due = {h: at + _BRAKED if h in left else when for h, when in status.due.items()}
    return replace(status, upkeep=None, due=due)


def mended(status: Status, results: Iterable[HostResult]) -> Status:
    """Hosts that proved to hold exactly what the fleet does are neither stale nor drifted."""
    right = {r.host for r in results if r.outcome is Outcome.OK}
    stale = {h: numbers for h, numbers in status.stale.items() if h not in right}
    drift = {h: files for h, files in status.drift.items() if h not in right}
    return replace(status, stale=stale, drift=drift)


def undrifted(status: Status, d: Deployment, stale: tuple[str, ...]) -> Status:
    """Hosts that proved a deployment hold its paths as they should."""
    drift = {}
    for host, files in status.drift.items():
        left = tuple(f for f in files.names if host in stale or not covered(f, d.plan.paths))
        if left or files.more:
            drift[host] = replace(files, names=left)
    return replace(status, drift=drift)


def with_due(status: Status, at: datetime) -> Status:
    """Whoever is stale from now on is tried soon, however it came to be missed; who is not, no more."""
    if status.due.keys() == status.stale.keys():
        return status
    due = {h: status.due.get(h, at + _SOON) for h in status.stale}
    return replace(status, due=due, setbacks={h: n for h, n in status.setbacks.items() if h in due})


def _tried(status: Status, results: Iterable[HostResult], at: datetime) -> Status:
    """A host that is still stale is tried again: one that answers and fails, after longer and longer."""
    due, setbacks = dict(status.due), dict(status.setbacks)
    for result in results:
        if result.outcome is Outcome.FAILED:
            setbacks[result.host] = setbacks.get(result.host, 0) + 1
        times = setbacks.get(result.host, 0)
        due[result.host] = at + (_SOON * 2 ** min(times, 6) if times else _LATER)
    status = replace(status, due={h: when for h, when in due.items() if h in status.stale})
    return replace(status, setbacks={h: n for h, n in setbacks.items() if h in status.stale})


def without_patrol(status: Status) -> Status:
    """A deployment does not wait for the patrol, which would find hosts between two states."""
    return replace(status, upkeep=status.mending)
