"""The command line, as somebody types it: help, faults, exit statuses."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.records import decided
from swatbot.bootstrap import PARTS, load_handlers
from swatbot.cli import main
from swatbot.domain.events import Unlocked
from swatbot.errors import OperationalError
from tests.world import handlers

ROOT = Path(__file__).parent.parent.parent
COMMANDS = ["run", "demo", "practice", "say", "check-config", "baseline", "status", "audit", "audit verify"]


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
    assert "is well: 1 testservers, 3 canaries, 97 fleet" in out


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


def test_the_handlers_are_found_as_the_config_names_them() -> None:
    assert load_handlers(["handlers"]).keys() == handlers().keys()
    with pytest.raises(OperationalError, match="nowhere"):
        load_handlers(["nowhere.handlers"])


def test_the_procfile_names_the_parts() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.split(": swatbot run ") for line in lines] == [[part, part] for part in PARTS]
