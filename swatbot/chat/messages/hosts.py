"""What hosts hold, in words: files by name, and hosts together that had the same ones."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from swatbot.chat.handler import Site
from swatbot.chat.messages.text import count, fit, some
from swatbot.domain.hosts import fold
from swatbot.domain.stage import PRIVATE_FILE, Files, HostResult, Outcome

T = TypeVar("T", bound=Hashable)

_ROOM = 100

Holders = tuple[tuple[str, ...], Files]
"""Hosts, and the files that they all have otherwise."""


def folded(hosts: Iterable[str]) -> str:
    """The hosts in short."""
    return fit(fold(hosts), _ROOM)


def has(hosts: Collection[str]) -> str:
    """`has` or `have`."""
    return "has" if len(hosts) == 1 else "have"


def repair(hosts: Sequence[str]) -> str:
    """What to type to have these hosts repaired; a command is never cut."""
    text = fold(hosts)
    return f'"!repair {text}"' if len(text) <= _ROOM else f'"!repair {hosts[0]}" and the others like it'


def named(files: Files) -> str:
    """How many files, and the names of some: `3 files (a, b, c)`; private ones are counted."""
    shown = [fit(f, 60) for f in files.names if f != PRIVATE_FILE]
    hidden = len(files.names) - len(shown)
    parts = [some(shown, others=files.more)] if shown else []
    parts += [f"{hidden} private"] if hidden else []
    return f"{count(len(files), 'file')} ({', '.join(parts)})"


def odd(holders: Holders) -> str:
    """`mw1262 had 2 files (a, b) not as the fleet has them`."""
    hosts, files = holders
    return f"{folded(hosts)} had {named(files)} not as the fleet has {them(files)}"


def them(files: Files) -> str:
    """`it` or `them`."""
    return "it" if len(files) == 1 else "them"


def put_right(results: Iterable[HostResult]) -> list[Holders]:
    """The hosts that were put right and prove it, with the files: one that failed may have any of them."""
    return together((r.host, r.put_right) for r in results if r.put_right and _well(r))


def _well(result: HostResult) -> bool:
    return result.outcome is Outcome.OK


def logged(done: str, results: Iterable[HostResult], who: str, site: Site) -> tuple[str, ...]:
    """The `!log` line for files that were put back on production hosts, outside of what ships.

    A host that proved them and then failed, in a hook or a check, has them all the same.
    """
    found = together((r.host, r.put_right) for r in results if r.put_right and (_well(r) or r.digest))
    hosts = [host for names, _ in found for host in names]
    files = sum(len(names) * len(odd) for names, odd in found)
    if not hosts:
        return ()
    put = f"{count(files, 'file')} put back to what the fleet has"
    return (f"!log {who}@{site.deploy_host} {done} {folded(hosts)}: {put}",)


def together(found: Iterable[tuple[str, T]]) -> list[tuple[tuple[str, ...], T]]:
    """Hosts of which the same is to be told as one item, with that."""
    hosts: dict[T, list[str]] = {}
    for host, what in found:
        hosts.setdefault(what, []).append(host)
    return [(tuple(names), what) for what, names in hosts.items()]
