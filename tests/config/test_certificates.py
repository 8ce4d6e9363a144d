"""Whom to trust over TLS is a setting; one that can not work is told before a host is blamed for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from swatbot.config import ConfigError, load
from tests.wires.irc_servers import make_certificate
from tests.wires.test_checks_tls import Authority

SAMPLES = Path(__file__).parents[2] / "config"
IRC = ("swatbot.toml", "tls = true")
WEB = ("checks.toml", 'scheme = "http"')
PATIENCE = ("checks.toml", 'patience = "15s"')
LOGS = ("checks.toml", 'index = "logstash-*"')


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


def put(config: Path, place: tuple[str, str], *lines: str) -> None:
    """Write lines in the place of a line."""
    name, old = place
    text = (config / name).read_text()
    assert text.count(f"\n{old}\n") == 1
    (config / name).write_text(text.replace(f"\n{old}\n", "\n" + "\n".join(lines) + "\n"))


def faults(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(config, {})
    return [str(fault).removeprefix(f"{config}/") for fault in raised.value.faults]


def test_certificates_and_names_are_read_and_paths_start_at_the_config(config: Path) -> None:
    Authority(config / "ca.pem")
    put(config, IRC, "tls = true", 'ca_file = "ca.pem"', 'server_name = "irc.example.org"')
    put(config, WEB, 'scheme = "https"', 'ca_file = "ca.pem"', 'server_name = "{host}.example.org"')
    found = load(config, {})
    (irc,), web = found.swatbot.irc, found.checks.check[0]
    assert (irc.ca_file, irc.server_name) == (config / "ca.pem", "irc.example.org")
    assert web.kind == "http"
    assert (web.ca_file, web.server_name) == (config / "ca.pem", "{host}.example.org")


@pytest.mark.parametrize(
    ("place", "key"),
    [(IRC, "swatbot.toml: irc[0]"), (WEB, "checks.toml: check[0]"), (LOGS, "checks.toml: check[3]")],
)
def test_a_certificate_that_is_not_there_is_a_fault_and_noted_where_none_is_needed(
    config: Path, place: tuple[str, str], key: str
) -> None:
    put(config, place, place[1].replace('"http"', '"https"'), 'ca_file = "ca.pem"')
    told = f"{key}.ca_file: {config}/ca.pem"
    assert faults(config) == [f"{told} can not be read: No such file or directory"]
    assert [str(fault) for fault in load(config, {}, secrets=False).unseen] == [
        f"{config}/{told} can not be read: No such file or directory"
    ]
    (config / "ca.pem").write_text("not one\n")
    assert faults(config) == [f"{told} holds no certificates, expected them in PEM form"]


OWN = ('cert_file = "cert.pem"', 'key_file = "key.pem"', 'sasl_account = "swatbot"')
NO_PAIR = "expected both in PEM form, the key without a passphrase"


def test_a_certificate_of_our_own_needs_a_key_that_is_its_own_and_nobody_elses(config: Path) -> None:
    put(config, IRC, "tls = true", *OWN)
    cert, key = make_certificate(config), config / "key.pem"
    (irc,) = load(config, {}).swatbot.irc
    assert (irc.cert_file, irc.key_file) == (cert, key)
    key.chmod(0o644)
    told = f"{key} can be read or written by everyone on this machine: chmod o= {key}"
    assert faults(config) == [f"swatbot.toml: irc[0].key_file: {told}"]
    (config / "other").mkdir()
    make_certificate(config / "other")
    (config / "other" / "key.pem").rename(key)
    why = f"there is no certificate with its own key in {cert} and {key}, {NO_PAIR}"
    assert faults(config) == [f"swatbot.toml: irc[0].cert_file: {why}"]


def test_a_key_may_be_in_the_certificates_file(config: Path) -> None:
    put(config, IRC, "tls = true", OWN[0], OWN[2])
    cert = make_certificate(config)
    why = f"there is no certificate with its own key in {cert}, {NO_PAIR}"
    assert why in faults(config)[-1]
    cert.write_text(cert.read_text() + (config / "key.pem").read_text())
    cert.chmod(0o600)
    load(config, {})


def test_of_a_certificate_and_its_key_that_which_is_not_there_is_named(config: Path) -> None:
    put(config, IRC, "tls = true", *OWN)
    make_certificate(config)
    (config / "key.pem").unlink()
    gone = f"{config}/key.pem can not be read: No such file or directory"
    assert faults(config) == [f"swatbot.toml: irc[0].key_file: {gone}"]


def test_a_key_with_a_passphrase_is_told_and_nobody_asked_for_it(config: Path) -> None:
    put(config, IRC, "tls = true", OWN[0], 'key_file = "locked.pem"')
    make_certificate(config)
    files = ["-in", str(config / "key.pem"), "-out", str(config / "locked.pem")]
    encipher = ["openssl", "pkey", "-aes256", "-passout", "pass:secret", *files]
    subprocess.run(encipher, check=True, capture_output=True)
    (fault,) = faults(config)
    assert fault.endswith(NO_PAIR)


def test_a_key_alone_is_a_fault(config: Path) -> None:
    put(config, IRC, "tls = true", 'key_file = "key.pem"')
    assert faults(config) == ["swatbot.toml: irc[0].key_file: means nothing without cert_file"]


def test_what_is_said_of_certificates_without_tls_is_a_fault(config: Path) -> None:
    Authority(config / "ca.pem")
    put(config, ("swatbot.toml", 'host = "irc.libera.chat"'), 'host = "127.0.0.1"')
    put(config, IRC, "tls = false", 'ca_file = "ca.pem"', 'server_name = "irc.example.org"')
    put(config, WEB, 'scheme = "http"', 'server_name = "www.example.org"')
    assert faults(config) == [
        "swatbot.toml: irc[0].ca_file: means nothing without TLS",
        "swatbot.toml: irc[0].server_name: means nothing without TLS",
        'checks.toml: check[0].server_name: means nothing without scheme = "https"',
    ]


NAMES = "an address, in which {host} stands for the name"


@pytest.mark.parametrize(
    ("place", "lines", "told"),
    [
        (IRC, 'tls = true\nserver_name = "irc x"', 'irc[0].server_name: found "irc x", expected one word'),
        (
            WEB,
            'scheme = "https"\nserver_name = "{x}.org"',
            f'check[0].server_name: found "{{x}}.org", expected {NAMES}',
        ),
        (PATIENCE, "patience = 15", "check[3].patience: found 15, expected a duration"),
        (PATIENCE, 'patience = "15s"\ntimout = "5s"', "check[3].timout: unknown key, did you mean timeout?"),
    ],
)
def test_values_that_will_not_do(config: Path, place: tuple[str, str], lines: str, told: str) -> None:
    put(config, place, lines)
    (fault,) = faults(config)
    assert told in fault
