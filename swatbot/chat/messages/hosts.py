"""What hosts hold, in words: files by name, and hosts together that had the same ones."""

from collections.abc import Iterable, Sequence

from swatbot.chat.messages.text import count, fit, some
from swatbot.domain.hosts import fold
from swatbot.domain.stage import PRIVATE_FILE, HostResult


def named(files: Sequence[str]) -> str:
    """How many files, and the names of some: `3 files (a, b, c)`; private ones are counted."""
    shown = [fit(f, 60) for f in files if f != PRIVATE_FILE]
    hidden = len(files) - len(shown)
    parts = [some(shown)] if shown else []
    parts += [f"{hidden} private"] if hidden else []
    return f"{count(len(files), 'file')} ({', '.join(parts)})"


def by_files(results: Iterable[HostResult]) -> list[tuple[str, tuple[str, ...]]]:
    """The hosts that were put right, folded, with the files; those with the same files together."""
    return together((r.host, r.put_right) for r in results if r.put_right)


def together(found: Iterable[tuple[str, tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Hosts with the same files as one item, folded."""
    hosts: dict[tuple[str, ...], list[str]] = {}
    for host, files in found:
        hosts.setdefault(files, []).append(host)
    return [(fold(names), files) for files, names in hosts.items()]
