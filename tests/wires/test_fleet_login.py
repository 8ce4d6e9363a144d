"""The ways to log in, on a real sshd: a key of the agent's, and a certificate beside a key."""

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import Sshd, make_key, need

ROOTS = ("conf",)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """An sshd of our own, since its authorized keys are changed."""
    found = Sshd(tmp_path)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture
def lab(server: Sshd, tmp_path: Path) -> Iterator[SshLab]:
    (tmp_path / "lab").mkdir()
    made = SshLab(server, tmp_path / "lab", count=1)
    yield made
    made.close()


def test_a_key_of_the_agents_logs_in(
    lab: SshLab, server: Sshd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    need("ssh-agent", "ssh-add")
    make_key(tmp_path / "other")  # is offered first, and refused
    fleet = lab.another(keys=(), use_agent=True)
    assert fleet.prove(["h1"], ROOTS)[0].reason.endswith("refused: no key to log in with")
    said = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    pid = int(re.findall(r"PID=(\d+)", said)[0])
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", re.findall(r"SOCK=([^;]+)", said)[0])
        keys = [str(tmp_path / "other"), str(server.key)]
        subprocess.run(["ssh-add", "-q", *keys], check=True, capture_output=True)
        proof = fleet.prove(["h1"], ROOTS)[0]
        assert (proof.reason, proof.manifest is not None) == ("", True)
    finally:
        os.kill(pid, 15)
        fleet.close()


def test_an_agent_that_never_answers_is_not_waited_for(
    lab: SshLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fleet = lab.another(keys=(), use_agent=True, connect_timeout=2.0)
    ended = threading.Event()
    with socket.socket(socket.AF_UNIX) as silent, ThreadPoolExecutor(1) as pool:
        silent.bind(str(tmp_path / "agent"))
        silent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        asked = pool.submit(fleet.prove, ["h1"], ROOTS)
        asked.add_done_callback(lambda _: ended.set())
        in_time = ended.wait(30)
        silent.close()  # else a thread would wait for ever
    assert in_time
    assert "the SSH agent of the bot did not answer within 1 s" in asked.result()[0].reason
    fleet.close()


def test_a_certificate_beside_a_key_logs_in(lab: SshLab, server: Sshd, tmp_path: Path) -> None:
    authority, key = tmp_path / "authority", tmp_path / "signed"
    make_key(authority)
    make_key(key)
    fleet = lab.another(keys=(key,))
    assert "login as" in fleet.prove(["h1"], ROOTS)[0].reason
    fleet.close()
    trusted = f"cert-authority {authority.with_suffix('.pub').read_text()}"
    server.key.with_suffix(".pub").write_text(trusted)
    user = lab.targets[0].user
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "test", "-n", user, str(key.with_suffix(".pub"))]
    subprocess.run(sign, check=True)
    assert "login as" in lab.fleet.prove(["h1"], ROOTS)[0].reason, "the plain key counts no more"
    fleet = lab.another(keys=(key,))
    proof = fleet.prove(["h1"], ROOTS)[0]
    assert (proof.reason, proof.manifest is not None) == ("", True)
    fleet.close()
