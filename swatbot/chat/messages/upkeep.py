"""What is said of hosts outside of deployments: returned, repaired, drifted. What changed one is logged."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from swatbot.chat.handler import Site
from swatbot.chat.messages.hosts import folded, has, logged, named, put_right, repair, them, together
from swatbot.chat.messages.inventory import inventory
from swatbot.chat.messages.names import called
from swatbot.chat.messages.text import count, fit, some
from swatbot.domain import events as e
from swatbot.domain.deployment import Kind, State
from swatbot.domain.findings import Mark
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live
from swatbot.domain.stage import Files, Outcome, failures
from swatbot.domain.status import Status
from swatbot.domain.upkeep import UpkeepKind

Sentences = tuple[str, ...]


def upkeep(event: e.UpkeepEvent, after: Status, site: Site) -> Sentences:
    """The lines for an event; what somebody asked for is told when it begins, too."""
    match event:
        case e.HostsConfigured() | e.HostsExcluded() | e.HostsIncluded():
            return inventory(event, after, site)
        case e.UpkeepStarted(upkeep=begun) if begun.kind is UpkeepKind.REPAIR:
            who = called(begun.by, site)
            return (f"{folded(begun.hosts)}: repair for {who}, everything back to what the fleet has.",)
        case e.UpkeepStopped(by=by) if by:
            return _braked(event, site)
        case e.UpkeepStopped(upkeep=begun, number=n) if begun.kind is UpkeepKind.REPAIR:
            return (
                f"The repair of {folded(begun.hosts)} gives way to #{n}. {repair(begun.hosts)} after that.",
            )
        case e.HostsMended():
            return tuple(_mended(event, after, site))
        case e.Patrolled():
            return tuple(_patrolled(event))
        case _:
            return ()


def waits_for_repair(d: Live, after: Status) -> Sentences:
    """That a deployment whose turn it is has to wait for hosts that are being repaired."""
    mending = after.mending
    ready = d.state is State.AWAITING_VERIFICATION and not d.waits_for
    ready = ready or (d.state is State.QUEUED and after.active is None and after.queue[:1] == (d.number,))
    urgent = d.kind is Kind.ROLLBACK or d.options.emergency
    if mending is None or mending.kind is not UpkeepKind.REPAIR or urgent or not ready:
        return ()
    return (f"#{d.number} waits until the repair of {folded(mending.hosts)} is done.",)


def _braked(event: e.UpkeepStopped, site: Site) -> Sentences:
    repaired = event.upkeep.kind is UpkeepKind.REPAIR
    what = "The repair" if repaired else "The catching up"
    why = f": {fit(event.why, 160)}" if event.why and not event.private else ""
    again = "goes on" if repaired else "goes on now; by itself it is tried again in an hour"
    hosts = event.upkeep.hosts
    return (
        f"{what} of {folded(hosts)} is stopped by {called(event.by, site)}{why}. {repair(hosts)} {again}.",
    )


def _mended(event: e.HostsMended, after: Status, site: Site) -> Iterator[str]:
    repaired = event.upkeep.kind is UpkeepKind.REPAIR
    who, verb = (event.upkeep.nick, "Repaired") if repaired else (site.bot, "Caught up")
    yield from logged(verb, event.results, who, site)
    for hosts, files in put_right(event.results):
        done = f"{'is' if len(hosts) == 1 else 'are'} {'repaired' if repaired else 'caught up'}"
        odd = f"{named(files)} had not been as the fleet has {them(files)}"
        yield f"{_whose(event, hosts, site)} {done}: {odd}."
    same = tuple(r.host for r in event.results if r.outcome is Outcome.OK and not r.put_right)
    if same and not event.late:
        yield f"{_whose(event, same, site)} {has(same)} everything as the fleet has it."
    doubts = together((r.host, r.reason) for r in event.results if r.outcome is Outcome.OK and r.reason)
    for hosts, doubt in doubts:
        yield f"{_whose(event, hosts, site)}: whether it is served could not be told: {fit(doubt, 200)}."
    bad = failures(event.results)
    if not repaired:  # that a stale host is still down is known, and a failure is told once
        bad = tuple(r for r in bad if after.setbacks.get(r.host) == 1 and r.outcome is Outcome.FAILED)
    for left, reason in together((r.host, r.reason) for r in bad):
        again = f"{repair(left)} tries again."
        yield f"{_whose(event, left, site)} could not be put right: {fit(reason, 160)}. {again}"


def _whose(event: e.HostsMended, hosts: tuple[str, ...], site: Site) -> str:
    """The hosts, for whoever asked; or that they are back."""
    if event.upkeep.kind is UpkeepKind.REPAIR:
        return f"{called(event.upkeep.by, site)}: {folded(hosts)}"
    return folded(hosts)


def _patrolled(event: e.Patrolled) -> Iterator[str]:
    if event.fault:
        yield f"The patrol could not ask the hosts what they hold: {fit(event.fault, 200)}."
    if event.missing:
        yield f'The patrol could not ask {folded(event.missing)}: "!drift" says why.'
    for hosts, files in together((d.host, d.files) for d in event.drift if d.host in event.news):
        yield (
            f"Drift: {folded(hosts)} {has(hosts)} {named(files)} not as the fleet has {them(files)}."
            f" {repair(hosts)}, or the next deployment, puts that right."
        )
    if event.back:
        yield f"No more drift: {folded(event.back)} {has(event.back)} what the fleet has again."


Origin = tuple[str, str, Mark | None]
"""A path, the short digest of what the fleet holds there, and where that comes from."""


def drift(
    found: Mapping[str, Files],
    silent: Mapping[str, str],
    asked: int,
    origins: Iterable[Origin] = (),
    excluded: Collection[str] = (),
    occupied: Collection[str] = (),
) -> Sentences:
    """The answer to `!drift`: who differs, who could not be asked and why, and that all others do not.

    Args:
        found: hosts that differ, with the files.
        silent: hosts that could not be asked, with the reason.
        asked: how many hosts there are.
        origins: of the paths that were asked about.
        excluded: hosts that were not asked, for nothing is done with them.
        occupied: hosts that were not asked, for a deployment is at work on them.
    """
    lines = [
        f"{folded(hosts)} {has(hosts)} {named(files)} not as the fleet has {them(files)}."
        for hosts, files in together(found.items())
    ]
    if found:
        lines[-1] += f" {repair(tuple(found))} puts that right."
    lines += [_silent(hosts, why) for hosts, why in together(silent.items())]
    if rest := asked - len(found) - len(silent):
        what = some([_origin(*one) for one in origins])
        lines.append(
            f"{count(rest, 'host')} {'proves' if rest == 1 else 'prove'} what the fleet has: {what}."
        )
    if occupied:
        lines.append(f"A deployment is on {folded(occupied)}, which I did not ask.")
    if excluded:
        lines.append(f"Excluded, and so not asked: {folded(excluded)}.")
    return tuple(lines)


def _silent(hosts: tuple[str, ...], why: str) -> str:
    text = f"{folded(hosts)} can not be asked: {fit(why, 160)}."
    return f'{text} "!exclude {fold(hosts)} WHY" leaves it out.' if len(hosts) == 1 else text


def _origin(path: str, digest: str, mark: Mark | None) -> str:
    name = "everything" if path == "." else fit(path, 60)
    if mark is None or path == ".":
        return f"{name} {digest}"
    by = f"from #{mark.number}, " if mark.number else "from the baseline, "
    return f"{name} {digest} ({by}commit {mark.commit[:7]})"
