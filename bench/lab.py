"""Where benchmarks are run: a practice range in a process of its own, files on disk, and bare operations."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import IO

from swatbot.adapters.clock import SystemClock
from swatbot.practice.config_files import BOT, PASSWORD_ENV
from swatbot.practice.facts import RangeFacts
from swatbot.practising import ground

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, and no place for secrets
_GOLDEN = 0.6180339887


@dataclass(frozen=True)
class Lab:
    """A range that runs in another process.

    Attributes:
        facts: of the range.
        config: directory of the bot's config; its journal and snapshots are on disk.
        journal: the bot's journal.
        irc_port: of the range's IRC server.
        passwords: by account.
        orders: what the range's process is told.
    """

    facts: RangeFacts
    config: Path
    journal: Path
    irc_port: int
    passwords: Mapping[str, str]
    orders: IO[str]

    def put_away(self, seconds: float) -> None:
        """Let every host wait so long before it takes what was sent, as if a network were between."""
        self.orders.write(f"{seconds}\n")
        self.orders.flush()


@contextmanager
def lab(hosts: int) -> Iterator[Lab]:
    """A range of so many hosts.

    The hosts' files are in memory where that is possible: real hosts have disks of their own, and do not
    compete with the journal for one. The tree is in memory too; the journal and the snapshots are on disk.
    """
    above = _MEMORY if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="swatbot-bench-", dir=above) as memory,
        tempfile.TemporaryDirectory(prefix="swatbot-bench-") as disk,
    ):
        command = [sys.executable, "-m", "bench.lab", str(Path(memory) / "range"), str(hosts)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield _described(process, Path(memory) / "range", Path(disk))
            finally:
                process.terminate()


def timed(call: Callable[[], object], times: int, apart: float = 0.0) -> list[float]:
    """Seconds that each of so many calls takes, made at moments that have nothing to do with one another."""
    taken = []
    for number in range(times):
        wait_a_little(number, apart)
        began = perf_counter()
        call()
        taken.append(perf_counter() - began)
    return taken


def wait_a_little(number: int, most: float) -> None:
    """Wait for up to `most` seconds, evenly spread over the numbers.

    Who asks again as soon as there is an answer asks in the moments in which there is nothing else to do;
    people do not, so the benchmark must not.
    """
    if most:
        threading.Event().wait(most * (number * _GOLDEN % 1))


def bare_writes(directory: Path, apart: float = 0.0, times: int = 500) -> list[float]:
    """Seconds for each durable write of a page, with nothing around it: what any journal has to pay.

    The file has its size before, as a write-ahead log mostly has.
    """
    handle = os.open(directory / "bare", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, bytes(4096 * times), 0)
        os.fsync(handle)
        position = iter(range(times))

        def write() -> None:
            os.pwrite(handle, os.urandom(4096), 4096 * next(position))
            os.fdatasync(handle)

        return timed(write, times, apart)
    finally:
        os.close(handle)
        (directory / "bare").unlink()


def _described(process: "subprocess.Popen[str]", directory: Path, disk: Path) -> Lab:
    assert process.stdin is not None
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    os.environ[PASSWORD_ENV] = told["passwords"][BOT]
    config, state = Path(told["config"]), directory / "bot"
    path = config / "swatbot.toml"
    text = path.read_text(encoding="utf-8")
    for name in ("journal.sqlite", "snapshots"):
        text = text.replace(str(state / name), str(disk / name))
    path.write_text(text, encoding="utf-8")
    journal, facts = disk / "journal.sqlite", RangeFacts.read(directory)
    return Lab(facts, config, journal, told["irc_port"], told["passwords"], process.stdin)


def _serve(directory: Path, hosts: int) -> None:
    """Be the other process, until nobody listens any more."""
    with ground(directory, SystemClock(), hosts) as place:
        described = {
            "irc_port": place.irc_port,
            "passwords": dict(place.passwords),
            "config": str(place.config),
        }
        print(json.dumps(described), flush=True)
        for line in sys.stdin:
            for host in place.scene.hosts.values():
                host.ssh.slow(float(line))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
