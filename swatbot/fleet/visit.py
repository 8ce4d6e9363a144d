"""Looks at one host as who sets it up would: what lets us in, what is there, what is in the way."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import paramiko

from swatbot.fleet import wire
from swatbot.fleet.connection import Connection
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import Daemon
from swatbot.fleet.known_hosts import fingerprint
from swatbot.fleet.starting import Facts
from swatbot.fleet.wire import readable
from swatbot.ports import Clock

_READY = b"swatbot-probe\n"
_PROBE = f"""
import json,shutil,socket,sys,time
def tell(text):
    sys.stdout.write(text); sys.stdout.flush()
tell({_READY.decode()!r}); sys.stdin.readline()
tell(json.dumps([time.time(),shutil.which("rsync")])+"\\n")
def silent(host,port,seconds):
    try:
        with socket.create_connection((host,port),seconds) as sock:
            return sock.recv(8)!=b"@RSYNCD:"
    except OSError: return True
tell(json.dumps([silent(*place) for place in json.loads(sys.stdin.readline() or "[]")])+"\\n")
"""
_DAEMON_PORT = 873
_DAEMON_SECONDS = 2.0
_LARGEST_NOISE = 64 << 10
# What a host can do to a probe.
_ODD = (EOFError, OSError, paramiko.SSHException, TypeError, ValueError)


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
        silent: names of the rsync daemons from which it might pull, and that do not answer it.
    """

    host: str
    fault: str = ""
    key_type: str = ""
    fingerprint: str = ""
    facts: Facts | None = None
    noise: str = ""
    rsync: str = ""
    clock_offset: float | None = None
    silent: tuple[str, ...] = ()


def visit(
    connection: Connection,
    clock: Clock,
    seconds: float,
    daemons: Sequence[Daemon] = (),
    *,
    with_helper: bool = True,
) -> Visited:
    """Look at a host; no file of its tree is changed.

    Args:
        connection: to it; opened if it is not.
        clock: ours.
        seconds: that each step may take.
        daemons: from which it might pull.
        with_helper: whether a helper must work there; hosts that others only go through need none.
    """
    host, facts = connection.target.name, None
    try:
        if with_helper:
            connection.open()
            facts = connection.facts
        transport = connection.transport()
        probe = _Probe(connection, transport, clock, seconds)
        noise, rsync, offset = probe.look()
        silent = probe.ask(daemons) if with_helper and daemons and rsync else ()
        probe.close()
    except UnreachedError as error:
        return Visited(host, str(error), *_key(connection), facts)
    return Visited(host, "", *_key(connection), facts, noise, rsync, offset, silent)


def _key(connection: Connection) -> tuple[str, str]:
    key = connection.host_key
    return (key[0], fingerprint(key[1])) if key else ("", "")


class _Probe:
    """A program that looks around at a host."""

    def __init__(
        self, connection: Connection, transport: paramiko.Transport, clock: Clock, seconds: float
    ) -> None:
        self._connection, self._transport = connection, transport
        self._clock, self._seconds = clock, seconds
        self._channel: paramiko.Channel | None = None

    def look(self) -> tuple[str, str, float | None]:
        """The shell's noise, where rsync is, and how far the clock is ahead.

        A host of which that can not be found out may have a helper that works: nothing is known then.
        """
        target = self._connection.target
        try:
            with _limited(self._seconds, self._connection.hang_up):
                channel = self._transport.open_session()
                channel.exec_command(wire.python_command(target.python, _PROBE, target.run_as))
                noise = _until(channel, _READY)
                before = self._clock.now().timestamp()
                channel.sendall(b"\n")
                answer = _until(channel, b"\n")
                after = self._clock.now().timestamp()
            theirs, rsync = json.loads(answer)
            offset = float(theirs) - (before + after) / 2
        except _ODD:
            return "", "", None
        self._channel = channel
        return _first_line(noise), readable(rsync or ""), offset

    def ask(self, daemons: Sequence[Daemon]) -> tuple[str, ...]:
        """Names of the daemons that do not answer the host."""
        try:
            urls = [urlsplit(daemon.url) for daemon in daemons]
            places = [(url.hostname, url.port or _DAEMON_PORT, _DAEMON_SECONDS) for url in urls]
            assert self._channel is not None  # noqa: S101 - who looked and found rsync has it
            with _limited(self._seconds + _DAEMON_SECONDS * len(daemons), self._connection.hang_up):
                self._channel.sendall(json.dumps(places).encode() + b"\n")
                found = json.loads(_until(self._channel, b"\n"))
            return tuple(daemon.name for daemon, silent in zip(daemons, found, strict=True) if silent)
        except _ODD:
            return ()

    def close(self) -> None:
        """End it."""
        if self._channel is not None:
            self._channel.close()


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
