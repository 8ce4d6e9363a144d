"""Looks at one host as who sets it up would: what lets us in, what is there, what is in the way."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import paramiko

from swatbot.fleet import wire
from swatbot.fleet.connection import Connection
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.known_hosts import fingerprint
from swatbot.fleet.starting import Facts
from swatbot.fleet.wire import readable
from swatbot.ports import Clock

_READY = b"swatbot-probe\n"
_PROBE = (
    "import json,shutil,sys,time;w=sys.stdout.write;"
    f"w({_READY.decode()!r});sys.stdout.flush();sys.stdin.readline();"
    'w(json.dumps([time.time(),shutil.which("rsync")])+"\\n")'
)
_LARGEST_NOISE = 64 << 10


@dataclass(frozen=True, slots=True)
class Visited:
    """What was found at a host.

    Attributes:
        host: its name.
        fault: why it can not be used, "" if it can.
        key_type: of the key that it proved, "" if it did not come to that.
        fingerprint: of that key, as OpenSSH prints it.
        facts: what its helper said of itself, None if none ran.
        noise: the first line that its shell printed before the command that it was asked to run, "" for none.
        rsync: where its rsync is, "" for none.
        clock_offset: seconds that its clock is ahead of ours, against the middle of a round trip.
    """

    host: str
    fault: str = ""
    key_type: str = ""
    fingerprint: str = ""
    facts: Facts | None = None
    noise: str = ""
    rsync: str = ""
    clock_offset: float | None = None


def visit(connection: Connection, clock: Clock, seconds: float, *, with_helper: bool = True) -> Visited:
    """Look at a host; no file of its tree is changed.

    Args:
        connection: to it; opened if it is not.
        clock: ours.
        seconds: that each step may take.
        with_helper: whether a helper must work there; hosts that others only go through need none.
    """
    host, facts = connection.target.name, None
    try:
        if with_helper:
            connection.open()
            facts = connection.facts
        transport = connection.transport()
        noise, rsync, offset = _probe(connection, transport, clock, seconds)
    except UnreachedError as error:
        return Visited(host, str(error), *_key(connection), facts)
    return Visited(host, "", *_key(connection), facts, noise, rsync, offset)


def _key(connection: Connection) -> tuple[str, str]:
    key = connection.host_key
    return (key[0], fingerprint(key[1])) if key else ("", "")


def _probe(
    connection: Connection, transport: paramiko.Transport, clock: Clock, seconds: float
) -> tuple[str, str, float | None]:
    """The shell's noise, where rsync is, and how far the clock is ahead.

    A host of which that can not be found out may have a helper that works: nothing is known then.
    """
    target = connection.target
    try:
        with _limited(seconds, connection.hang_up):
            channel = transport.open_session()
            channel.exec_command(wire.python_command(target.python, _PROBE, target.run_as))
            noise = _until(channel, _READY)
            before = clock.now().timestamp()
            channel.sendall(b"\n")
            answer = _until(channel, b"\n")
            after = clock.now().timestamp()
            channel.close()
        theirs, rsync = json.loads(answer)
        return _first_line(noise), readable(rsync or ""), float(theirs) - (before + after) / 2
    except (EOFError, OSError, paramiko.SSHException, TypeError, ValueError):
        return "", "", None


@contextmanager
def _limited(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """End it if the body takes longer than so many seconds."""
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _until(channel: paramiko.Channel, mark: bytes) -> bytes:
    """What comes before the mark."""
    found = b""
    while mark not in found:
        data = channel.recv(4096)
        if not data or len(found) > _LARGEST_NOISE:
            raise EOFError
        found += data
    return found.partition(mark)[0]


def _first_line(noise: bytes) -> str:
    lines = [readable(line) for line in noise.decode("utf-8", "replace").splitlines()]
    return next((line for line in lines if line), "")
