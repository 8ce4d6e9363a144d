"""Connections that nobody wants any more are closed, without anybody being lost sight of."""

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from swatbot.fleet import connection
from swatbot.fleet.sync import SshFleet
from tests.wires.ssh_lab import SshLab, eventually
from tests.wires.sshd import Sshd
from tests.wires.sshd import sshd as sshd_fixture  # noqa: F401 - a fixture

ROOTS = ("conf",)


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SshLab]:
    server = request.getfixturevalue("sshd_fixture")
    assert isinstance(server, Sshd)
    made = SshLab(server, tmp_path, connect_timeout=3.0, answer_timeout=3.0)
    for host in made.hosts:
        made.put(host, "conf/a", b"a")
    yield made
    made.close()


@pytest.fixture
def idle(lab: SshLab) -> Iterator[SshFleet]:
    """A fleet that closes what nobody wanted for 0.4 s."""
    fleet = lab.another(ping_every=0.05, idle_close=0.4)
    yield fleet
    fleet.close()


def test_a_connection_that_nobody_wants_is_closed_and_opened_when_somebody_does(
    lab: SshLab, idle: SshFleet
) -> None:
    idle.prove(lab.hosts, ROOTS)
    assert all(map(idle.is_open, lab.hosts))
    assert eventually(lambda: not any(map(idle.is_open, lab.hosts)))
    assert all(proof.manifest for proof in idle.prove(lab.hosts, ROOTS))


def test_one_that_is_wanted_stays(lab: SshLab, idle: SshFleet) -> None:
    idle.warm(lab.hosts)
    first = idle._connections.of("h1")
    assert first is not None
    assert eventually(lambda: idle.is_open("h1"))
    transport = first.transport()

    def h2_was_closed() -> bool:
        idle.prove(["h1"], ROOTS)
        return not idle.is_open("h2")

    assert eventually(h2_was_closed)
    assert first.transport() is transport


def test_a_patrol_keeps_no_connection_open(idle: SshFleet) -> None:
    idle.prove(["h1"], ROOTS)

    def was_closed_since_the_last_patrol() -> bool:
        closed = not idle.is_open("h1")
        assert idle.prove(["h1"], ROOTS, afresh=True)[0].manifest is not None
        return closed

    assert eventually(was_closed_since_the_last_patrol)


def test_the_return_of_a_host_is_noticed_however_long_nobody_wanted_it(
    lab: SshLab, idle: SshFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_LONGEST_BACKOFF", 0.1)
    returned: queue.SimpleQueue[str] = queue.SimpleQueue()
    idle.watch(returned.put)
    lab.break_("h2")
    assert idle.prove(["h2"], ROOTS)[0].manifest is None
    missed = idle._connections.of("h2")
    assert missed is not None
    assert eventually(lambda: missed.unwanted > 0.8)
    lab.mend("h2")
    assert returned.get(timeout=10) == "h2"
    assert eventually(lambda: not idle.is_open("h2"))


def test_the_return_of_a_host_is_noticed_while_another_is_busy(lab: SshLab) -> None:
    fleet = lab.another(ping_every=0.05, answer_timeout=600.0)
    returned: queue.SimpleQueue[str] = queue.SimpleQueue()
    fleet.watch(returned.put)
    fleet.prove(["h1", "h2"], ROOTS)
    lab.gates["h1"].hang = True  # as if it read for long
    busy = fleet._connections.of("h1")
    assert busy is not None
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fleet.prove, ["h1"], ROOTS)
        assert eventually(lambda: busy._question is not None and busy.unused > 0.2)
        lab.break_("h2")
        assert fleet.prove(["h2"], ROOTS)[0].manifest is None
        lab.mend("h2")
        noticed = eventually(lambda: not returned.empty())
        fleet.drop(["h1"])
        assert asked.result()[0].manifest is None
    assert noticed
    assert returned.get() == "h2"
    fleet.close()


def test_a_jump_host_goes_with_the_last_one_behind_it(lab: SshLab) -> None:
    behind = [replace(target, jump="h1") for target in lab.targets[1:]]
    fleet = lab.another([lab.targets[0], *behind], ping_every=0.05, idle_close=0.4)
    jump = fleet._connections.of("h1")
    assert jump is not None
    fleet.prove(lab.hosts, ROOTS)

    def only_the_helper_is_gone() -> bool:
        fleet.prove(lab.hosts[1:], ROOTS)
        return not fleet.is_open("h1")

    assert eventually(only_the_helper_is_gone)
    assert jump.carries
    assert all(map(fleet.is_open, lab.hosts[1:]))
    assert eventually(lambda: not jump.carries)
    assert not any(map(fleet.is_open, lab.hosts))
    assert all(proof.manifest for proof in fleet.prove(lab.hosts, ROOTS))
    fleet.close()
