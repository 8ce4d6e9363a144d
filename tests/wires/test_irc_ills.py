"""What befalls a bot on a real network: kicks, bans, modes, lost services, dead servers, splits, floods."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swatbot.adapters.irc.chat import IrcSettings
from tests.wires.irc_bot import CAPS, WAIT, Bot
from tests.wires.irc_client import RawClient
from tests.wires.irc_servers import Server, inspircd, linked

pytest_plugins = ["tests.wires.irc_fixtures"]

LOGIN = {"sasl_account": "swatbot", "sasl_password": "bot-secret"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with inspircd(tmp_path_factory.mktemp("inspircd")) as server:
        server.register("swatbot", "bot-secret")
        server.register("founder", "f-secret")
        yield server


@pytest.fixture
def operator(real: Server, request: pytest.FixtureRequest) -> Iterator[RawClient]:
    """Whoever came first into a channel of the test's own is its operator."""
    channel = f"#t{abs(hash(request.node.name)) % 10**8}"
    with RawClient.joined(real.port, "operator", channel) as client:
        client.channel = channel  # type: ignore[attr-defined]
        yield client


def channel_of(operator: RawClient) -> str:
    return str(operator.channel)  # type: ignore[attr-defined]


def test_a_kick_is_told_elsewhere_and_healed(
    real: Server, operator: RawClient, bots: Callable[..., Bot]
) -> None:
    channel = channel_of(operator)
    bot = bots(real.port, channels=(channel,)).joined()
    operator.send(f"KICK {channel} swatbot :no bots")
    during = bot.post("said in between", channel)
    bot.is_told(f"kicked by operator \\(no bots\\) in {channel}; coming back")
    operator.expect("swatbot!.* JOIN")
    operator.expect_text("said in between")
    assert during.wait(WAIT)
    bot.is_told(f"{channel} is well again")
    start, end = bot.gaps.get(timeout=WAIT)
    assert start <= end


@pytest.mark.parametrize(
    ("mode", "back", "told"),
    [("+b swatbot!*@*", "-b swatbot!*@*", "banned"), ("+b m:swatbot!*@*", "-b m:swatbot!*@*", "mute")],
)
def test_a_bot_that_may_not_speak_says_so_elsewhere_and_everything_later(
    mode: str, back: str, told: str, real: Server, operator: RawClient, bots: Callable[..., Bot]
) -> None:
    channel = channel_of(operator)
    bot = bots(real.port, channels=(channel,), rejoin_after=100.0).joined()
    operator.send(f"MODE {channel} {mode}")
    operator.expect(" MODE ")
    sent = [bot.post(f"line {number}", channel) for number in range(5)]
    assert told in bot.is_told(f"can not speak in {channel}")
    assert not any(event.is_set() for event in sent)
    operator.send(f"MODE {channel} {back}")
    operator.expect_text("line 4")
    assert operator.texts("swatbot") == [f"line {number}" for number in range(5)]
    assert all(event.wait(WAIT) for event in sent)
    bot.is_told(f"{channel} is well again")


def test_a_moderated_channel_and_one_for_the_registered(
    real: Server, operator: RawClient, bots: Callable[..., Bot]
) -> None:
    channel = channel_of(operator)
    bot = bots(real.port, channels=(channel,)).joined()
    operator.send(f"MODE {channel} +m")
    operator.expect(" MODE .*\\+m")
    sent = bot.post("moderated", channel)
    bot.is_told(r"can not speak in .*\+m")
    operator.send(f"MODE {channel} +v swatbot")
    operator.expect_text("moderated")
    assert sent.wait(WAIT)
    operator.send(f"MODE {channel} +R-m", f"KICK {channel} swatbot")
    bot.is_told(f"can not join {channel}: .*(account|identif|services|register)")
    operator.send(f"MODE {channel} -R")
    operator.expect("swatbot!.* JOIN")


@pytest.mark.parametrize(("mode", "back", "told"), [("+i", "-i", "invite"), ("+l 1", "-l", "full")])
def test_a_channel_that_does_not_let_the_bot_in_is_told_and_tried_again(
    mode: str, back: str, told: str, real: Server, operator: RawClient, bots: Callable[..., Bot]
) -> None:
    channel = channel_of(operator)
    operator.send(f"MODE {channel} {mode}")
    operator.expect(" MODE ")
    bot = bots(real.port, channels=(channel,)).begin()
    assert told in bot.is_told(f"can not join {channel}")
    operator.send(f"MODE {channel} {back}")
    assert bot.chat.wait_joined(WAIT)
    bot.is_told(f"{channel} is well again")


def test_an_invitation_is_followed_at_once(
    real: Server, operator: RawClient, bots: Callable[..., Bot]
) -> None:
    channel = channel_of(operator)
    operator.send(f"MODE {channel} +i")
    operator.expect(" MODE ")
    bot = bots(real.port, channels=(channel,), rejoin_after=100.0).begin()
    bot.is_told("can not join")
    operator.send(f"INVITE swatbot {channel}")
    assert bot.chat.wait_joined(WAIT)


def test_chanserv_lifts_a_ban_for_a_bot_that_the_founder_lets(real: Server, bots: Callable[..., Bot]) -> None:
    with RawClient.joined(real.port, "founder", "#ours", CAPS) as founder:
        founder.say("NickServ", "IDENTIFY f-secret")
        founder.expect("now identified|now logged in")
        founder.say("ChanServ", "REGISTER #ours")
        founder.expect("is now registered")
        founder.say("ChanServ", "FLAGS #ours swatbot +ir")
        founder.expect("(?i)flags.*set")
        founder.send("MODE #ours +b swatbot!*@*")
        founder.expect(" MODE ")
        bot = bots(real.port, channels=("#ours",), rejoin_after=0.5, **LOGIN).begin()
        bot.is_told("can not join #ours")
        assert bot.chat.wait_joined(WAIT)
        founder.send("MODE #ours +i", "KICK #ours swatbot")
        bot.is_told("kicked by founder")
        founder.expect("swatbot!.* JOIN")


def test_services_take_the_nick_back_from_a_ghost(real: Server, bots: Callable[..., Bot]) -> None:
    with RawClient(real.port, "swatbot") as ghost:
        ghost.expect(" 001 ")
        with RawClient.joined(real.port, "other", "#ghosts") as other:
            bots(real.port, channels=("#ghosts",), **LOGIN).joined()
            other.expect(":swatbot_!.* NICK :?swatbot")


def test_services_go_and_come_back(real: Server, bots: Callable[..., Bot]) -> None:
    """Who was identified stays so; nobody new can be, and the bot does not go on without its own login."""
    real.register("alice", "a-secret")
    bot = bots(real.port, channels=("#services",), **LOGIN).joined()
    with (
        RawClient.joined(real.port, "alice", "#services", CAPS) as alice,
        RawClient.joined(real.port, "mallory", "#services") as mallory,
    ):
        alice.say("NickServ", "IDENTIFY a-secret")
        alice.expect("now identified|now logged in")
        real.end_services()
        alice.say("#services", "verified")
        assert bot.hears() == ("verified", "irc:practice/alice")
        mallory.say("#services", "verified")
        assert bot.hears() == ("verified", None)
        late = bots(real.port, nick="late", channels=("#services",), login_within=2.0, **LOGIN).begin()
        late.is_told("SASL login as swatbot failed.*Not going on without it")
        mallory.sync()
        assert not any("late!" in line for line in mallory.lines)
        real.start_services()
        mallory.expect(":late!.* JOIN", 30)
        alice.say("#services", "broken")
        assert bot.hears() == ("broken", "irc:practice/alice")


def test_low_flood_limits_no_line_is_lost_and_the_order_is_kept(
    tmp_path: Path, bots: Callable[..., Bot]
) -> None:
    """Twelve lines at once would have it killed here: the login, the channel and what is said are paced."""
    with inspircd(tmp_path, threshold=10) as server:
        server.register("swatbot", "bot-secret")
        usual = IrcSettings("practice", "127.0.0.1", server.port, False, "swatbot", ("#swat",))
        pace = {"burst": usual.burst, "per_second": usual.per_second}
        bot = bots(server.port, **LOGIN, **pace)
        lines = [f"line {number}" for number in range(12)]
        lines.insert(6, " ".join(["long"] * 250))
        with RawClient.joined(server.port, "second", "#swat") as second:
            events = [bot.post(line) for line in lines]
            bot.joined()
            second.expect_text("line 11", timeout=40)
            told = second.texts("swatbot")
            assert told[:6] + told[-6:] == lines[:6] + lines[-6:]
            assert " ".join(told[6:-6]) == lines[6]
        assert all(event.wait(WAIT) for event in events)
        assert bot.troubles.empty()


def test_the_longest_line_at_the_longest_names_arrives_whole(real: Server, bots: Callable[..., Bot]) -> None:
    channel, nick, target = "#" + "c" * 59, "n" * 30, "t" * 30
    words = " ".join(f"wörter-{number}" for number in range(200))
    with RawClient.joined(real.port, target, channel) as person:
        bot = bots(real.port, nick=nick, username="u" * 10, channels=(channel,)).joined()
        for to in (channel, target):
            bot.post(words, to)
            bot.post("the end", to)
            person.expect_text("the end")
        said = person.texts(nick)
        assert " ".join(said) == f"{words} the end {words} the end"


def test_where_messages_are_not_marked_whox_proves_who_speaks_if_allowed(
    tmp_path: Path, bots: Callable[..., Bot]
) -> None:
    with inspircd(tmp_path, without=("ircv3_accounttag",)) as server:
        server.register("alice", "a-secret")
        strict = bots(server.port, nick="strict").joined()
        weaker = bots(server.port, nick="weaker", whox=True).joined()
        with RawClient.joined(server.port, "alice", "#swat", CAPS) as alice:
            alice.say("#swat", "verified")
            assert [strict.hears(), weaker.hears()] == [("verified", None)] * 2
            alice.say("NickServ", "IDENTIFY a-secret")
            alice.expect("now identified|now logged in")
            alice.say("#swat", "verified")
            assert weaker.hears() == ("verified", "irc:practice/alice")
            line = strict.heard.get(timeout=WAIT)
            assert (line.account, line.provable) == (None, False)


def test_a_netsplit_is_told_and_what_was_missed(tmp_path: Path, bots: Callable[..., Bot]) -> None:
    with linked(tmp_path) as (hub, leaf):
        bot = bots(hub.port).joined()
        with (
            RawClient.joined(hub.port, "near", "#swat") as near,
            RawClient.joined(leaf.port, "dana", "#swat") as dana,
        ):
            near.expect(":dana!.* JOIN")
            dana.send("OPER root oper-secret")
            dana.expect(" 381 ")
            bot.post("together")
            dana.expect_text("together")
            dana.send("SQUIT hub.example :split")
            bot.is_told(r"netsplit \((hub|leaf)\.example (hub|leaf)\.example\): dana and perhaps others")
            dana.say("#swat", "!hold")
            start, end = bot.splits.get(timeout=30)
            assert start <= end
            bot.is_told("well again")
            bot.post("together again")
            dana.expect_text("together again")
            assert bot.heard.empty(), "nobody heard it"


def test_when_its_server_dies_the_bot_goes_on_at_another(tmp_path: Path, bots: Callable[..., Bot]) -> None:
    with linked(tmp_path) as (hub, leaf):
        leaf.register("swatbot", "bot-secret")
        bot = bots(hub.port, other_hosts=(("127.0.0.1", leaf.port),), **LOGIN).joined()
        near = RawClient.joined(hub.port, "near", "#swat")
        with RawClient.joined(leaf.port, "dana", "#swat") as dana:
            near.expect(":dana!.* JOIN")  # before that her server is sent nothing
            near.close()
            said = [f"line {number}" for number in range(20)]
            for line in said[:10]:
                bot.post(line)
            dana.expect_text("line 4")
            hub.end_ircd()
            for line in said[10:]:
                bot.post(line)
            bot.is_told("connection lost")
            dana.expect(":swatbot_?!.* JOIN")
            dana.expect_text("line 19")
            texts = [line.partition(" :")[2] for line in dana.lines if re.search("^:swatbot.* PRIVMSG", line)]
            told = [text.removeprefix("(perhaps again) ") for text in texts]
            assert list(dict.fromkeys(told)) == said, "lost, or out of order"
            assert len(told) == len(said) + sum(text.startswith("(perhaps") for text in texts)
            assert bot.gaps.get(timeout=WAIT)
