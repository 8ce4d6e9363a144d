"""Who is proven to speak on IRC, and how the bot gets in: never without the login it was told to use."""

from collections.abc import Callable
from contextlib import closing

import pytest

from swatbot.practice.ircd import PracticeIrcd
from tests.wires.irc_bot import CAPS, WAIT, Bot
from tests.wires.irc_client import FakeServer, RawClient

pytest_plugins = ["tests.wires.irc_fixtures"]


def test_only_the_messages_own_account_tag_proves_who_speaks(
    practice: PracticeIrcd, bots: Callable[..., Bot]
) -> None:
    bot = bots(practice.port).joined()
    with RawClient.joined(practice.port, "submitter", "#swat") as person:
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", None)
        person.say("NickServ", "IDENTIFY wrong")
        person.expect("Wrong password")
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", None)
        person.say("NickServ", "IDENTIFY s-secret")
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", "irc:practice/submitter")
        person.send("NICK somebody")
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", "irc:practice/submitter")
        person.say("NickServ", "LOGOUT")
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", None)


def test_a_tag_that_a_client_sends_proves_nothing(practice: PracticeIrcd, bots: Callable[..., Bot]) -> None:
    bot = bots(practice.port).joined()
    with RawClient.joined(practice.port, "submitter", "#swat", CAPS) as person:
        person.send("@account=submitter PRIVMSG #swat :!queue", "@+account=x;account=y PRIVMSG #swat :!lock")
        assert bot.hears() == ("!queue", None)
        assert bot.hears() == ("!lock", None)


def test_an_account_tag_that_was_not_granted_proves_nothing(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    with closing(fake.welcomed("message-tags")) as server:
        server.send("@account=submitter :submitter!s@h PRIVMSG #swat :!queue")
        assert bot.hears() == ("!queue", None)


def test_an_account_tag_that_was_taken_back_proves_nothing(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port).begin()
    line = "@account=submitter :submitter!s@h PRIVMSG #swat :!queue"
    with closing(fake.welcomed("account-tag")) as server:
        server.send(line, ":irc.example CAP swatbot DEL :account-tag", line)
        assert bot.hears() == ("!queue", "irc:practice/submitter")
        assert bot.hears() == ("!queue", None)
        server.send(":irc.example CAP swatbot NEW :account-tag")
        server.expect("^CAP REQ :account-tag")
        server.send(":irc.example CAP swatbot ACK :account-tag ", line)
        assert bot.hears() == ("!queue", "irc:practice/submitter")


def test_a_private_message_is_answered_in_private(practice: PracticeIrcd, bots: Callable[..., Bot]) -> None:
    bot = bots(practice.port).joined()
    with RawClient.joined(practice.port, "deployer", "#swat", password="deployer:d-secret") as person:
        person.say("swatbot", "hold")
        line = bot.heard.get(timeout=WAIT)
        assert (line.text, line.channel, line.private, line.addressed) == ("hold", "deployer", True, True)
        assert line.account == "irc:practice/deployer"
        bot.post("#42 held", line.channel)
        assert person.expect("PRIVMSG deployer :").endswith(" PRIVMSG deployer :#42 held")


def test_the_bot_logs_in_with_sasl(practice: PracticeIrcd, bots: Callable[..., Bot]) -> None:
    bots(practice.port, sasl_account="swatbot", sasl_password="bot-secret").joined()
    with RawClient.joined(practice.port, "other", "#swat") as person:
        person.send("WHOIS swatbot")
        assert person.expect(" 330 ").split()[3:5] == ["swatbot", "swatbot"]


def test_a_failed_login_is_not_gone_on_without(practice: PracticeIrcd, bots: Callable[..., Bot]) -> None:
    with RawClient.joined(practice.port, "other", "#swat") as person:
        bot = bots(practice.port, sasl_account="swatbot", sasl_password="wrong").begin()
        told = bot.is_told("SASL")
        assert "SASL login as swatbot failed" in told
        assert "Not going on without it" in told
        assert "wrong" not in told
        person.sync()
        assert not any(" JOIN " in line and "swatbot" in line for line in person.lines)
        assert not bot.chat.connected()


@pytest.mark.parametrize("answer", ["904 * :SASL failed", "902 * :locked", "908 * EXTERNAL :mechanisms"])
def test_each_way_of_refusing_a_login_ends_it(
    answer: str, fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, sasl_account="swatbot", sasl_password="secret").begin()
    with closing(fake.accept()) as server:
        server.expect("^USER ")
        server.send(":irc.example CAP * LS * :account-tag", ":irc.example CAP * LS :sasl=EXTERNAL,PLAIN ")
        server.expect("^CAP REQ :account-tag sasl$")
        server.send(":irc.example CAP * ACK :account-tag sasl ")
        server.expect("^AUTHENTICATE PLAIN")
        server.send(f":irc.example {answer}")
        server.expect("^QUIT")
    bot.is_told("SASL login as swatbot failed")


def test_a_password_may_be_that_of_an_account_that_has_more_names(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bots(fake.port, sasl_account="swatbot", sasl_password="secret").begin()
    with closing(fake.accept()) as server:
        server.expect("^USER ")
        server.send(":irc.example CAP * LS :sasl=PLAIN")
        server.expect("^CAP REQ :sasl")
        server.send(":irc.example CAP * ACK :sasl", "AUTHENTICATE +")
        server.expect("^AUTHENTICATE PLAIN")
        server.send(":irc.example 900 swatbot swatbot!u@h deploybot :You are now logged in as deploybot")
        server.send(":irc.example 903 swatbot :SASL authentication successful")
        server.expect("^CAP END")


@pytest.mark.parametrize(
    "lines",
    [
        [":irc.example CAP * LS :account-tag"],
        [":irc.example CAP * LS :sasl=EXTERNAL"],
        [":irc.example 421 * CAP :Unknown command"],
        [":irc.example 001 swatbot :Welcome"],
    ],
)
def test_a_server_that_does_not_offer_the_login_is_left(
    lines: list[str], fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, sasl_account="swatbot", sasl_password="secret").begin()
    with closing(fake.accept()) as server:
        server.expect("^USER ")
        server.send(*lines)
        server.expect("^QUIT")
        assert not any(line.startswith(("AUTHENTICATE", "JOIN")) for line in server.lines)
    bot.is_told("SASL login as swatbot failed")


def test_a_server_that_does_not_welcome_is_left(fake: FakeServer, bots: Callable[..., Bot]) -> None:
    bot = bots(fake.port, login_within=0.2).begin()
    with closing(fake.accept()):
        bot.is_told("no welcome within 0.2 s")
    with closing(fake.accept()) as again:
        again.expect("^CAP LS 302")


def test_a_server_that_is_mute_during_the_tls_handshake_is_left(
    fake: FakeServer, bots: Callable[..., Bot]
) -> None:
    bot = bots(fake.port, tls=True, connect_within=0.2).begin()
    with closing(fake.accept()):
        bot.is_told("connection lost")
    fake.accept().close()


def test_a_taken_nick_is_varied_and_both_names_address_the_bot(
    practice: PracticeIrcd, bots: Callable[..., Bot]
) -> None:
    with RawClient.joined(practice.port, "swatbot", "#swat") as person:
        bot = bots(practice.port).joined()
        person.say("#swat", "swatbot_: next")
        person.say("#swat", "swatbot: now")
        lines = [bot.heard.get(timeout=WAIT) for _ in range(2)]
        assert [(line.text, line.addressed) for line in lines] == [("next", True), ("now", True)]
