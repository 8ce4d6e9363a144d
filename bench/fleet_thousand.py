"""A thousand hosts: how long connecting takes, what a connection weighs, and what it costs to wait."""

import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any

from bench.figures import Figure
from bench.fleet_ground import Ground
from bench.fleet_tree import ROOT, Library, write
from bench.usage import cpu_seconds, cpu_share, family_cpu, memory
from swatbot.adapters.clock import SystemClock
from swatbot.errors import OperationalError
from swatbot.fleet.sync import SshFleet

HOSTS = 1000
_FILES, _BYTES = 50, 50_000
_PROOFS, _IDLE_SECONDS = 5, 30.0
_CONNECT_SECONDS = 120.0
# Resident memory of a session and a helper that nothing shares, with room to spare.
_SESSION = 12 << 20


def measure_thousand(place: Ground, library: Library) -> list[Figure]:
    """In a process of its own, whose memory nothing else has grown before.

    The cheapest real server is OpenSSH's: its sessions and the helpers are the same as on real hosts, and a
    thousand of them fit into the memory of a usual machine.
    """
    hosts = min(HOSTS, _fitting())
    tree = library.make(_FILES, _BYTES)
    for host in range(hosts):
        write(tree, place.root("many", host))
    told = {"place": {**vars(place), "directory": str(place.directory)}, "hosts": hosts}
    command = [sys.executable, "-m", "bench.fleet_thousand", json.dumps(told)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    place.await_sessions(0)
    if run.returncode:
        raise OperationalError(f"{hosts} hosts could not be measured")
    return _figures(hosts, json.loads(run.stdout))


def _fitting() -> int:
    """How many sessions fit into the memory that is free."""
    rows = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    free = next(int(row.split()[1]) << 10 for row in rows if row.startswith("MemAvailable:"))
    return free // _SESSION


def _figures(hosts: int, found: dict[str, float]) -> list[Figure]:
    note = "real sshd and helpers, one process of each for each host"
    if hosts < HOSTS:
        note += f"; memory is free for {hosts} of {HOSTS}"
    what = f"{hosts} hosts"

    def figure(name: str, value: float, unit: str, goal: float | None = None, note: str = "") -> Figure:
        return Figure("fleet", f"{what}, {name}", value, unit, None, goal, note)

    return [
        figure("connected, helpers started", found["connect"], "s", None, note),
        figure("controller CPU to connect, per host", found["connect_cpu"] * 1000 / hosts, "ms"),
        figure("target CPU to connect, per host", found["target_cpu"] * 1000 / hosts, "ms"),
        figure("resident memory per host", found["memory"] * 1024 / hosts, "KB", 100.0),
        figure("the first proof, all files read", found["first"], "s"),
        figure("a no-op proof on all", found["proof"], "s", 0.5, f"median of {_PROOFS}"),
        figure("controller CPU of a no-op proof, per host", found["proof_cpu"] * 1000 / hosts, "ms"),
        figure(f"idle CPU over {_IDLE_SECONDS:.0f} s", found["idle"], "% of a core", 1.0),
    ]


def _measure(place: Ground, hosts: int) -> dict[str, float]:
    """Be the process that has the connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    targets = [place.target("many", host) for host in range(hosts)]
    names = [target.name for target in targets]
    fleet = SshFleet(targets, place.settings(), SystemClock())
    me = os.getpid()
    try:
        weight, target = memory(me)["Rss"], family_cpu(place.sshd)
        used, began = cpu_seconds(me), perf_counter()
        _connect(fleet, names)
        found = {"connect": perf_counter() - began, "connect_cpu": cpu_seconds(me) - used}
        found["memory"] = memory(me)["Rss"] - weight
        found["target_cpu"] = family_cpu(place.sshd) - target
        found["first"] = _proof(fleet, names)
        used = cpu_seconds(me)
        found["proof"] = median(_proof(fleet, names) for _ in range(_PROOFS))
        found["proof_cpu"] = (cpu_seconds(me) - used) / _PROOFS
        found["idle"] = cpu_share(me, _IDLE_SECONDS)
        return found
    finally:
        fleet.close()


def _connect(fleet: SshFleet, hosts: Sequence[str]) -> None:
    pause, end = threading.Event(), monotonic() + _CONNECT_SECONDS
    fleet.warm(hosts)
    while not all(map(fleet.is_open, hosts)):
        if monotonic() > end:
            raise OperationalError(f"{sum(map(fleet.is_open, hosts))} of {len(hosts)} hosts are connected")
        pause.wait(0.05)


def _proof(fleet: SshFleet, hosts: Sequence[str]) -> float:
    began = perf_counter()
    proofs = fleet.prove(hosts, [ROOT])
    seconds = perf_counter() - began
    digests = {proof.manifest.digest if proof.manifest else proof.reason for proof in proofs}
    assert len(digests) == 1, digests
    return seconds


def _main(told: dict[str, Any]) -> None:
    place = Ground(**{**told["place"], "directory": Path(told["place"]["directory"])})
    print(json.dumps(_measure(place, told["hosts"])))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
