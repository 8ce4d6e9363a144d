"""After-sync hooks on a real sshd: when they run, in which order, and how their failures are told."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import HostResult, Outcome
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Order
from tests.contracts.fleet_lab import Store, order
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import sshd  # noqa: F401 - a fixture

ROOTS = ("conf",)
# Copies what is there at the time, so that the order can be seen.
NOTES = ("sh", "-c", 'cat conf/a >> "$0"')


class Hosts:
    """One host with hooks, and two states for it."""

    def __init__(self, lab: SshLab) -> None:
        self.lab, self.store = lab, Store()
        self.notes = lab.directory / "notes"
        self.old = self.store.take(ROOTS, {"conf/a": (0o644, b"old;")})
        self.new = self.store.take(ROOTS, {"conf/a": (0o644, b"new;")})
        lab.put("h1", "conf/a", b"old;")
        self.fleet: SshFleet = lab.fleet

    def hooks(self, *hooks: tuple[str, ...], seconds: float = 10.0) -> None:
        self.fleet.close()
        target = replace(self.lab.targets[0], after_sync=hooks)
        self.fleet = self.lab.another([target], after_sync_timeout=seconds)

    def push(self, base: Manifest, target: Manifest, token: int = 1) -> HostResult:
        return self._carry_out(order(["h1"], base, target, token=token))

    def push_to(self, states: tuple[Manifest, ...], since: int, step: int) -> HostResult:
        wanted = order(["h1"], *states[:2])
        return self._carry_out(replace(wanted, states=states, since=since, step=step))

    def _carry_out(self, wanted: Order) -> HostResult:
        return self.fleet.push(wanted, self.store, lambda _: None, threading.Event())[0]

    @property
    def noted(self) -> str:
        return self.notes.read_text() if self.notes.exists() else ""


@pytest.fixture
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hosts]:
    lab = SshLab(request.getfixturevalue("sshd"), tmp_path, 1)
    made = Hosts(lab)
    made.hooks((*NOTES, str(made.notes)))
    yield made
    made.fleet.close()
    lab.close()


def test_a_hook_runs_after_the_files_and_after_a_rollback(hosts: Hosts) -> None:
    assert hosts.push(hosts.old, hosts.new).outcome is Outcome.OK
    assert hosts.noted == "new;"
    assert hosts.push(hosts.new, hosts.old).outcome is Outcome.OK
    assert hosts.noted == "new;old;"


def test_who_missed_steps_takes_each_of_them_with_its_hooks_before_the_next(hosts: Hosts) -> None:
    texts = (b"old;", b"one;", b"two;", b"three;")
    states = tuple(hosts.store.take(ROOTS, {"conf/a": (0o644, text)}) for text in texts)
    assert hosts.push_to(states, since=2, step=3).digest == states[3].digest
    assert hosts.noted == "one;two;three;"
    assert hosts.push_to(states, since=1, step=0).digest == states[0].digest
    assert hosts.noted == "one;two;three;two;one;old;"


def test_a_hook_that_fails_after_a_step_that_was_missed_keeps_the_next_away(hosts: Hosts) -> None:
    states = tuple(hosts.store.take(ROOTS, {"conf/a": (0o644, b"%d;" % n)}) for n in range(3))
    hosts.lab.put("h1", "conf/a", b"0;")
    hosts.hooks(("sh", "-c", 'cat conf/a >> "$0"; false', str(hosts.notes)))
    result = hosts.push_to(states, since=1, step=2)
    assert (result.outcome, result.digest) == (Outcome.FAILED, ""), "what was wanted is not proven"
    assert hosts.noted == "1;"
    assert hosts.lab.read("h1") == {"conf/a": (0o644, b"1;")}


def test_a_hook_runs_again_where_the_target_was_proven_at_once(hosts: Hosts) -> None:
    hosts.push(hosts.old, hosts.new)
    hosts.push(hosts.old, hosts.new)
    assert hosts.noted == "new;new;"


def test_hooks_run_when_a_host_is_put_right_for_one_may_have_failed_before(hosts: Hosts) -> None:
    assert hosts.push(hosts.old, hosts.old).outcome is Outcome.OK
    assert hosts.noted == "old;"
    hosts.hooks(("false",))
    assert hosts.push(hosts.old, hosts.new).outcome is Outcome.FAILED
    hosts.hooks((*NOTES, str(hosts.notes)))
    assert hosts.push(hosts.new, hosts.new).put_right.names == ()
    assert hosts.noted == "old;new;"


FAILURES = {
    "status": (
        ("sh", "-c", "echo out; printf 'no\\033 such unit\\nmore' >&2; exit 1"),
        "sh exited 1",
    ),
    "silent": (("false",), "false exited 1"),
    "signal": (("sh", "-c", "kill -9 $$"), "sh was ended by SIGKILL"),
    "missing": (("/nonexistent/reload",), "/nonexistent/reload could not be run: No such file or directory"),
    "much": (("sh", "-c", "yes | head -c 1000000 | tee /dev/stderr; exit 3"), "sh exited 3"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_hook_that_fails_is_the_hosts_failure(kind: str, hosts: Hosts) -> None:
    argv, reason = FAILURES[kind]
    hosts.hooks(argv, (*NOTES, str(hosts.notes)))
    result = hosts.push(hosts.old, hosts.new)
    assert (result.outcome, result.digest) == (Outcome.FAILED, hosts.new.digest)
    assert result.reason.removeprefix("after sync: ").startswith(reason)
    assert len(result.reason) < 100
    assert hosts.noted == "", "the next hook was not to run"
    assert hosts.lab.read("h1") == {"conf/a": (0o644, b"new;")}
    hosts.hooks(("true",), (*NOTES, str(hosts.notes)))
    assert hosts.push(hosts.old, hosts.new).reason == ""
    assert hosts.noted == "new;"


def test_what_a_hook_said_is_for_the_log_only(hosts: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    hosts.hooks(("sh", "-c", "printf 'password \\033hunter2\\nmore' >&2; exit 1"))
    assert hosts.push(hosts.old, hosts.new).reason == "after sync: sh exited 1"
    assert "h1: after sync: sh exited 1: password  hunter2" in caplog.messages


def test_a_hook_that_says_much_and_works_is_no_failure(hosts: Hosts) -> None:
    hosts.hooks(("sh", "-c", "yes | head -c 1000000 | tee /dev/stderr"))
    assert hosts.push(hosts.old, hosts.new).reason == ""


def test_a_hook_that_does_not_end_is_ended_with_what_it_started(hosts: Hosts) -> None:
    late = hosts.lab.directory / "late"
    hosts.hooks(("sh", "-c", 'sleep 1; echo late > "$0"; sleep 60', str(late)), seconds=0.3)
    result = hosts.push(hosts.old, hosts.new)
    assert (result.outcome, result.reason) == (Outcome.FAILED, "after sync: sh did not end within 0.3 s")
    assert result.seconds < 5
    hosts.hooks(("sh", "-c", 'sleep 1; test ! -e "$0"', str(late)))
    assert hosts.push(hosts.old, hosts.new).reason == ""


def test_what_a_hook_leaves_running_is_not_waited_for(hosts: Hosts) -> None:
    hosts.hooks(("sh", "-c", "sleep 5 & exit 0"))
    result = hosts.push(hosts.old, hosts.new)
    assert (result.outcome, result.reason) == (Outcome.OK, "")
    assert result.seconds < 3


def test_an_engine_that_was_replaced_runs_no_hook(hosts: Hosts) -> None:
    hosts.push(hosts.old, hosts.new, token=7)
    assert "another engine has taken over" in hosts.push(hosts.old, hosts.new, token=6).reason
    assert hosts.noted == "new;"
