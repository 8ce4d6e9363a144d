"""A state directory is absolute and outside the root: check-config says which group, and what to write."""

import shutil
from pathlib import Path

import pytest

from swatbot.config import ConfigError, load

SAMPLES = Path(__file__).parents[2] / "config"
OR = 'such as "/srv/.swatbot-mediawiki", or "" for one beside the root'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


def write(config: Path, state: str, root: str = "/srv/mediawiki") -> None:
    file = config / "fleet.toml"
    old = 'root = "/srv/mediawiki"\n'
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, f'root = "{root}"\nstate_dir = "{state}"\n', 1))


def fault(config: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    (found,) = raised.value.faults
    return str(found).removeprefix(f"{config}/fleet.toml: ")


@pytest.mark.parametrize("state", ["srv/state", "./state", "~/state", "{host}/state"])
def test_a_relative_one_is_a_fault(state: str, config: Path) -> None:
    write(config, state)
    told = f'group debug: found "{state}", expected a directory that begins with / {OR}'
    assert fault(config) == f"group[0].state_dir: {told}"


@pytest.mark.parametrize(
    "state",
    [
        "/srv/mediawiki",
        "/srv/mediawiki/",
        "/srv/mediawiki/.state",
        "/srv/x/../mediawiki/s",
        "//srv/mediawiki/s",
    ],
)
def test_one_inside_the_root_is_a_fault(state: str, config: Path) -> None:
    write(config, state)
    told = (
        f'group debug: found "{state}", expected a directory that is not inside the root /srv/mediawiki {OR}'
    )
    assert fault(config) == f"group[0].state_dir: {told}"


def test_inside_is_what_is_inside_for_some_host(config: Path) -> None:
    write(config, "/srv/mwdebug1001/state", "/srv/{host}")
    assert 'is not inside the root /srv/{host} such as "/srv/.swatbot-{host}"' in fault(config)


def test_a_root_that_is_all_there_is_is_the_one_fault(config: Path) -> None:
    write(config, "/var/state", "/")
    assert fault(config).startswith('group[0].root: found "/", expected a directory such as')


@pytest.mark.parametrize("state", ["", "/srv/mediawiki-state", "/srv/mediawiki/../state", "/srv/{host}"])
def test_one_outside_of_the_root_is_none(state: str, config: Path) -> None:
    write(config, state)
    assert load(config, {}).group_of("mwdebug1001").state_dir == state
