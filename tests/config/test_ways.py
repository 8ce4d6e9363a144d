"""Two hosts are two directories, and no jump host is reached through itself: check-config says so."""

import shutil
from pathlib import Path

import pytest

from swatbot.config import Config, ConfigError, load

SAMPLES = Path(__file__).parents[2] / "config"
FILE = """
[ssh]
known_hosts = "/etc/ssh/ssh_known_hosts"
keys = ["/etc/swatbot/id_ed25519"]
{groups}
[stages]
testservers = ["debug"]
canaries = ["canary"]
fleet = ["app"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


def write(config: Path, debug: str = "", canary: str = "", app: str = "", more: str = "") -> None:
    groups = [f'name = "{n}"\nuser = "u"' for n in ("debug", "canary", "app")]
    names = ("mwdebug1", "mw1", "mw[2-3]")
    rest = [
        (own if "root =" in own else f'{own}\nroot = "/srv"') + f'\nhosts = "{hosts}"'
        for own, hosts in zip((debug, canary, app), names, strict=True)
    ]
    texts = [f"[[group]]\n{one}\n{two}" for one, two in zip(groups, rest, strict=True)]
    (config / "fleet.toml").write_text(FILE.format(groups="\n".join([*texts, more])))


def fleet(config: Path) -> Config:
    return load(config, {})


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    return [str(fault).removeprefix(f"{config}/fleet.toml: ") for fault in raised.value.faults]


# --- two hosts that are one ----------------------------------------------------------------------


def test_hosts_with_one_address_port_and_root_are_one(config: Path) -> None:
    write(config, canary='addresses = { mw1 = "10.0.0.2" }', app='addresses = { mw3 = "10.0.0.2" }')
    assert faults(config) == [
        "group: mw[1,3] are one directory of one machine: address 10.0.0.2, port 22, root /srv"
    ]


def test_a_group_that_forgot_the_hosts_name_in_the_address_is_told_once(config: Path) -> None:
    write(config, app='address = "10.0.0.9"')
    assert faults(config) == [
        "group: mw[2-3] are one directory of one machine: address 10.0.0.9, port 22, root /srv"
    ]


@pytest.mark.parametrize(
    ("canary", "app"),
    [
        ('address = "mw2"', ""),
        ('address = "MW2."', ""),
        ('address = "mw2"\nroot = "/srv/"', ""),
        ('address = "mw2"\nroot = "/srv/{host}"', 'root = "/srv/mw1/"'),
        ('ports = { mw1 = 2222 }\naddress = "mw2"', "port = 2222"),
    ],
)
def test_one_directory_is_found_however_it_is_written(canary: str, app: str, config: Path) -> None:
    write(config, canary=canary, app=app)
    (fault,) = faults(config)
    assert fault.startswith("group: mw[1-2] are one directory of one machine: ")


@pytest.mark.parametrize(
    "own",
    [
        'address = "mw2"\nroot = "/srv/{host}"',
        'address = "mw2"\nport = 2222',
        'address = "mw2"\njump = "mwdebug1"',
    ],
)
def test_hosts_that_differ_in_root_port_or_jump_are_two(own: str, config: Path) -> None:
    write(config, canary=own)
    assert fleet(config).group_of("mw1").address == "mw2"


# --- jumps ---------------------------------------------------------------------------------------


def test_a_jump_host_of_the_same_group_is_reached_through_itself(config: Path) -> None:
    write(config, app='jump = "mw2"')
    assert faults(config) == ["group[2].jump: mw2 is reached through itself: name a host outside of its way"]


def test_jumps_that_lead_round_in_a_circle_are_told_for_each_group_in_it(config: Path) -> None:
    write(config, debug='jump = "mw1"', canary='jump = "mw3"', app='jump = "mw1"')
    assert faults(config) == [
        "group[1].jump: mw3 is reached through itself by way of mw1: name a host outside of its way",
        "group[2].jump: mw1 is reached through itself by way of mw3: name a host outside of its way",
    ]


def test_jumps_one_after_another_lead_somewhere(config: Path) -> None:
    write(config, canary='jump = "mwdebug1"', app='jump = "mw1"')
    assert fleet(config).group_of("mw2").jump == "mw1"
