"""Where the bot is thrown out, lost or cut off: it finds out, says so elsewhere, and comes back."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.irc import whox
from swatbot.adapters.irc.channels import Channels, News
from swatbot.adapters.irc.chat import IrcSettings
from swatbot.adapters.irc.wire import Message
from tests.wires.irc_bot import WAIT, Bot
from tests.wires.irc_client import FakeServer, LineSocket

pytest_plugins = ["tests.wires.irc_fixtures"]

LOGIN = {"sasl_account": "swatbot", "sasl_password": "secret"}


def logged_in(fake: FakeServer) -> LineSocket:
    """The next connection, logged in with SASL, before it is in any channel."""
    server = fake.accept()
    server.expect("^USER ")
    server.send(":irc.example CAP * LS :sasl=PLAIN account-notify")
    server.expect("^CAP REQ")
    server.send(":irc.example CAP * ACK :sasl account-notify", "AUTHENTICATE +")
    server.expect("^AUTHENTICATE PLAIN")
    server.send(":irc.example 903 swatbot :SASL authentication successful")
    server.expect("^CAP END")
    return server


def test_what_a_server_refuses_as_a_whole_is_asked_for_one_by_one(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.accept()) as server:
        server.expect("^USER ")
        server.send(":irc.example CAP * LS :account-tag echo-message")
        server.expect("^CAP REQ :account-tag echo-message$")
        server.send(":irc.example CAP * NAK :account-tag echo-message")
        server.expect("^CAP REQ :account-tag$")
        server.expect("^CAP REQ :echo-message$")
        server.send(":irc.example CAP * ACK :account-tag", ":irc.example CAP * NAK :echo-message")
        server.expect("^CAP END")
        server.send(":irc.example 001 swatbot :Welcome", "@account=dana :dana!d@h PRIVMSG #swat :!queue")
        assert bot.hears() == ("!queue", "irc:practice/dana")


def test_the_wanted_nick_is_taken_as_soon_as_it_is_free(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bots(fake.port).begin()
    with closing(fake.accept()) as server:
        server.expect("^NICK swatbot$")
        server.send(":irc.example CAP * LS :", ":irc.example 433 * swatbot :Nickname is already in use")
        server.expect("^NICK swatbot_$")
        server.send(":irc.example 001 swatbot_ :Welcome")
        server.expect("^JOIN #swat")
        server.expect("^NICK swatbot$")
        server.send(":irc.example 433 swatbot_ swatbot :Nickname is already in use")
        server.send(":swatbot!other@h QUIT :bye")
        server.expect("^NICK swatbot$")
        server.send(":swatbot_!s@h NICK :swatbot")
        server.send(":swatbot!s@h JOIN #swat", ":somebody!s@h NICK :else", "PING :so far")
        server.expect("^PONG :so far")
        assert sum(line == "NICK swatbot" for line in server.lines) == 3


def test_services_are_asked_to_free_the_nick_and_may_rename_us(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bots(fake.port, nick_again_after=0.05, **LOGIN).begin()
    with closing(logged_in(fake)) as server:
        server.send(":irc.example 001 swatbot_ :Welcome")
        server.expect("^PRIVMSG NickServ :GHOST swatbot$")
        server.expect("^NICK swatbot$")
        server.send(":swatbot_!s@h NICK swatbot", "PING :so far")
        server.expect("^PONG :so far")  # what it had asked for before is behind us
        asked = server.lines.count("NICK swatbot")
        server.send(":swatbot!s@h NICK Guest12")
        server.expect("^NICK swatbot$")
        assert server.lines.count("NICK swatbot") == asked + 1


def test_it_says_that_it_is_a_bot_where_that_can_be_said(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        server.send(":irc.example 005 swatbot BOT=B NETWORK=x :are supported by this server")
        server.send(":irc.example 422 swatbot :MOTD File is missing")
        server.expect("^MODE swatbot \\+B$")


def test_a_channel_that_the_server_has_lost_us_in_is_found_out(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, look_after=0.1).begin()
    with closing(fake.welcomed()) as server:
        server.expect("^JOIN #swat")
        server.expect("^JOIN #swat")  # nothing comes of it: all is well
        assert bot.troubles.empty()
        server.send(":swatbot!s@h JOIN #swat")
        bot.is_told("no more in #swat, though the server had not said so")
        bot.is_told("#swat is well again")
        start, end = bot.gaps.get(timeout=WAIT)
        assert end - start >= timedelta(seconds=0.1), "since the last sign of life there"


def test_a_channel_that_shuts_us_out_unnoticed_is_found_out(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, look_after=0.1).begin()
    with closing(fake.welcomed()) as server:
        server.expect("^JOIN #swat")
        server.send(":irc.example 474 swatbot #swat :Cannot join channel (+b)")
        bot.is_told("no more in #swat")
        bot.is_told("can not join #swat: Cannot join channel")
        assert not bot.chat.connected()
        server.expect("^JOIN #swat")
        server.send(":swatbot!s@h JOIN #swat")
        bot.gaps.get(timeout=WAIT)


@pytest.mark.parametrize(("code", "verb"), [("473", "INVITE"), ("474", "UNBAN")])
def test_chanserv_is_asked_to_let_us_in(
    code: str, verb: str, fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, rejoin_after=100.0, **LOGIN).begin()
    with closing(logged_in(fake)) as server:
        server.send(":irc.example 001 swatbot :Welcome")
        server.expect("^JOIN #swat")
        server.send(f":irc.example {code} swatbot #swat :Cannot join channel")
        server.expect(f"^PRIVMSG ChanServ :{verb} #swat$")
        bot.is_told("can not join #swat")
        server.send(":ChanServ!c@h INVITE swatbot #elsewhere", ":ChanServ!c@h INVITE swatbot #swat")
        assert server.expect("^JOIN") == "JOIN #swat"


def test_that_we_are_logged_out_is_told(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, **LOGIN).begin()
    with closing(logged_in(fake)) as server:
        server.send(":irc.example 001 swatbot :Welcome", ":dana!d@h ACCOUNT *", ":swatbot!s@h ACCOUNT *")
        assert bot.is_told("IRC") == "IRC practice: no more logged in as swatbot"


def test_who_comes_back_from_a_netsplit_is_told_of_the_gap(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed()) as server:
        server.send(":dana!d@h QUIT :Quit: leaf.example is no reason", ":dana!d@h JOIN #swat")
        server.send(":dana!d@h QUIT :hub.example leaf.example", ":alice!a@h QUIT :hub.example leaf.example")
        bot.is_told(r"netsplit \(hub.example leaf.example\): dana and perhaps others")
        server.send(":stranger!s@h JOIN #swat", "PING :so far")
        server.expect("^PONG :so far")
        assert bot.splits.empty()
        server.send(":alice!a@h JOIN #swat", ":dana!d@h JOIN #swat")
        start, end = bot.splits.get(timeout=WAIT)
        assert start <= end
        bot.is_told("IRC practice: well again")
        server.send("PING :so far")
        server.expect("^PONG :so far")
        assert bot.splits.empty()


def test_when_a_server_is_gone_the_next_one_is_tried(bots: Callable[..., Bot]) -> None:
    with closing(FakeServer()) as first, closing(FakeServer()) as second:
        bot = bots(first.port, other_hosts=(("127.0.0.1", second.port),)).begin()
        with closing(first.welcomed()):
            assert bot.chat.wait_joined(WAIT)
        with closing(second.welcomed()):
            assert bot.chat.wait_joined(WAIT)
            bot.is_told("connection lost")
        with closing(first.welcomed()):
            pass


def test_where_whox_is_allowed_it_says_who_spoke(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, whox=True).begin()
    with closing(fake.welcomed()) as server:
        server.send(":irc.example 005 swatbot WHOX :are supported by this server")

        def say(text: str, *answers: str) -> None:
            server.send(f":alice!a@home PRIVMSG #swat :{text}")
            token = server.expect(r"^WHO alice %tuhna,\d+$").rpartition(",")[2]
            for answer in answers:
                server.send(f":irc.example 354 swatbot {answer.format(token)}")
            server.send(":irc.example 315 swatbot alice :End of /WHO list.")

        say("one", "{} a home alice Alice")
        assert bot.hears() == ("one", "irc:practice/Alice")
        say("two", "{} a home alice 0")
        assert bot.hears() == ("two", None)
        say("three", "{} a elsewhere alice Alice")
        assert bot.hears() == ("three", None)
        say("four")
        assert bot.hears() == ("four", None)
        say("five", "1000 a home alice Alice")
        assert bot.hears() == ("five", None)
        server.send(":alice!a@home PRIVMSG #swat :six", ":bob!b@home PRIVMSG #swat :seven")
        six = server.expect(r"^WHO alice").rpartition(",")[2]
        seven = server.expect(r"^WHO bob").rpartition(",")[2]
        server.send(f":irc.example 354 swatbot {seven} b home bob bob", ":irc.example 315 swatbot bob :End")
        server.send(f":irc.example 354 swatbot {six} a home alice a", ":irc.example 315 swatbot alice :End")
        assert [bot.hears(), bot.hears()] == [("six", "irc:practice/a"), ("seven", "irc:practice/bob")]


def test_who_is_not_told_of_in_time_is_nobody(
    fake: FakeServer, bots: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whox, "_SECONDS", 0.1)
    bot = bots(fake.port, whox=True).begin()
    with closing(fake.welcomed()) as server:
        server.send(":irc.example 005 swatbot WHOX :are supported by this server")
        server.send(":alice!a@home PRIVMSG #swat :verified")
        token = server.expect("^WHO alice").rpartition(",")[2]
        assert bot.hears() == ("verified", None)
        late = f":irc.example 354 swatbot {token} a home alice alice"
        server.send(late, ":irc.example 315 swatbot alice :End", ":alice!a@home PRIVMSG #swat :again")
        server.expect("^WHO alice")
        server.send(":irc.example 315 swatbot alice :End")
        assert bot.hears() == ("again", None)


def test_a_flood_of_lines_does_not_pile_up_while_who_spoke_is_asked(
    fake: FakeServer, bots: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whox, "_MOST", 2)
    bot = bots(fake.port, whox=True).begin()
    with closing(fake.welcomed()) as server:
        server.send(":irc.example 005 swatbot WHOX :are supported by this server")
        for number in range(3):
            server.send(f":alice!a@home PRIVMSG #swat :line {number}")
        assert bot.hears() == ("line 0", None)
        server.expect("^WHO alice")


def test_the_gap_begins_at_the_last_sign_of_life_in_the_channel() -> None:
    clock = ManualClock(datetime(2026, 1, 2, 14, 0, tzinfo=UTC))
    presence: list[tuple[frozenset[str], datetime | None]] = []
    news = News(lambda where, since: presence.append((where, since)), *[lambda *_: None] * 3)
    settings = IrcSettings("n", "127.0.0.1", 1, False, "swatbot", ("#swat",))
    channels = Channels(settings, news, clock)
    join = Message("join", "swatbot!s@h", ("#swat",))
    channels.heard(join, "swatbot", 0.0)
    clock.advance(minutes=3)
    channels.heard(Message("privmsg", "dana!d@h", ("#SWAT", "lunch?")), "swatbot", 180.0)
    clock.advance(minutes=4)
    channels.heard(join, "swatbot", 420.0)
    last = datetime(2026, 1, 2, 14, 3, tzinfo=UTC)
    assert presence == [({"#swat"}, None), (frozenset(), last), ({"#swat"}, None)]


@pytest.mark.parametrize(
    ("caps", "allowed", "offers", "provable"),
    [
        ("account-tag", False, False, True),
        ("", True, False, False),
        ("", False, True, False),
    ],
)
def test_a_line_says_whether_its_speaker_could_have_been_proven(
    caps: str, allowed: bool, offers: bool, provable: bool, fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, whox=allowed).begin()
    with closing(fake.welcomed(caps)) as server:
        server.send(f":irc.example 005 swatbot {'WHOX' if offers else 'X'} :are supported by this server")
        server.send(":alice!a@home PRIVMSG #swat :verified")
        line = bot.heard.get(timeout=WAIT)
        assert (line.account, line.provable) == (None, provable)
        assert not any(re.match("WHO ", line) for line in server.lines)
