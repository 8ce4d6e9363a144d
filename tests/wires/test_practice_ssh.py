"""The practice hosts' SSH servers as a client sees them, well and out of order."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from swatbot.practice.range import Range
from tests.wires.practice_lab import HOST, WAIT, connect, make, read, run, until


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Range]:
    with make(tmp_path / "range") as started:
        yield started


def test_a_command_runs_in_the_hosts_directory_and_its_streams_and_status_come_back(practice: Range) -> None:
    channel = run(connect(practice.wiring), "pwd; ls srv/mediawiki; cat; echo trouble >&2; exit 7")
    channel.sendall(b"typed\n")
    channel.shutdown_write()
    lines = read(channel).decode().splitlines()
    assert lines[0] == str(practice.wiring.host(HOST).root.parent.parent)
    assert {"wmf-config", "dblists", "static", "w"} < set(lines)
    assert lines[-1] == "typed"
    assert channel.recv_stderr(100) == b"trouble\n"
    assert channel.recv_exit_status() == 7


def test_bulk_data_passes_both_ways_at_once(practice: Range) -> None:
    channel = run(connect(practice.wiring), "cat")
    piece = bytes(range(256)) * 512
    count = 64

    def send() -> None:
        for _ in range(count):
            channel.sendall(piece)
        channel.shutdown_write()

    sender = threading.Thread(target=send)
    sender.start()
    assert read(channel) == piece * count
    sender.join(WAIT)
    assert channel.recv_exit_status() == 0


def test_a_reader_that_stops_reading_stops_the_command_and_not_the_host(practice: Range) -> None:
    stuck = run(connect(practice.wiring), "yes")
    assert stuck.recv(1) == b"y"
    assert read(run(connect(practice.wiring), "echo fine")) == b"fine\n"
    stuck.close()
    until(lambda: practice.hosts[HOST].ssh.running == 0, "yes still runs after its client has left")


def test_a_command_that_ignores_its_input_does_not_block_who_sends_it(practice: Range) -> None:
    channel = run(connect(practice.wiring), "exec <&-; until [ -e go ]; do sleep 0.01; done; echo done")
    for _ in range(40):  # more than any window or pipe holds
        channel.sendall(bytes(131_072))
    (practice.wiring.host(HOST).root.parent.parent / "go").touch()
    assert read(channel) == b"done\n"


def test_a_command_that_ends_at_once_was_accepted_first(practice: Range) -> None:
    transport = connect(practice.wiring)
    answers = [read(run(transport, f"echo {n}")) for n in range(200)]
    assert answers == [b"%d\n" % n for n in range(200)]


def test_a_command_whose_directory_is_gone_fails_alone(practice: Range) -> None:
    directory = practice.wiring.host(HOST).root.parent.parent
    directory.rename(directory.with_name("gone"))
    transport = connect(practice.wiring)
    assert run(transport, "true").recv_exit_status() == 255
    directory.with_name("gone").rename(directory)
    assert run(transport, "true").recv_exit_status() == 0


def test_a_command_ended_by_a_signal_has_a_status_that_says_so(practice: Range) -> None:
    assert run(connect(practice.wiring), "kill -9 $$").recv_exit_status() == 128 + signal.SIGKILL


def test_a_real_ssh_client_is_at_home(practice: Range) -> None:
    ssh = shutil.which("ssh")
    if ssh is None:
        assert os.environ.get("CI") != "true", "install openssh-client"
        pytest.skip("needs ssh: apt install openssh-client")
    facts = practice.wiring
    target = facts.host(HOST)
    options = ["-F", "none", "-i", str(facts.client_key), "-o", f"UserKnownHostsFile={facts.known_hosts}"]
    options += ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"]
    address = ["-p", str(target.ssh_port), f"{facts.user}@{target.address}"]
    command = [ssh, *options, *address, "cat; echo err >&2; exit 3"]
    done = subprocess.run(command, input=b"typed", capture_output=True, timeout=WAIT, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"typed", b"err\n", 3)


def test_only_the_one_key_may_log_in(practice: Range) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        connect(practice.wiring, key=paramiko.RSAKey.generate(2048))


def test_a_host_that_refuses_has_no_connections_left_and_is_back_when_restored(practice: Range) -> None:
    transport = connect(practice.wiring)
    channel = run(transport, "cat")
    practice.hosts[HOST].refuse()
    assert read(channel) == b""
    assert practice.hosts[HOST].ssh.running == 0
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect(practice.wiring)
    practice.hosts[HOST].refuse()
    practice.hosts[HOST].restore()
    assert read(run(connect(practice.wiring), "echo back")) == b"back\n"


def test_a_host_that_hangs_accepts_and_says_nothing_until_it_is_restored(practice: Range) -> None:
    channel = run(connect(practice.wiring), "cat")
    channel.sendall(b"before")
    assert channel.recv(100) == b"before"
    practice.hosts[HOST].hang()
    channel.sendall(b"after")
    channel.settimeout(0.3)
    with pytest.raises(TimeoutError):
        channel.recv(100)
    target = practice.wiring.host(HOST)
    with socket.create_connection((target.address, target.ssh_port), timeout=0.3) as silent:
        with pytest.raises(TimeoutError):
            silent.recv(1)
        practice.hosts[HOST].restore()
        silent.settimeout(WAIT)
        assert silent.recv(4) == b"SSH-"
    channel.settimeout(WAIT)
    assert channel.recv(100) == b"after"


def test_a_range_stops_while_a_host_hangs(practice: Range) -> None:
    run(connect(practice.wiring), "cat")
    practice.hosts[HOST].hang()
    began = time.monotonic()
    practice.stop()
    assert time.monotonic() - began < 5
    assert practice.hosts[HOST].ssh.running == 0


def test_a_slow_host_delays_what_is_sent_to_it(practice: Range) -> None:
    channel = run(connect(practice.wiring), "cat")
    practice.hosts[HOST].ssh.slow(0.3)
    began = time.monotonic()
    channel.sendall(b"x")
    assert channel.recv(1) == b"x"
    assert time.monotonic() - began >= 0.3


def test_an_idle_connection_wakes_the_host_once_in_five_seconds(practice: Range) -> None:
    connect(practice.wiring)
    ((transport, gated),) = practice.hosts[HOST].ssh._connections
    assert transport._active_check_timeout == 5.0
    assert gated.gettimeout() == 5.0
