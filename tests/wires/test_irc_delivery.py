"""A line counts as said when the server has it: by its echo, or by a sign of life behind it."""

import queue
from collections.abc import Callable
from contextlib import closing

import pytest

from swatbot.adapters.irc import delivery
from swatbot.ports import Outgoing, Urgency
from tests.wires.irc_bot import WAIT, Bot
from tests.wires.irc_client import FakeServer, LineSocket

pytest_plugins = ["tests.wires.irc_fixtures"]

ECHO = "echo-message"
ME = ":swatbot!swatbot@bot.example"


def repeat(server: LineSocket, text: str) -> None:
    """Pass a line of the bot's on, as a server with echo-message does."""
    line = server.expect(f"^PRIVMSG .*{text}")
    server.send(f"{ME} {line}")


def ask_about_nothing(server: LineSocket) -> None:
    """Whatever was sent before this is done: the bot answers in order."""
    server.send("PING :so far")
    server.expect("^PONG :so far")


def test_a_line_counts_when_the_server_repeats_it(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed(ECHO)) as server:
        first, second = bot.post("first"), bot.post("second")
        server.expect("^PRIVMSG #swat :second")
        ask_about_nothing(server)
        assert not first.is_set()
        server.send(f"{ME} PRIVMSG #SWAT :first")
        assert first.wait(WAIT)
        assert not second.is_set()
        server.send(f"{ME} PRIVMSG #swat :second")
        assert second.wait(WAIT)
        assert not any(line.startswith("PING") for line in server.lines), "asked, though it is repeated"
    assert bot.heard.empty(), "the bot heard itself"


def test_without_an_echo_a_line_counts_when_the_server_has_worked_it_off(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        server.pongs = False
        sent = bot.post("first")
        server.expect("^PRIVMSG #swat :first")
        ask_about_nothing(server)
        assert not sent.is_set()
        server.send(":irc.example PONG irc.example :swatbot", ":irc.example PONG irc.example :swatbot-2")
        ask_about_nothing(server)
        assert not sent.is_set()
        server.send(":irc.example PONG irc.example :swatbot-1")
        assert sent.wait(WAIT)


def test_a_line_is_said_again_if_the_connection_ends_before_its_echo(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed(ECHO)) as server:
        first, second = bot.post("first"), bot.post("second")
        repeat(server, "first")
        server.expect("second")
        assert first.wait(WAIT)
    with closing(fake.welcomed(ECHO)) as server:
        repeat(server, r"\(perhaps again\) second")
        assert second.wait(WAIT)
        assert not any("first" in line for line in server.lines)


def test_a_line_that_is_not_repeated_is_asked_about_and_said_again(
    fake: FakeServer, bots: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_ECHO_SECONDS", 0.1)
    bot = bots(fake.port).begin()
    with closing(fake.welcomed(ECHO)) as server:
        sent = bot.post("swallowed")
        server.expect("^PRIVMSG #swat :swallowed")
        server.confirm()
        bot.is_told("can not speak in #swat: the server does not pass it on")
        assert not sent.is_set()
        repeat(server, ":swallowed$")
        assert sent.wait(WAIT)
        bot.is_told("#swat is well again")


@pytest.mark.parametrize("caps", ["", ECHO])
def test_what_a_channel_refuses_is_said_when_it_may_be(
    caps: str, fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, rejoin_after=100.0)
    sent = [bot.post(text) for text in ("one", "two")]
    bot.begin()
    with closing(fake.welcomed(caps)) as server:
        server.pongs = False
        server.expect("^PRIVMSG #swat :two")
        refusal = ":irc.example 404 swatbot #swat :Cannot send to channel (+m)"
        server.send(refusal, refusal)
        if not caps:
            server.confirm()
        bot.is_told(r"can not speak in #swat: Cannot send to channel \(\+m\)")
        server.expect("^JOIN #swat")  # is it in there at all?
        ask_about_nothing(server)
        assert not any(event.is_set() for event in sent)
        assert sum(line.endswith(":one") for line in server.lines) == 1
        server.send(":chan!c@h MODE #swat +v swatbot")
        for text in ("one", "two"):
            repeat(server, f":{text}$") if caps else server.expect(f"^PRIVMSG #swat :{text}$")
        if not caps:
            server.confirm()
        assert all(event.wait(WAIT) for event in sent)
        bot.is_told("#swat is well again")


def test_a_long_line_of_which_a_part_was_refused_is_said_anew(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, rejoin_after=100.0).begin()
    with closing(fake.welcomed(ECHO)) as server:
        sent = bot.post("word " * 150 + "end")
        line = server.expect("^PRIVMSG #swat :word")
        server.send(f"{ME} {line}", ":irc.example 404 swatbot #swat :You are quieted")
        bot.is_told("You are quieted")
        server.send(":chan!c@h MODE #swat -q swatbot")
        repeat(server, r"\(perhaps again\) word")
        repeat(server, " end$")
        assert sent.wait(WAIT)


def test_a_line_whose_end_alone_arrived_is_said_anew(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, rejoin_after=100.0).begin()
    with closing(fake.welcomed(ECHO)) as server:
        sent = bot.post("word " * 150 + "end")
        end = server.expect("^PRIVMSG #swat :.* end$")
        server.send(":irc.example 404 swatbot #swat :You are quieted", f"{ME} {end}")
        bot.is_told("You are quieted")
        ask_about_nothing(server)
        assert not sent.is_set()
        server.send(":chan!c@h MODE #swat -q swatbot")
        repeat(server, r"\(perhaps again\) word")
        repeat(server, " end$")
        assert sent.wait(WAIT)


def test_without_an_echo_the_server_is_asked_now_and_then_while_lines_go_out(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port)
    events = [bot.post(f"line {number}") for number in range(20)]
    bot.begin()
    with closing(fake.welcomed()) as server:
        server.expect("^PING :swatbot-1$")
        assert server.lines[-1].startswith(("PING", "PRIVMSG #swat :line"))
        said = [line for line in server.lines if line.startswith(("PRIVMSG", "PING"))]
        assert said[8] == "PING :swatbot-1"
        server.expect("^PRIVMSG #swat :line 19")
        server.confirm()
        assert all(event.wait(WAIT) for event in events)


def test_a_line_is_said_at_once_when_the_channel_is_joined_that_had_lost_us(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, rejoin_after=100.0).begin()
    with closing(fake.welcomed(ECHO)) as server:
        sent = bot.post("hello")
        server.expect("^PRIVMSG #swat :hello")
        server.send(":irc.example 404 swatbot #swat :Cannot send to channel (no external messages)")
        server.expect("^JOIN #swat")
        server.send(f"{ME} JOIN #swat")
        repeat(server, "hello")
        assert sent.wait(WAIT)
        bot.is_told("no more in #swat")
        bot.gaps.get(timeout=WAIT)


def test_a_refusal_that_could_be_about_a_join_is_about_the_line_that_was_sent(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, rejoin_after=100.0).begin()
    with closing(fake.welcomed(ECHO)) as server:
        bot.post("hello")
        server.expect("^PRIVMSG #swat :hello")
        server.send(":irc.example 477 swatbot #swat :You need a registered nick to speak here")
        assert "can not speak in #swat" in bot.is_told("IRC practice")
        ask_about_nothing(server)
        assert bot.chat.connected()


def test_an_answer_to_somebody_who_has_left_is_given_up(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        server.pongs = False  # a server works off the line before the question behind it
        came: queue.Queue[str | None] = queue.Queue()
        bot.chat.post(Outgoing("dana", "nothing is active."), came.put)
        server.expect("^PRIVMSG dana")
        server.send(":irc.example 401 swatbot dana :No such nick/channel")
        server.confirm()
        assert came.get(timeout=WAIT) is None
        bot.post("next")
        server.expect("PRIVMSG #swat :next")
        assert sum("dana" in line for line in server.lines) == 1


def test_of_progress_that_waits_only_the_newest_is_told(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port)
    came: queue.Queue[tuple[int, str | None]] = queue.Queue()

    def progress(number: int, text: str, key: int) -> None:
        line = Outgoing("#swat", text, Urgency.PROGRESS, about=number)
        bot.chat.post(line, lambda said: came.put((key, said)))

    for key, (number, text) in enumerate([(1, "#1 10%"), (2, "#2 50%"), (1, "#1 20%"), (1, "#1 30%")]):
        progress(number, text, key)
    assert came.empty(), "whoever posts may hold the journal's lock"
    bot.begin()
    with closing(fake.welcomed()) as server:
        assert [came.get(timeout=WAIT) for _ in range(2)] == [(0, None), (2, None)]
        server.expect("PRIVMSG #swat :#2 50%")
        server.expect("PRIVMSG #swat :#1 30%")
        server.confirm()
        assert [came.get(timeout=WAIT) for _ in range(2)] == [(1, "#2 50%"), (3, "#1 30%")]
        assert sum("#1" in line for line in server.lines) == 1
        progress(1, "#1 40%", 4)  # what is on its way is not called back
        progress(1, "#1 50%", 5)
        server.expect("PRIVMSG #swat :#1 50%")
