"""Finds the hosts that fleet.toml does not name itself: those in a file, and those that a command prints."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from swatbot.config.faults import Fault
from swatbot.config.raw import Found, Table, tables
from swatbot.config.types import hosts

_SOURCES = ("hosts", "hosts_file", "hosts_command")
_SECONDS = 30.0
_LONGEST = 200


class UnfitError(ValueError):
    """A source of hosts does not give any; the text says why."""


def find_hosts(file: str, raw: Table, directory: Path) -> tuple[Fault, ...]:
    """Give each group the `hosts` that its `hosts_file` or `hosts_command` says.

    Args:
        file: fleet.toml, as messages name it.
        raw: its content, which is filled in.
        directory: where relative paths start, and commands run.

    Returns:
        What is wrong with files and commands.
    """
    return tuple(
        Fault(file, place, text)
        for key, group in tables(raw, "group")
        for place, text in _fill(key, group, directory)
    )


def _fill(key: str, group: Table, directory: Path) -> Found:
    sources = [source for source in _SOURCES if source in group]
    if not sources:
        yield key, f"names no hosts, expected one of {', '.join(_SOURCES)}"
    elif len(sources) > 1:
        yield key, f"has both {' and '.join(sources)}, expected one of them"
    else:
        try:
            found = list(_found(group, directory))
        except UnfitError as error:
            yield f"{key}.{sources[0]}", str(error)
        else:
            group.update({"hosts": found} if found else {})


def _found(group: Table, directory: Path) -> Iterator[str]:
    path, argv = group.get("hosts_file"), group.get("hosts_command")
    if isinstance(path, str) and path:
        yield from _in_file(directory / Path(path).expanduser())
    if isinstance(argv, list) and argv and all(isinstance(word, str) and word for word in argv):
        yield from _printed(argv, directory)


def _in_file(path: Path) -> Iterator[str]:
    """The hosts in a file of dsh: one on each line; what follows a # is a comment."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise UnfitError(f"{path} can not be read: {error.strerror}") from None
    lines = [(number, _bare(line)) for number, line in enumerate(text.splitlines(), 1)]
    named = [(number, line) for number, line in lines if line]
    if not named:
        raise UnfitError(f"{path} names no host")
    for number, line in named:
        yield from _unfolded(line, f"{path} line {number}")


def _printed(argv: list[str], directory: Path) -> Iterator[str]:
    """The hosts that a command prints, apart by spaces or on lines of their own, folded or not."""
    text = _run(argv, directory)
    words = [word for line in text.splitlines() for word in _bare(line).split()]
    for word in words:
        yield from _unfolded(word, f"what {argv[0]} prints")


def _run(argv: list[str], directory: Path) -> str:
    """What a command prints on stdout, which must be something."""
    try:
        done = subprocess.run(
            argv, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UnfitError(f"{argv[0]} did not end within {_SECONDS:g} s") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnfitError(f"{argv[0]} can not be run: {why}") from None
    printed = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise UnfitError(f"{argv[0]} exited {done.returncode}{_said(done.stderr)}")
    if not any(_bare(line) for line in printed.splitlines()):
        raise UnfitError(f"{argv[0]} printed no host{_said(done.stderr)}")
    return printed


def _unfolded(text: str, place: str) -> tuple[str, ...]:
    try:
        return hosts(text if len(text.split()) == 1 else None)
    except ValueError:
        expected = "the name of a host, or folded names such as mw[1261-1263]"
        raise UnfitError(f'{place}: found "{_shown(text)}", expected {expected}') from None


def _bare(line: str) -> str:
    return line.partition("#")[0].strip()


def _said(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return f": {_shown(lines[0])}" if lines else ", and said nothing on stderr"


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()[:_LONGEST]
