"""Two people with the clients that people use: a deployer at `ii`, a submitter at `irssi` in a terminal."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from swatbot.practice.config_files import CHANNEL
from swatbot.practising import Ground, bot
from tests.wires.bot_process import small_ground, until
from tests.wires.irc_servers import need, running

WAIT = 30.0


@dataclass
class Reader:
    """Reads on in what a client writes down."""

    log: Path
    seen: int = 0

    def sees(self, pattern: str) -> None:
        """The next line in which the pattern is found; earlier ones are passed over."""

        def found() -> bool:
            match = re.compile(pattern).search(self.log.read_text(), self.seen)
            self.seen = match.end() if match else self.seen
            return match is not None

        until(found, f"{self.log.name} never showed {pattern!r}", WAIT)


@dataclass
class Ii:
    """ii: a file to write to, a file to read from."""

    folder: Path

    def __post_init__(self) -> None:
        self.sees = Reader(self.folder / "out").sees

    def says(self, text: str) -> None:
        with (self.folder / "in").open("w") as pipe:
            pipe.write(f"{text}\n")


@dataclass
class Irssi:
    """irssi in a terminal of its own, which types what a person would, and keeps a log of the channel."""

    tmux: list[str]
    log: Path

    def __post_init__(self) -> None:
        self.sees = Reader(self.log).sees

    def says(self, text: str) -> None:
        subprocess.run([*self.tmux, "send-keys", "-l", text], check=True)
        subprocess.run([*self.tmux, "send-keys", "Enter"], check=True)

    def screen(self) -> str:
        shown = subprocess.run([*self.tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True)
        return shown.stdout


@contextmanager
def at_ii(place: Ground, nick: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ii]:
    monkeypatch.setenv("II_PASSWORD", f"{nick}:{place.passwords[nick]}")
    server = ["-s", "127.0.0.1", "-p", str(place.irc_port), "-n", nick, "-k", "II_PASSWORD"]
    with running([need("ii", "ii"), *server, "-i", str(folder)], folder, "ii"):
        home = folder / "127.0.0.1"
        until((home / "in").exists, "ii did not connect", WAIT)
        Ii(home).sees("Welcome")
        Ii(home).says(f"/j {CHANNEL}")
        until((home / CHANNEL / "in").exists, "ii did not join", WAIT)
        yield Ii(home / CHANNEL)


@contextmanager
def at_irssi(place: Ground, nick: str, folder: Path) -> Iterator[Irssi]:
    log = folder / "irssi.log"
    tmux = [need("tmux", "tmux"), "-S", str(folder / "tmux"), "-f", "/dev/null"]
    login = f"{nick}:{place.passwords[nick]}"
    command = [need("irssi", "irssi"), f"--home={folder / 'irssi'}", "-c", "127.0.0.1"]
    command += ["-p", str(place.irc_port), "-n", nick, "-w", login]
    subprocess.run([*tmux, "new-session", "-d", "-x", "200", "-y", "50", *command], check=True)
    try:
        person = Irssi(tmux, log)
        until(lambda: "Welcome to the practice range" in person.screen(), "irssi did not connect", WAIT)
        person.says("/set log_timestamp %H:%M:%S ")
        person.says(f"/log open -targets {CHANNEL} {log}")
        person.says(f"/join {CHANNEL}")
        until(log.exists, "irssi keeps no log", WAIT)
        person.sees(f"{nick} .*has joined {CHANNEL}")
        yield person
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def test_two_people_drive_a_deployment_with_their_own_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the submitter's client kept of it is in docs/two-clients-session.txt."""
    with (
        small_ground(tmp_path / "range", 8) as place,
        bot(place),
        at_irssi(place, "alice", tmp_path) as alice,
        at_ii(place, "dana", tmp_path, monkeypatch) as dana,
    ):
        alice.sees("dana .*has joined")
        dana.says("!whoami")
        dana.sees(r"dana: you are dana \(irc:practice/dana\), role deployer\.")
        dana.says("swatbot: queue")
        dana.sees("dana: nothing is active")
        dana.says("!sycn-dir static")
        dana.sees(r"Did you mean !sync-dir\?")
        dana.says("!sync-dir wmf-config Enable related articles on frwiki (T12345)")
        alice.sees('alice: #1 is on mwdebug1001 .* then say "verified"')
        alice.says("not verified")
        alice.sees('I take "not verified" as neither')
        alice.says("verified")
        alice.sees("#1 verified by alice")
        dana.sees("!log dana@deploy1001 Synchronized wmf-config: Enable related articles on frwiki")
        dana.sees("dana, alice: #1 is live on 8 hosts")
        alice.sees("dana, alice: #1 is live on 8 hosts")
        alice.says("!history")
        alice.sees("swatbot> alice: #1 wmf-config")
    held = {host: place.scene.held(host) for host in place.scene.hosts}
    assert len({files["wmf-config/InitialiseSettings.php"] for files in held.values()}) == 1
    assert b"$wgRelatedArticles = true;" in held["mw1264"]["wmf-config/InitialiseSettings.php"]
