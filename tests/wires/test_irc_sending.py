"""What the bot sends on IRC arrives whole, in order and at its pace, and outlives connections."""

import os
import queue
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.irc.chat import IrcChat, IrcSettings
from swatbot.adapters.watch import Watch
from swatbot.chat.messages.text import NOTHING
from swatbot.ports import Outgoing, Urgency
from swatbot.practice.ircd import PracticeIrcd
from tests.wires.irc_bot import WAIT, Bot
from tests.wires.irc_client import FakeServer, RawClient

pytest_plugins = ["tests.wires.irc_fixtures"]


def test_a_long_line_arrives_whole_at_the_longest_names(
    practice: PracticeIrcd, bots: Callable[..., Bot]
) -> None:
    channel, nick = "#" + "c" * 49, "n" * 30
    words = " ".join(f"wörter-{number}" for number in range(200))
    with RawClient.joined(practice.port, "other", channel) as person:
        bot = bots(practice.port, nick=nick, channels=(channel,)).joined()
        bot.post(words, channel)
        bot.post("the end", channel)
        person.expect_text("the end")
        pieces = person.texts(nick)[:-1]
        assert " ".join(pieces) == words
        assert len(pieces) > 3
        assert max(len(line.encode()) for line in person.lines) <= 510


def test_posts_keep_their_order_and_the_pace(practice: PracticeIrcd, bots: Callable[..., Bot]) -> None:
    bot = bots(practice.port, burst=3, per_second=20.0).joined()
    with RawClient.joined(practice.port, "other", "#swat") as person:
        begin = time.monotonic()
        events = [bot.post(f"line {number}") for number in range(12)]
        person.expect_text("line 11")
        assert time.monotonic() - begin >= (12 - 3) / 20 - 0.05
        assert person.texts("swatbot") == [f"line {number}" for number in range(12)]
        assert all(event.wait(WAIT) for event in events)


def test_news_go_before_answers_and_both_before_progress(
    practice: PracticeIrcd, bots: Callable[..., Bot]
) -> None:
    with RawClient.joined(practice.port, "other", "#swat") as person:
        bot = bots(practice.port, burst=1, per_second=50.0)
        progress, answer, news = reversed(Urgency)
        long = " ".join(["word"] * 200)
        for text, urgency in [("12/97", progress), (long, answer), ("and so on", answer)]:
            bot.post(text, urgency=urgency)
        for text in ("held", "goes on"):
            bot.post(text, urgency=news)
        end = bot.post("97/97", urgency=progress)
        bot.joined()
        person.expect_text("97/97")
        told = person.texts("swatbot")
        assert [told[:2], told[-3:]] == [["held", "goes on"], ["and so on", "12/97", "97/97"]]
        assert " ".join(told[2:-3]) == long
        assert end.wait(WAIT)


def test_a_long_line_is_not_torn_apart_by_what_is_more_urgent(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, burst=4, per_second=1.0).begin()  # two to get in
    with closing(fake.welcomed()) as server:
        bot.post("word " * 200 + "end", urgency=Urgency.ANSWER)
        server.expect("PRIVMSG #swat :word")
        bot.post("held")
        server.expect("PRIVMSG #swat :.*word end$")
        server.expect("PRIVMSG #swat :held")


def test_a_ping_is_answered_while_lines_wait(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, burst=3, per_second=0.001).begin()
    with closing(fake.welcomed()) as server:
        for number in range(3):
            bot.post(f"line {number}")
        server.expect("PRIVMSG #swat :line 0")
        server.send("PING :a token: with colons")
        assert server.expect("PONG") == "PONG :a token: with colons"
        assert not any("line 1" in line for line in server.lines)


def test_a_line_is_sent_when_the_channel_is_joined_and_others_do_not_wait_for_it(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, channels=("#banned", "#swat")).begin()
    early = bot.post("early", "#banned")
    bot.post("hello")
    with closing(fake.accept()) as server:
        server.expect("^USER ")
        server.send(":irc.example 421 * CAP :Unknown command", ":irc.example 001 swatbot :Welcome")
        server.expect("^JOIN #swat")
        server.send(":irc.example 474 swatbot #banned :Cannot join channel (+b)")
        server.send(":swatbot!s@h JOIN #swat")
        server.expect("PRIVMSG #swat :hello")
        assert not early.is_set()
        bot.is_told("can not join #banned: Cannot join channel")
        server.send(":swatbot!s@h JOIN #banned")
        server.expect("PRIVMSG #banned :early")
        server.confirm()
        assert early.wait(WAIT)


@pytest.mark.parametrize("text", ["", " ", "\x07\r\n", "\u202e"])
def test_a_line_that_nobody_could_see_says_so(text: str, fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        sent = bot.post(text)
        assert server.expect("^PRIVMSG") == f"PRIVMSG #swat :{NOTHING}"
        server.confirm()
        assert sent.wait(WAIT)


@pytest.mark.parametrize("target", ["", "#a,#b", "#a b", ":x", "#a\r\nQUIT", "a\0"])
def test_what_is_no_target_is_refused(target: str, bots: Callable[..., Bot]) -> None:
    bot = bots(1)
    with pytest.raises(ValueError, match="not an IRC channel or nick"):
        bot.post("text", target)


def test_thousands_of_posts_to_a_server_that_does_not_read_block_nobody(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, burst=1e9).begin()
    with closing(fake.welcomed()) as server:
        events = [bot.post(f"{number} " + "x" * 400) for number in range(20_000)]
        events.append(bot.post("the end"))
        server.expect("PRIVMSG #swat :the end", timeout=60)
        said = [line for line in server.lines if line.startswith("PRIVMSG")]
        assert [int(line.split()[2][1:]) for line in said[:-1]] == list(range(20_000))


def test_after_a_kick_the_bot_comes_back_and_tells_what_it_missed(
    practice: PracticeIrcd, bots: Callable[..., Bot]
) -> None:
    with RawClient.joined(practice.port, "operator", "#swat") as person:
        bot = bots(practice.port).joined()
        person.send("KICK #swat swatbot :no bots")
        assert "kicked by operator (no bots) in #swat" in bot.is_told("kicked")
        person.expect("swatbot!.* JOIN")
        start, end = bot.gaps.get(timeout=WAIT)
        assert start <= end
        person.say("#swat", "!queue")
        assert bot.hears() == ("!queue", None)


def test_what_is_posted_while_away_is_sent_on_return(bots: Callable[..., Bot]) -> None:
    first = PracticeIrcd()
    first.start()
    bot = bots(first.port).joined()
    assert bot.post("before").wait(WAIT)
    first.stop()
    bot.is_told("connection lost")
    during = [bot.post(f"during {number}") for number in range(3)]
    with closing(FakeServer(first.port)) as second, closing(second.welcomed()) as server:
        for number in range(3):
            server.expect(f"PRIVMSG #swat :during {number}")
        server.confirm()
        assert all(event.wait(WAIT) for event in during)
        assert not any("before" in line for line in server.lines)
        start, end = bot.gaps.get(timeout=WAIT)
        assert start <= end
        assert bot.gaps.empty()


def test_what_could_not_be_said_for_long_says_when_it_was(practice: PracticeIrcd) -> None:
    """Its age counts when it leaves, not when it was queued."""
    clock = ManualClock(datetime(2026, 3, 4, 14, 2, tzinfo=UTC))
    settings = IrcSettings("practice", "127.0.0.1", practice.port, False, "swatbot", ("#swat",))
    chat, said = IrcChat(settings, clock, Watch(print)), queue.SimpleQueue[str | None]()
    with RawClient.joined(practice.port, "other", "#swat") as person:
        chat.post(Outgoing("#swat", "#42 is live", at=clock.now()), said.put)
        clock.advance(minutes=7)
        chat.post(Outgoing("#swat", "#43 is next", at=clock.now()), said.put)
        chat.start(lambda _: None)
        assert person.expect_text("#42") == "[14:02 UTC] #42 is live"
        assert person.expect_text("#43") == "#43 is next"
        assert [said.get(timeout=WAIT), said.get(timeout=WAIT)] == person.texts("swatbot")
    chat.stop()


def test_a_line_that_was_cut_by_the_loss_is_sent_again(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, burst=3, per_second=0.001).begin()  # two to get in
    sent = bot.post(" ".join(["word"] * 200))
    with closing(fake.welcomed()) as server:
        assert server.expect("PRIVMSG #swat :word")
    with closing(fake.welcomed()) as server:
        assert server.expect(r"PRIVMSG #swat :\(perhaps again\) word")
        assert not sent.is_set()


def test_what_a_dead_connection_has_swallowed_is_said_again(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    """The kernel took more lines than the server did; in which of them the rest began is not known."""
    bot = bots(fake.port, burst=1e9, quiet_after=0.3, pong_within=3.0).begin()
    count = 20_000
    with closing(fake.welcomed()) as mute:
        mute.pongs = False
        events = [bot.post(f"{number} " + "x" * 400) for number in range(count)]
        with closing(fake.welcomed()) as server:
            server.expect(rf"PRIVMSG #swat :.*{count - 1} ", timeout=60)
            server.confirm()
            assert all(event.wait(WAIT) for event in events)
            assert mute.ended()
    again = [re.fullmatch(r"PRIVMSG #swat :(\(perhaps again\) )?(\d+) x{400}", line) for line in server.lines]
    said = [(int(match[2]), bool(match[1])) for match in again if match]
    assert [number for number, _ in said] == list(range(count))
    marked = sum(mark for _, mark in said)
    assert all(mark == (number < marked) for number, mark in said)
    swallowed = sum(line.startswith("PRIVMSG") for line in mute.lines)
    assert 0 < swallowed <= marked < count


def test_on_stopping_the_server_hangs_up_first(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        assert bot.chat.wait_joined(WAIT)
        bot.post("last words")
        stopping = threading.Thread(target=bot.chat.stop)
        stopping.start()
        server.expect("PRIVMSG #swat :last words")
        server.expect("^QUIT")
        assert not server.ended(0.3), "input that was not read yet would have lost the last words"
    stopping.join(WAIT)
    assert not stopping.is_alive()
    assert not bot.chat.connected()


def test_a_silent_server_is_asked_and_then_left(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, quiet_after=0.3, pong_within=0.3).begin()
    with closing(fake.welcomed()) as server:
        server.expect("^PING :")
        server.send(":irc.example PONG irc.example :swatbot")
        server.expect("^PING :")
        bot.is_told("no sign of life from the server for 0.6 s")
    with closing(fake.welcomed()):
        assert bot.chat.wait_joined(WAIT)
        bot.gaps.get(timeout=WAIT)


def _half_sense(chance: random.Random) -> bytes:
    """A command that the bot knows, with parameters that make no sense, or are not even UTF-8."""
    words = "PRIVMSG JOIN PART KICK MODE QUIT NICK INVITE ACCOUNT CAP AUTHENTICATE PONG ERROR"
    numbers = "001 005 315 354 376 396 401 404 432 433 442 473 474 477 900"
    commands = [*words.split(), *numbers.split()]
    known = [
        b"swatbot",
        b"#swat",
        b"ACK",
        b"DEL",
        b"*",
        b":x y",
        b"swatbot-1",
        b"=,=",
        b"\xff\xfe",
        b"\x00",
        b"",
    ]
    odd = [bytes(chance.randrange(1, 256) for _ in range(chance.randrange(12))) for _ in range(3)]
    source = chance.choice(
        [b"", b":swatbot!s@h ", b":irc.example ", b":\xe9!\xff@ ", b"@time=9;account=* :a!b@c "]
    )
    rest = [chance.choice(commands).encode(), *chance.choices(known + odd, k=chance.randrange(7))]
    return source + b" ".join(rest)


def test_whatever_the_server_sends_the_bot_stays(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    lines = 10_000 if os.environ.get("SOAK") == "1" else 2_000
    chance = random.Random(5)  # noqa: S311 - the same bytes each time, no secret
    nasty = [
        b":x!y@z QUIT", b"PRIVMSG", b":x!y@z PRIVMSG #swat", b"PING", b":x NICK", b"NICK", b"@", b":", b" ",
        b"\x00", b"CAP", b":irc CAP * ACK", b"KICK", b"433", b"001", b"AUTHENTICATE", b"005 a =,=", b"353",
        b":x!y@z PRIVMSG #swat :\xff\xfe", b"@time=x;account :x!y@z PRIVMSG #swat :?", b":x!y@z JOIN", b"404",
        b":\xe9!y@z PRIVMSG swatbot :\x01\x01", b"474 swatbot", b"@account=\xff :x!y@z NOTICE a :b", b"396 x",
    ]  # fmt: skip
    nasty += [bytes(chance.randrange(256) for _ in range(chance.randrange(80))) for _ in range(lines)]
    nasty += [_half_sense(chance) for _ in range(lines)]
    bot = bots(fake.port).begin()
    with closing(fake.welcomed("account-tag")) as server:
        for line in nasty:
            server.send_bytes(line.replace(b"\n", b"") + b"\r\n")
        # Whatever it believes to be called by now, or to have lost, it is told how things are.
        server.send(":irc.example CAP * ACK :account-tag", ":irc.example 001 swatbot :Welcome")
        server.send(":swatbot!s@h PART #swat", ":swatbot!s@h JOIN #swat")
        server.send("@account=submitter :submitter!s@h PRIVMSG #swat :!still-there")
        while (heard := bot.hears())[0] != "!still-there":
            pass
        assert heard == ("!still-there", "irc:practice/submitter")
        bot.post("yes")
        server.expect("PRIVMSG #swat :yes")
