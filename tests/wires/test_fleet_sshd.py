"""The fleet against a real sshd: what breaks, how it is told, and that no file is ever half-written."""

import os
import queue
import random
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import paramiko
import pytest
from paramiko.packet import Packetizer

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import HostResult, Outcome, Tally
from swatbot.fleet import connection, dial, keeper, program, wire
from swatbot.fleet.attempt import Attempt
from swatbot.fleet.connection import Connection
from swatbot.fleet.conversations import Conversation
from swatbot.fleet.program import HELPER
from swatbot.fleet.sync import SshFleet
from swatbot.fleet.watchdog import Deadline
from tests.contracts.fleet_lab import Store, order
from tests.contracts.helper_process import altered
from tests.wires.ssh_lab import SshLab, eventually
from tests.wires.sshd import Sshd, make_key, need
from tests.wires.sshd import sshd as sshd_fixture  # noqa: F401 - a fixture

ROOTS = ("conf",)
# A seed makes a failure repeatable; nothing here is a secret.
SEEDED = random.Random
OLD = {"conf/a": (0o644, b"old a"), "conf/b": (0o644, b"old b"), "conf/big": (0o644, b"1" * 1000)}
NEW = {
    "conf/a": (0o644, b"new a"),
    "conf/c": (0o755, b"c"),
    "conf/big": (0o644, SEEDED(1).randbytes(300_000)),
}
TIMES = 200 if os.environ.get("SOAK") == "1" else 10


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Sshd:
    found = request.getfixturevalue("sshd_fixture")
    assert isinstance(found, Sshd)
    return found


@pytest.fixture
def lab(server: Sshd, tmp_path: Path) -> Iterator[SshLab]:
    made = SshLab(server, tmp_path, connect_timeout=3.0, answer_timeout=3.0)
    for host in made.hosts:
        for path, (mode, data) in OLD.items():
            made.put(host, path, data, mode)
    yield made
    made.close()


@pytest.fixture
def states() -> tuple[Store, Manifest, Manifest]:
    store = Store()
    return store, store.take(ROOTS, OLD), store.take(ROOTS, NEW)


States = tuple[Store, Manifest, Manifest]


def push(fleet: SshFleet, states: States, *hosts: str, token: int = 1) -> tuple[HostResult, ...]:
    store, base, target = states
    wanted = order(hosts, base, target, token=token, budget=99)
    return fleet.push(wanted, store, lambda _: None, threading.Event())


def script(directory: Path, text: str) -> str:
    """A program to be run in Python's place."""
    place = directory / "python"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return str(place)


def with_python(lab: SshLab, text: str) -> SshFleet:
    return lab.another([replace(lab.targets[0], python=script(lab.directory, text))])


@pytest.mark.parametrize("nth", range(TIMES))
def test_a_connection_cut_anywhere_leaves_each_file_old_or_new(nth: int, lab: SshLab, states: States) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    lab.gates["h1"].refuse_after(SEEDED(nth).randrange(1, 300_000))
    result = push(lab.fleet, states, "h1")[0]
    assert result.outcome is Outcome.FAILED
    for path, found in lab.read("h1").items():
        assert found in (OLD.get(path), NEW.get(path))
    lab.mend("h1")
    assert push(lab.fleet, states, "h1")[0].outcome is Outcome.OK
    assert lab.read("h1") == NEW


def test_a_connection_that_broke_while_idle_is_opened_again(lab: SshLab, states: States) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    for gate in lab.gates.values():
        gate.cut()
    assert {r.outcome for r in push(lab.fleet, states, *lab.hosts)} == {Outcome.OK}


def test_a_connection_that_breaks_while_sending_fails_its_host_only(
    lab: SshLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    send = Packetizer.write_all
    left = [True]

    def broken(packetizer: Packetizer, out: bytes) -> None:
        if left and threading.current_thread() is threading.main_thread():
            left.clear()
            raise EOFError  # what paramiko raises where a socket says EPIPE
        send(packetizer, out)

    monkeypatch.setattr(Packetizer, "write_all", broken)
    assert all(proof.manifest for proof in lab.fleet.prove(lab.hosts, ROOTS))
    assert not left


def test_connections_are_kept(lab: SshLab, states: States) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    lab.gates["h1"]._listener.close()  # type: ignore[union-attr] # it listens
    assert push(lab.fleet, states, "h1")[0].outcome is Outcome.OK
    assert lab.fleet.is_open("h1")


def test_a_host_that_accepts_and_is_silent_fails_alone(lab: SshLab, states: States) -> None:
    lab.gates["h2"].hang = True
    tallies: list[Tally] = []
    store, base, target = states
    started = monotonic()
    results = lab.fleet.push(
        order(lab.hosts, base, target, budget=1), store, tallies.append, threading.Event()
    )
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.UNREACHABLE, Outcome.OK, Outcome.OK]
    assert "does not answer within 3 s" in results[1].reason
    assert monotonic() - started < 5
    assert Tally(1, 3, 0, 0) in tallies
    assert len(tallies) < 20


def test_a_host_that_falls_silent_has_failed(lab: SshLab, states: States) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    lab.gates["h2"].hang = True
    results = push(lab.fleet, states, *lab.hosts)
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.FAILED, Outcome.OK, Outcome.OK]
    assert results[1].reason == "no answer within 3 s"


def test_a_host_that_reads_for_long_is_waited_for(lab: SshLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "HELPER", altered(b"SIGN_SECONDS = 5.0", b"SIGN_SECONDS = 0.1"))
    fleet = lab.another(answer_timeout=0.4)
    with (lab.root("h1") / "conf" / "huge").open("wb") as file:
        file.truncate(700 << 20)
    started = monotonic()
    proof = fleet.prove(["h1"], ROOTS)[0]
    assert monotonic() - started > 0.6
    assert proof.reason == ""
    assert proof.manifest is not None
    fleet.close()


def test_a_ping_notices_a_frozen_host(lab: SshLab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_PING_SECONDS", 0.3)
    fleet = lab.another(ping_every=0.2)
    fleet.prove(["h1"], ROOTS)
    lab.gates["h1"].hang = True
    assert eventually(lambda: not fleet.is_open("h1"))
    lab.gates["h1"].hang = False
    assert eventually(lambda: fleet.is_open("h1"))
    fleet.close()


def test_warm_opens_in_the_background(lab: SshLab) -> None:
    lab.break_("h4")
    lab.fleet.warm(lab.hosts)
    assert eventually(lambda: all(lab.fleet.is_open(h) for h in ("h1", "h2", "h3")))
    assert not lab.fleet.is_open("h4")


def test_the_keeper_goes_on_trying_and_tells_who_is_back(
    lab: SshLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_LONGEST_BACKOFF", 0.2)
    fleet = lab.another(ping_every=0.05)
    returned: queue.SimpleQueue[str] = queue.SimpleQueue()
    fleet.watch(returned.put)
    lab.break_("h2")
    fleet.warm(["h1", "h2"])
    tried = fleet._connections.of("h2")
    assert tried is not None
    assert eventually(lambda: tried._failures > 3)
    lab.mend("h2")
    assert returned.get(timeout=10) == "h2"
    assert returned.empty()
    fleet.close()


def test_a_host_that_fell_silent_is_told_when_it_is_back(lab: SshLab, states: States) -> None:
    fleet = lab.another(ping_every=0.05, answer_timeout=0.5)
    returned: queue.SimpleQueue[str] = queue.SimpleQueue()
    fleet.watch(returned.put)
    fleet.prove(["h1"], ROOTS)
    lab.gates["h1"].hang = True
    assert push(fleet, states, "h1")[0].outcome is Outcome.FAILED
    assert returned.empty()
    lab.gates["h1"].hang = False
    assert returned.get(timeout=10) == "h1"
    fleet.close()


def test_a_host_that_is_down_for_days_is_still_tried(lab: SshLab) -> None:
    tried = lab.fleet._connections.of("h1")
    assert tried is not None
    tried._failures = 100_000
    assert tried.may_reopen


def test_hosts_list_what_differs_and_nothing_else(lab: SshLab) -> None:
    files = {f"d/{n}": (0o644, b"%d" % n) for n in range(3000)}
    store = Store()
    base = store.take(["."], {**OLD, **files})
    for host in lab.hosts:
        for path, (mode, data) in files.items():
            lab.put(host, path, data, mode)
    heard: list[int] = []
    take = wire.Wire._cut

    def cut(line: wire.Wire, size: int) -> dict[str, object]:
        heard.append(size)
        return take(line, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire.Wire, "_cut", cut)
        lab.put("h1", "d/1", b"edited")
        assert push(lab.fleet, (store, base, base), *lab.hosts)[0].put_right.names == ("d/1",)
        assert sum(heard) < 20_000
        heard.clear()
        fresh = lab.another()
        assert {p.manifest for p in fresh.prove(lab.hosts, ["."])} == {base}
        assert 200_000 < sum(heard) < 400_000, "one host lists everything, the others nothing"
        heard.clear()
        lab.put("h2", "d/2", b"edited")
        (lab.root("h3") / "d" / "3").unlink()
        for host, path in (("h2", "d/2"), ("h3", "d/3")):
            (proof,) = fresh.prove([host], ["."])
            assert proof.manifest is not None
            assert proof.manifest.differences(base) == (path,)
        assert sum(heard) < 10_000
        fresh.close()


def test_an_unknown_host_key_is_refused(lab: SshLab, states: States) -> None:
    lines = lab.known_hosts.read_text().splitlines()
    lab.known_hosts.write_text("\n".join(lines[1:]))
    results = push(lab.fleet, states, *lab.hosts)
    assert [r.outcome for r in results] == [Outcome.UNREACHABLE, Outcome.OK, Outcome.OK, Outcome.OK]
    assert "unknown host key ssh-ed25519 SHA256:" in results[0].reason
    assert str(lab.known_hosts) in results[0].reason


def test_a_changed_host_key_is_refused_and_its_line_named(
    lab: SshLab, states: States, tmp_path: Path
) -> None:
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    lines = lab.known_hosts.read_text().splitlines()
    lines[1] = f"{lines[1].split()[0]} {other}"
    lab.known_hosts.write_text("\n".join(lines))
    results = push(lab.fleet, states, *lab.hosts)
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.UNREACHABLE, Outcome.OK, Outcome.OK]
    assert f"host key changed: {lab.known_hosts} line 2 has ssh-ed25519" in results[1].reason


def test_hashed_names_are_understood_and_a_missing_file_is_told(lab: SshLab, states: States) -> None:
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(lab.known_hosts)], check=True, capture_output=True)
    assert "127.0.0.1" not in lab.known_hosts.read_text()
    assert push(lab.fleet, states, "h1")[0].outcome is Outcome.OK
    lab.known_hosts.unlink()
    assert str(lab.known_hosts) in push(lab.fleet, states, "h2")[0].reason


def test_a_login_that_is_refused_says_so(lab: SshLab, states: States, tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    fleet = lab.another(keys=(tmp_path / "stranger",))
    result = push(fleet, states, "h1")[0]
    assert result.outcome is Outcome.UNREACHABLE
    assert "login as" in result.reason
    fleet.close()


def test_a_server_that_is_no_ssh_server_is_unreachable(lab: SshLab, states: States) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fleet = lab.another([replace(lab.targets[0], port=listener.getsockname()[1])])

        def answer() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                with client:
                    client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 20)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert push(fleet, states, "h1")[0].outcome is Outcome.UNREACHABLE
        fleet.close()
        with socket.socket() as last:  # in case one connection was enough
            last.connect(listener.getsockname())
            thread.join(5)


wire_command = wire.command
ADVICE = "must be Python 3.7 or newer there: see `python` of its group"
GARBAGE = {
    "no-python": ("exec /nonexistent/python", rf"not found; '.*/python' {ADVICE}$"),
    "old": (
        "echo 'Python 3.7 or newer is needed' >&2; exit 1",
        rf": Python 3.7 or newer is needed; .* {ADVICE}$",
    ),
    "noise": (
        "exec cat /dev/zero",
        "its login scripts print without end: see that they print nothing for commands",
    ),
    "hello": (r"printf 'swatbot-helper 1\n\377\377\377\377'; exec cat >/dev/null", "makes no sense"),
    "exits": ("exit 3", rf"its command ended at once with status 3; .* {ADVICE}$"),
    "nologin": (
        "echo 'This account is not available.'; exit 1",
        r": This account is not available.; the login shell of .* there must run commands",
    ),
    "sudo": (
        "echo 'sudo: a password is required' >&2; exit 1",
        ": sudo: a password is required; let .* run commands as nobody by sudo without a password$",
    ),
}


def test_what_a_host_said_is_told_though_it_had_hung_up_before_anything_was_sent(
    lab: SshLab, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(line: wire.Wire, _: bytes) -> None:
        assert eventually(lambda: line._channel.closed)
        raise OSError("Socket is closed")

    monkeypatch.setattr(wire.Wire, "_send_piece", send)
    text, reason = GARBAGE["nologin"]
    fleet = lab.another([replace(lab.targets[0], python=script(lab.directory, text))])
    assert re.search(reason, push(fleet, states, "h1")[0].reason)
    fleet.close()


@pytest.mark.parametrize("kind", GARBAGE)
def test_a_helper_that_does_not_start_is_told(
    kind: str, lab: SshLab, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, reason = GARBAGE[kind]
    if kind == "sudo":
        monkeypatch.setattr(wire, "command", lambda python, _: wire_command(python))
    target = replace(lab.targets[0], python=script(lab.directory, text), run_as="nobody" * (kind == "sudo"))
    fleet = lab.another([target])
    result = push(fleet, states, "h1")[0]
    assert result.outcome is Outcome.UNREACHABLE
    assert re.search(reason, result.reason), result.reason
    assert fleet.prove(["h1"], ROOTS)[0].manifest is None
    fleet.close()


HELLO = '{"python":"3","free":1,"clock":1,"fence":0,"unfinished":null,"kept":[]}'


def test_garbage_after_the_request_was_sent_is_a_failure(lab: SshLab, states: States) -> None:
    greeting = rf"printf 'swatbot-helper 1\n\000\000\000\{len(HELLO):o}'; printf '%s' '{HELLO}'"
    fleet = with_python(lab, rf"{greeting}; printf '\000\000\000\003[1]'; exec cat >/dev/null")
    result = push(fleet, states, "h1")[0]
    assert (result.outcome, result.reason) == (Outcome.FAILED, "what it answers makes no sense")
    fleet.close()


DEEP = "head -c 200000 /dev/zero | tr '\\0' '['"


@pytest.mark.parametrize(
    ("hello", "then"),
    [
        (HELLO, rf"printf '\000\003\015\100'; {DEEP}"),
        (HELLO, r"""printf '\000\000\000\014'; printf '{"done":NaN}'"""),
        (HELLO.replace('"fence":0', '"fence":1e999'), "true"),
        (HELLO.replace('"free":1', '"free":Infinity'), "true"),
    ],
    ids=["deep", "NaN", "too large", "infinity"],
)
def test_one_host_that_answers_garbage_is_one_failed_host(
    lab: SshLab, states: States, hello: str, then: str
) -> None:
    greeting = rf"printf 'swatbot-helper 1\n\000\000\000\{len(hello):o}'; printf '%s' '{hello}'"
    odd = replace(lab.targets[0], python=script(lab.directory, f"{greeting}; {then}; exec cat >/dev/null"))
    fleet = lab.another([odd, *lab.targets[1:]])
    for result in push(fleet, states, *lab.hosts):
        well = result.host != "h1"
        assert (result.outcome is Outcome.OK) is well, result
        assert result.reason.endswith("" if well else "what it answers makes no sense")
    for proof in fleet.prove(lab.hosts, ROOTS):
        assert (proof.manifest is not None) is (proof.host != "h1"), proof
    fleet.close()


@pytest.mark.parametrize("when", ["hello", "request"])
def test_nobody_waits_for_a_host_that_is_dropped(when: str, lab: SshLab, states: States) -> None:
    asked = lab.directory / "asked"
    greeting = rf"printf 'swatbot-helper 1\n\000\000\000\{len(HELLO):o}'; printf '%s' '{HELLO}'"
    os.mkfifo(asked)
    silent = f"{greeting}; head -c {len(HELPER.sent)} >/dev/null; cat >{asked}"
    odd = replace(lab.targets[0], python=script(lab.directory, silent))
    fleet = lab.another([odd, *lab.targets[1:]], answer_timeout=600.0)
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pushed = pool.submit(push, fleet, states, *lab.hosts)
        pushed.add_done_callback(lambda _: ended.set())
        with asked.open("rb") as request:
            # It was greeted, or has read what it was asked, and will never answer.
            request.read(5 if when == "hello" else len(NEW["conf/big"][1]))
            fleet.drop(["h1"])
            assert ended.wait(60)
        results = pushed.result()
    assert [r.host for r in results if r.outcome is not Outcome.OK] == ["h1"]
    fleet.close()


def test_signs_of_life_put_a_deadline_off_but_not_for_ever() -> None:
    over = threading.Event()
    deadline = Deadline(0.01, over.set)
    while not over.is_set():
        deadline.put_off()
        deadline.look()
    assert deadline.passed


def test_noise_of_login_scripts_and_a_flood_on_stderr_do_no_harm(lab: SshLab, states: States) -> None:
    fleet = with_python(lab, 'echo "Welcome!"; head -c 4000000 /dev/zero >&2; exec python3 "$@"')
    result = push(fleet, states, "h1")[0]
    assert (result.outcome, result.reason) == (Outcome.OK, "")
    fleet.close()


def test_a_jump_host_is_gone_through(lab: SshLab, states: States) -> None:
    fleet = lab.another([lab.targets[0], replace(lab.targets[1], jump="h1")])
    assert push(fleet, states, "h2")[0].reason == ""
    assert lab.read("h2") == NEW
    fleet.close()
    with pytest.raises(ValueError, match="leads nowhere"):
        lab.another([replace(lab.targets[0], jump="h2"), replace(lab.targets[1], jump="h1")])


def test_of_two_engines_the_newer_wins_on_every_host(lab: SshLab, states: States) -> None:
    store, base, target = states
    other = store.take(ROOTS, {"conf/a": (0o644, b"other")})
    new_engine = lab.another()
    results: dict[int, tuple[HostResult, ...]] = {}
    old = threading.Thread(target=lambda: results.update({1: push(lab.fleet, states, *lab.hosts, token=1)}))
    old.start()
    results[2] = push(new_engine, (store, base, other), *lab.hosts, token=2)
    old.join()
    assert {r.reason for r in results[2]} == {""}
    again = push(lab.fleet, (store, other, target), *lab.hosts, token=1)
    assert {(r.outcome, "another engine has taken over" in r.reason) for r in again} == {
        (Outcome.FAILED, True)
    }
    assert [lab.read(h) for h in lab.hosts] == [{"conf/a": (0o644, b"other")}] * 4
    new_engine.close()


def test_a_link_is_never_followed(lab: SshLab, states: States, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_bytes(b"outside")
    store = states[0]
    lab.put("h1", "way", os.fsencode(outside), 0)
    roots = ["way/in"]
    base, target = store.take(roots, {}), store.take(roots, {"way/in/x": (0o644, b"x")})
    result = push(lab.fleet, (store, base, target), "h1")[0]
    assert result.outcome is Outcome.FAILED
    assert result.reason == "Not a directory, or a link, which is not followed: 'way/in/x'"
    (lab.root("h2").parent / "real").mkdir()
    lab.root("h2").rename(lab.root("h2").parent / "moved")
    lab.root("h2").symlink_to(outside)
    assert push(lab.fleet, states, "h2")[0].outcome is Outcome.UNREACHABLE
    assert [p.name for p in outside.iterdir()] == ["a"]


def test_a_link_in_the_place_of_a_directory_is_replaced(lab: SshLab, states: States, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a").write_bytes(b"outside")
    lab.root("h1").joinpath("conf").rename(lab.root("h1") / "conf-was")
    lab.put("h1", "conf", os.fsencode(tmp_path / "outside"), 0)
    result = push(lab.fleet, states, "h1")[0]
    assert result.outcome is Outcome.OK
    assert "conf" in result.put_right.names
    assert (tmp_path / "outside" / "a").read_bytes() == b"outside"


def test_a_special_file_is_named(lab: SshLab, states: States) -> None:
    os.mkfifo(lab.root("h1") / "conf" / "pipe")
    result = push(lab.fleet, states, "h1")[0]
    assert (result.outcome, "'conf/pipe' is neither" in result.reason) == (Outcome.FAILED, True)


def test_going_back_needs_no_contents(lab: SshLab, states: States) -> None:
    store, base, target = states
    assert push(lab.fleet, states, *lab.hosts)[0].outcome is Outcome.OK
    store.asked.clear()
    assert {r.outcome for r in push(lab.fleet, (store, target, base), *lab.hosts)} == {Outcome.OK}
    assert store.asked == []
    assert sorted(path.name for path in (lab.root("h1") / "conf").iterdir()) == ["a", "b", "big"]
    fresh = lab.another()
    assert {r.outcome for r in push(fresh, states, *lab.hosts)} == {Outcome.OK}
    # Asked once, before the first connection tells what is kept: what is new, and what two of them are alike.
    assert len(store.asked) == len(set(store.asked)) <= 5
    fresh.close()


@pytest.mark.parametrize("harm", ["lost", "damaged"])
def test_kept_contents_that_are_gone_are_sent_again(harm: str, lab: SshLab, states: States) -> None:
    store, base, target = states
    push(lab.fleet, states, "h1")
    for place in (lab.state("h1") / "kept").iterdir():
        place.unlink() if harm == "lost" else place.write_bytes(b"damaged")
    assert push(lab.fleet, (store, target, base), "h1")[0].reason == ""
    assert lab.read("h1") == OLD


def test_contents_that_were_replaced_long_ago_are_forgotten(lab: SshLab) -> None:
    store = Store()
    versions = [store.take(ROOTS, {"conf/a": (0o644, b"version %d" % n)}) for n in range(9)]
    for before, after in pairwise(versions):
        assert push(lab.fleet, (store, before, after), "h1")[0].outcome is Outcome.OK
    assert len(list((lab.state("h1") / "kept").iterdir())) == 4


def test_an_unfinished_step_is_told_with_the_proof(lab: SshLab) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    (lab.state("h1") / "step").symlink_to("42/1/0123456789abcdef")
    proof = lab.fleet.prove(["h1"], ROOTS)[0]
    assert proof.manifest is not None
    assert proof.reason == "step 1 of #42 is unfinished there"


@pytest.fixture
def small_disk(lab: SshLab) -> Iterator[Path]:
    """A file system of 256 KB for h1."""
    if os.geteuid():
        pytest.skip("mounting a small file system needs root")
    need("mount")
    place = lab.root("h1").parent
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        for path, (mode, data) in OLD.items():
            lab.put("h1", path, data, mode)
        yield place
    finally:
        lab.close()
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_changes_nothing(small_disk: Path, lab: SshLab, states: States) -> None:
    result = push(lab.fleet, states, "h1")[0]
    assert result.outcome is Outcome.FAILED
    assert result.reason.startswith("No space left on device for 'conf/")
    assert ": make room where " in result.reason
    assert lab.read("h1") == OLD
    assert list((small_disk / ".swatbot-tree" / "new").iterdir()) == []
    assert lab.fleet.prove(["h1"], ROOTS)[0].reason == ""


def test_a_read_only_target_changes_nothing(small_disk: Path, lab: SshLab, states: States) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    result = push(lab.fleet, states, "h1")[0]
    assert result.outcome is Outcome.FAILED
    assert "Read-only file system" in result.reason
    assert lab.read("h1") == OLD


def test_a_root_that_is_not_there_is_not_made(lab: SshLab, states: States) -> None:
    lab.root("h1").rename(lab.directory / "unmounted")
    result = push(lab.fleet, states, "h1")[0]
    assert result.outcome is Outcome.UNREACHABLE
    assert "No such file or directory" in result.reason


def test_a_stop_lets_hosts_in_flight_finish(lab: SshLab, states: States) -> None:
    store, base, target = states
    lab.gates["h1"].hang = True  # keeps the only place in flight taken for 3 s
    stop = threading.Event()
    wanted = order(lab.hosts, base, target, batch=1, budget=9)
    results = lab.fleet.push(wanted, store, lambda _: stop.set(), stop)
    assert [r.outcome for r in results] == [Outcome.UNREACHABLE, *[Outcome.NOT_STARTED] * 3]


def test_a_closed_fleet_reaches_nobody(lab: SshLab, states: States) -> None:
    lab.fleet.prove(["h1"], ROOTS)
    lab.fleet.close()
    assert push(lab.fleet, states, "h1")[0].outcome is Outcome.UNREACHABLE


def test_paramiko_still_has_what_keeps_idle_connections_quiet(lab: SshLab) -> None:
    assert hasattr(paramiko.Transport, "_active_check_timeout")
    lab.fleet.prove(["h1"], ROOTS)
    connection = lab.fleet._connections.of("h1")
    assert connection is not None
    sock = connection.transport().sock
    assert sock.gettimeout() == dial.QuietTransport._active_check_timeout
    assert isinstance(sock, socket.socket)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15


def test_the_helper_runs_as_another_user_by_sudo(lab: SshLab, states: States) -> None:
    if os.geteuid():
        pytest.skip("becoming another user needs root")
    need("sudo")
    subprocess.run(["chown", "-R", "nobody", str(lab.root("h1").parent)], check=True)
    for place in lab.root("h1").parents[:5]:
        place.chmod(place.stat().st_mode | 0o011)
    fleet = lab.another([replace(lab.targets[0], run_as="nobody")])
    assert push(fleet, states, "h1")[0].reason == ""
    assert (lab.root("h1") / "conf" / "a").owner() == "nobody"
    fleet.close()


def test_two_who_want_the_same_hosts_take_turns(lab: SshLab, states: States) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    with ThreadPoolExecutor() as pool:
        proofs = [pool.submit(lab.fleet.prove, lab.hosts, ROOTS) for _ in range(20)]
        pushed = pool.submit(push, lab.fleet, states, *lab.hosts)
        assert {r.outcome for r in pushed.result(30)} == {Outcome.OK}
        assert all(p.manifest in states[1:] for found in proofs for p in found.result(30))


def test_a_bug_with_one_host_is_that_hosts_failure(
    lab: SshLab, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    run = Attempt.run

    def faulty(attempt: Attempt) -> Conversation[HostResult]:
        if attempt._host == "h2":
            raise ZeroDivisionError
        return run(attempt)

    monkeypatch.setattr(Attempt, "run", faulty)
    results = push(lab.fleet, states, *lab.hosts)
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.FAILED, Outcome.OK, Outcome.OK]
    assert results[1].reason == "swatbot stumbled over this host; see its log"
    monkeypatch.undo()
    assert push(lab.fleet, states, "h2")[0].outcome is Outcome.OK


def test_a_socket_that_breaks_just_before_a_request_loses_that_host_only(
    lab: SshLab, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fleet.prove(lab.hosts, ROOTS)
    victim, ask = lab.fleet._connections.of("h1"), Connection.ask

    def broken(connection: Connection, request: bytes, *args: Any) -> None:
        if connection is victim and isinstance(connection._link.sock, socket.socket):
            monkeypatch.undo()
            connection._link.sock.shutdown(socket.SHUT_RDWR)
        ask(connection, request, *args)

    monkeypatch.setattr(Connection, "ask", broken)
    assert {r.outcome for r in push(lab.fleet, states, *lab.hosts)} == {Outcome.OK}  # tried once more


def test_who_reports_wrongly_locks_no_host_for_the_next(lab: SshLab, states: States) -> None:
    store, base, target = states
    lab.gates["h1"].hang = True

    def faulty(_: Tally) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lab.fleet.push(order(lab.hosts, base, target, budget=9), store, faulty, threading.Event())
    lab.gates["h1"].hang = False
    assert {r.outcome for r in push(lab.fleet, states, *lab.hosts)} == {Outcome.OK}


def test_a_fleet_that_is_closed_at_any_moment_ends_what_runs(lab: SshLab) -> None:
    for nth in range(TIMES):
        fleet = lab.another()
        fleet.prove(lab.hosts, ROOTS)
        with ThreadPoolExecutor() as pool:
            running = pool.submit(prove_often, fleet, lab.hosts)
            threading.Event().wait(SEEDED(nth).random() * 0.05)
            fleet.close()
            assert running.result(20) == 20


def prove_often(fleet: SshFleet, hosts: tuple[str, ...]) -> int:
    """How often it could be asked; it never raises."""
    return len([fleet.prove(hosts, ROOTS) for _ in range(20)])
