"""What upkeep changes in the status; `evolve` folds it in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment
from swatbot.domain.manifest import covered
from swatbot.domain.stage import HostResult, Outcome
from swatbot.domain.status import Status
from swatbot.domain.upkeep import UpkeepKind


def upkept(status: Status, event: e.UpkeepEvent, at: datetime) -> Status:
    """The status after an event about hosts outside of deployments."""
    match event:
        case e.HostsReturned():
            return replace(status, returned=tuple(dict.fromkeys((*status.returned, *event.hosts))))
        case e.UpkeepStarted():
            returned = tuple(h for h in status.returned if h not in event.upkeep.hosts)
            return replace(status, upkeep=event.upkeep, returned=returned)
        case e.HostsMended():
            return replace(mended(status, event.results), upkeep=None)
        case e.Patrolled():
            drift = {found.host: found.files for found in event.drift}
            return replace(status, upkeep=None, drift=drift, patrolled_at=at)


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
        left = tuple(f for f in files if host in stale or not covered(f, d.plan.paths))
        if left:
            drift[host] = left
    return replace(status, drift=drift)


def without_patrol(status: Status) -> Status:
    """A deployment does not wait for the patrol, which would find hosts between two states."""
    patrols = status.upkeep is not None and status.upkeep.kind is UpkeepKind.PATROL
    return replace(status, upkeep=None) if patrols else status
