"""Starting a helper on an open transport: what it is told, what it says of itself, why it did not start."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import paramiko

from swatbot.fleet import wire
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.watchdog import Deadline
from swatbot.ports import Clock

# What paramiko raises for a connection that ended; an EOFError is no OSError.
BROKEN = (EOFError, OSError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a host said of itself when the connection opened.

    Attributes:
        python: version of its Python.
        free: free bytes where the root is.
        clock_offset: seconds that its clock is ahead of ours.
        fence: highest fencing token that it saw.
        unfinished: the step that was begun there and not ended, {number, step, target}, or None.
    """

    python: str
    free: int
    clock_offset: float
    fence: int
    unfinished: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Started:
    """A helper that works.

    Attributes:
        line: on which it listens.
        facts: what it said.
        kept: sha256 of the contents that it could take from its own store.
    """

    line: wire.Wire
    facts: Facts
    kept: set[str]


def start_helper(
    channel: paramiko.Channel, target: Target, settings: SshSettings, deadline: Deadline, clock: Clock
) -> Started:
    """Start a helper in a channel.

    Raises:
        UnreachedError: it did not start, or can not work there; the reason says what to do.
    """
    line = wire.Wire(channel)
    try:
        command = wire.command(target.python, target.run_as)
        answer = line.start(command, _hello(target, settings), deadline.put_off)
    except (*BROKEN, wire.GarbageError) as error:
        raise _why_not(line, target, error) from error
    if "error" in answer:
        raise UnreachedError(f"the helper can not work: {wire.readable(answer['error'])}")
    try:
        # Hosts keep much the same: each name is held once, or a thousand hosts take a thousand copies.
        return Started(line, _facts(answer, clock), set(map(sys.intern, answer["kept"])))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnreachedError("what it answers makes no sense") from error


def _hello(target: Target, settings: SshSettings) -> bytes:
    header = {
        "op": "hello",
        "root": target.root,
        "state": target.state_dir,
        "ignore": settings.ignore,
        "owner": (target.owner, target.group),
        "directory_mode": target.directory_mode,
        "answer_timeout": settings.answer_timeout,
    }
    return wire.request(header)


def _facts(answer: Mapping[str, Any], clock: Clock) -> Facts:
    offset = float(answer["clock"]) - clock.now().timestamp()
    fence, free = int(answer["fence"]), int(answer["free"])
    return Facts(str(answer["python"]), free, offset, fence, answer["unfinished"])


def _why_not(line: wire.Wire, target: Target, error: Exception) -> UnreachedError:
    said, status = line.complaint(), line.status()
    if isinstance(error, wire.GarbageError):
        return UnreachedError(f"the helper did not start: {error}")
    if status is None and not said:
        return UnreachedError("the connection broke before the helper started", transient=True)
    told = said or f"its command ended at once with status {status}"
    return UnreachedError(f"the helper did not start: {told}; {_advice(target, said, status)}")


def _advice(target: Target, said: str, status: int | None) -> str:
    """What to do about what a host said instead of starting a helper; `false` as a shell says nothing."""
    if (not said and status == 1) or re.search("account is (currently )?not available", said):
        return f"the login shell of {target.user} there must run commands: /usr/sbin/nologin does not"
    missing = "not found" in said or "No such file" in said
    if target.run_as and said.startswith("sudo:") and not missing:
        if "unknown user" in said:
            return f"there is no user {target.run_as}: see `run_as` of its group"
        return f"let {target.user} run commands as {target.run_as} by sudo without a password"
    if target.run_as and missing and re.search(r"\bsudo: .*not found", said) and not said.startswith("sudo:"):
        return "install sudo there, or leave out `run_as` of its group"
    return f"{target.python!r} must be Python 3.7 or newer there: see `python` of its group"
