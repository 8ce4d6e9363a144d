"""[pull] says whether hosts pull contents, and from where; what is missing for that is told."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from swatbot.bootstrap import world
from swatbot.bootstrap.world import make_pull_settings
from swatbot.config import ConfigError, load
from swatbot.fleet import visit
from swatbot.fleet.hosts import Daemon, Transfer

SAMPLES = Path(__file__).parents[2] / "config"
URL = '# url = "rsync://deploy1001.eqiad.example.org/swatbot/"'
PROXY_URL = '# proxy_url = "rsync://{address}/swatbot/"'
Change = Callable[[str, str], None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


@pytest.fixture
def change(config: Path) -> Change:
    def change(old: str, new: str) -> None:
        file = config / "fleet.toml"
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))

    return change


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    return [line.removeprefix(f"{config}/fleet.toml: ") for line in str(raised.value).splitlines()]


def test_without_a_daemon_nobody_pulls(config: Path) -> None:
    found = make_pull_settings(load(config, {}))
    assert (found.transfer, found.source, found.near) == (Transfer.AUTO, None, {})
    assert (found.seconds, found.password) == (600.0, "")


def test_hosts_pull_from_the_proxies_of_their_site_and_from_the_deployment_host(
    config: Path, change: Change
) -> None:
    change(URL, 'url = "rsync://bot@deploy1001.example.org:8730/swatbot/objects/"')
    change(PROXY_URL, 'proxy_url = "rsync://{address}/{host}/"')
    change('# password_file = "/etc/swatbot/rsync.password"', 'password_file = "secret"')
    change('timeout = "10m"', 'timeout = "90s"')
    change('crossing = "150 MB"', 'crossing = "1.5 TB"')
    (config / "secret").write_text("open sesame\n")
    (config / "secret").chmod(0o600)
    found = make_pull_settings(load(config, {}))
    assert found.source == Daemon(
        "the deployment host", "rsync://bot@deploy1001.example.org:8730/swatbot/objects/"
    )
    near = tuple(
        Daemon(host, f"rsync://{host}.eqiad.example.org/{host}/", host) for host in ("mw1264", "mw1301")
    )
    assert found.near == dict.fromkeys(load(config, {}).places, near)
    assert (found.crossing, found.seconds, found.password) == (1.5e12, 90.0, "open sesame")
    assert "open sesame" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('transfer = "auto"', 'transfer = "pull"', "pull.url: is missing, expected where"),
        ('transfer = "auto"', 'transfer = "rsync"', 'pull.transfer: found "rsync", expected'),
        (URL, URL[2:], "pull.proxy_url: is missing, expected where the proxies of eqiad serve"),
        (PROXY_URL, PROXY_URL[2:], "pull.proxy_url: means nothing without url"),
        (URL, 'url = "rsync://{host}/x/"', "pull.url: has a name in braces"),
        (URL, 'url = "rsync://bot:secret@host/x/"', "pull.url: found "),
        (URL, 'url = "rsync://host/x"', 'pull.url: found "rsync://host/x", expected a directory of an rsync'),
        (URL, 'url = "https://host/x/"', 'pull.url: found "https://host/x/", expected a directory'),
        (URL, 'password = "x"', "pull.password: a secret must not be in this file"),
        ('"150 MB"', "5", "pull.crossing: found 5, expected a number of bytes"),
    ],
)
def test_faults(old: str, new: str, told: str, config: Path, change: Change) -> None:
    change(old, new)
    found = faults(config)
    assert any(line.startswith(told) for line in found), found
    assert not any("secret@" in line or ":secret" in line for line in found)


def test_an_address_of_ipv6_is_in_brackets() -> None:
    group = SimpleNamespace(address_of=lambda _: "2001:db8::11")
    for url in ("rsync://{address}/swatbot/", "rsync://[{address}]/swatbot/"):
        pull = SimpleNamespace(proxy_url=url)
        config = SimpleNamespace(group_of=lambda _: group, fleet=SimpleNamespace(pull=pull))
        assert world._proxy(cast("Any", config), "h1").url == "rsync://[2001:db8::11]/swatbot/"


def test_a_url_that_can_not_be_read_does_not_end_a_visit() -> None:
    probe = visit._Probe.__new__(visit._Probe)
    assert probe.ask([Daemon("h1", "rsync://2001:db8::11/swatbot/", "h1")]) == ()
