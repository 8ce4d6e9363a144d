"""Pull mode where things are ill: what is left over, full, hostile or dead costs time, never a sync."""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from swatbot.domain.stage import Outcome, Tally
from swatbot.fleet import program, watchdog
from swatbot.fleet.hosts import Daemon, Transfer
from swatbot.fleet.payload import Payload
from swatbot.fleet.pulling import Pulling
from tests.contracts.fleet_lab import Files, fixed_clock, order
from tests.contracts.helper_process import altered
from tests.wires.rsync_lab import PullFleet, PullLab, lacking
from tests.wires.sshd import Gate, Sshd, need, sshd  # noqa: F401 - a fixture
from tests.wires.test_fleet_pull import NEW, OLD, ROOTS, SEEDED, World, no_push


def make_world(
    sshd: Sshd,  # noqa: F811
    directory: Path,
    log: pytest.LogCaptureFixture,
    count: int,
    proxies: int = 1,
) -> World:
    """A world of so many hosts; who made it closes its lab."""
    log.set_level("INFO", "swatbot.fleet")
    return World(PullLab(sshd, directory, count, proxies=proxies), log)


def noise(count: int, size: int) -> dict[str, tuple[int, bytes]]:
    """So many files of so many bytes."""
    rng = SEEDED(5)
    return {f"conf/{n}": (0o644, rng.randbytes(size)) for n in range(count)}


def leave(world: World, host: str, sha: str, digest: str) -> Path:
    """Where a pull of a content would have left it; its directory is made."""
    place = world.lab.state(host) / "pulled" / digest[:16] / sha[:2] / sha[2:]
    world.lab.state(host).mkdir(mode=0o700, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def test_what_is_left_over_is_proven_before_it_is_used(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """More of it is spoilt than there are rounds, some was half pulled, some is something else."""
    world, files = make_world(sshd, tmp_path, caplog, 2), noise(12, 1000)
    target = world.store.take(ROOTS, files)
    for host in world.lab.hosts:
        for sha in lacking(world.base, target):
            leave(world, host, sha, target.digest).write_bytes(b"")
        leave(world, host, sha, target.digest).with_name(".half.Xy12").write_bytes(b"half")
    world.assert_synced(files)
    no_push(world)
    world.lab.close()


def test_a_directory_in_the_place_of_a_content_is_removed(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = make_world(sshd, tmp_path, caplog, 1)
    target = world.store.take(ROOTS, NEW)
    sha = min(lacking(world.base, target))
    (leave(world, "h1", sha, target.digest) / "in" / "it").mkdir(parents=True)
    world.assert_synced()
    no_push(world)
    assert leave(world, "h1", sha, target.digest).is_file()
    world.lab.close()


class Slow(Gate):
    """What a daemon answers comes slowly; what it is asked passes."""

    piece, seconds = 65536, 0.005

    def _pump(self, source: socket.socket, sink: socket.socket, *, count: bool = False) -> None:
        if count:
            super()._pump(source, sink, count=True)
            return
        with suppress(OSError):
            sink.sendall(source.recv(32))  # the greeting
            while data := source.recv(self.piece):
                sink.sendall(data)
                threading.Event().wait(self.seconds)


class Dripping(Slow):
    """It drips through."""

    piece, seconds = 1, 0.4


def dripping(world: World) -> tuple[Dripping, Daemon]:
    """A daemon that is slow for ever, behind its gate."""
    gate = Dripping(("127.0.0.1", world.lab.rsyncd.port))
    return gate, Daemon("the deployment host", f"rsync://127.0.0.1:{gate.port}/objects/")


def test_a_pull_may_take_as_long_as_the_config_says(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However short a silence from hosts is borne; then contents are pushed."""
    often = altered(b"SIGN_SECONDS = 5.0", b"SIGN_SECONDS = 0.1")
    monkeypatch.setattr(program, "HELPER", often)
    monkeypatch.setattr(watchdog, "_LONGEST", 2)
    world = make_world(sshd, tmp_path, caplog, 1)
    gate, source = dripping(world)
    lab = world.lab
    settings = replace(lab.settings, answer_timeout=1.0)
    pull = replace(lab.pull, near={}, source=source, seconds=4.0)
    fleet = PullFleet(lab.targets, settings, fixed_clock(), pull, objects=lab.objects)
    result = world.push(noise(10, 5000), fleet=fleet)[0]
    assert (result.outcome, result.reason) == (Outcome.OK, "")
    assert "it took too long" in world.told[0]
    fleet.close()
    gate.refuse()
    lab.close()


def test_the_seconds_that_were_waited_are_those_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(watchdog, "monotonic", lambda: now[0])
    deadline = watchdog.Deadline(1.0, lambda: None, busy=10.0)
    assert deadline.waited == 1
    for now[0] in range(100, 160):
        deadline.put_off()
        deadline.look()
    assert deadline.passed
    assert deadline.waited == 30


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Where h2 is; it has room for less than twice what is shipped there, which is 12 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    need("mount")
    place = tmp_path / "h2"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("proxies", [1, 2])
@pytest.mark.parametrize("transfer", [Transfer.PULL, Transfer.PUSH])
def test_what_was_pulled_for_other_steps_makes_room(
    sshd: Sshd,  # noqa: F811
    small_disk: Path,
    caplog: pytest.LogCaptureFixture,
    proxies: int,
    transfer: Transfer,
) -> None:
    """A proxy that has no room to hold on to what it pulls holds what is synced at least."""
    world = make_world(sshd, small_disk.parent, caplog, 2, proxies)
    files = noise(12, 1_000_000)
    leave(world, "h2", "0" * 64, "1" * 64).write_bytes(bytes(12_000_000))
    world.assert_synced(files, transfer=transfer)
    if transfer is Transfer.PULL and proxies == 1:
        no_push(world)
    world.lab.close()


def test_what_to_do_about_a_full_disk_is_told(
    sshd: Sshd,  # noqa: F811
    small_disk: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = make_world(sshd, small_disk.parent, caplog, 2)
    (small_disk / "big").write_bytes(bytes(12_000_000))
    result = world.push(noise(12, 1_000_000), budget=9)[1]
    assert result.outcome is Outcome.FAILED
    assert re.fullmatch(
        r"No space left on device for 'conf/.*': make room where '.*/h2/.*' is, which has \d+ MiB left",
        result.reason,
    )
    assert world.lab.read("h2") == OLD
    world.lab.close()


def test_all_hosts_that_could_not_pull_everything_are_sent_the_same(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each of them lacks something else."""
    world, files = make_world(sshd, tmp_path, caplog, 2), noise(8, 1000)
    gate, objects = world.lab.gate, world.lab.objects
    places = [
        objects / sha[:2] / sha[2:] for sha in sorted(lacking(world.base, world.store.take(ROOTS, files)))
    ]

    def lack_another() -> None:
        if gate.accepted == 2:
            places[0].write_bytes(world.store.content(places[0].parent.name + places[0].name))
        places[gate.accepted - 1].unlink()

    gate.news = lack_another
    made = []
    make = Payload._make

    def count(*args: Any) -> bytes:
        made.append(make(*args))
        return made[-1]

    with mock.patch.object(Payload, "_make", count):
        fleet = world.lab.pulling(near={})
        results = world.push(files, fleet=fleet, batch=1)
    assert {r.outcome for r in results} == {Outcome.OK}
    assert gate.accepted == 2
    assert len(made) == 2  # with no content, and with all
    fleet.close()
    world.lab.close()


def peak(world: World, files: Files, daemon: Daemon) -> int:
    """The most bytes that h1 held of what it pulled from a daemon, while it was synced."""
    most, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            most[0] = max(most[0], held(world.lab.state("h1") / "pulled"))

    watcher = threading.Thread(target=look)
    watcher.start()
    world.assert_synced(files, near={}, source=daemon)
    over.set()
    watcher.join()
    return most[0]


def held(top: Path) -> int:
    """The bytes of the files under a directory, as far as they stay to be looked at."""
    seen = 0
    for directory, _, names in os.walk(top):  # bears what vanishes meanwhile, as rglob does not
        for name in names:
            with suppress(OSError):
                seen += (Path(directory) / name).lstat().st_size
    return seen


def serve_large(world: World, files: Files, size: int) -> Daemon:
    """A daemon that has so many bytes under the name of each content."""
    evil = world.lab.directory / "evil"
    for sha in lacking(world.base, world.store.take(ROOTS, files)):
        (evil / sha[:2]).mkdir(parents=True, exist_ok=True)
        with (evil / sha[:2] / sha[2:]).open("wb") as file:
            file.truncate(size)
    world.lab.rsyncd.serve("evil", evil)
    return Daemon("the deployment host", f"rsync://127.0.0.1:{world.lab.rsyncd.port}/evil/")


def test_a_daemon_can_not_send_more_than_the_largest_content(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = make_world(sshd, tmp_path, caplog, 1)
    files = noise(1, 1000)
    assert peak(world, files, serve_large(world, files, 300_000_000)) < 100_000
    world.lab.close()


def test_a_daemon_that_lies_about_sizes_fills_no_disk(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if its list of files said that they are small."""
    trusting = altered(b'"--max-size={max(largest, 1)}', b'"--min-size={min(largest, 1)}')
    monkeypatch.setattr(program, "HELPER", trusting)
    world = make_world(sshd, tmp_path, caplog, 1)
    files = noise(1, 1000)
    assert peak(world, files, serve_large(world, files, 300_000_000)) < 100_000
    world.lab.close()


def test_a_daemon_that_sends_too_much_in_all_is_given_up(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One content that is large allows for others of that size, but not for all of them."""
    often = altered(b"SIZE_SECONDS = 1.0", b"SIZE_SECONDS = 0.0")
    monkeypatch.setattr(program, "HELPER", often)
    world = make_world(sshd, tmp_path, caplog, 1)
    files = {**noise(40, 1000), "conf/large": (0o644, SEEDED(7).randbytes(10_000_000))}
    daemon, gate = serve_large(world, files, 10_000_000), Slow(("127.0.0.1", world.lab.rsyncd.port))
    slow = replace(daemon, url=daemon.url.replace(str(world.lab.rsyncd.port), str(gate.port)))
    assert peak(world, files, slow) < 100_000_000
    gate.refuse()
    assert "more came than was asked for" in world.told[0]
    world.lab.close()


def test_nothing_is_pushed_after_a_stop(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The last daemon broke off while the order was stopped."""
    world, stop = make_world(sshd, tmp_path, caplog, 1), threading.Event()
    gate = world.lab.gate
    gate.sick = True
    said = Pulling._heard

    def then_stop(*args: Any) -> Any:
        stop.set()
        return said(*args)

    fleet = world.lab.pulling(near={})
    with mock.patch.object(Pulling, "_heard", then_stop):
        result = world.push(fleet=fleet, stop=stop)[0]
    assert (result.outcome, result.reason) == (Outcome.NOT_STARTED, "it was stopped while it pulled")
    assert world.lab.read("h1") == OLD
    fleet.close()
    world.lab.close()


@pytest.mark.parametrize(
    ("said", "batch"), [("rsync: [receiver] mkstemp failed: No space left on device (28)", 1), ("oh", 2)]
)
def test_hosts_that_are_sick_do_not_condemn_daemons(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    said: str,
    batch: int,
) -> None:
    """Their own faults do not count, and no others where as many hosts were helped."""
    world = make_world(sshd, tmp_path, caplog, 7)
    lab, where = world.lab, tmp_path / "sick"
    where.mkdir()
    (where / "rsync").write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 11\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPATH="{where}:$PATH" exec "$(command -v python3)" "$@"\n')
    for path in (where / "rsync", python):
        path.chmod(0o755)
    sick = slice(1, 3) if batch == 1 else slice(4, 6)
    lab.targets[sick] = [replace(target, python=str(python)) for target in lab.targets[sick]]
    fleet = lab.pulling()
    assert {r.outcome for r in world.push(fleet=fleet, batch=batch)} == {Outcome.OK}
    assert lab.doors["h1"].accepted == 4
    fleet.close()
    lab.close()


def test_a_proxy_serves_what_it_pulled_and_who_needs_more_finds_it_elsewhere(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It had kept what was rolled back, and did not pull that again; the others had kept nothing."""
    world = make_world(sshd, tmp_path, caplog, 4)
    lab, stop = world.lab, threading.Event()
    world.assert_synced()
    back = order(lab.hosts, world.store.take(ROOTS, NEW), world.base)
    assert {r.outcome for r in lab.fleet.push(back, world.store, lambda _: None, stop)} == {Outcome.OK}
    for host in lab.hosts[1:]:
        for kept in (lab.state(host) / "kept").iterdir():
            kept.unlink()
    lab.gate.accepted = lab.doors["h1"].accepted = 0
    world.assert_synced({**NEW, "conf/more": (0o644, b"more" * 999)})
    assert (lab.gate.accepted, lab.doors["h1"].accepted) == (4, 3)
    no_push(world)
    lab.close()


def test_a_proxy_that_lost_a_content_serves_the_others(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, files = make_world(sshd, tmp_path, caplog, 5), noise(8, 1000)
    lab, target = world.lab, world.store.take(ROOTS, files)
    sha = min(lacking(world.base, target))
    place = leave(world, "h1", sha, target.digest)
    lab.doors["h1"].news = lambda: place.unlink(missing_ok=True)
    assert {r.outcome for r in world.push(files, batch=1)} == {Outcome.OK}
    assert (lab.gate.accepted, lab.doors["h1"].accepted) == (5, 4)
    no_push(world)
    lab.close()


def test_a_proxy_that_hangs_holds_up_no_other_site(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The hosts of its own site wait for it, and pull from it when it goes on."""
    lab = PullLab(sshd, tmp_path, 6, proxies=2, answer_timeout=5.0)
    world, (a, b) = World(lab, caplog), lab.pull.near["h1"]
    fleet = lab.pulling(near={h: ((a,) if h in ("h1", "h3", "h5") else (b,)) for h in lab.hosts})
    fleet.prove(lab.hosts, ROOTS)
    lab.gates["h1"].hang = True
    others: list[int] = []

    def go_on(tally: Tally) -> None:
        if tally.ok == 3 and not others:
            others.append(tally.left)
            lab.gates["h1"].hang = False
            lab.gates["h1"].cut()

    results = world.push(fleet=fleet, progress=go_on, batch=6)
    assert {r.outcome for r in results} == {Outcome.OK}
    assert others == [2]
    assert (lab.gate.accepted, lab.doors["h1"].accepted, lab.doors["h2"].accepted) == (2, 2, 2)
    fleet.close()
    lab.close()


def test_a_proxy_that_is_dropped_serves_nobody(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its files may be what is wrong with it."""
    world = make_world(sshd, tmp_path, caplog, 4)
    lab = world.lab
    fleet = lab.pulling()
    lab.doors["h1"].news = lambda: fleet.drop(["h1"])
    assert {r.outcome for r in world.push(fleet=fleet, batch=1)} == {Outcome.OK}
    assert (lab.doors["h1"].accepted, lab.gate.accepted) == (1, 3)
    no_push(world)
    fleet.close()
    lab.close()


def test_rsync_ends_with_the_helper_that_is_killed(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody would tell it to stop, and it could write for as long as the daemon lets it."""
    world, where = make_world(sshd, tmp_path, caplog, 1), tmp_path / "where"
    lab, pids = world.lab, (where / "helper", where / "rsync.pid")
    ended: list[bool] = []
    where.mkdir()
    (where / "rsync").write_text(f'#!/bin/sh\necho $$ > {pids[1]}\nexec {shutil.which("rsync")} "$@"\n')
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho $$ > {pids[0]}\nPATH="{where}:$PATH" exec python3 "$@"\n')
    for path in (where / "rsync", python):
        path.chmod(0o755)
    lab.targets = [replace(target, python=str(python)) for target in lab.targets]
    lab.gate.hang = True

    def kill() -> None:
        helper, rsync = (int(path.read_text()) for path in pids)
        watched = os.pidfd_open(rsync)
        os.kill(helper, signal.SIGKILL)
        ended.append(bool(select.select([watched], [], [], 3)[0]))
        os.close(watched)
        lab.gate.hang = False
        lab.gate.cut()

    lab.gate.news = lambda: kill() if lab.gate.accepted == 1 else None
    fleet = lab.pulling()
    assert {r.outcome for r in world.push(fleet=fleet)} == {Outcome.OK}
    assert ended == [True]
    fleet.close()
    lab.close()
