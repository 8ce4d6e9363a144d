"""What an append to the journal takes, how soon another process sees it, and what waiting for it costs."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter

from bench.figures import Figure, percentile, spread
from bench.lab import bare_writes, timed
from bench.usage import cpu_share
from swatbot.adapters.clock import SystemClock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.follower import Follower
from swatbot.app.records import Body, heard
from swatbot.domain.status import Status
from swatbot.ports import Incoming, Record

_APPENDS, _SEEN = 2000, 1000
_PAUSE = 0.005
_IDLE_SECONDS = 30.0
_LINE = Incoming("!status 42", "deployer", "irc:practice/deployer", "#swat", message="m-42")


def measure(_requests: int) -> list[Figure]:
    """On the disk where temporary files lie; the two clocks are one, so times of two processes compare."""
    with tempfile.TemporaryDirectory(prefix="swatbot-bench-") as name:
        directory = Path(name)
        bare = percentile(bare_writes(directory), 0.5)
        with closing(SqliteJournal(directory / "journal.sqlite")) as journal:
            appends = timed(lambda: _append(journal), _APPENDS)
            waiting = timed(lambda: _append(journal, durable=False), _APPENDS)
            with _other_process(directory / "journal.sqlite") as other:
                seen = _seen(journal, other)
                idle = cpu_share(other.pid, _IDLE_SECONDS)
    return [
        Figure("journal", "a durable write of 4 KB, p50", bare * 1000, "ms", note="the baseline"),
        *spread("journal", "append", appends, bare, None),
        *spread("journal", "append, durable with the next", waiting, bare, None),
        *spread("journal", "from append to read in another process", seen, bare, None),
        Figure("journal", f"idle CPU of a follower over {_IDLE_SECONDS:.0f} s", idle, "% of a core"),
    ]


def _append(journal: SqliteJournal, *, durable: bool = True) -> int:
    entry = heard("practice", _LINE, SystemClock().now())
    return journal.append([entry], durable=durable)[0].seq


def _seen(journal: SqliteJournal, other: "subprocess.Popen[str]") -> list[float]:
    """Seconds from the call of `append` until a follower in the other process was told the record."""
    assert other.stdout is not None
    pause = threading.Event()
    taken = []
    for _ in range(_SEEN):
        pause.wait(_PAUSE)
        began = perf_counter()
        seq = _append(journal)
        told, at = other.stdout.readline().split()
        assert int(told) == seq
        taken.append(float(at) - began)
    return taken


@contextmanager
def _other_process(path: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "bench.journal", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


def _follow(path: Path) -> None:
    """Be the other process: say when each new record was told."""
    journal = SqliteJournal(path)
    follower = Follower(journal)
    follower.catch_up()

    def tell(record: Record, _body: Body, _status: Status, _overtaken: bool) -> None:
        print(record.seq, perf_counter(), flush=True)

    follower.listen(tell)
    follower.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    _follow(Path(sys.argv[1]))
