"""What is said of hosts that come and go: by the config, or because somebody excludes them."""

from collections.abc import Iterator

from swatbot.chat.handler import Site
from swatbot.chat.messages.hosts import folded
from swatbot.chat.messages.names import called
from swatbot.chat.messages.text import quoted
from swatbot.domain import events as e
from swatbot.domain.hosts import fold
from swatbot.domain.status import Status


def inventory(
    event: e.HostsConfigured | e.HostsExcluded | e.HostsIncluded, after: Status, site: Site
) -> tuple[str, ...]:
    """The lines for an event."""
    match event:
        case e.HostsConfigured():
            return tuple(_configured(event, after))
        case e.HostsExcluded():
            why = " (for a reason given in private)" if event.private else f": {quoted(event.why, 160)}"
            names, they = folded(event.hosts), _they(event.hosts)
            again = f'"!include {names}" lets {they} take part again.'
            return (
                f"{names} excluded by {called(event.by, site)}{why}. Nothing is done with {they}; {again}",
            )
        case e.HostsIncluded():
            take = "takes" if len(event.hosts) == 1 else "take"
            return (f"{folded(event.hosts)} {take} part again, says {called(event.by, site)}.",)


def _they(hosts: tuple[str, ...]) -> str:
    return "it" if len(hosts) == 1 else "them"


def _configured(event: e.HostsConfigured, after: Status) -> Iterator[str]:
    """Who is excluded, or back, was told by whoever did that."""
    gone = tuple(h for h in event.gone if h not in after.excluded)
    if event.new:
        must = "it has to prove" if len(event.new) == 1 else "they have to prove"
        yield f"New, or back, among the hosts: {folded(event.new)}. First {must} what the fleet has."
    if gone and after.holdings is not None:
        yield f"No longer among the hosts: {folded(gone)}."


def excluded(status: Status) -> Iterator[str]:
    """Who is excluded, by whom and why."""
    for host in sorted(status.excluded):
        found = status.excluded[host]
        why = f": {quoted(found.why, 80)}" if found.why else " (the reason was given in private)"
        yield f"Excluded by {found.by}{why}: {fold([host])}."
