"""A bot in a process of its own, as an operator runs it, so that a test can kill it like one."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.ports import Record
from swatbot.practice.config_files import CHANNEL
from swatbot.practising import Ground, ground
from tests.wires.irc_client import RawClient

WAIT = 30.0
# A look at a server that is silent takes as long as the bot waits there.
_COMMAND_WAIT = 2 * WAIT
_ENTRY = (sys.executable, "-m", "swatbot")


def swatbot(place: Ground, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the command line to its end."""
    command = [*_ENTRY, *words, "--config", str(place.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_WAIT, check=False)


@dataclass
class BotProcess:
    """`swatbot run [PART]` on a practice range; what it logs is kept in `log`."""

    place: Ground
    part: str = ""
    log: str = field(default="", init=False)

    def __post_init__(self) -> None:
        command = [*_ENTRY, "run", *filter(None, [self.part]), "--config", str(self.place.config)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
        )
        self._ears = threading.Thread(target=self._listen, daemon=True)
        self._ears.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """As the kernel does when memory is short: no last word."""
        self._process.kill()
        self._ended()

    def end(self) -> int:
        """Ask it to end, as a service manager does; its exit status."""
        self._process.send_signal(SIGTERM)
        return self._ended()

    def close(self) -> None:
        """Whatever the test has come to, nothing is left running."""
        if self._process.poll() is None:
            self.kill()

    def _ended(self) -> int:
        status = self._process.wait(WAIT)
        self._ears.join(WAIT)
        return status

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self.log += line


@contextmanager
def small_ground(directory: Path, hosts: int = 8, **changes: str) -> Iterator[Ground]:
    """A small range whose canaries are watched for a second, with changes to its config.

    Args:
        directory: not there yet.
        hosts: of the range.
        changes: TOML lines that are put after a table's header, by the table's name, `_` for a dot.
    """
    with ground(directory, SystemClock(), hosts) as place:
        edit(place, "checks.toml", 'kind = "logs"\n', 'kind = "logs"\nleast = "1s"\npoll = "250ms"\n')
        for table, lines in changes.items():
            name = f"[{table.replace('_', '.')}]\n"
            file = "fleet.toml" if table == "ssh" else "swatbot.toml"
            edit(place, file, name, f"{name}{lines}\n", add=True)
        yield place


def edit(place: Ground, file: str, old: str, new: str, *, add: bool = False) -> None:
    """Change a config file; a table that is not there yet is added at the end."""
    path = place.config / file
    text = path.read_text(encoding="utf-8")
    assert add or old in text
    path.write_text(text.replace(old, new) if old in text else f"{text}\n{new}", encoding="utf-8")


@contextmanager
def people(place: Ground, *nicks: str) -> Iterator[list[RawClient]]:
    """Clients in the channel, logged in as these people."""
    clients: list[RawClient] = []
    try:
        for nick in nicks:
            login = f"{nick}:{place.passwords[nick]}"
            clients.append(RawClient.joined(place.irc_port, nick, CHANNEL, password=login))
        yield clients
    finally:
        for client in clients:
            client.close()


@contextmanager
def bots(place: Ground) -> Iterator[Callable[..., BotProcess]]:
    """Starts bots, each with the part it is told; those that still run at the end are killed."""
    made: list[BotProcess] = []

    def start(part: str = "") -> BotProcess:
        made.append(BotProcess(place, part))
        return made[-1]

    try:
        yield start
    finally:
        for bot in made:
            bot.close()


def arrives(client: RawClient) -> None:
    """Wait for the bot to come into the channel."""
    client.expect(r"^:swatbot!\S+ JOIN", WAIT)


def journal_of(place: Ground) -> SqliteJournal:
    return SqliteJournal(place.scene.wiring.directory / "bot" / "journal.sqlite")


def records(place: Ground, kind: str = "") -> list[Record]:
    """All records of the journal, or those of one type."""
    with closing(journal_of(place)) as journal:
        found, seq = [], 0
        while page := journal.read(seq):
            found += [record for record in page if kind in ("", record.entry.type)]
            seq = page[-1].seq
        return found


def until(true: Callable[[], bool], what: str, seconds: float = WAIT) -> None:
    """Wait for what nothing announces: the files of a host."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        with suppress(FileNotFoundError):  # a file is being replaced
            if true():
                return
        assert time.monotonic() < end, what
        pause.wait(0.01)
