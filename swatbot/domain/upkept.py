"""What upkeep changes in the status; `evolve` folds it in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment
from swatbot.domain.manifest import covered
from swatbot.domain.stage import Files, HostResult, Outcome
from swatbot.domain.status import Exclusion, Status
from swatbot.domain.upkeep import UpkeepKind

_SOON = timedelta(minutes=1)
_LATER = timedelta(minutes=10)
_BRAKED = timedelta(hours=1)


def upkept(status: Status, event: e.UpkeepEvent, at: datetime) -> Status:
    """The status after an event about hosts outside of deployments."""
    match event:
        case e.HostsConfigured() | e.HostsExcluded() | e.HostsIncluded():
            return _inventory(status, event, at)
        case e.HostsReturned():
            return _returned(status, event, at)
        case e.UpkeepStarted():
            return replace(status, upkeep=event.upkeep)
        case e.UpkeepStopped():
            return _stopped(status, event, at)
        case e.HostsMended():
            return _mended(status, event, at)
        case e.Patrolled() | e.DriftFound():
            return _seen(status, event, at)


def _mended(status: Status, event: e.HostsMended, at: datetime) -> Status:
    if event.late:
        return _only(mended(status, event.results))
    bad = (r.host for r in event.results if r.outcome is not Outcome.OK)
    after = mended(_suspecting(replace(status, upkeep=None), bad), event.results)
    return _tried(after, event, at)


def _seen(status: Status, event: e.Patrolled | e.DriftFound, at: datetime) -> Status:
    """The patrol has asked everybody; whoever asks in chat may have asked about a part."""
    drift = {found.host: found.files for found in event.drift}
    if isinstance(event, e.Patrolled):
        return replace(status, upkeep=None, drift=drift, silent=event.silent, patrolled_at=at)
    kept = {h: files for h, files in status.drift.items() if h not in event.right}
    return replace(status, drift=kept | drift)


def _inventory(
    status: Status, event: e.HostsConfigured | e.HostsExcluded | e.HostsIncluded, at: datetime
) -> Status:
    match event:
        case e.HostsConfigured():
            return _configured(status, event, at)
        case e.HostsExcluded():
            fresh = dict.fromkeys(event.hosts, Exclusion(event.by, "" if event.private else event.why))
            return replace(status, excluded={**status.excluded, **fresh})
        case e.HostsIncluded():
            left = {h: found for h, found in status.excluded.items() if h not in event.hosts}
            return replace(status, excluded=left)


def _configured(status: Status, event: e.HostsConfigured, at: datetime) -> Status:
    """Hosts that are new have to be caught up; of those that are gone nothing is known any more."""
    gone = set(event.gone)
    stale = {h: numbers for h, numbers in status.stale.items() if h not in gone} | dict.fromkeys(
        event.new, ()
    )
    drift = {h: files for h, files in status.drift.items() if h not in gone}
    silent = tuple(h for h in status.silent if h not in gone)
    live = {n: d.without(gone) for n, d in status.live.items()}
    status = replace(status, stages=event.stages, live=live)
    return with_due(replace(status, stale=stale, drift=drift, silent=silent), at)


def _returned(status: Status, event: e.HostsReturned, at: datetime) -> Status:
    """They are tried at once; those at which trying has failed, soon."""
    soon = {h: at + _SOON if h in status.setbacks else at for h in event.hosts}
    due = {h: min(when, soon.get(h, when)) for h, when in status.due.items()}
    return replace(status, due=due, returned=tuple(dict.fromkeys((*status.returned, *event.hosts))))


def _stopped(status: Status, event: e.UpkeepStopped, at: datetime) -> Status:
    """Hosts that a person wants left alone are left alone for a good while; a repair is not forgotten."""
    hosts, kind = event.upkeep.hosts, event.upkeep.kind
    left = hosts if event.by else ()
    due = {h: at + _BRAKED if h in left else when for h, when in status.due.items()}
    return _suspecting(replace(status, upkeep=None, due=due), hosts if kind is UpkeepKind.REPAIR else ())


def _suspecting(status: Status, hosts: Iterable[str]) -> Status:
    """What could not be repaired is not as it should be, and has to be put right before it is used."""
    fresh = {h: Files() for h in hosts if h not in status.stale}
    return replace(status, drift={**fresh, **status.drift})


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
        if left or files.more or not files:  # of one that could not be repaired it is not known
            drift[host] = replace(files, names=left)
    return replace(status, drift=drift)


def with_due(status: Status, at: datetime) -> Status:
    """Whoever is stale from now on is tried soon, however it came to be missed; who is not, no more."""
    if status.due.keys() == status.stale.keys():
        return status
    due = {h: status.due.get(h, at + _SOON if numbers else at) for h, numbers in status.stale.items()}
    return _only(replace(status, due=due))


def _only(status: Status) -> Status:
    """What is kept of hosts that are stale, only for those."""
    due = {h: when for h, when in status.due.items() if h in status.stale}
    setbacks = {h: n for h, n in status.setbacks.items() if h in status.stale}
    returned = tuple(h for h in status.returned if h in status.stale)
    return replace(status, due=due, setbacks=setbacks, returned=returned)


def _tried(status: Status, event: e.HostsMended, at: datetime) -> Status:
    """A host that is still stale is tried again: one that answers and fails, after longer and longer."""
    due, setbacks = dict(status.due), dict(status.setbacks)
    for result in event.results:
        if result.outcome is Outcome.FAILED:
            setbacks[result.host] = setbacks.get(result.host, 0) + 1
        times = setbacks.get(result.host, 0)
        due[result.host] = at + (_SOON * 2 ** min(times, 6) if times else _LATER)
    returned = tuple(h for h in status.returned if h not in event.upkeep.hosts)
    return _only(replace(status, due=due, setbacks=setbacks, returned=returned))


def without_patrol(status: Status) -> Status:
    """A deployment does not wait for a patrol of hosts that it takes: they are between two states."""
    upkeep = status.upkeep
    patrols = upkeep is not None and upkeep.kind is UpkeepKind.PATROL
    if upkeep is None or not patrols or set(status.free).issuperset(upkeep.hosts):
        return status
    return replace(status, upkeep=None)
