"""The engine as it is common today: one ssh process for each host, which has rsync pull there."""

import resource
import subprocess
from collections.abc import Sequence

from bench.fleet_figures import WIDTH
from bench.fleet_ground import Ground, address
from bench.fleet_tree import ROOT, Tree, lacking, write
from swatbot.errors import OperationalError

CURVE25519 = ("-o", "KexAlgorithms=curve25519-sha256")
"""Options of ssh for the key exchange that swatbot's connections have; by default it takes a dearer one."""


class Rsync:
    """The engine as it is common today.

    Attributes:
        hosts: whom it syncs.
    """

    def __init__(self, place: Ground, hosts: Sequence[int], tree: Tree, name: str = "rsync") -> None:
        """Serve a tree.

        Args:
            place: where the hosts are.
            hosts: whom it syncs.
            tree: what the daemon serves.
            name: of the directories on the hosts that are its own.
        """
        self.hosts = hosts
        self._place, self._tree, self._name = place, tree, name
        write(tree, place.source)

    @property
    def tree(self) -> Tree:
        """What the daemon serves."""
        return self._tree

    def fill(self) -> None:
        """Have all hosts hold it, without measuring anything."""
        for host in self.hosts:
            write(self._tree, self._place.root(self._name, host))

    def serve(self, tree: Tree) -> None:
        """Serve another tree from now on."""
        write(tree, self._place.source, self._tree)
        self._tree = tree

    def pull(self, *options: str) -> None:
        """Have every host pull, over an ssh process of its own: nothing starts them cheaper than xargs."""
        place = self._place
        ssh = ["ssh", "-n", "-F", "/dev/null", "-p", str(place.ssh_port), "-i", str(place.key)]
        for option in (
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "StrictHostKeyChecking=yes",
            f"UserKnownHostsFile={place.known_hosts}",
            "GlobalKnownHostsFile=/dev/null",
        ):
            ssh += ["-o", option]
        self._each([*ssh, *options, "root@{}", " ".join(self._rsync())])

    def pull_alone(self) -> float:
        """The same pulls with no ssh around them; CPU seconds for each host, the daemon's not counted."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._each(self._rsync())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return used / len(self.hosts)

    def prove(self, before: Tree) -> None:
        """See that every host holds what differs from a tree before."""
        changed = [path for path, data in self._tree.items() if before.get(path) != data]
        roots = [self._place.root(self._name, host) for host in self.hosts]
        if wrong := lacking(self._tree, roots, changed):
            raise OperationalError(f"rsync left {len(wrong)} files as they were: {wrong[0]}")

    def _rsync(self) -> list[str]:
        source = f"rsync://127.0.0.1:{self._place.rsync_port}/tree/{ROOT}/"
        to = f"{self._place.directory}/{self._name}/{{}}/{ROOT}/"
        return ["rsync", "-az", "--delete", "--sockopts=TCP_NODELAY", source, to]

    def _each(self, command: list[str]) -> None:
        fed = "".join(f"{address(host)}\n" for host in self.hosts)
        run = subprocess.run(
            ["xargs", "-P", str(WIDTH), "-I", "{}", *command],
            input=fed,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise OperationalError(f"the baseline failed: {run.stderr.strip()[:500]}")
