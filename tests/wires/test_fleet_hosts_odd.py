"""Hosts that are odd, on a real sshd: owners, clocks, sizes, and a patrol that is interrupted."""

import grp
import os
import pwd
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from swatbot.domain.stage import HostResult, Outcome
from swatbot.fleet.sync import SshFleet
from tests.contracts.fleet_lab import Store, order
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import sshd  # noqa: F401 - a fixture

ROOTS = ("conf",)
OLD = {"conf/a": (0o644, b"old a"), "conf/b": (0o644, b"b")}
NEW = {"conf/a": (0o640, b"new a"), "conf/b": (0o644, b"b"), "conf/in/c": (0o644, b"c"), "conf/l": (0, b"a")}


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SshLab]:
    made = SshLab(request.getfixturevalue("sshd"), tmp_path, 2, answer_timeout=60.0, connect_timeout=30.0)
    for host in made.hosts:
        for path, (mode, data) in OLD.items():
            made.put(host, path, data, mode)
    yield made
    made.close()


def push(fleet: SshFleet, files: tuple[dict[str, tuple[int, bytes]], ...], host: str = "h1") -> HostResult:
    store = Store()
    base, target = (store.take(ROOTS, state) for state in files)
    return fleet.push(order([host], base, target), store, lambda _: None, threading.Event())[0]


def with_python(lab: SshLab, text: str) -> SshFleet:
    """A fleet whose first host has this script in Python's place."""
    place = lab.directory / "python"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return lab.another([replace(lab.targets[0], python=str(place)), *lab.targets[1:]])


def test_a_root_that_was_put_in_the_place_of_another_is_the_one_that_counts(lab: SshLab) -> None:
    assert push(lab.fleet, (OLD, NEW)).outcome is Outcome.OK
    root = lab.root("h1")
    root.rename(root.with_name("aside"))
    (root / "conf").mkdir(parents=True)
    (root / "conf" / "evil.php").write_bytes(b"evil")
    (proof,) = lab.fleet.prove(["h1"], ROOTS)
    assert proof.manifest is not None
    assert [entry.path for entry in proof.manifest.entries] == ["conf/evil.php"]
    assert "conf/evil.php" in push(lab.fleet, (NEW, OLD)).put_right.names
    assert sorted(place.name for place in (root / "conf").iterdir()) == ["a", "b"]
    root.rename(root.with_name("gone"))
    result = push(lab.fleet, (OLD, NEW))
    assert result.outcome is Outcome.FAILED
    assert "No such file or directory" in result.reason


def test_what_is_written_has_the_owner_the_group_and_the_mode_of_the_config(lab: SshLab) -> None:
    if os.geteuid():
        pytest.skip("giving files to others needs root")
    who, group = pwd.getpwnam("nobody"), grp.getgrgid(1)
    target = replace(lab.targets[0], owner=who.pw_name, group=group.gr_name, directory_mode=0o2775)
    fleet = lab.another([target])
    for files in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        assert push(fleet, files).reason == ""
    conf = lab.root("h1") / "conf"
    for name in ("a", "in", "in/c", "l"):
        info = (conf / name).lstat()
        assert (info.st_uid, info.st_gid) == (who.pw_uid, 1), name
    assert (conf / "in").stat().st_mode & 0o7777 == 0o2775
    assert (conf / "a").stat().st_mode & 0o7777 == 0o640
    assert (conf / "b").stat().st_uid == 0, "it was not written"
    fleet.close()


@pytest.mark.parametrize(
    ("user", "owner", "group", "why"),
    [
        ("nobody", "root", "", "Operation not permitted"),
        ("nobody", "", "adm", "Operation not permitted"),
        ("", "no-such-user", "", "there is none of that name"),
        ("", "", "no-such-group", "there is none of that name"),
    ],
)
def test_an_owner_that_can_not_be_given_is_told_before_anything_is_written(
    user: str, owner: str, group: str, why: str, lab: SshLab
) -> None:
    python = "python3"
    if user:
        if os.geteuid():
            pytest.skip("becoming another user needs root")
        os.chown(lab.root("h1").parent, pwd.getpwnam(user).pw_uid, -1)
        for place in lab.root("h1").parents[:5]:
            place.chmod(place.stat().st_mode | 0o011)
        python = str(lab.directory / "python")
    number = pwd.getpwnam(user).pw_uid if user else 0
    fleet = with_python(lab, f'exec setpriv --reuid={number} --regid={number} --clear-groups python3 "$@"')
    fleet.close()
    fleet = lab.another([replace(lab.targets[0], python=python, owner=owner, group=group)])
    result = push(fleet, (OLD, NEW))
    told = f"files can not be given to owner {owner!r} and group {group!r} as the config wants: {why}"
    assert result.reason == f"the helper can not work: {told}"
    assert lab.read("h1") == OLD
    fleet.close()


def test_a_patrol_gives_way_and_the_connection_is_used_on(lab: SshLab) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    connection = lab.fleet._connections.of("h1")
    assert connection is not None
    transport = connection.transport()
    with (lab.root("h1") / "huge").open("wb") as file:
        file.truncate(200 << 30)  # it has no blocks, and takes minutes to read
    stop, gate = threading.Event(), lab.gates["h1"]
    before = gate.sent
    with ThreadPoolExecutor() as pool:
        patrol = pool.submit(lab.fleet.prove, lab.hosts, ["."], afresh=True, stop=stop)
        pause = threading.Event()
        while gate.sent == before:
            pause.wait(0.01)
        started = monotonic()
        stop.set()
        proofs = patrol.result(60)
    assert monotonic() - started < 10
    assert proofs[0].manifest is None
    assert proofs[0].reason == "it stopped reading its files, since it was asked something else"
    for files in ((OLD, NEW), (NEW, OLD)):
        assert push(lab.fleet, files).outcome is Outcome.OK
    assert connection.transport() is transport


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_off_does_no_harm_and_is_seen(hours: int, lab: SshLab) -> None:
    shift = f"import time;true=time.time;time.time=lambda:true()+{hours * 3600};"
    fleet = with_python(lab, f'exec python3 "$1" "$2" "$3" "$4" "$5" "{shift}$6"')
    for files in ((OLD, NEW), (NEW, OLD), (OLD, NEW)):
        assert push(fleet, files).reason == ""
        assert lab.read("h1") == files[1]
    assert push(fleet, (OLD, NEW), "h2").reason == ""
    off, right = fleet.facts("h1"), fleet.facts("h2")
    assert off is not None
    assert right is not None
    assert abs(off.clock_offset - right.clock_offset - hours * 3600) < 60
    fleet.close()


def test_a_file_that_can_not_be_written_to_its_end_changes_nothing(lab: SshLab) -> None:
    fleet = with_python(lab, 'ulimit -f 8; exec python3 "$@"')
    result = push(fleet, (OLD, {**NEW, "conf/large": (0o644, os.urandom(100_000))}))
    assert (result.outcome, result.reason) == (Outcome.FAILED, "File too large")
    assert lab.read("h1") == OLD
    assert list((lab.state("h1") / "new").iterdir()) == []
    assert push(fleet, (OLD, NEW)).reason == ""
    fleet.close()


def test_twenty_thousand_files_go_and_go_back(lab: SshLab) -> None:
    many = {f"conf/{n % 100}/{n}": (0o644, b"%d" % n) for n in range(20_000)}
    assert push(lab.fleet, (OLD, many)).reason == ""
    assert lab.read("h1") == many
    assert push(lab.fleet, (many, OLD)).reason == ""
    assert lab.read("h1") == OLD
    assert not (lab.root("h1") / "conf" / "7").exists()
