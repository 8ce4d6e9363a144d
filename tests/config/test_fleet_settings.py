"""What fleet.toml says arrives at the hosts' targets and at the connections."""

import shutil
from pathlib import Path

import pytest

from swatbot.bootstrap.world import make_ssh_settings, make_targets
from swatbot.config import ConfigError, load

SAMPLES = Path(__file__).parents[2] / "config"


def test_hosts_ignore_what_the_tree_ignores() -> None:
    config = load(SAMPLES, {})
    settings = make_ssh_settings(config)
    assert settings.ignore == config.swatbot.tree.ignore == ("tests/**", "*.md")
    assert settings.after_sync_timeout == 60.0
    assert (settings.ping_every, settings.idle_close) == (60.0, 8 * 3600.0)


def test_hooks_are_those_of_the_group_with_the_name_of_the_host(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "config")
    fleet = tmp_path / "config" / "fleet.toml"
    text = fleet.read_text()
    fleet.write_text(text.replace('"reload", "php-fpm"]]', '"reload", "php@{host}"], ["true"]]', 1))
    hooks = {target.name: target.after_sync for target in make_targets(load(tmp_path / "config", {}))}
    assert hooks["mwdebug1001"] == ()
    assert hooks["mw1262"] == (("sudo", "-n", "systemctl", "reload", "php@mw1262"), ("true",))
    assert hooks["mw1264"] == (("sudo", "-n", "systemctl", "reload", "php-fpm"),)


def test_owner_group_and_mode_of_directories_are_those_of_the_group(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "config")
    fleet = tmp_path / "config" / "fleet.toml"
    text = fleet.read_text()
    for key in ("owner", "group", "directory_mode"):
        assert f"# {key} = " in text
        text = text.replace(f"# {key} = ", f"{key} = ")
    fleet.write_text(text)
    targets = {target.name: target for target in make_targets(load(tmp_path / "config", {}))}
    found = {name: (targets[name].owner, targets[name].group) for name in ("mwdebug1001", "mw1264")}
    assert found == {"mwdebug1001": ("mwdeploy", "www-data"), "mw1264": ("", "")}
    assert (targets["mwdebug1001"].directory_mode, targets["mw1264"].directory_mode) == (0o2775, 0o755)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('root = "/"', 'found "/", expected a directory such as "/srv/mediawiki", written out from /'),
        ('root = "/srv/../etc"', 'found "/srv/../etc", expected a directory such as "/srv/mediawiki"'),
        ('root = "srv"', 'found "srv", expected a directory such as "/srv/mediawiki"'),
        ('run_as = "mw deploy; rm"', 'found "mw deploy; rm", expected the name of one user or group'),
        ('owner = "a b"', 'found "a b", expected the name of one user or group'),
        ('group = "-g"', 'found "-g", expected the name of one user or group'),
        ('user = ""', 'found "", expected the name of one user or group'),
        (
            'ping_every = "1ms"',
            'found "1ms", expected a duration such as "90s", "20m" or "2h", a tenth of a second or longer',
        ),
        ('python = ""', 'found "", expected one word without spaces'),
        ('python = "python3 -u"', 'found "python3 -u", expected one word without spaces'),
        ('address = "root@{host}"', "expected an address alone: user and port have keys of their own"),
        ('address = "{host}:2222"', "expected an address alone: user and port have keys of their own"),
        ('address = "[::1]:22"', "expected an address alone: user and port have keys of their own"),
        ("connect_parallel = 100000", "found 100000, expected 1000 or less"),
    ],
)
def test_what_no_host_could_have_is_a_fault(line: str, told: str, tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "config")
    fleet = tmp_path / "config" / "fleet.toml"
    key = line.partition(" = ")[0]
    others = [other for other in fleet.read_text().splitlines() if not other.startswith(f"{key} = ")]
    table = "[ssh]" if key in ("connect_parallel", "ping_every") else "[[group]]"
    others.insert(others.index(table) + 1, line)
    fleet.write_text("\n".join(others))
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "config", {})
    assert any(told in str(fault) for fault in raised.value.faults), raised.value.faults


@pytest.mark.parametrize("address", ["::1", "fe80::1", "{host}.example.org", "10.0.0.7"])
def test_an_address_may_be_of_any_kind(address: str, tmp_path: Path) -> None:
    shutil.copytree(SAMPLES, tmp_path / "config")
    fleet = tmp_path / "config" / "fleet.toml"
    alone = [*fleet.read_text().splitlines(), "[[group]]", 'name = "one"', 'hosts = "db1"', 'user = "u"']
    fleet.write_text("\n".join([*alone, 'root = "/srv/x"', f'address = "{address}"']))
    assert next(t for t in make_targets(load(tmp_path / "config", {})) if t.name == "db1").address == (
        address.replace("{host}", "db1")
    )
