"""What the tests of the practice range share: a clock, a small range, and a strict SSH client."""

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import paramiko

from swatbot.practice.facts import RangeFacts
from swatbot.practice.range import Range

HOST = "mw1262"
WAIT = 10.0


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the range stamps its logs with the time that passes

    def at(self, when: datetime | None, call: object) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


def make(directory: Path, hosts: int = 5, rate: float = 0.0) -> Range:
    return Range(directory, hosts, clock=SystemClock(), rate=rate)


def connect(facts: RangeFacts, host: str = HOST, key: paramiko.PKey | None = None) -> paramiko.Transport:
    """A connection as a strict client makes it: the host must be the one in known_hosts."""
    target = facts.host(host)
    sock = socket.create_connection((target.address, target.ssh_port), timeout=WAIT)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(sock)
    known = paramiko.HostKeys(str(facts.known_hosts))[f"[{target.address}]:{target.ssh_port}"]
    transport.start_client(timeout=WAIT)
    assert transport.get_remote_server_key() == known["ssh-ed25519"]
    own = key or paramiko.Ed25519Key(filename=str(facts.client_key))
    transport.auth_publickey(facts.user, own)
    return transport


def run(transport: paramiko.Transport, command: str) -> paramiko.Channel:
    channel = transport.open_session(timeout=WAIT)
    channel.settimeout(WAIT)
    channel.exec_command(command)
    return channel


def read(channel: paramiko.Channel) -> bytes:
    return b"".join(iter(lambda: channel.recv(65536), b""))


def until(true: object, what: str) -> None:
    """Wait for something that the range does in a thread of its own."""
    assert callable(true)
    deadline = time.monotonic() + WAIT
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, what
        pause.wait(0.01)
