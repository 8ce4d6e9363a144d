"""Hosts may be said by a file or a command; what is excluded is in no stage; sites have proxies."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from swatbot.bootstrap.world import make_targets
from swatbot.config import ConfigError, inventory, load
from swatbot.domain.stage import Stage

SAMPLES = Path(__file__).parents[2] / "config"
CANARIES = 'hosts = "mw[1261-1263]"'
EXCLUDED = 'hosts = "mw1411"'
PROXIES = 'proxies = ["mw1264", "mw1301"]'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


@pytest.fixture
def change(config: Path) -> Callable[[str, str], None]:
    def change(old: str, new: str) -> None:
        file = config / "fleet.toml"
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))

    return change


Change = Callable[[str, str], None]


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    return [line.removeprefix(f"{config}/fleet.toml: ") for line in str(raised.value).splitlines()]


def printing(code: str) -> str:
    """A hosts_command that runs this Python."""
    return f"hosts_command = [{sys.executable!r}, '-c', '''{code}''']"


# --- files and commands --------------------------------------------------------------------------


def test_a_file_of_dsh_says_the_hosts(config: Path, change: Change) -> None:
    (config / "canaries").write_text("# canaries\n\nmw1261\n  mw1262  # the slow one\nmw1261\n")
    change(CANARIES, 'hosts_file = "canaries"')
    assert load(config, {}).hosts(Stage.CANARIES) == ("mw1261", "mw1262")


def test_a_command_says_the_hosts(config: Path, change: Change) -> None:
    change(CANARIES, printing('print("mw1261 mw[1262-1263]\\n# not this\\nmw1290x # nor this")'))
    assert load(config, {}).hosts(Stage.CANARIES) == ("mw1261", "mw1262", "mw1263", "mw1290x")


def test_a_command_runs_in_the_directory_of_the_config_and_without_a_shell(
    config: Path, change: Change
) -> None:
    (config / "who").write_text("#!/bin/sh\necho $#-$(cat hosts-here)\n")
    (config / "who").chmod(0o755)
    (config / "hosts-here").write_text("mw1261")
    change(CANARIES, 'hosts_command = ["./who", "a b", "$HOME;"]')
    assert load(config, {}).hosts(Stage.CANARIES) == ("2-mw1261",)


def test_nobody_is_asked_where_hosts_are_of_no_interest(config: Path, change: Change) -> None:
    change(CANARIES, printing('open("ran", "w")'))
    assert load(config, {}, inventory=False).hosts(Stage.CANARIES) == ()
    assert not (config / "ran").exists()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (None, "can not be read: No such file or directory"),
        ("# nobody\n\n", "names no host"),
        ("mw1261\nmw1262 mw1263\n", 'line 2: found "mw1262 mw1263", expected the name of a host'),
        ("mw1261\n\n@others\n", 'line 3: found "@others", expected the name of a host'),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    lines: str | None, told: str, config: Path, change: Change
) -> None:
    if lines is not None:
        (config / "canaries").write_text(lines)
    change(CANARIES, 'hosts_file = "canaries"')
    found = faults(config)
    assert len(found) == 1, found
    assert found[0].startswith(f"group[1].hosts_file: {config}/canaries ")
    assert told in found[0]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('import sys; print("mw1"); sys.exit("no such object\\nusage: ...")', "exited 1: no such object"),
        ("raise SystemExit(3)", "exited 3, and said nothing on stderr"),
        ('import sys; print("no hosts", file=sys.stderr)', "printed no host: no hosts"),
        ('print("# none")', "printed no host, and said nothing on stderr"),
        ('print("mw1261 mw;1")', 'prints: found "mw;1", expected the name of a host'),
    ],
)
def test_what_is_wrong_with_a_command_is_told_with_its_own_words(
    code: str, told: str, config: Path, change: Change
) -> None:
    change(CANARIES, printing(code))
    found = faults(config)
    assert len(found) == 1, found
    assert found[0].startswith("group[1].hosts_command: ")
    assert told in found[0]


def test_a_command_that_is_not_there_or_does_not_end_is_a_fault(
    config: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "_SECONDS", 0.2)
    change(CANARIES, 'hosts_command = ["nobody-has-this"]')
    change('hosts = ["mw[1264-1350]", "mw[1401-1411]"]', printing("import threading as t; t.Event().wait()"))
    found = faults(config)
    assert found[0] == "group[1].hosts_command: nobody-has-this can not be run: No such file or directory"
    assert found[1].endswith("did not end within 0.2 s")
    assert len(found) == 2, found


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            'hosts = "mw1261"\nhosts_file = "/etc/hosts"',
            "group[1]: has both hosts and hosts_file, expected one of them",
        ),
        ("", "group[1]: names no hosts, expected one of hosts, hosts_file, hosts_command"),
        ('hosts_command = "conftool get"', 'group[1].hosts_command: found "conftool get", expected a list'),
        ("hosts_command = []", "group[1].hosts_command: found an empty list, expected a command as a list"),
        ("hosts_file = 7", "group[1].hosts_file: found 7, expected a path"),
        ('host = "mw1261"', "group[1].host: unknown key, did you mean hosts?"),
    ],
)
def test_a_group_says_its_hosts_in_one_way(new: str, told: str, config: Path, change: Change) -> None:
    change(CANARIES, new)
    assert any(line.startswith(told) for line in faults(config)), faults(config)


# --- excluded, sites -----------------------------------------------------------------------------


def test_a_host_is_in_one_place_with_all_that_is_true_of_it(config: Path) -> None:
    found = load(config, {})
    place = found.places["mw1411"]
    assert (place.host, place.group.name, place.group.site) == ("mw1411", "app", "eqiad")
    assert (place.stage, place.excluded) == (Stage.FLEET, "broken disk")
    assert "mw1411" not in found.hosts(Stage.FLEET)
    assert found.excluded == {"mw1411": "broken disk"}
    assert "mw1411" in [target.name for target in make_targets(found)]  # to be looked at
    assert (found.places["mw1410"].excluded, found.places["mw1261"].stage) == ("", Stage.CANARIES)


def test_an_excluded_proxy_is_none(config: Path, change: Change) -> None:
    assert load(config, {}).proxies("eqiad") == ("mw1264", "mw1301")
    assert load(config, {}).proxies("codfw") == ()
    change(EXCLUDED, 'hosts = ["mw1411", "mw1301"]')
    assert load(config, {}).proxies("eqiad") == ("mw1264",)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (EXCLUDED, 'hosts = "mw1412"', "exclude[0].hosts: there is no host mw1412, did you mean mw14"),
        (EXCLUDED, 'hosts = "mw[1261-1263]"', "stages.canaries: all its hosts are excluded"),
        ('why = "broken disk"', "", "exclude[0].why: is missing, expected text in quotes"),
        (
            'why = "broken disk"',
            'why = "disk"\n[[exclude]]\nhosts = "mw[1410-1411]"\nwhy = "rack"',
            "exclude[1].hosts: mw1411 is excluded by exclude[0] already",
        ),
        (PROXIES, 'proxies = "mw1999"', "sites.eqiad.proxies: mw1999 found, expected hosts of groups"),
        (PROXIES, 'proxies = "mwdebug1001"', "sites.eqiad.proxies: mwdebug1001 found, expected hosts that"),
        ("[sites.eqiad]", "[sites.eqaid]", "group[0].site: there is no [sites.eqiad], did you mean eqaid?"),
        ("[sites.eqiad]", "[sites.eqaid]", 'sites.eqaid: no group has site = "eqaid"'),
    ],
)
def test_faults_of_sites_and_exclusions(old: str, new: str, told: str, config: Path, change: Change) -> None:
    change(old, new)
    assert any(line.startswith(told) for line in faults(config)), faults(config)


def test_what_a_command_no_longer_prints_may_still_be_excluded_or_have_a_port(
    config: Path, change: Change
) -> None:
    change(CANARIES, printing('print("mw1261")') + "\nports = { mw1262 = 2222 }")
    change(EXCLUDED, 'hosts = ["mw1263", "mw1411"]')
    change(PROXIES, 'proxies = ["mw1262", "mw1264"]')
    found = load(config, {})
    assert found.excluded == {"mw1263": "broken disk", "mw1411": "broken disk"}
    assert found.proxies("eqiad") == ("mw1264",)
