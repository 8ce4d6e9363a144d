"""The bot as an operator runs it: killed in the middle, started twice, ended politely, run in parts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.domain.stage import Stage
from swatbot.practice.sample_files import SETTINGS
from swatbot.practising import Ground
from tests.wires.bot_process import (
    WAIT,
    BotProcess,
    arrives,
    bots,
    people,
    records,
    small_ground,
    swatbot,
    until,
)
from tests.wires.irc_client import RawClient

MESSAGE = "Enable related articles on frwiki (T12345)"
FIRST, SECOND = "mw1264", "mw1265"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    """Eight hosts, four of them fleet; one host at a time, so that there is a middle to be killed in."""
    with small_ground(tmp_path / "range", deploy="batch = 1") as made:
        taken = swatbot(made, "baseline")
        assert f"hold {made.scene.wiring.baseline[:7]}, the newest commit that fits" in taken.stdout, taken
        yield made


def wanted(place: Ground) -> dict[str, bytes]:
    """What lies under wmf-config in the tree."""
    top = place.scene.tree.path
    files = (path for path in (top / "wmf-config").rglob("*") if path.is_file())
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in files}


def held(place: Ground, host: str) -> dict[str, bytes]:
    return {path: data for path, data in place.scene.held(host).items() if path.startswith("wmf-config/")}


def to_the_fleet(dana: RawClient, alice: RawClient) -> None:
    """A deployment up to the moment before canaries pass."""
    dana.say("#swat", f"!sync-dir wmf-config {MESSAGE}")
    alice.expect_text("alice: #1 is on mwdebug1001", WAIT)
    alice.say("#swat", "verified")


def test_killed_while_the_fleet_is_synced_it_completes_after_a_restart(place: Ground) -> None:
    expected = wanted(place)
    with people(place, "dana", "alice") as (dana, alice), bots(place) as start:
        first = start()
        arrives(dana)
        place.scene.hosts[SECOND].ssh.hang()
        to_the_fleet(dana, alice)
        until(lambda: held(place, FIRST) == expected, f"{FIRST} was never synced")
        first.kill()
        assert not records(place, "Completed")
        assert [host for host in place.scene.wiring.stage(Stage.FLEET) if held(place, host) == expected] == [
            FIRST
        ]
        place.scene.tree.apply("typo")  # what was verified is what ships, whatever the tree holds by now
        place.scene.hosts[SECOND].restore()
        start()
        told = dana.expect_text("I was away for", WAIT)
        assert re.search(r"\(restarted\)\. #1 goes on: \d of 4 hosts have \w+\.", told)
        dana.expect_text("#1 is live on 8 hosts", WAIT)
        dana.say("#swat", "swatbot: status 1")
        dana.expect_text("dana: #1 ", WAIT)
    assert {host for host in place.scene.hosts if held(place, host) == expected} == set(place.scene.hosts)
    assert len(records(place, "Completed")) == 1
    assert len(records(place, "Accepted")) == 1
    synced = [text for text in dana.texts("swatbot") if "!log" in text]
    assert len(synced) == 1, synced
    report = swatbot(place, "audit", "verify")
    assert report.returncode == 0, report.stderr
    assert f"{len(records(place))} records, unbroken" in report.stdout


def test_a_second_bot_on_the_same_journal_is_refused_and_told_of_the_first(place: Ground) -> None:
    with people(place, "dana") as (dana,), bots(place) as start:
        first = start()
        arrives(dana)
        second = swatbot(place, "run")
        assert second.returncode == 3
        assert f"process {first.pid} " in second.stderr
        assert "already runs deployments" in second.stderr
        dana.say("#swat", "!queue")
        dana.expect_text("dana: ", WAIT)


def test_say_reaches_it_and_sigterm_ends_it(place: Ground) -> None:
    with people(place, "dana") as (dana,), bots(place) as start:
        bot = start()
        arrives(dana)
        answer = swatbot(place, "say", "!whoami")
        assert answer.returncode == 0, answer.stderr
        assert "local:" in answer.stdout
        assert bot.end() == 0, bot.log
        dana.expect(r"^:swatbot!\S+ QUIT", WAIT)
        assert "Traceback" not in bot.log
        alone = swatbot(place, "say", "!whoami")
        assert (alone.returncode, alone.stdout) == (1, "")
        assert "no swatbot is running here" in alone.stderr


def test_parts_in_processes_of_their_own_meet_in_the_journal(place: Ground) -> None:
    with people(place, "dana", "alice") as (dana, alice), bots(place) as start:
        parts = [start(part) for part in ("engine", "clock", "irc")]
        arrives(dana)
        to_the_fleet(dana, alice)
        dana.expect_text("#1 verified by alice", WAIT)
        told = swatbot(place, "status", "1")
        assert told.returncode == 0, told.stderr
        assert "#1" in told.stdout
        assert swatbot(place, "audit", "verify").returncode == 0
        dana.expect_text("#1 is live on 8 hosts", WAIT)
        assert [part.end() for part in reversed(parts)] == [0, 0, 0], [part.log for part in parts]
    assert {host for host in place.scene.hosts if SETTINGS in held(place, host)} == set(place.scene.hosts)
    assert all(held(place, host) == wanted(place) for host in place.scene.hosts)


def test_an_engine_that_is_killed_leaves_the_other_parts_running(place: Ground) -> None:
    with people(place, "dana", "alice") as (dana, alice), bots(place) as start:
        engine, _, _ = (start(part) for part in ("engine", "clock", "irc"))
        arrives(dana)
        dana.say("#swat", f"!sync-dir wmf-config {MESSAGE}")
        alice.expect_text("alice: #1 is on mwdebug1001", WAIT)
        engine.kill()
        alice.say("#swat", "verified")
        _restarted: BotProcess = start("engine")
        dana.expect_text("I was away for", WAIT)
        dana.expect_text("#1 verified by alice", WAIT)
        dana.expect_text("#1 is live on 8 hosts", WAIT)
    assert len(records(place, "Completed")) == 1
