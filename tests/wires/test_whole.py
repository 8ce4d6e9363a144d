"""A whole bot on a whole range, given what it should not get: broken hosts, and people who try things."""

import dataclasses
import getpass
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from swatbot.adapters.local_chat import say
from swatbot.domain.stage import Stage
from swatbot.practice.config_files import BOT
from swatbot.practice.practice_host import PracticeHost
from swatbot.practice.sample_files import SETTINGS
from swatbot.practising import Ground, bot
from tests.domain.safe_lines import assert_safe
from tests.wires.bot_process import WAIT, edit, people, records, small_ground, until
from tests.wires.irc_client import RawClient

FLEET = ("mw1264", "mw1265", "mw1266", "mw1267", "mw1268", "mw1269")
DOWN, FROZEN, CHANGED, STUCK, *WELL = FLEET
SHORT = {"ssh": 'connect_timeout = "8s"\nanswer_timeout = "1500ms"'}
HOSTILE = "$(reboot) `reboot`; reboot\u202e\u2066\x07 gnp.exe"


def staged(dana: RawClient, alice: RawClient) -> None:
    dana.say("#swat", "!sync-dir wmf-config Enable related articles on frwiki (T12345)")
    alice.expect_text("alice: #1 is on mwdebug1001", WAIT)


def related(place: Ground) -> set[str]:
    """The hosts that hold alice's change."""
    return {h for h in place.scene.hosts if b"$wgRelatedArticles = true;" in place.scene.held(h)[SETTINGS]}


def reasons(place: Ground) -> dict[str, str]:
    """Why hosts of the fleet failed, by host, as the journal has it."""
    synced = [r.entry.body for r in records(place, "HostsSynced")]
    results = [result for body in synced for result in body["results"]]
    return {result["host"]: result["reason"] for result in results if result["outcome"] != "ok"}


def reinstall(host: PracticeHost) -> None:
    """As if somebody had set the host up anew, or stood in its place: other host key, same address."""
    other = dataclasses.replace(host.ssh._credentials, host_key=paramiko.ECDSAKey.generate())
    host.ssh._credentials = other


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """A directory in which nothing can be changed, whoever tries."""
    if os.geteuid():
        path.chmod(0o555)
        yield
        path.chmod(0o755)
        return
    done = subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("root can write everywhere here, and chattr +i is not possible: run it as another user")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)


def test_hosts_that_fail_are_named_with_their_reason_and_the_others_go_on(tmp_path: Path) -> None:
    budget = {"deploy_budgets": "fleet = { hosts = 4 }"}
    with (
        small_ground(tmp_path / "range", 10, **SHORT, **budget) as place,
        bot(place) as process,
        people(place, "dana", "alice") as (dana, alice),
    ):
        hosts = place.scene.hosts
        staged(dana, alice)
        engine = process.engine
        assert engine is not None
        until(lambda: engine.fleet.is_open(FROZEN), "a host of a queued deployment was never connected to")
        hosts[DOWN].refuse()
        hosts[FROZEN].hang()
        reinstall(hosts[CHANGED])
        hosts[CHANGED].ssh.refuse()
        hosts[CHANGED].ssh.restore()
        with unwritable(hosts[STUCK].root / "wmf-config"):
            alice.say("#swat", "verified")
            dana.expect_text(r"#1 mw\[1264-1267\] failed: .* It goes on without\.", WAIT)
            live = dana.expect_text("#1 is live on", WAIT)
        assert live.startswith("dana, alice: #1 is live on 6 hosts")
        assert "NOT on mw[1264-1267]" in live
        assert related(place) == set(hosts) - {DOWN, FROZEN, CHANGED, STUCK}
        told = reasons(place)
        assert set(told) == {DOWN, FROZEN, CHANGED, STUCK}
        assert "refused" in told[DOWN]
        assert "no answer within 1.5 s" in told[FROZEN]
        assert "host key" in told[CHANGED]
        assert "wmf-config/InitialiseSettings.php' can not be written to" in told[STUCK]
        logged = [text for text in dana.texts(BOT) if text.startswith("!log")]
        assert len(logged) == 1
        assert "[6 of 10 hosts]" in logged[0]


def test_past_the_budget_everything_is_put_back(tmp_path: Path) -> None:
    budget = {"deploy_budgets": "fleet = { hosts = 1 }"}
    with (
        small_ground(tmp_path / "range", 8, **SHORT, **budget) as place,
        bot(place),
        people(place, "dana", "alice") as (dana, alice),
    ):
        staged(dana, alice)
        for host in (DOWN, FROZEN):
            place.scene.hosts[host].refuse()
        alice.say("#swat", "verified")
        dana.expect_text(r"#1 fleet fails.*refused.*Rolling back\.", WAIT)
        ended = dana.expect_text("#1 rolled back:", WAIT)
        assert "is still in the tree" in ended
        assert related(place) == set()
        assert not [text for text in dana.texts(BOT) if "Synchronized" in text]


def test_a_host_that_hangs_in_the_middle_of_its_sync_fails_alone(tmp_path: Path) -> None:
    budget = {"deploy_budgets": "fleet = { hosts = 1 }"}
    with (
        small_ground(tmp_path / "range", 6, **SHORT, **budget) as place,
        bot(place) as process,
        people(place, "dana", "alice") as (dana, alice),
    ):
        staged(dana, alice)
        assert process.engine is not None
        process.engine.fleet.prove(place.scene.wiring.stage(Stage.FLEET), ("static",))  # connections stand
        assert process.engine.fleet.is_open(FROZEN)
        place.scene.hosts[FROZEN].ssh.hang()
        alice.say("#swat", "verified")
        live = dana.expect_text("#1 is live on", WAIT)
        assert "5 hosts" in live
        assert f"NOT on {FROZEN}" in live
        assert "within 1.5 s" in reasons(place)[FROZEN]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    """A small range, where whoever runs the tests is dana on the local socket."""
    with small_ground(tmp_path / "range", 5) as made:
        local = f"local:{socket.gethostname()}/{getpass.getuser()}"
        edit(made, "people.toml", '"irc:practice/dana"', f'"irc:practice/dana", "{local}"')
        yield made


def ask(place: Ground, text: str) -> list[str]:
    """Say a line on the local socket, which takes longer ones than IRC; the answer."""
    lines: list[str] = []
    say(place.scene.wiring.directory / "bot" / "say.socket", text, lines.append, 1.0)
    return lines


def test_a_hostile_message_is_told_safely_and_reaches_no_shell(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        answer = ask(place, f"!sync-dir wmf-config {HOSTILE} {'w' * 4000}")
        dana.expect_text("#1 wmf-config: 1 change by alice", WAIT)
        alice.expect_text("alice: #1 is on mwdebug1001", WAIT)
        alice.say("#swat", "verified")
        logged = dana.expect_text("Synchronized wmf-config", WAIT)
        assert "$(reboot) `reboot`; reboot gnp.exe www" in logged
        dana.expect_text("#1 is live on 5 hosts", WAIT)
        for text in (*answer, *dana.texts(BOT)):
            assert_safe(text)


@pytest.mark.parametrize(
    "path",
    [
        "$(reboot)",
        "`reboot`",
        "wmf-config;reboot",
        "wmf-\u202egifnoc",
        "../wmf-config",
        "/etc/passwd",
        "w" * 4000,
        "wmf-config/\x01",
        "-rf",
    ],
)
def test_a_hostile_path_is_refused_and_named_safely(hostile: tuple[Ground, RawClient], path: str) -> None:
    place, dana = hostile
    answer = ask(place, f"!sync-dir {path} A message")
    assert answer
    for text in answer:
        assert_safe(text)
    assert not [record for record in records(place) if record.entry.type == "Accepted"]
    dana.sync()
    for text in dana.texts(BOT):
        assert_safe(text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ground, RawClient]]:
    """One bot for all paths; none of them gets anywhere."""
    with small_ground(tmp_path_factory.mktemp("hostile") / "range", 5) as place:
        local = f"local:{socket.gethostname()}/{getpass.getuser()}"
        edit(place, "people.toml", '"irc:practice/dana"', f'"irc:practice/dana", "{local}"')
        with bot(place), people(place, "dana") as (dana,):
            yield place, dana


def test_a_file_with_a_hostile_name_is_shipped_as_it_is_and_named_safely(place: Ground) -> None:
    name = "static/$(touch pwned)\u202egnp;touch pwned.txt"
    tree = place.scene.tree
    (tree.path / name).write_bytes(b"harmless\n")
    tree.git("add", "--all")
    tree.git("-c", "user.name=Carol", "-c", "user.email=carol@practice.example", "commit", "-qm", HOSTILE)
    with bot(place), people(place, "dana", "carol") as (dana, carol):
        ask(place, "!diff static")
        dana.say("#swat", f"!sync-dir static {HOSTILE}")
        carol.expect_text("carol: #1 is on mwdebug1001", WAIT)
        carol.say("#swat", "verified")
        dana.expect_text("#1 is live on 5 hosts", WAIT)
        for text in dana.texts(BOT):
            assert_safe(text)
    assert all(place.scene.held(host)[name] == b"harmless\n" for host in place.scene.hosts)
    assert not list(place.scene.wiring.directory.rglob("pwned*"))
