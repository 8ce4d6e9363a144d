"""Channels and servers of a network in the config: what can not be is told before the bot finds out."""

import re
import shutil
from pathlib import Path

import pytest

from swatbot.config import ConfigError, load

SAMPLES = Path(__file__).parents[2] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


def put(config: Path, **values: str) -> None:
    """Give keys of [[irc]] other values, as TOML writes them."""
    file = config / "swatbot.toml"
    text = file.read_text()
    for key, value in values.items():
        text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert count == 1, key
    file.write_text(text)


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    return [str(fault).removeprefix(f"{config}/swatbot.toml: ") for fault in raised.value.faults]


def test_other_servers_are_read_with_or_without_a_port(config: Path) -> None:
    put(
        config,
        other_hosts='["irc.example.org", "irc.example.net:7000", "[2001:db8::1]:6698", "[2001:db8::2]"]',
    )
    (irc,) = load(config, {}).swatbot.irc
    assert irc.other_hosts == (
        ("irc.example.org", 0),
        ("irc.example.net", 7000),
        ("2001:db8::1", 6698),
        ("2001:db8::2", 0),
    )


@pytest.mark.parametrize("server", ["", "a b", "irc:70000", "irc:port", "2001:db8::1", "[irc]:1"])
def test_what_is_no_server_is_a_fault(server: str, config: Path) -> None:
    put(config, other_hosts=f'["{server}"]')
    (fault,) = faults(config)
    assert fault.startswith("irc[0].other_hosts[0]: ")
    assert 'expected a server such as "irc.example.org"' in fault


def test_every_server_needs_tls_that_is_not_on_this_machine(config: Path) -> None:
    put(config, host='"127.0.0.1"', tls="false", other_hosts='["[::1]:6667", "localhost"]')
    load(config, {})
    put(config, other_hosts='["127.0.0.2", "irc.example.org"]')
    assert faults(config) == [
        "irc[0].tls: found false, expected true: without TLS only to this machine itself"
    ]


def test_a_channel_has_one_role(config: Path) -> None:
    put(config, channels='["#deploy"]', progress_channels='["#ops"]', log_channels='["#sal", "#Ops"]')
    assert faults(config) == ["irc[0].log_channels: #Ops is one of progress_channels already"]


@pytest.mark.parametrize("channel", ["deploy", "#a,#b"])
def test_what_is_no_channel_is_a_fault(channel: str, config: Path) -> None:
    put(config, progress_channels=f'["{channel}"]')
    assert faults(config) == [
        f'irc[0].progress_channels: found "{channel}", expected a channel such as "#deploy"'
    ]
