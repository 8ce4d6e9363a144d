"""Hosts behind a jump host on a real sshd: it may have no tree, be down, or freeze, and stops nobody else."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from swatbot.domain.stage import Outcome
from swatbot.fleet.sync import SshFleet
from tests.contracts.fleet_lab import Store, order
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import Sshd
from tests.wires.sshd import sshd as sshd_fixture  # noqa: F401 - a fixture

ROOTS = ("conf",)
OLD = {"conf/a": (0o644, b"old a")}


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SshLab]:
    server = request.getfixturevalue("sshd_fixture")
    assert isinstance(server, Sshd)
    made = SshLab(server, tmp_path, count=8, connect_timeout=1.5, answer_timeout=1.5)
    for host in made.hosts:
        for path, (mode, data) in OLD.items():
            made.put(host, path, data, mode)
    yield made
    made.close()


def behind(lab: SshLab, *, root: str = "", **settings: float) -> SshFleet:
    """h2 to h7 are reached through h1, h8 directly."""
    jump = replace(lab.targets[0], root=root or lab.targets[0].root)
    others = [replace(target, jump="h1") for target in lab.targets[1:-1]]
    return lab.another([jump, *others, lab.targets[-1]], **settings)


def test_a_jump_host_without_a_tree_is_left_alone(lab: SshLab) -> None:
    fleet = behind(lab, root=str(lab.directory / "nowhere"), ping_every=0.1)
    assert all(p.manifest is not None for p in fleet.prove(lab.hosts[1:], ROOTS))
    jump = fleet._connections.of("h1")
    assert jump is not None
    first = jump.transport()
    looked = threading.Event()
    tend = type(jump).tend_transport

    def tended() -> None:
        tend(jump)
        looked.set()

    jump.tend_transport = tended  # type: ignore[method-assign]  # to see that it was looked after
    assert looked.wait(10)
    assert first.is_active()
    assert all(fleet.is_open(host) for host in lab.hosts[1:])
    fleet.close()


def test_a_jump_host_whose_helper_can_not_work_still_carries_the_others(lab: SshLab) -> None:
    fleet = behind(lab, root=str(lab.directory / "nowhere"))
    assert all(p.manifest is not None for p in fleet.prove(lab.hosts[1:], ROOTS))
    assert fleet.prove(["h1"], ROOTS)[0].manifest is None
    assert all(fleet.is_open(host) for host in lab.hosts[1:])
    fleet.close()


def test_hosts_behind_a_silent_jump_host_fail_together(lab: SshLab) -> None:
    lab.gates["h1"].hang = True
    fleet = behind(lab)
    began = monotonic()
    proofs = fleet.prove(lab.hosts[1:], ROOTS)
    assert monotonic() - began < 5  # one wait for the jump host, and not six
    assert [p.manifest is None for p in proofs] == [True] * 6 + [False]
    lab.gates["h1"].hang = False
    assert all(p.manifest is not None for p in fleet.prove(lab.hosts[1:], ROOTS))
    fleet.close()


def test_a_jump_host_that_freezes_stops_nobody_else(lab: SshLab) -> None:
    fleet = behind(lab)
    fleet.prove(lab.hosts[1:], ROOTS)
    store = Store()
    large = random.Random(3).randbytes(60_000)  # noqa: S311 - does not shrink; no secret
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, {"conf/a": (0o644, large)})
    thaw = threading.Event()
    counted = lab.gates["h1"]._counted

    def frozen(data: bytes) -> bytes:
        thaw.wait(30)
        return counted(data)

    lab.gates["h1"]._counted = frozen  # type: ignore[method-assign]  # it takes nothing any more
    began = monotonic()
    wanted = order(lab.hosts[1:], base, target, batch=9, budget=9)
    results = fleet.push(wanted, store, lambda _: None, threading.Event())
    assert [r.outcome for r in results] == [Outcome.FAILED] * 6 + [Outcome.OK]
    assert results[-1].seconds < 1
    assert monotonic() - began < 8
    thaw.set()
    lab.gates["h1"]._counted = counted  # type: ignore[method-assign]
    assert {r.outcome for r in fleet.push(wanted, store, lambda _: None, threading.Event())} == {Outcome.OK}
    fleet.close()
