"""Every field of [[irc]] reaches the adapter, since a dropped one trusts or joins something else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swatbot.adapters.irc.settings import IrcSettings
from swatbot.bootstrap.settings import irc_settings
from swatbot.config.sections import IrcSection
from swatbot.errors import OperationalError

SECTION = IrcSection(
    network="n", host="127.0.0.1", channels=("#c",), sasl_account="bot", password_env="IRC_PW"
)
SETTINGS = IrcSettings(
    "n", "127.0.0.1", 6697, True, "swatbot", ("#c",), sasl_account="bot", sasl_password="from the environment"
)

# Field of the section, its value; field of the settings, its value.
CASES: list[tuple[str, Any, str, Any]] = [
    ("network", "other", "network", "other"),
    ("host", "::1", "host", "::1"),
    ("port", 6698, "port", 6698),
    ("tls", False, "tls", False),
    ("ca_file", Path("/ca.pem"), "ca_file", "/ca.pem"),
    ("server_name", "irc.example.org", "server_name", "irc.example.org"),
    ("nick", "deploybot", "nick", "deploybot"),
    ("channels", ("#a", "#b"), "channels", ("#a", "#b")),
    ("other_hosts", (("b", 1), ("c", 0)), "other_hosts", (("b", 1), ("c", SECTION.port))),
    ("progress_channels", ("#c",), "progress_channels", ("#c",)),
    ("log_channels", ("#d",), "log_channels", ("#d",)),
    ("whox", True, "whox", True),
    ("sasl_account", "other", "sasl_account", "other"),
    ("cert_file", Path("/own.pem"), "cert_file", "/own.pem"),
    ("key_file", Path("/own.key"), "key_file", "/own.key"),
    ("ignore_nicks", ("logbot",), "bots", ("logbot",)),
    ("password_env", "OTHER_PW", "sasl_password", "another"),
    ("password_file", Path("password"), "sasl_password", "from the file"),
]

# What else must be so for a field to mean anything, in the section and in the settings.
BESIDE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "password_file": ({"password_env": ""}, {}),
    "key_file": ({"cert_file": Path("/own.pem")}, {"cert_file": "/own.pem"}),
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sasl_account": ""}, "a password needs an account"),
        ({"sasl_password": ""}, "to log in as bot takes a password or a certificate"),
        ({"key_file": "k"}, "a key without its certificate proves nothing"),
        ({"cert_file": "c", "tls": False}, "a certificate is shown over TLS only"),
    ],
)
def test_half_a_login_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OperationalError, match=told):
        replace(SETTINGS, **changes)


@pytest.mark.parametrize(
    ("changes", "mechanism"),
    [
        ({}, "PLAIN"),
        ({"cert_file": "c"}, "PLAIN"),
        ({"cert_file": "c", "sasl_password": ""}, "EXTERNAL"),
        ({"cert_file": "c", "sasl_account": "", "sasl_password": ""}, ""),
    ],
)
def test_a_password_goes_before_a_certificate(changes: dict[str, Any], mechanism: str) -> None:
    assert replace(SETTINGS, **changes).mechanism == mechanism


@pytest.mark.parametrize(("field", "value", "target", "arrives"), CASES)
def test_a_field_arrives_where_it_belongs(
    field: str, value: Any, target: str, arrives: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("from the file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IRC_PW", "from the environment")
    monkeypatch.setenv("OTHER_PW", "another")
    assert value != getattr(SECTION, field), "the same would prove nothing"
    in_section, in_settings = BESIDE.get(field, ({}, {}))
    changed = SECTION.model_copy(update={field: value, **in_section})
    assert irc_settings(changed) == replace(SETTINGS, **{target: arrives, **in_settings})


def test_every_field_has_its_case() -> None:
    assert sorted(field for field, *_ in CASES) == sorted(IrcSection.model_fields)
