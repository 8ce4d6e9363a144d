"""What one bot process costs: memory and idle CPU with 100 hosts connected, on IRC."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.figures import Figure
from bench.lab import Lab, lab
from bench.usage import cpu_share, memory, sockets
from swatbot.bootstrap import take_baseline
from swatbot.config import load
from swatbot.errors import OperationalError
from swatbot.practice.config_files import CHANNEL
from swatbot.practice.person import Person

_HOSTS = 100
_IDLE_SECONDS = 40.0
_STARTED, _STAGED, _LIVE = 30, 60.0, 180.0


def measure(_requests: int) -> list[Figure]:
    """Start a bot as an operator does, deploy to all hosts, and look at it while nobody says anything."""
    with lab(_HOSTS) as place:
        take_baseline(load(place.config), place.facts.baseline, "the benchmark")
        with _bot(place) as pid, ExitStack() as stack:
            dana, alice = (
                stack.enter_context(Person(nick, place.irc_port, CHANNEL, place.passwords[nick]))
                for nick in ("dana", "alice")
            )
            _await_answer(dana)
            alone = memory(pid)
            _deploy(dana, alice)
            return _figures(alone, pid)


def _figures(alone: dict[str, float], pid: int) -> list[Figure]:
    idle = cpu_share(pid, _IDLE_SECONDS)
    full = memory(pid)
    note = f"{sockets(pid)} sockets open"
    figures = [Figure("process", "RSS before the first host", alone["Rss"], "MB")]
    for kind in sorted(full, reverse=True):
        name = f"{kind.upper()} with {_HOSTS} hosts connected"
        figures.append(Figure("process", name, full[kind], "MB", alone.get(kind), 150.0, note))
    name = f"idle CPU over {_IDLE_SECONDS:.0f} s with {_HOSTS} hosts connected"
    figures.append(Figure("process", name, idle, "% of a core", goal=1.0))
    return figures


@contextmanager
def _bot(place: Lab) -> Iterator[int]:
    command = [sys.executable, "-m", "swatbot", "run", "--config", str(place.config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


def _await_answer(dana: Person) -> None:
    """Until the bot is in the channel and hears."""
    for _ in range(_STARTED):
        dana.says("!queue")
        try:
            dana.waits_for("^dana: ", 1.0)
        except OperationalError:
            continue
        return
    raise OperationalError("the bot did not come into the channel")


def _deploy(dana: Person, alice: Person) -> None:
    """Every host is connected to, and proves."""
    dana.says("!sync-dir wmf-config Enable related articles")
    alice.waits_for("^alice: #1 is on mwdebug1001", _STAGED)
    alice.says("verified")
    dana.waits_for(rf"#1 is live on {_HOSTS} hosts", _LIVE)
