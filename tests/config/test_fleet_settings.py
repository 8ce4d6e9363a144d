"""What fleet.toml says arrives at the hosts' targets and at the connections."""

import shutil
from pathlib import Path

from swatbot.bootstrap.world import make_ssh_settings, make_targets
from swatbot.config import load

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
