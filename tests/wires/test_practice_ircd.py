"""The practice IRC server, as ordinary clients need it."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from swatbot.errors import OperationalError
from swatbot.practice.ircd import PracticeIrcd
from tests.wires.irc_bot import CAPS, WAIT, Bot
from tests.wires.irc_client import RawClient
from tests.wires.irc_servers import need, running

pytest_plugins = ["tests.wires.irc_fixtures"]


def test_the_practice_server_answers_what_clients_ask(practice: PracticeIrcd) -> None:
    with RawClient.joined(practice.port, "deployer", "#swat", CAPS, "deployer:d-secret") as person:
        person.send("WHO #swat", "MODE #swat", "MODE #swat b", "MODE deployer", "LIST", "NAMES #swat", "MOTD")
        for code in ("352", "315", "324", "368", "221", "322", "323", "353", "366", "422"):
            person.expect(f" {code} ")
        person.send(
            "TOPIC #swat :deployments", "WHOIS deployer", "NONSENSE", "PRIVMSG nobody :x", "JOIN swat"
        )
        for pattern in ("TOPIC #swat :deployments", " 330 ", " 421 ", " 401 ", " 403 "):
            person.expect(pattern)
        person.send("PING :a b")
        person.expect("PONG .*:a b")


def test_the_practice_server_keeps_odd_bytes_cuts_long_lines_and_refuses_wrong_passwords(
    practice: PracticeIrcd,
) -> None:
    with (
        RawClient.joined(practice.port, "one", "#swat") as one,
        RawClient.joined(practice.port, "two", "#swat") as two,
    ):
        one.send_bytes(b"PRIVMSG #swat :caf\xe9\r\n")
        assert two.expect("PRIVMSG").encode(errors="surrogateescape").endswith(b":caf\xe9")
        one.say("#swat", "x" * 600)
        assert len(two.expect("PRIVMSG")) <= 510
        with RawClient(practice.port, "three", password="deployer:wrong") as three:
            three.expect(" 464 ")
        with RawClient(practice.port, "two") as four:
            four.expect(" 433 ")


def test_a_person_with_ii_and_the_bot_hear_each_other(
    practice: PracticeIrcd, bots: Callable[..., Bot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ii = need("ii", "ii")
    bot = bots(practice.port).joined()
    person = ["-s", "127.0.0.1", "-p", str(practice.port), "-n", "deployer", "-i", str(tmp_path)]
    monkeypatch.setenv("II_PASSWORD", "deployer:d-secret")
    with (
        running([ii, *person, "-k", "II_PASSWORD"], tmp_path, "ii"),
        RawClient.joined(practice.port, "other", "#swat") as other,
    ):
        home = tmp_path / "127.0.0.1"
        _type(home / "in", "/j #swat\n")
        other.expect("deployer!.* JOIN")
        _type(home / "#swat" / "in", "!queue\n")
        assert bot.hears() == ("!queue", "irc:practice/deployer")
        bot.post("deployer: nothing is queued.")
        other.expect_text("nothing is queued")
        other.say("#swat", "seen?")
        out = home / "#swat" / "out"
        _until(lambda: "<other> seen?" in out.read_text())
        assert "<swatbot> deployer: nothing is queued." in out.read_text()


def _type(pipe: Path, text: str) -> None:
    _until(pipe.exists)
    with pipe.open("w") as typed:
        typed.write(text)


def _until(condition: Callable[[], bool]) -> None:
    # A file of another program gives no event to wait for.
    tick, deadline = threading.Event(), time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        tick.wait(0.02)


def test_the_practice_server_drops_a_client_that_never_ends_its_line(practice: PracticeIrcd) -> None:
    with socket.create_connection(("127.0.0.1", practice.port), WAIT) as flood:
        flood.sendall(b"x" * 20_000)
        assert flood.recv(100).startswith(b"ERROR")


def test_a_port_that_is_taken_is_told_with_a_way_out(practice: PracticeIrcd) -> None:
    second = PracticeIrcd(practice.port)
    with pytest.raises(OperationalError) as raised:
        second.start()
    assert str(raised.value) == (
        "the practice IRC server can not listen on 127.0.0.1, "
        f"port {practice.port} (address already in use): "
        "end what listens there, or take a free port with --irc-port 0"
    )
    second.stop()
