"""The IRC front end against real servers: InspIRCd with services, and ngIRCd."""

import hashlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.wires.irc_bot import CAPS, Bot
from tests.wires.irc_client import RawClient
from tests.wires.irc_servers import Server, inspircd, make_certificate, ngircd

pytest_plugins = ["tests.wires.irc_fixtures"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with inspircd(tmp_path_factory.mktemp("inspircd"), threshold=10) as server:
        server.register("swatbot", "bot-secret")
        yield server


@pytest.mark.parametrize("proven", [True, False])
def test_inspircd_with_services_proves_who_speaks(
    proven: bool, real: Server, bots: Callable[..., Bot]
) -> None:
    nick = f"submitter{proven:d}"
    bot = bots(real.port).joined()
    with RawClient.joined(real.port, nick, "#swat", CAPS) as person:
        if proven:
            person.say("NickServ", f"REGISTER s-secret {nick}@irc.example")
            person.expect("now registered")
        account = f"irc:practice/{nick}" if proven else None
        person.say("#swat", "verified")
        assert bot.hears() == ("verified", account)
        person.send("@account=swatbot;+account=swatbot PRIVMSG #swat :!queue")
        assert bot.hears() == ("!queue", account)
        person.say("swatbot", "hold")
        assert bot.hears() == ("hold", account)
        person.say("NickServ", "LOGOUT")
        person.expect("logged out|not logged in")
        person.say("#swat", "broken")
        assert bot.hears() == ("broken", None)


def test_inspircd_marks_other_bots_and_they_are_not_heard(real: Server, bots: Callable[..., Bot]) -> None:
    bot = bots(real.port).joined()
    with RawClient.joined(real.port, "otherbot", "#swat") as other:
        other.send("MODE otherbot +B")
        other.expect("MODE otherbot :?\\+B")
        other.say("#swat", "!queue")
        other.send("MODE otherbot -B")
        other.say("#swat", "!status")
        assert bot.hears() == ("!status", None)


def test_tls_is_verified_and_the_login_is_the_bots_own(real: Server, bots: Callable[..., Bot]) -> None:
    secure = {"host": "localhost", "tls": True, "sasl_account": "swatbot", "sasl_password": "bot-secret"}
    bot = bots(real.tls_port, ca_file=real.ca_file, **secure).joined()
    with RawClient.joined(real.port, "other", "#swat") as person:
        person.send("WHOIS swatbot")
        assert " swatbot swatbot " in person.expect(" 330 ")
        bot.post("long: " + "ö" * 300)
        bot.post("the end")
        person.expect_text("the end")
        assert "".join(person.texts("swatbot")) == "long:" + "ö" * 300 + "the end"
    wrong = bots(real.tls_port, ca_file=real.ca_file, **{**secure, "sasl_password": "wrong"}).begin()
    wrong.is_told("SASL login as swatbot failed")


def test_the_bot_logs_in_by_its_own_certificate(
    real: Server, bots: Callable[..., Bot], tmp_path: Path
) -> None:
    cert, key = str(make_certificate(tmp_path)), str(tmp_path / "key.pem")
    data = ssl.PEM_cert_to_DER_cert(Path(cert).read_text())
    with RawClient(real.port, "robot") as person:
        person.expect(" 001 ")
        person.say("NickServ", "REGISTER robot-secret robot@irc.example")
        person.expect("now registered")
        person.say("NickServ", f"CERT ADD {hashlib.sha256(data).hexdigest()}")
        person.expect("Added fingerprint")
    ours = {"host": "localhost", "tls": True, "ca_file": real.ca_file, "cert_file": cert, "key_file": key}
    bots(real.tls_port, nick="robot", sasl_account="robot", **ours).joined()
    with RawClient.joined(real.port, "other", "#swat") as person:
        person.send("WHOIS robot")
        assert " robot robot " in person.expect(" 330 ")
    another = bots(real.tls_port, nick="mistaken", sasl_account="swatbot", **ours).begin()
    another.is_told("SASL login as swatbot failed: the server takes us for robot. Not going on without it")
    (tmp_path / "other").mkdir()
    unknown = str(make_certificate(tmp_path / "other"))
    ours |= {"cert_file": unknown, "key_file": str(tmp_path / "other" / "key.pem")}
    bots(real.tls_port, nick="unknown", sasl_account="robot", **ours).begin().is_told(
        "SASL login as robot failed"
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(real: Server, bots: Callable[..., Bot]) -> None:
    stranger = bots(real.tls_port, host="localhost", tls=True).begin()
    stranger.is_told("certificate verify failed")
    other_name = bots(real.tls_port, tls=True, ca_file=real.ca_file).begin()
    other_name.is_told("certificate.*127.0.0.1")


def test_on_ngircd_nobody_has_an_account(tmp_path: Path, bots: Callable[..., Bot]) -> None:
    with ngircd(tmp_path) as server:
        bot = bots(server.port, nick="swatbot").joined()
        with RawClient.joined(server.port, "submitte", "#swat") as person:
            person.send("@account=submitte PRIVMSG #swat :!queue")
            person.say("#swat", "verified")
            assert bot.hears()[1] is None
            long = " ".join(f"wort-{number}" for number in range(150))
            bot.post(long)
            bot.post("the end")
            person.expect_text("the end")
            assert " ".join(person.texts("swatbot")[:-1]) == long
        bot.chat.stop()
