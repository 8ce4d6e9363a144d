"""Pull mode, by real rsync daemons: who pulls from whom, and that a sync never fails because a pull does."""

import logging
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from swatbot.domain.stage import HostResult, Outcome, Tally
from swatbot.fleet import program
from swatbot.fleet.hosts import Transfer
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Stop
from tests.contracts.fleet_lab import Files, Store, fixed_clock, order
from tests.contracts.helper_process import altered
from tests.wires.rsync_lab import PullFleet, PullLab, lacking
from tests.wires.sshd import Sshd, sshd  # noqa: F401 - a fixture

ROOTS = ("conf",)
OLD = {"conf/a": (0o644, b"old a"), "conf/gone": (0o644, b"gone")}
NEW = {
    "conf/a": (0o600, b"new a"),
    "conf/sub/b": (0o644, b"b" * 5000),
    "conf/same": (0o755, b"b" * 5000),
    "conf/none": (0o644, b""),
    "conf/l": (0, b"a"),
}
# A seed makes a failure repeatable; nothing here is a secret.
SEEDED = random.Random
LARGE = (1 << 30) if os.environ.get("SOAK") == "1" else (64 << 20)


class World:
    """Hosts that hold OLD, and what is to be shipped."""

    def __init__(self, lab: PullLab, log: pytest.LogCaptureFixture) -> None:
        self.lab, self.log, self.store = lab, log, Store()
        self.base = self.store.take(ROOTS, OLD)
        for host in lab.hosts:
            for path, (mode, data) in OLD.items():
                lab.put(host, path, data, mode)

    def push(
        self,
        files: Files = NEW,
        *,
        fleet: SshFleet | None = None,
        stop: Stop | None = None,
        progress: Callable[[Tally], None] = lambda _: None,
        **order_: int,
    ) -> tuple[HostResult, ...]:
        """Sync all hosts from OLD to these files."""
        target = self.store.take(ROOTS, files)
        wanted = order(self.lab.hosts, self.base, target, **order_)
        return (fleet or self.lab.fleet).push(wanted, self.store, progress, stop or threading.Event())

    def assert_synced(self, files: Files = NEW, **settings: object) -> None:
        """Sync, and see that all hosts prove and hold the files."""
        fleet = self.lab.pulling(**settings) if settings else None
        results = self.push(files, fleet=fleet)
        assert {(r.outcome, r.digest, r.reason) for r in results} == {
            (Outcome.OK, self.store.take(ROOTS, files).digest, "")
        }
        for host in self.lab.hosts:
            assert self.lab.read(host) == files
        if fleet:
            fleet.close()

    @property
    def told(self) -> list[str]:
        """What the log says of pulls."""
        return [r.getMessage() for r in self.log.records if r.levelno == logging.WARNING]


@pytest.fixture
def world(sshd: Sshd, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[World]:  # noqa: F811
    lab = PullLab(sshd, tmp_path)
    caplog.set_level(logging.INFO, "swatbot.fleet")
    yield World(lab, caplog)
    lab.close()


def no_push(world: World) -> None:
    """See that no content went over an SSH connection."""
    assert world.told == []
    assert max(gate.sent for gate in world.lab.gates.values()) < LEAST


# What the helper and the requests take, with room to spare.
LEAST = 120_000


def test_hosts_pull_from_the_proxy_which_has_pulled_first_and_holds_on_to_it(world: World) -> None:
    noise = SEEDED(1).randbytes(300_000)
    files = {**NEW, "conf/noise": (0o644, noise)}
    world.assert_synced(files)
    no_push(world)
    lab = world.lab
    assert len(noise) in map(len, lab.pulled("h1").values())
    assert [list((lab.state(h) / "pulled").iterdir()) for h in lab.hosts[1:]] == [[]] * 3


def test_only_the_proxy_asks_the_deployment_host(world: World) -> None:
    world.assert_synced()
    assert (world.lab.gate.accepted, world.lab.doors["h1"].accepted) == (1, 3)
    no_push(world)


def test_a_few_dozen_files(world: World) -> None:
    """The last name lies where rsync begins to read anew: it must be told where that name ends."""
    world.assert_synced({f"conf/{n}": (0o644, b"%d" % n) for n in range(50)})
    assert (world.lab.gate.accepted, world.lab.doors["h1"].accepted) == (1, 3)
    no_push(world)


def test_a_rollback_needs_no_transfer(world: World) -> None:
    world.assert_synced()
    target = world.store.take(ROOTS, NEW)
    back = order(world.lab.hosts, target, world.base)
    results = world.lab.fleet.push(back, world.store, lambda _: None, threading.Event())
    assert {r.outcome for r in results} == {Outcome.OK}
    assert (world.lab.gate.accepted, world.lab.doors["h1"].accepted) == (1, 3)


def test_proxies_hold_on_to_a_few_steps_only(world: World) -> None:
    held = world.base
    for n in range(6):
        target = world.store.take(ROOTS, {"conf/a": (0o644, b"%d" % n)})
        results = world.lab.fleet.push(
            order(world.lab.hosts, held, target), world.store, lambda _: None, threading.Event()
        )
        assert {r.outcome for r in results} == {Outcome.OK}
        held = target
    assert sorted(world.lab.pulled("h1").values()) == [b"2", b"3", b"4", b"5"]
    no_push(world)


def test_hosts_whose_proxy_is_dead_pull_from_the_deployment_host(world: World) -> None:
    world.lab.doors["h1"].refuse()
    world.assert_synced()
    assert world.lab.gate.accepted == 4
    assert len(world.told) == 1
    assert "could not pull from h1: " in world.told[0]
    assert "refused" in world.told[0]


def test_who_did_not_help_two_hosts_is_not_asked_by_others(world: World) -> None:
    world.lab.doors["h1"].sick = True
    assert {r.outcome for r in world.push(batch=1)} == {Outcome.OK}
    assert (world.lab.doors["h1"].accepted, world.lab.gate.accepted) == (2, 4)


def test_what_is_spoilt_after_it_came_is_pushed(world: World) -> None:
    """Its host does not pull it again and again."""
    blind = altered(b"if self.tree.hash(fd) == sha:", b"if self.tree.hash(fd) != fd :")
    lab = world.lab
    wrong = lab.directory / "wrong"
    for sha in lacking(world.base, world.store.take(ROOTS, NEW)):
        (wrong / sha[:2]).mkdir(parents=True, exist_ok=True)
        (wrong / sha[:2] / sha[2:]).write_bytes(b"wrong")
    lab.rsyncd.serve("wrong", wrong)
    assert lab.pull.source is not None
    source = replace(lab.pull.source, url=f"rsync://127.0.0.1:{lab.rsyncd.port}/wrong/")
    with mock.patch.object(program, "HELPER", blind):
        world.assert_synced(source=source, near={})


def test_the_next_proxy_is_tried_where_one_serves_wrong_bytes(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lab = PullLab(sshd, tmp_path, proxies=2)
    world = World(lab, caplog)
    wrong = tmp_path / "wrong"
    digest = world.store.take(ROOTS, NEW).digest[:16]
    for sha in lacking(world.base, world.store.take(ROOTS, NEW)):
        (wrong / digest / sha[:2]).mkdir(parents=True, exist_ok=True)
        (wrong / digest / sha[:2] / sha[2:]).write_bytes(b"wrong")
    lab.rsyncd.serve("wrong", wrong)
    first, second = lab.pull.near["h1"]
    bad = replace(first, url=first.url.replace("/h1/", "/wrong/"))
    world.assert_synced(near=dict.fromkeys(lab.hosts, (bad, second)))
    assert all("what came is not what was asked for" in told and "from h1" in told for told in world.told)
    assert world.told
    assert lab.gate.accepted == 2
    assert lab.doors["h2"].accepted == 2
    lab.close()


def test_what_is_nowhere_right_is_pushed(world: World) -> None:
    """The proof is what counts: nobody takes a daemon's word."""
    lab = world.lab
    wrong = lab.directory / "wrong"
    for sha in lacking(world.base, world.store.take(ROOTS, NEW)):
        (wrong / sha[:2]).mkdir(parents=True, exist_ok=True)
        (wrong / sha[:2] / sha[2:]).write_bytes(b"wrong")
    lab.rsyncd.serve("wrong", wrong)
    assert lab.pull.source is not None
    world.assert_synced(source=replace(lab.pull.source, url=f"rsync://127.0.0.1:{lab.rsyncd.port}/wrong/"))
    assert "what came is not what was asked for" in world.told[0]
    assert all(told.endswith("; pushed") for told in world.told[1:])
    assert len(world.told) in (2, 3)


def test_a_daemon_that_hangs_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a host may be silent: while it pulls, it gives signs of life."""
    monkeypatch.setattr(program, "HELPER", altered(b"SIGN_SECONDS = 5.0", b"SIGN_SECONDS = 0.2"))
    world.lab.gate.hang = True
    lab = world.lab
    fleet = PullFleet(
        lab.targets,
        replace(lab.settings, answer_timeout=1.0),
        fixed_clock(),
        replace(lab.pull, near={}),
        objects=lab.objects,
    )
    results = world.push(fleet=fleet)
    assert {r.outcome for r in results} == {Outcome.OK}
    assert "timeout" in world.told[0]
    fleet.close()


def test_a_pull_that_takes_too_long_is_given_up(world: World) -> None:
    world.lab.gate.hang = True
    world.assert_synced(near={}, seconds=0.5)
    assert "it took too long" in world.told[0]


def test_hosts_without_rsync_are_pushed_to(world: World) -> None:
    lab = world.lab
    bare = lab.directory / "bare"
    bare.mkdir()
    python = lab.directory / "python"
    python.write_text(f'#!/bin/sh\nPATH="{bare}" exec "$(command -v python3)" "$@"\n')
    python.chmod(0o755)
    lab.targets = [replace(target, python=str(python)) for target in lab.targets]
    world.assert_synced(near=lab.pull.near)
    assert world.told == ["#42 step 1: h1, and maybe others, could not pull: it has no rsync; pushed"]


def test_a_stop_ends_pulls_at_once_and_touches_nothing(world: World) -> None:
    world.lab.gate.hang = True
    fleet, stop = world.lab.pulling(near={}), threading.Event()
    hanging = threading.Event()

    def wait_then_stop() -> None:
        hanging.wait(10)
        stop.set()

    threading.Thread(target=wait_then_stop, daemon=True).start()
    world.lab.gate.news = lambda: hanging.set() if world.lab.gate.accepted == 4 else None
    results = world.push(fleet=fleet, stop=stop)
    assert [(r.outcome, r.reason) for r in results] == [
        (Outcome.NOT_STARTED, "it was stopped while it pulled")
    ] * 4
    assert max(r.seconds for r in results) < 5
    for host in world.lab.hosts:
        assert world.lab.read(host) == OLD
        assert world.lab.pulled(host) == {}
    fleet.close()


def test_a_helper_that_is_killed_in_mid_pull_leaves_the_old_files_and_a_retry_completes(world: World) -> None:
    lab = world.lab
    pid = lab.directory / "pid"
    python = lab.directory / "python"
    python.write_text(f'#!/bin/sh\necho $$ > "{pid}"\nexec python3 "$@"\n')
    python.chmod(0o755)
    lab.targets[0] = replace(lab.targets[0], python=str(python))
    lab.gate.hang = True
    seen: list[Files] = []

    def kill() -> None:
        seen.append(lab.read("h1"))
        os.kill(int(pid.read_text()), signal.SIGKILL)
        lab.gate.cut()
        lab.gate.hang = False

    lab.gate.news = lambda: kill() if lab.gate.accepted == 1 and not seen else None
    fleet = lab.pulling(near={})
    target = world.store.take(ROOTS, NEW)
    wanted = order(["h1"], world.base, target)
    result = fleet.push(wanted, world.store, lambda _: None, threading.Event())[0]
    assert (result.outcome, result.digest) == (Outcome.OK, target.digest)
    assert seen == [OLD]
    assert lab.read("h1") == NEW
    assert lab.gate.accepted == 2
    fleet.close()


def test_a_stale_engine_can_not_have_hosts_pull(world: World) -> None:
    world.assert_synced()
    older = world.push({"conf/a": (0o644, b"other")}, token=0, budget=9)
    assert {r.outcome for r in older} == {Outcome.FAILED}
    assert all("another engine has taken over" in r.reason for r in older)
    assert world.lab.gate.accepted == 1


def test_auto_pushes_what_is_small_and_pulls_what_is_large(world: World) -> None:
    lab = world.lab
    auto = lab.pulling(transfer=Transfer.AUTO, crossing=4 * 5000)
    assert {r.outcome for r in world.push({"conf/a": (0o644, b"b" * 4900)}, fleet=auto)} == {Outcome.OK}
    assert lab.gate.accepted == 0
    world.base = world.store.take(ROOTS, {"conf/a": (0o644, b"b" * 4900)})
    assert {r.outcome for r in world.push({"conf/a": (0o644, b"c" * 5000)}, fleet=auto)} == {Outcome.OK}
    assert lab.gate.accepted == 1
    said = [r.getMessage() for r in world.log.records if r.name == "swatbot.fleet.sync"]
    assert said == [
        "#42 step 1: push: 19.6 kB in all for 4 hosts are less than 20 kB",
        "#42 step 1: pull: 20 kB in all for 4 hosts are not less than 20 kB",
    ]
    auto.close()


def test_daemons_that_want_a_password_get_it(world: World) -> None:
    lab = world.lab
    secrets = lab.directory / "secrets"
    secrets.write_text("swatbot:open sesame\n")
    secrets.chmod(0o600)
    lab.rsyncd.serve("closed", lab.objects, f"auth users = swatbot\nsecrets file = {secrets}")
    assert lab.pull.source is not None
    closed = replace(lab.pull.source, url=f"rsync://swatbot@127.0.0.1:{lab.gate.port}/closed/")
    world.assert_synced(source=closed, password="open sesame", near={})
    no_push(world)


def test_a_wrong_password_is_told(world: World) -> None:
    lab = world.lab
    secrets = lab.directory / "secrets"
    secrets.write_text("swatbot:open sesame\n")
    secrets.chmod(0o600)
    lab.rsyncd.serve("closed", lab.objects, f"auth users = swatbot\nsecrets file = {secrets}")
    assert lab.pull.source is not None
    closed = replace(lab.pull.source, url=f"rsync://swatbot@127.0.0.1:{lab.gate.port}/closed/")
    world.assert_synced(source=closed, near={})
    assert "auth failed" in world.told[0]


def test_three_thousand_files(world: World) -> None:
    rng = SEEDED(2)
    files: dict[str, tuple[int, bytes]] = {
        f"conf/{n // 50}/{n % 50}": (0o644, rng.randbytes(rng.randrange(3000))) for n in range(3000)
    }
    world.assert_synced(files)
    assert world.told == []


def test_a_large_file(world: World) -> None:
    block = SEEDED(3).randbytes(1 << 20)
    data = block * (LARGE >> 20)
    target = world.store.take(ROOTS, {"conf/large": (0o644, data)})
    del data
    hosts = world.lab.hosts[:2]
    results = world.lab.fleet.push(
        order(hosts, world.base, target), world.store, lambda _: None, threading.Event()
    )
    assert [(r.outcome, r.digest) for r in results] == [(Outcome.OK, target.digest)] * 2
    assert world.lab.gates["h2"].sent < LEAST
    assert [(world.lab.root(h) / "conf/large").stat().st_size for h in hosts] == [LARGE] * 2
