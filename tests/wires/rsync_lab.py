"""A real rsync daemon on loopback, and a Fleet laboratory whose hosts pull from it and from one another."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from swatbot.domain.manifest import Kind, Manifest
from swatbot.domain.stage import HostResult, Tally
from swatbot.errors import OperationalError
from swatbot.fleet.hosts import Daemon, PullSettings, Transfer
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Contents, Order, Stop
from tests.contracts.fleet_lab import fixed_clock
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import Gate, Sshd, free_port, need

_CONFIG = """
use chroot = no
socket options = TCP_NODELAY
read only = yes
list = no
"""
# Who is root would be nobody for clients, who could not read what is ours.
_AS_ROOT = "uid = 0\ngid = 0\n"
_MODULE = """
[{name}]
path = {path}
{more}
"""


class Rsyncd:
    """One daemon; its modules are directories, which need not be there yet."""

    def __init__(self, directory: Path) -> None:
        self._config = directory / "rsyncd.conf"
        self._config.write_text(_CONFIG + (_AS_ROOT if os.geteuid() == 0 else ""))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def serve(self, name: str, path: Path, more: str = "") -> None:
        """Add a module; the daemon reads its config for each client."""
        with self._config.open("a") as file:
            file.write(_MODULE.format(name=name, path=path, more=more))

    def start(self) -> None:
        need("rsync")
        where = ["--address=127.0.0.1", f"--port={self.port}"]
        command = ["rsync", "--daemon", "--no-detach", f"--config={self._config}", *where]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        pause = threading.Event()
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            pause.wait(0.05)
        pytest.fail("rsync does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


class PullLab(SshLab):
    """Hosts h1..hN, of which the first `proxies` serve the others; gates stand before all daemons.

    Attributes:
        objects: the deployment host's snapshot store, which the module `objects` serves.
        gate: before the deployment host's daemon.
        doors: before the daemons of the proxies.
        pull: the settings.
    """

    def __init__(
        self, sshd: Sshd, directory: Path, count: int = 4, *, proxies: int = 1, **settings: float
    ) -> None:
        super().__init__(sshd, directory, count, **settings)
        self.objects = directory / "objects"
        self.objects.mkdir()
        self.rsyncd = Rsyncd(directory)
        self.rsyncd.serve("objects", self.objects)
        for host in self.hosts[:proxies]:
            self.rsyncd.serve(host, self.state(host) / "pulled")
        self.rsyncd.start()
        self.gate = Gate(("127.0.0.1", self.rsyncd.port))
        self.doors = {host: Gate(("127.0.0.1", self.rsyncd.port)) for host in self.hosts[:proxies]}
        near = tuple(Daemon(h, f"rsync://127.0.0.1:{d.port}/{h}/", h) for h, d in self.doors.items())
        source = Daemon("the deployment host", f"rsync://127.0.0.1:{self.gate.port}/objects/")
        self.pull = PullSettings(
            Transfer.PULL, source=source, near=dict.fromkeys(self.hosts, near), seconds=20.0
        )
        self.fleet.close()
        self.fleet = self.pulling()

    def pulling(self, **settings: object) -> "PullFleet":
        """Another fleet, with other settings of pulls."""
        changed = replace(self.pull, **settings)  # type: ignore[arg-type] # the tests know the fields
        return PullFleet(self.targets, self.settings, fixed_clock(), changed, objects=self.objects)

    def pulled(self, host: str) -> dict[str, bytes]:
        """What a host holds on to of what it has pulled, by its path."""
        top = self.state(host) / "pulled"
        return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}

    def close(self) -> None:
        super().close()
        for gate in (self.gate, *self.doors.values()):
            gate.refuse()
        self.rsyncd.stop()


class PullFleet(SshFleet):
    """A fleet whose orders find their contents in a snapshot store on the disk."""

    def __init__(self, *args: object, objects: Path) -> None:
        super().__init__(*args)  # type: ignore[arg-type] # as they come
        self._objects = objects

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        for sha in lacking(order.base, order.target):
            path = self._objects / sha[:2] / sha[2:]
            path.parent.mkdir(exist_ok=True)
            with suppress(OperationalError):  # what the store lost is not there
                path.write_bytes(contents.content(sha))
        return super().push(order, contents, progress, stop)


def lacking(base: Manifest, target: Manifest) -> set[str]:
    """The contents in which a target differs from its base."""
    by_path = target.by_path
    changed = [by_path[path] for path in target.differences(base) if path in by_path]
    return {entry.content for entry in changed if entry.kind is Kind.FILE}
