"""The command line, as somebody types it: help, faults, exit statuses."""

import json
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
from tests.contracts.tree_lab import FIRST, GitLab
from tests.world import handlers

ROOT = Path(__file__).parent.parent.parent
COMMANDS = ["run", "demo", "practice", "say", "check-config", "baseline", "status", "coverage"]
COMMANDS += ["audit", "audit verify", "hosts"]


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
    assert "is well: testservers 1, canaries 3, fleet 97; 4 checks; 2 people; 2 windows." in out
    assert "note: mw1411 is in no stage: broken disk" in out


def test_exclusions_that_concern_nobody_and_sites_without_a_canary_are_told(site: Path) -> None:
    file = site / "fleet.toml"
    text = file.read_text().replace('hosts = "mw[1261-1263]"', 'hosts_command = ["echo", "mw1261"]')
    head, rest = text.split('name = "app"')
    rest = rest.replace('site = "eqiad"', 'site = "codfw"').replace('proxies = ["mw1264", "mw1301"]', "")
    rest = rest.replace('hosts = "mw1411"', 'hosts = ["mw[1262-1263]", "mw1411"]')
    file.write_text(f'{head}name = "app"{rest}[sites.codfw]\n')
    status, out = swatbot("check-config", "--config", str(site))
    assert status == 0, out
    assert "note: mw[1262-1263] is excluded, and no group has it" in out
    assert "note: mw1411 is in no stage: broken disk" in out
    assert "note: the site codfw has no canary" in out


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


@pytest.fixture
def history(tmp_path: Path) -> GitLab:
    """Four commits: the first files, one whole, one in part by a rename, one that is not deployed."""
    lab = GitLab(tmp_path)
    lab.write("wmf-config/InitialiseSettings.php", b"2")
    lab.commit("alice", "whole")
    lab.delete("static/logo.png")
    lab.write("wmf-config/logo.png", FIRST["static/logo.png"])
    lab.commit("bob", "moved")
    lab.write("README.md", b"2")
    lab.commit("bob", "docs")
    return lab


def coverage(history: GitLab, *words: str) -> tuple[int, str]:
    return swatbot("coverage", *words, "--tree", str(history.path), "--ignore", "*.md,tests/")


def test_the_coverage_of_a_range_is_a_table_with_totals(history: GitLab) -> None:
    ids = [line[:7] for line in history.git("rev-list", "HEAD").splitlines()]
    status, out = coverage(history, "HEAD~3..", "--paths", "wmf-config")
    assert status == 0
    assert out == (
        "commit    date        author                share  left behind\n"
        f"{ids[1]}   2026-01-05  Bob                   part   static/logo.png\n"
        f"{ids[2]}   2026-01-05  Alice                 whole\n"
        "\n"
        "3 commits, 2 of them deployable:\n"
        "1 whole, 1 in part, 0 apart\n"
        "of 2 that touch the paths, 1 need others too (50.0%)\n"
    )
    assert (
        "1 whole, 0 in part, 1 apart"
        in coverage(history, "HEAD~3..HEAD", "--paths", "wmf-config/logo.png,static")[1]
    )


def test_the_coverage_as_json_is_one_document(history: GitLab) -> None:
    status, out = coverage(history, "HEAD", "--paths", "wmf-config", "--format", "json")
    found = json.loads(out)
    assert status == 0
    assert [(c["subject"], c["share"], c["left_behind"]) for c in found["commits"]] == [
        ("moved", "part", ["static/logo.png"]),
        ("whole", "whole", []),
        ("first", "part", ["dblists/all.dblist", "static/logo.png"]),
    ]
    assert found["totals"] == {
        "commits": 4, "unknown": 0, "deployable": 3,
        "whole": 1, "part": 2, "apart": 0, "touching": 3, "need_more": 0.6667,
    }  # fmt: skip
    nothing = json.loads(coverage(history, "HEAD..HEAD", "--paths", "wmf-config", "--format", "json")[1])
    assert (nothing["commits"], nothing["totals"]["commits"]) == ([], 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope..HEAD", "--paths", "static"), "has no commit nope: name one that git log shows"),
        (("HEAD~99..HEAD", "--paths", "static"), "has no commit HEAD~99"),
        (("--paths", "static", "--", "--all..HEAD"), "has no commit --all"),
        (
            ("^HEAD~2", "--paths", "static"),
            "^HEAD~2 is no single commit: I take OLD..NEW, like HEAD~20..HEAD",
        ),
        (("HEAD", "--paths", ""), "no path was named: I take --paths PATH[,PATH...]"),
        (("HEAD^!", "--paths", "static"), "HEAD^! is no single commit: I take OLD..NEW, like HEAD~1..HEAD"),
        (("", "--paths", "static"), "no commits were named: I take OLD..NEW, like HEAD~20..HEAD"),
        (("..", "--paths", "static"), "no commits were named"),
        (
            ("HEAD..HEAD~2", "--paths", "static"),
            "HEAD has all of HEAD~2: I take OLD..NEW, the older one first",
        ),
        (("HEAD~1...HEAD", "--paths", "static"), "has three dots: I take OLD..NEW"),
        (("HEAD", "--paths", "wmf-confg"), "has wmf-confg. Did you mean wmf-config?"),
        (("HEAD", "--paths", "zzz"), "has zzz. Paths are relative to the top of the repository."),
        (("HEAD", "--paths", "README.md"), "README.md is not deployed: it is ignored"),
        (("HEAD", "--paths", "../x"), "../x can not be in a tree: it has .. in it"),
    ],
)
def test_a_coverage_that_can_not_be_told_says_why(history: GitLab, words: tuple[str, ...], said: str) -> None:
    options = ("--tree", str(history.path), "--ignore", "*.md")
    status, out = swatbot("coverage", *options, *words)
    assert status == 1
    assert said in out


def test_a_path_that_is_gone_is_no_fault_if_a_commit_touched_it(history: GitLab) -> None:
    history.git("rm", "-q", "-r", "wmf-config")
    gone = history.commit("alice", "gone")
    history.git("commit", "-q", "--allow-empty", "-m", "later", "--author=A <a@b>")
    assert coverage(history, "HEAD~4..HEAD", "--paths", "wmf-config")[0] == 0
    assert coverage(history, "HEAD~1..HEAD", "--paths", "wmf-config")[0] == 1
    words = ("coverage", f"{gone}~2..HEAD", "--paths", "wmf-config", "--tree")
    bare = history.path.parent / "bare.git"
    history.git("clone", "-q", "--bare", str(history.path), str(bare))
    told = [swatbot(*words, str(place)) for place in (history.path, history.path / "dblists", bare)]
    assert [status for status, _ in told] == [0, 0, 0]
    assert len({out for _, out in told}) == 1


def test_where_a_shallow_clone_begins_nobody_knows_what_was_touched(history: GitLab, tmp_path: Path) -> None:
    clone = tmp_path / "shallow"
    history.git("clone", "-q", "--depth", "2", f"file://{history.path}", str(clone))
    status, out = swatbot("coverage", "HEAD", "--paths", "wmf-config", "--tree", str(clone))
    assert status == 0
    assert "2 commits, 1 of them deployable:\n0 whole, 0 in part, 1 apart" in out
    assert "\n1 more, where this shallow clone begins: what it touches can not be told\n" in out


def test_the_repository_is_named_in_full_wherever_one_stands(
    history: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(history.path)
    out = swatbot("coverage", "nope", "--paths", "static", "--tree", ".")[1]
    assert f"{history.path} has no commit nope" in out


def test_the_coverage_of_no_repository_and_of_the_configs_tree(
    history: GitLab, site: Path, tmp_path: Path
) -> None:
    status, out = swatbot("coverage", "HEAD", "--paths", "static", "--tree", str(tmp_path))
    assert (status, "not a git repository" in out, "--tree" in out) == (1, True, True)
    file = site / "swatbot.toml"
    file.write_text(re.sub(r'(?m)^path = "/srv.*"$', f'path = "{history.path}"', file.read_text()))
    status, out = swatbot("coverage", "HEAD", "--paths", "static", "--config", str(site))
    assert (status, "4 commits, 3 of them deployable" in out) == (0, True), out


def test_the_coverage_of_a_clone_that_has_a_config_and_no_tree(
    history: GitLab, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("coverage", "HEAD", "--paths", "static", "--config", str(site))
    monkeypatch.chdir(history.path)
    status, out = swatbot(*words)
    assert status == 0, out
    assert "is not here: taking this directory" in out
    assert "4 commits" in out
    monkeypatch.chdir(tmp_path)
    status, out = swatbot(*words)
    assert (status, "Name a git repository with --tree" in out) == (1, True), out


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
    assert "SWATBOT_NOT_HERE" not in swatbot("baseline", *config)[1]
    status, out = swatbot("run", *config)
    assert (status, "SWATBOT_NOT_HERE is not set" in out) == (2, True)


def test_check_config_notes_what_it_can_not_see(secretive: Path) -> None:
    status, out = swatbot("check-config", "--config", str(secretive))
    assert status == 0
    note = (
        f"note: {secretive}/swatbot.toml: irc[0].password_env: the environment variable SWATBOT_NOT_HERE is"
    )
    assert out.startswith(note)
    key = f"{secretive}/fleet.toml: ssh.keys[0]: {secretive}/id can not be read: No such file or directory"
    file = secretive / "fleet.toml"
    file.write_text(file.read_text().replace("/etc/ssh/", "").replace("/etc/swatbot/id_ed25519", "id"))
    (secretive / "ssh_known_hosts").write_text("")
    assert f"note: {key}" in swatbot("check-config", "--config", str(secretive))[1]
    status, out = swatbot("check-config", "--secrets", "--config", str(secretive))
    assert (status, "the config has 2 faults" in out, key in out) == (2, True, True)


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

    monkeypatch.setattr("swatbot.cli.operate.take_baseline", take)
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
