"""A network with a certificate of its own: trusted as configured, and never without a look."""

import shutil
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from swatbot.bootstrap import Process
from swatbot.config import load
from tests.wires.irc_bot import WAIT, Bot
from tests.wires.irc_client import FakeServer
from tests.wires.test_checks_tls import Authority

pytest_plugins = ["tests.wires.irc_fixtures"]
SECURE = {"tls": True, "connect_within": 1.0}


def test_an_authority_of_the_site_is_trusted_and_the_name_goes_before_the_address(
    tmp_path: Path, bots: Callable[..., Bot]
) -> None:
    authority = Authority(tmp_path / "ca.pem")
    names: list[str] = []
    context = authority.serves("irc.example.org")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    with closing(FakeServer(context=context)) as fake:
        bot = bots(fake.port, ca_file=str(authority.file), server_name="irc.example.org", **SECURE).begin()
        with closing(fake.welcomed()) as server:
            bot.post("hello")
            server.expect("^PRIVMSG #swat :hello$")
    assert names == ["irc.example.org"]


@pytest.mark.parametrize(
    ("bears", "settings", "told"),
    [
        ("irc.example.org", {"server_name": "irc.example.com"}, "irc.example.com"),
        ("irc.example.org", {}, "127.0.0.1"),
        ("irc.example.org", {"server_name": "irc.example.org", "ca_file": ""}, "certificate verify failed"),
    ],
)
def test_another_name_and_a_stranger_are_refused(
    tmp_path: Path, bots: Callable[..., Bot], bears: str, settings: dict[str, str], told: str
) -> None:
    authority = Authority(tmp_path / "ca.pem")
    with closing(FakeServer(context=authority.serves(bears))) as fake:
        bot = bots(fake.port, **{"ca_file": str(authority.file), **settings}, **SECURE).begin()
        with pytest.raises(ssl.SSLError):
            fake.accept()
        assert "certificate" in bot.is_told(told)


def test_the_config_reaches_the_network(tmp_path: Path) -> None:
    directory = tmp_path / "config"
    shutil.copytree(Path(__file__).parents[2] / "config", directory)
    authority = Authority(directory / "ca.pem")
    with closing(FakeServer(context=authority.serves("irc.example.org"))) as fake:
        changes = {
            "/var/lib/swatbot": str(tmp_path),
            'host = "irc.libera.chat"': 'host = "127.0.0.1"',
            "port = 6697": f"port = {fake.port}",
            "tls = true": 'tls = true\nca_file = "ca.pem"\nserver_name = "irc.example.org"',
            '"#operations-example"': '"#swat"',
        }
        file = directory / "swatbot.toml"
        for old, new in changes.items():
            file.write_text(file.read_text().replace(old, new))
        process = Process(load(directory, {}), ("irc",))
        process.start()
        try:
            with closing(fake.welcomed()):
                assert process.wait_joined(WAIT)
        finally:
            process.stop()
