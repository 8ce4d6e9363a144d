"""A Fleet laboratory on a real sshd: a directory and a gate for each host."""

import mmap
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.sync import SshFleet
from tests.contracts.fleet_lab import IGNORE, fixed_clock, read_files, write_file
from tests.wires.sshd import Gate, Sshd


def eventually(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within 10 s; it is in another thread's hands, and tells nobody."""
    pause = threading.Event()
    return any(true() or pause.wait(0.02) for _ in range(500))


class SshLab:
    """Hosts h1..hN behind gates, all served by one sshd."""

    def __init__(self, sshd: Sshd, directory: Path, count: int = 4, **settings: float) -> None:
        self.hosts = tuple(f"h{n}" for n in range(1, count + 1))
        self.directory = directory
        self.gates = {host: Gate(("127.0.0.1", sshd.port)) for host in self.hosts}
        self.known_hosts = directory / "known_hosts"
        self.known_hosts.write_text(sshd.known(*(("127.0.0.1", g.port) for g in self.gates.values())))
        self.targets = [self._target(sshd, host) for host in self.hosts]
        base = SshSettings(self.known_hosts, (sshd.key,), connect_timeout=5.0, answer_timeout=10.0)
        base = replace(base, ignore=IGNORE)
        self.settings = replace(base, **settings)  # type: ignore[arg-type] # the tests know the fields
        self.fleet = SshFleet(self.targets, self.settings, fixed_clock())

    def another(self, targets: Sequence[Target] | None = None, **settings: object) -> SshFleet:
        """A second fleet object on the same hosts, as another engine would have one."""
        changed = replace(self.settings, **settings)  # type: ignore[arg-type] # the tests know the fields
        return SshFleet(targets or self.targets, changed, fixed_clock())

    def root(self, host: str) -> Path:
        return self.directory / host / "tree"

    def state(self, host: str) -> Path:
        return self.directory / host / ".swatbot-tree"

    def put(self, host: str, path: str, data: bytes, mode: int = 0o644) -> None:
        write_file(self.root(host), path, data, mode)

    def read(self, host: str) -> dict[str, tuple[int, bytes]]:
        return read_files(self.root(host))

    def back_door(self, host: str, path: str) -> Callable[[bytes], None]:
        """A page that is dirty already is changed, which the kernel notes nowhere."""
        with (self.root(host) / path).open("r+b") as file:
            page = mmap.mmap(file.fileno(), 0)
        page[:] = page[:]

        def change(data: bytes) -> None:
            page[:] = data

        return change

    def break_(self, host: str) -> None:
        self.gates[host].refuse()

    def mend(self, host: str) -> None:
        self.gates[host].listen()

    def close(self) -> None:
        self.fleet.close()
        for gate in self.gates.values():
            gate.refuse()

    def _target(self, sshd: Sshd, host: str) -> Target:
        self.root(host).mkdir(parents=True)
        return sshd.target(host, self.root(host), port=self.gates[host].port)
