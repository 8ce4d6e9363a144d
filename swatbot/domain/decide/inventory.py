"""Which hosts there are: those of the config, without those that somebody has excluded."""

from collections.abc import Collection
from dataclasses import replace

from swatbot.domain import commands as c
from swatbot.domain import events as e
from swatbot.domain.findings import StageHosts
from swatbot.domain.reasons import DeclinedError, ExclusionState, NoHostLeft, UnknownHost, WhyNeeded
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status


def configured(status: Status, rules: Rules, excluded: Collection[str]) -> tuple[e.Event, ...]:
    """What changed since the hosts were last known: some are new, some are gone."""
    stages = tuple(_without(found, excluded) for found in rules.stages)
    if stages == status.stages:
        return ()
    now = dict.fromkeys(h for found in stages for h in found.hosts)
    known = set(status.hosts)
    new = tuple(h for h in now if known and status.holdings and h not in known)
    gone = tuple(h for h in status.hosts if h not in now)
    return (e.HostsConfigured(stages, new, gone),)


def on_exclude(status: Status, command: c.Exclude, rules: Rules) -> tuple[e.Event, ...]:
    """From now on nothing is done with these hosts; what is under way does not fail because of them."""
    hosts, actor = command.hosts, command.actor
    if not command.why:
        raise DeclinedError(WhyNeeded(usage="!exclude HOST[,HOST…] WHY"))
    everyone = {h for found in rules.stages for h in found.hosts}
    first = command.why.split()[0].rstrip(",")
    if first in everyone:  # a comma was forgotten: it would be a part of the reason
        raise DeclinedError(WhyNeeded(usage=f"!exclude {','.join((*hosts, first))} WHY"))
    for host in hosts:
        if host not in everyone:
            raise DeclinedError(UnknownHost(host=host))
        if host in status.excluded:
            raise DeclinedError(ExclusionState(host=host, excluded=True))
    excluded = {*status.excluded, *hosts}
    for found in rules.stages:
        if excluded.issuperset(found.hosts):
            raise DeclinedError(NoHostLeft(stage=found.stage))
    left_out = e.HostsExcluded(hosts, actor.name, command.why, command.place.private)
    return (left_out, *configured(status, rules, excluded))


def on_include(status: Status, command: c.Include, rules: Rules) -> tuple[e.Event, ...]:
    """They come back like new hosts: first they have to prove what the fleet holds."""
    for host in command.hosts:
        if host not in status.excluded:
            raise DeclinedError(ExclusionState(host=host, excluded=False))
    excluded = status.excluded.keys() - set(command.hosts)
    included = e.HostsIncluded(command.hosts, command.actor.name)
    return (included, *configured(status, rules, excluded))


def _without(found: StageHosts, excluded: Collection[str]) -> StageHosts:
    hosts = tuple(h for h in found.hosts if h not in excluded)
    return found if len(hosts) == len(found.hosts) else replace(found, hosts=hosts)
