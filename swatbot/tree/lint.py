"""Runs a site's lint commands on the changed files of a snapshot. They are known to be weak."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from swatbot.domain.manifest import Entry, Kind
from swatbot.errors import OperationalError, UserError
from swatbot.ports import Contents

_TIMEOUT = 30.0
_AT_ONCE = 4
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class LintRule:
    """A command that must end with status 0 for a file to ship.

    Attributes:
        match: glob pattern over paths; `*` also matches a slash.
        command: the command as a list; the name of a copy of the file is added as its last argument.
    """

    match: str
    command: tuple[str, ...]


def lint(
    rules: Sequence[LintRule],
    entries: Iterable[Entry],
    contents: Contents,
    scratch: AbstractContextManager[str],
) -> None:
    """Run every rule on the files that it matches, a few at once.

    Raises:
        UserError: a command did not accept a file; the text has its first line about it.
        OperationalError: a command can not be run, or took more than 30 s.
    """
    jobs = [(r, e) for e in entries if e.kind is Kind.FILE for r in rules if fnmatchcase(e.path, r.match)]
    if not jobs:
        return
    with scratch as name, ThreadPoolExecutor(_AT_ONCE) as pool:
        places = [Path(name) / str(n) / Path(entry.path).name for n, (_, entry) in enumerate(jobs)]
        copies = [(rule, entry, place) for (rule, entry), place in zip(jobs, places, strict=True)]
        faults = list(pool.map(lambda job: _run(*job, data=contents.content(job[1].content)), copies))
    found = [fault for fault in faults if fault]
    if found:
        more = f" (and {len(found) - 1} more files)" if len(found) > 1 else ""
        raise UserError(found[0] + more)


def _run(rule: LintRule, entry: Entry, copy: Path, *, data: bytes) -> str:
    """What is wrong with the file, "" if nothing is."""
    copy.parent.mkdir()
    copy.write_bytes(data)
    command = [*rule.command, str(copy)]
    env = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ} | {"LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, cwd=copy.parent, env=env, capture_output=True, timeout=_TIMEOUT, check=False, input=b""
        )
    except subprocess.TimeoutExpired:
        raise OperationalError(f"{rule.command[0]} took more than {_TIMEOUT:.0f} s on {entry.path}") from None
    except OSError as error:
        raise OperationalError(f"{rule.command[0]} can not be run: {error.strerror}") from error
    if done.returncode == 0:
        return ""
    said = (done.stderr + b"\n" + done.stdout).decode("utf-8", "replace").replace(str(copy), entry.path)
    line = next((line.strip() for line in said.splitlines() if line.strip()), f"status {done.returncode}")
    return f"{entry.path} does not pass {rule.command[0]}: {line[:_LONGEST]}"
