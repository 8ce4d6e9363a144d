"""What fails every host is told by check-config: keys and known_hosts that can not be used."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from swatbot.bootstrap import look_at_hosts
from swatbot.config import ConfigError, load
from swatbot.errors import OperationalError
from tests.wires.sshd import need

SAMPLES = Path(__file__).parents[2] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The samples, with their keys beside them; there are none yet."""
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    file = directory / "fleet.toml"
    text = file.read_text().replace("/etc/ssh/ssh_known_hosts", "known")
    file.write_text(text.replace("/etc/swatbot/id_ed25519", "id"))
    (directory / "known").write_text("")
    return directory


def make(config: Path, *options: str) -> Path:
    need("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-N", "", *options, "-f", str(config / "id")], check=True)
    return config / "id"


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {}, keys=True)
    return [str(fault).removeprefix(f"{config}/fleet.toml: ") for fault in raised.value.faults]


@pytest.mark.parametrize(
    "kind", [("-t", "ed25519"), ("-t", "rsa", "-m", "PEM"), ("-t", "rsa", "-m", "PKCS8")]
)
def test_a_private_key_that_is_ours_alone_will_do(kind: tuple[str, ...], config: Path) -> None:
    make(config, *kind)
    assert load(config, {}, keys=True).unseen == ()


@pytest.mark.parametrize(
    "kind", [("-t", "ed25519"), ("-t", "rsa", "-m", "PEM"), ("-t", "rsa", "-m", "PKCS8")]
)
def test_a_key_with_a_passphrase_is_told_in_whatever_form(kind: tuple[str, ...], config: Path) -> None:
    place = make(config, *kind, "-N", "secret")
    (fault,) = faults(config)
    assert fault.startswith(f"ssh.keys[0]: {place} needs a passphrase, which nobody is there to type: ")


def test_a_key_or_known_hosts_that_is_not_there_is_told(config: Path) -> None:
    (config / "known").unlink()
    told = [
        f"ssh.known_hosts: {config}/known can not be read: No such file or directory",
        f"ssh.keys[0]: {config}/id can not be read: No such file or directory",
    ]
    assert faults(config) == told
    noted = load(config, {}, secrets=False, keys=True).unseen
    assert [str(fault) for fault in noted] == [f"{config}/fleet.toml: {fault}" for fault in told]
    assert load(config, {}).unseen == ()


def test_a_key_that_others_may_read_is_refused_as_ssh_does(config: Path) -> None:
    place = make(config, "-t", "ed25519")
    place.chmod(0o640)
    assert faults(config) == [
        f"ssh.keys[0]: {place} can be read or written by others on this machine: chmod go= {place}"
    ]
    if os.geteuid():
        pytest.skip("giving files to others needs root")
    os.chown(place, 1, -1)
    assert load(config, {}, keys=True).unseen == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@here\n", "is a public key, expected the private one beside it"),
        ("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n", "is no private key"),
        ("", "is no private key"),
    ],
)
def test_what_is_no_private_key_is_told(text: str, told: str, config: Path) -> None:
    (config / "id").write_text(text)
    (config / "id").chmod(0o600)
    assert faults(config) == [f"ssh.keys[0]: {config}/id {told}"]
    with pytest.raises(OperationalError, match=f"^no host can be reached: {config}/id {told}$"):
        look_at_hosts(load(config, {}), [], lambda _: None)


def test_nothing_to_log_in_with_is_told(config: Path) -> None:
    file = config / "fleet.toml"
    file.write_text(file.read_text().replace('keys = ["id"]', "keys = []"))
    assert faults(config) == ["ssh: has neither keys nor agent = true: there is nothing to log in with"]
