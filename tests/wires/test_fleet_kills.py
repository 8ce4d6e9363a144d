"""Whatever is killed at whichever byte, on a real sshd: each file is old or new, and the step can end."""

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Outcome
from tests.contracts.fleet_lab import Files, Store, order
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import sshd  # noqa: F401 - a fixture

ROOTS = ("conf",)
# A seed makes a failure repeatable; nothing here is a secret.
SEEDED = random.Random


def _text(seed: int, size: int) -> bytes:
    return SEEDED(seed).randbytes(size // 2).hex().encode()


OLD = {f"conf/{n}": (0o644, b"old %d" % n) for n in range(6)}
NEW = {f"conf/{n}": (0o644, _text(n, 30_000)) for n in range(2, 9)}
# Bytes of the transfer, and some more, so that what comes after it is hit as well.
BYTES = 130_000
_SOAK = os.environ.get("SOAK") == "1"
TIMES = 70 if _SOAK else 6
PUSHING = Path(__file__).with_name("pushing.py")


class Victim:
    """One host, whose helper can be killed."""

    def __init__(self, lab: SshLab) -> None:
        self.lab, self.store = lab, Store()
        self.base, self.target = self.store.take(ROOTS, OLD), self.store.take(ROOTS, NEW)
        self.pid = lab.directory / "pid"
        python = lab.directory / "python"
        python.write_text(f'#!/bin/sh\necho $$ > "{self.pid}"\nexec python3 "$@"\n')
        python.chmod(0o755)
        for path, (mode, data) in OLD.items():
            lab.put("h1", path, data, mode)
        self.where = replace(lab.targets[0], python=str(python))
        self.fleet = lab.another([self.where])

    def kill_helper(self) -> None:
        os.kill(int(self.pid.read_text()), signal.SIGKILL)

    def push(self, base: Manifest, target: Manifest) -> Outcome:
        wanted = order(["h1"], base, target)
        return self.fleet.push(wanted, self.store, lambda _: None, threading.Event())[0].outcome

    def check(self) -> None:
        """Once nobody is at work there any more."""
        self.lab.gates["h1"].cut_at = None  # it was more than there were bytes
        with (self.lab.state("h1") / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found: Files = self.lab.read("h1")
            marked = self.marked()
        for path in OLD.keys() | NEW.keys() | found.keys():
            assert found.get(path) in (OLD.get(path), NEW.get(path)), path
        assert marked or found in (OLD, NEW)

    def end(self, nth: int) -> None:
        """Go on, or back."""
        self.lab.mend("h1")
        base, target = (self.base, self.target) if nth % 2 else (self.target, self.base)
        assert self.push(base, target) is Outcome.OK
        assert self.lab.read("h1") == (NEW if nth % 2 else OLD)
        assert not self.marked()

    def marked(self) -> bool:
        """Whether a step is noted as unfinished."""
        return any(self.lab.state("h1").glob("step*"))


@pytest.fixture
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Victim]:
    lab = SshLab(request.getfixturevalue("sshd"), tmp_path, 1, connect_timeout=20.0, answer_timeout=20.0)
    made = Victim(lab)
    yield made
    made.fleet.close()
    lab.close()


@pytest.mark.parametrize("nth", range(TIMES))
def test_the_connection(nth: int, victim: Victim) -> None:
    victim.fleet.prove(["h1"], ROOTS)
    victim.lab.gates["h1"].refuse_after(SEEDED(nth).randrange(BYTES))
    victim.push(victim.base, victim.target)
    victim.check()
    victim.end(nth)


@pytest.mark.parametrize("nth", range(TIMES))
def test_the_helper(nth: int, victim: Victim) -> None:
    victim.fleet.prove(["h1"], ROOTS)
    victim.lab.gates["h1"].after(SEEDED(nth).randrange(BYTES), victim.kill_helper)
    assert victim.push(victim.base, victim.target) is Outcome.OK, "what breaks is tried once more"
    victim.check()
    victim.end(nth)


@pytest.mark.parametrize("nth", range(TIMES))
def test_the_controller(nth: int, victim: Victim) -> None:
    gate, where = victim.lab.gates["h1"], victim.where
    files = victim.lab.directory / "files"
    states = [{path: data.decode() for path, (_, data) in state.items()} for state in (OLD, NEW)]
    files.write_text(json.dumps(states))
    key = victim.lab.settings.keys[0]
    argv = [str(victim.lab.known_hosts), str(key), str(gate.port), where.user, where.root, where.python]
    with subprocess.Popen(
        [sys.executable, str(PUSHING), *argv, str(files)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PUSHING.parents[2])},
    ) as controller:
        assert controller.stdin is not None
        assert controller.stdout is not None
        assert controller.stdout.readline() == b"connected\n"
        gate.after(SEEDED(nth).randrange(BYTES), controller.kill)
        controller.stdin.write(b"\n")
        controller.stdin.flush()
        controller.wait()
    victim.check()
    victim.end(nth)
