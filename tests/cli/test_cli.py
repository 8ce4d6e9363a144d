"""The command line, as somebody types it: help, faults, exit statuses."""

import os
import pwd
import re
import shutil
import socket
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.memory_journal import MemoryJournal
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.baseline import Baseline
from swatbot.app.records import decided
from swatbot.bootstrap import PARTS, load_handlers
from swatbot.cli import main
from swatbot.domain.events import Unlocked
from swatbot.errors import OperationalError
from swatbot.ports import LeaseTakenError
from tests.world import handlers

ROOT = Path(__file__).parent.parent.parent
COMMANDS = ["run", "demo", "practice", "say", "check-config", "baseline", "status", "coverage"]
COMMANDS += ["audit", "audit verify"]


def swatbot(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The samples, with the journal where a test may write."""
    directory = tmp_path / "config"
    shutil.copytree(ROOT / "config", directory)
    file = directory / "swatbot.toml"
    file.write_text(file.read_text().replace("/var/lib/swatbot/", f"{tmp_path}/"))
    return directory


def journal(site: Path, records: int) -> Path:
    path = site.parent / "journal.sqlite"
    book = SqliteJournal(path)
    now = datetime(2026, 11, 23, tzinfo=UTC)
    for _ in range(records):
        book.append([decided(Unlocked("somebody"), now)])
    book.close()
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    status, out = swatbot(*command.split(), "--help")
    assert status == 0
    assert "Usage:" in out
    assert len(out.splitlines()) > 5


def test_the_samples_load_as_they_are() -> None:
    status, out = swatbot("check-config", "--config", str(ROOT / "config"))
    assert status == 0, out
    assert "is well: 1 testservers, 3 canaries, 97 fleet; 3 checks; 2 people; 2 windows." in out


def test_every_fault_is_told_at_once(site: Path) -> None:
    file = site / "fleet.toml"
    file.write_text(file.read_text().replace("port = 22", 'prot = "abc"').replace('"app"]', '"ap"]'))
    (site / "people.toml").write_text("[ada]\nrole = 'king'\n")
    status, out = swatbot("check-config", "--config", str(site))
    assert status == 2
    for part in ("prot", "did you mean port", "ap", "king"):
        assert part in out


def test_the_chain_is_walked_and_a_touched_record_is_found(site: Path) -> None:
    path = journal(site, 5)
    status, out = swatbot("audit", "verify", "--config", str(site))
    assert (status, "5 records, unbroken" in out) == (0, True), out
    with sqlite3.connect(path) as db:
        db.execute("UPDATE records SET body = replace(body, 'somebody', 'nobody') WHERE seq = 3")
    status, out = swatbot("audit", "verify", "--config", str(site))
    assert status == 1
    assert "3" in out


def test_status_needs_no_bot(site: Path) -> None:
    status, out = swatbot("status", "--config", str(site))
    assert (status, "there is no journal" in out) == (1, True)
    journal(site, 1)
    assert swatbot("status", "--config", str(site)) == (0, "nothing is active.\n")
    status, out = swatbot("status", "7", "--config", str(site))
    assert (status, "there is no #7" in out) == (1, True)


def test_say_without_a_bot_says_how_to_start_one(site: Path) -> None:
    status, out = swatbot("say", "!queue", "--config", str(site))
    assert status == 1
    assert "swatbot run" in out


@pytest.fixture
def secretive(site: Path) -> Path:
    """A site whose passwords only the bot can see."""
    file = site / "swatbot.toml"
    login = '\nsasl_account = "swatbot"\npassword_env = "SWATBOT_NOT_HERE"'
    file.write_text(file.read_text().replace('nick = "swatbot"', 'nick = "swatbot"' + login, 1))
    return site


def test_only_the_bot_needs_its_secrets(secretive: Path) -> None:
    journal(secretive, 2)
    config = ("--config", str(secretive))
    assert swatbot("status", *config) == (0, "nothing is active.\n")
    assert swatbot("audit", "verify", *config)[0] == 0
    assert "SWATBOT_NOT_HERE" not in swatbot("say", "!queue", *config)[1]
    for command in ("run", "baseline"):
        status, out = swatbot(command, *config)
        assert (status, "SWATBOT_NOT_HERE is not set" in out) == (2, True)


def test_check_config_notes_what_it_can_not_see(secretive: Path) -> None:
    status, out = swatbot("check-config", "--config", str(secretive))
    assert status == 0
    note = (
        f"note: {secretive}/swatbot.toml: irc[0].password_env: the environment variable SWATBOT_NOT_HERE is"
    )
    assert out.startswith(note)
    status, out = swatbot("check-config", "--secrets", "--config", str(secretive))
    assert (status, "the config has 1 fault" in out) == (2, True)


def test_the_brake_needs_nothing_but_the_socket(site: Path) -> None:
    (site / "checks.toml").write_text("[[check]]\nkind = 'nonsense'")
    status, out = swatbot("say", "!hold", "--config", str(site))
    assert (status, "swatbot run" in out, "nonsense" in out) == (1, True, False)


def test_a_baseline_is_signed_by_who_took_it_whatever_the_environment_says(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []

    def take(_config: object, commit: str, by: str) -> str:
        signed.append(by)
        return commit

    monkeypatch.setattr("swatbot.cli.take_baseline", take)
    for name in ("HOME", "USER", "LOGNAME"):
        monkeypatch.setenv(name, "/home/mallory")
    assert swatbot("baseline", "--config", str(site)) == (0, "\n")
    assert signed == [f"local user {pwd.getpwuid(os.getuid()).pw_name}"]


def test_a_practice_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        where = ("--directory", str(tmp_path / "range"), "--hosts", "5")
        status, out = swatbot("practice", "--irc-port", port, *where)
    assert (status, len(out.splitlines())) == (1, 1)
    assert f"port {port} (address already in use)" in out
    assert swatbot("practice", "--irc-port", "70000")[0] == 2


@pytest.mark.parametrize(
    ("holder", "told"),
    [
        ("{host} (process {pid})", "an engine (process {pid} on {host}, since "),
        ("swatbot baseline", "swatbot baseline (process {pid} on {host}, since "),
    ],
)
def test_who_holds_the_lease_is_told_once(tmp_path: Path, holder: str, told: str) -> None:
    me = {"host": socket.gethostname(), "pid": os.getpid()}
    first, second = (EngineLock(tmp_path / "lock", MemoryJournal(), SystemClock()) for _ in range(2))
    first.acquire(holder.format(**me))
    with pytest.raises(LeaseTakenError, match=f"^{re.escape(told.format(**me))}"):
        second.acquire("second")
    first.release()


def test_a_baseline_leaves_process_and_host_to_the_lock() -> None:
    held: list[str] = []

    class Engine:
        def take_over(self, holder: str) -> None:
            held.append(holder)
            raise OperationalError("enough")

    engine: Any = Engine()
    nothing: Any = None
    with pytest.raises(OperationalError, match="enough"):
        Baseline(nothing, nothing, nothing).take(engine, "HEAD", "me")
    assert held == ["swatbot baseline"]


def test_make_practice_can_keep_its_range() -> None:
    command = ["make", "--no-print-directory", "-n", "practice"]
    shown = [
        subprocess.run([*command, f"DIR={where}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        for where in ("", "/srv/my range")
    ]
    assert [one.stdout.splitlines()[-1].strip() for one in shown] == [
        ".venv/bin/swatbot practice",
        '.venv/bin/swatbot practice --directory "/srv/my range"',
    ]


def test_the_handlers_are_found_as_the_config_names_them() -> None:
    assert load_handlers(["handlers"]).keys() == handlers().keys()
    with pytest.raises(OperationalError, match="nowhere"):
        load_handlers(["nowhere.handlers"])


def test_the_procfile_names_the_parts() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.split(": swatbot run ") for line in lines] == [[part, part] for part in PARTS]
