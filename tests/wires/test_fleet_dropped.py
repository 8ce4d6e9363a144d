"""A host that is dropped, or late, while it is being connected to: there is no socket yet to be cut."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from swatbot.domain.stage import HostResult, Outcome
from swatbot.fleet.dial import Dialer, Socket
from swatbot.fleet.hosts import Target
from swatbot.fleet.link import Link
from swatbot.fleet.sync import SshFleet
from tests.contracts.fleet_lab import order
from tests.wires.ssh_lab import SshLab, eventually
from tests.wires.sshd import sshd as sshd_fixture  # noqa: F401 - a fixture
from tests.wires.test_fleet_sshd import (  # noqa: F401 - fixtures
    OLD,
    ROOTS,
    States,
    lab,
    push,
    server,
    states,
)

CONNECT = Dialer.connect


def assert_let_go_of(fleet: SshFleet, lab: SshLab, result: HostResult) -> None:  # noqa: F811
    assert (result.outcome, result.reason) == (Outcome.UNREACHABLE, "it was let go of")
    assert lab.read("h2") == OLD
    assert not fleet.is_open("h2")


@pytest.mark.parametrize("jump", ["", "h1"])
def test_a_host_that_is_dropped_while_it_is_dialled_is_left_alone(
    jump: str,
    lab: SshLab,  # noqa: F811
    states: States,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = lab.another([lab.targets[0], replace(lab.targets[1], jump=jump)])

    def connect(dialer: Dialer, target: Target, via: object) -> Socket:
        if target.name == (jump or "h2"):
            fleet.drop(["h2"])
        return CONNECT(dialer, target, via)  # type: ignore[arg-type] # whatever it was called with

    monkeypatch.setattr(Dialer, "connect", connect)
    assert_let_go_of(fleet, lab, push(fleet, states, "h2")[0])
    fleet.close()


def test_hosts_that_are_dropped_do_not_count_against_the_budget(
    lab: SshLab,  # noqa: F811
    states: States,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, base, target = states
    fleet = lab.another()

    def connect(dialer: Dialer, host: Target, via: object) -> Socket:
        fleet.drop([host.name] if host.name in ("h1", "h2") else [])
        return CONNECT(dialer, host, via)  # type: ignore[arg-type] # whatever it was called with

    monkeypatch.setattr(Dialer, "connect", connect)
    wanted = order(lab.hosts, base, target, batch=1, budget=1)
    results = fleet.push(wanted, store, lambda _: None, threading.Event())
    assert {r.host for r in results if r.outcome is not Outcome.OK} == {"h1", "h2"}
    fleet.close()


def test_a_host_whose_name_was_found_too_late_is_not_waited_for(
    lab: SshLab,  # noqa: F811
    states: States,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The time is over before there is a socket; then the host is silent."""
    fleet = lab.another(connect_timeout=0.3)
    over, hang_up = threading.Event(), Link.hang_up

    def connect(dialer: Dialer, target: Target, via: object) -> Socket:
        over.clear()
        assert over.wait(30)
        lab.gates["h1"].hang = True
        return CONNECT(dialer, target, via)  # type: ignore[arg-type] # whatever it was called with

    def told(link: Link) -> None:
        hang_up(link)
        over.set()

    monkeypatch.setattr(Dialer, "connect", connect)
    monkeypatch.setattr(Link, "hang_up", told)
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pushed: Future[tuple[HostResult, ...]] = pool.submit(push, fleet, states, "h1")
        pushed.add_done_callback(lambda _: ended.set())
        in_time = ended.wait(30)
        lab.gates["h1"].refuse()  # else a thread would wait for ever
    assert in_time
    assert pushed.result()[0].outcome is Outcome.UNREACHABLE
    assert "does not answer within 0.3 s" in pushed.result()[0].reason
    fleet.close()


def test_nobody_connects_anew_to_a_dropped_host_to_ask_what_was_lost(lab: SshLab) -> None:  # noqa: F811
    """A question that a broken connection loses is asked again, but not when that was meant to end."""
    fleet = lab.another(answer_timeout=600.0)
    fleet.prove(["h1"], ROOTS)
    gate = lab.gates["h1"]
    gate.hang = True
    connection = fleet._connections.of("h1")
    assert connection is not None
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fleet.prove, ["h1"], ROOTS)
        assert eventually(lambda: connection._question is not None)
        before, gate.hang = gate.accepted, False
        fleet.drop(["h1"])
        assert asked.result(30)[0].reason == "it was let go of"
    assert gate.accepted == before
    fleet.close()


def test_the_keeper_leaves_a_dropped_host_alone_until_somebody_wants_it(lab: SshLab) -> None:  # noqa: F811
    fleet = lab.another(ping_every=0.05)
    fleet.prove(["h1", "h2"], ROOTS)
    fleet.drop(["h1"])
    before = lab.gates["h1"].accepted
    lab.break_("h2")
    assert fleet.prove(["h2"], ROOTS)[0].manifest is None
    lab.mend("h2")
    assert eventually(lambda: fleet.is_open("h2"))  # the keeper has come round
    assert not fleet.is_open("h1")
    assert lab.gates["h1"].accepted == before
    assert fleet.prove(["h1"], ROOTS, afresh=True)[0].manifest is not None  # as a patrol does
    fleet.close()
