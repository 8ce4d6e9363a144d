"""A whole bot on real IRC servers: who is believed, and what becomes of a deployment when a server dies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.practice.config_files import CHANNEL
from swatbot.practice.ircd import PracticeIrcd
from swatbot.practising import bot
from tests.wires.bot_process import WAIT, edit, people, small_ground, swatbot
from tests.wires.irc_client import RawClient
from tests.wires.irc_ground import Elsewhere, on_real_irc
from tests.wires.irc_servers import Server, inspircd, linked, ngircd

SYNC = "!sync-dir wmf-config Enable related articles on frwiki (T12345)"
ASK = "/msg NickServ identify"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with inspircd(tmp_path_factory.mktemp("inspircd")) as made:
        yield made


def staged(dana: RawClient, alice: RawClient) -> None:
    dana.say(CHANNEL, SYNC)
    alice.expect_text("alice: #1 is on mwdebug1001", WAIT)


def answer(reader: RawClient, nick: str) -> str:
    """The bot's next line to somebody."""
    return reader.expect(f"PRIVMSG {CHANNEL} :{nick}: ", WAIT).partition(f" {CHANNEL} :")[2]


def rejected(place: Elsewhere, dana: RawClient) -> dict[str, str]:
    """What others than alice are told who say verified in every way they can think of, by who they are."""
    told = {}
    with place.person("alice") as nobody:  # alice's nick, and nobody's account
        nobody.say(CHANNEL, "verified")
        told["not identified"] = answer(dana, "alice")
        nobody.send(f"@account=alice;+account=alice PRIVMSG {CHANNEL} :verified 1")
        told["spoofed tag"] = answer(dana, "alice")
    dana.expect(":alice!.* QUIT")
    with place.person("alice", "bob") as bob:  # alice's nick, and bob's account
        bob.say(CHANNEL, "verified")
        told["another account"] = answer(dana, "alice")
    dana.expect(":alice!.* QUIT")
    with place.person("bridge", "bob") as bridge:
        bridge.say(CHANNEL, "<alice> verified")
        told["bridge"] = answer(dana, "bridge")
    return told


def test_only_the_submitters_own_proven_word_counts(server: Server, tmp_path: Path) -> None:
    with on_real_irc(tmp_path, server) as place, bot(place.ground), place.person("dana", "dana") as dana:
        with place.person("alice", "alice") as alice:
            staged(dana, alice)
            alice.send("NICK al")  # gone to lunch, and mallory takes the nick
            dana.expect(":alice!.* NICK :?al")
            told = rejected(place, dana)
            for line in ("not identified", "spoofed tag"):
                assert told[line] == f"alice: I can not tell that it is you: {ASK}, then say it again."
            assert told["another account"] == "alice: #1 waits for alice, and your account is that of bob."
            assert told["bridge"] == (
                "bridge: what is passed on from elsewhere proves nobody: alice has to say it about #1 here."
            )
            dana.say(CHANNEL, "!status 1")
            assert "waiting for alice" in answer(dana, "dana")
            alice.say(CHANNEL, "verified")  # whatever the nick, the account is alice's
            dana.expect_text(r"#1 verified by alice", WAIT)
        dana.expect_text("#1 is live on 8 hosts", WAIT)


def test_its_server_dies_in_mid_sync_and_the_bot_returns_on_another(tmp_path: Path) -> None:
    with (
        linked(tmp_path) as (hub, leaf),
        on_real_irc(tmp_path, leaf, hub.port, leaf.port) as place,
        bot(place.ground),
        place.person("dana", "dana") as dana,
        place.person("alice", "alice") as alice,
    ):
        staged(dana, alice)
        alice.say(CHANNEL, "verified")
        dana.expect_text("#1 canaries: ", WAIT)
        hub.end_ircd()
        dana.expect(r":swatbot!\S+ QUIT .*hub\.example", WAIT)
        dana.expect(":swatbot.* JOIN", WAIT)
        dana.expect_text("!log dana@deploy1001 Synchronized", WAIT)
        dana.expect_text("#1 is live on 8 hosts", WAIT)
        dana.expect_text("I did not hear what was said here between", WAIT)


def test_trouble_with_one_network_is_told_on_the_other(tmp_path: Path) -> None:
    other = PracticeIrcd()
    other.start()
    second = (
        f'[[irc]]\nnetwork = "other"\nhost = "127.0.0.1"\nport = {other.port}\ntls = false\n'
        'channels = ["#there"]\nprogress_channels = ["#reports"]\n'
    )
    with small_ground(tmp_path / "range", 5) as ground:
        edit(ground, "swatbot.toml", "[local]", f"{second}\n[local]")
        with (
            RawClient.joined(other.port, "guest", "#there") as guest,  # and so its operator
            bot(ground),
            people(ground, "dana", "alice") as (dana, alice),
            RawClient.joined(other.port, "reader", "#reports") as reader,
        ):
            staged(dana, alice)
            for client in (guest, reader):
                client.expect_text("alice: #1 is on mwdebug1001", WAIT)
            guest.send("KICK #there swatbot :not now")
            for client in (dana, reader):
                client.expect_text(r"IRC other: kicked by guest \(not now\) in #there; coming back", WAIT)
                client.expect_text("IRC other: #there is well again", WAIT)
            guest.expect_text("I did not hear what was said here between", WAIT)
            assert not any("kicked by guest" in text for text in guest.texts("swatbot"))
            other.stop()
            dana.expect_text("IRC other: connection lost", WAIT)


def test_where_no_account_is_proven_the_bot_only_reports(tmp_path: Path) -> None:
    """And says so to whoever orders something, and to whoever looks at the config."""
    with (
        ngircd(tmp_path) as server,
        on_real_irc(tmp_path, server, login=False) as place,
        bot(place.ground),
        RawClient.joined(server.port, "dana", CHANNEL) as dana,
    ):
        dana.say(CHANNEL, SYNC)
        reason = "nobody's account is proven on this network, so here I only report."
        assert answer(dana, "dana") == f"dana: {reason}"
        dana.say(CHANNEL, "!queue")
        assert answer(dana, "dana") == "dana: nothing is active."
        looked = swatbot(place.ground, "check-config", "--live")
        assert looked.returncode == 0, looked.stderr
        assert "NOBODY'S ACCOUNT IS PROVEN there: the bot only reports." in looked.stdout


def test_check_config_live_says_what_each_server_proves(tmp_path: Path) -> None:
    with (
        inspircd(tmp_path, without=("ircv3_accounttag",)) as server,
        on_real_irc(tmp_path, server) as place,
        RawClient.joined(server.port, "dana", CHANNEL) as dana,
    ):
        looked = swatbot(place.ground, "check-config", "--live")
        line = f"irc practice, 127.0.0.1 port {server.port}: logged in as swatbot."
        assert line in looked.stdout, looked.stdout + looked.stderr
        assert "NOBODY'S ACCOUNT IS PROVEN there (whox = true would" in looked.stdout
        toml = place.ground.config / "swatbot.toml"
        toml.write_text(toml.read_text().replace("sasl_account", "whox = true\nsasl_account"))
        looked = swatbot(place.ground, "check-config", "--live")
        assert "WHOX is asked who spoke, which is weaker" in looked.stdout
        dana.sync()
        assert not any(" JOIN " in line and "look" in line for line in dana.lines)
        server.end_services()
        gone = swatbot(place.ground, "check-config", "--live")
        assert gone.returncode == 1
        assert "the bot can not be there: SASL login as swatbot failed" in gone.stdout, gone.stdout
