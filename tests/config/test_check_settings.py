"""Every field of every check in checks.toml reaches the probe, since a dropped one checks something else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from swatbot.bootstrap.settings import check_settings
from swatbot.checks.settings import Check, CommandCheck, HttpCheck, LogsCheck, ServedCheck
from swatbot.config import load
from swatbot.config.probes import CheckSection, CommandSection, HttpSection, LogsSection, ServedSection
from swatbot.domain.stage import Stage
from swatbot.tree.patterns import Patterns

SAMPLES = Path(__file__).parents[2] / "config"
OPEN = Patterns(())
MINUTE, BOTH = timedelta(minutes=1), (Stage.CANARIES, Stage.FLEET)
HTTP = HttpSection(kind="http", name="web", stages=(Stage.FLEET,))
SERVED = ServedSection(kind="served", name="value", stages=(Stage.FLEET,), file="a/b")
COMMAND = CommandSection(kind="command", name="smoke", stages=(Stage.FLEET,), run=("true",))
LOGS = LogsSection(kind="logs", name="logs", url="http://x", index="i")
HTTP_SETTINGS = HttpCheck("web", (Stage.FLEET,))
SERVED_SETTINGS = ServedCheck("value", (Stage.FLEET,), file="a/b")
COMMAND_SETTINGS = CommandCheck("smoke", (Stage.FLEET,), ("true",))
LOGS_SETTINGS = LogsCheck("logs", (Stage.CANARIES,), "http://x", "i")

# Field of the section, its value; field of the settings, its value.
CASES: list[tuple[Any, Any, str, Any, str, Any]] = [
    (HTTP, HTTP_SETTINGS, "name", "other", "name", "other"),
    (HTTP, HTTP_SETTINGS, "stages", BOTH, "stages", BOTH),
    (HTTP, HTTP_SETTINGS, "path", "/x", "path", "/x"),
    (HTTP, HTTP_SETTINGS, "host_header", "en.example.org", "host_header", "en.example.org"),
    (HTTP, HTTP_SETTINGS, "scheme", "https", "scheme", "https"),
    (HTTP, HTTP_SETTINGS, "ca_file", Path("/ca.pem"), "ca_file", "/ca.pem"),
    (HTTP, HTTP_SETTINGS, "server_name", "{host}.x", "server_name", "{host}.x"),
    (HTTP, HTTP_SETTINGS, "port", 8080, "port", 8080),
    (HTTP, HTTP_SETTINGS, "status", 302, "status", 302),
    (HTTP, HTTP_SETTINGS, "body", "ok", "body", "ok"),
    (HTTP, HTTP_SETTINGS, "headers", {"X-A": "1"}, "send", (("X-A", "1"),)),
    (HTTP, HTTP_SETTINGS, "expect_headers", {"X-B": "^2"}, "headers", (("X-B", "^2"),)),
    (HTTP, HTTP_SETTINGS, "timeout", MINUTE, "timeout", 60.0),
    (HTTP, HTTP_SETTINGS, "tries", 9, "tries", 9),
    (SERVED, SERVED_SETTINGS, "name", "other", "name", "other"),
    (SERVED, SERVED_SETTINGS, "stages", BOTH, "stages", BOTH),
    (SERVED, SERVED_SETTINGS, "path", "/x", "path", "/x"),
    (SERVED, SERVED_SETTINGS, "host_header", "en.example.org", "host_header", "en.example.org"),
    (SERVED, SERVED_SETTINGS, "scheme", "https", "scheme", "https"),
    (SERVED, SERVED_SETTINGS, "ca_file", Path("/ca.pem"), "ca_file", "/ca.pem"),
    (SERVED, SERVED_SETTINGS, "server_name", "{host}.x", "server_name", "{host}.x"),
    (SERVED, SERVED_SETTINGS, "port", 8080, "port", 8080),
    (SERVED, SERVED_SETTINGS, "headers", {"X-A": "1"}, "send", (("X-A", "1"),)),
    (SERVED, SERVED_SETTINGS, "timeout", MINUTE, "timeout", 60.0),
    (SERVED, SERVED_SETTINGS, "tries", 9, "tries", 9),
    (SERVED, SERVED_SETTINGS, "file", "c", "file", "c"),
    (SERVED, SERVED_SETTINGS, "pointer", "", "pointer", ""),
    (SERVED, SERVED_SETTINGS, "file_pointer", "/x", "file_pointer", "/x"),
    (SERVED, SERVED_SETTINGS, "pattern", "(a)", "pattern", "(a)"),
    (SERVED, SERVED_SETTINGS, "file_pattern", "(b)", "file_pattern", "(b)"),
    (SERVED, SERVED_SETTINGS, "digest", "sha256", "digest", "sha256"),
    (COMMAND, COMMAND_SETTINGS, "name", "other", "name", "other"),
    (COMMAND, COMMAND_SETTINGS, "stages", BOTH, "stages", BOTH),
    (COMMAND, COMMAND_SETTINGS, "run", ("a", "b"), "run", ("a", "b")),
    (COMMAND, COMMAND_SETTINGS, "per_host", True, "per_host", True),
    (COMMAND, COMMAND_SETTINGS, "timeout", MINUTE, "timeout", 60.0),
    (COMMAND, COMMAND_SETTINGS, "tries", 9, "tries", 9),
    (LOGS, LOGS_SETTINGS, "name", "other", "name", "other"),
    (LOGS, LOGS_SETTINGS, "stages", BOTH, "stages", BOTH),
    (LOGS, LOGS_SETTINGS, "url", "http://y", "url", "http://y"),
    (LOGS, LOGS_SETTINGS, "index", "j", "index", "j"),
    (LOGS, LOGS_SETTINGS, "username", "bot", "username", "bot"),
    (LOGS, LOGS_SETTINGS, "password_env", "LOGS_PW", "password", "from the environment"),
    (LOGS, LOGS_SETTINGS, "password_file", Path("password"), "password", "from the file"),
    (LOGS, LOGS_SETTINGS, "host_field", "h", "host_field", "h"),
    (LOGS, LOGS_SETTINGS, "level_field", "l", "level_field", "l"),
    (LOGS, LOGS_SETTINGS, "message_field", "m", "message_field", "m"),
    (LOGS, LOGS_SETTINGS, "time_field", "t", "time_field", "t"),
    (LOGS, LOGS_SETTINGS, "error_levels", ("BAD",), "error_levels", ("BAD",)),
    (LOGS, LOGS_SETTINGS, "watch", 3 * MINUTE, "watch", 180.0),
    (LOGS, LOGS_SETTINGS, "least", MINUTE, "least", 60.0),
    (LOGS, LOGS_SETTINGS, "poll", MINUTE, "poll", 60.0),
    (LOGS, LOGS_SETTINGS, "patience", MINUTE, "patience", 60.0),
    (LOGS, LOGS_SETTINGS, "timeout", MINUTE, "timeout", 60.0),
    (LOGS, LOGS_SETTINGS, "ca_file", Path("/ca.pem"), "ca_file", "/ca.pem"),
]


@pytest.mark.parametrize(("section", "settings", "field", "value", "target", "arrives"), CASES)
def test_a_field_arrives_where_it_belongs(
    section: Any,
    settings: Any,
    field: str,
    value: Any,
    target: str,
    arrives: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "password").write_text("from the file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGS_PW", "from the environment")
    assert value != getattr(section, field), "the default would prove nothing"
    changed = section.model_copy(update={field: value})
    assert check_settings(changed, OPEN) == replace(settings, **{target: arrives})


@pytest.mark.parametrize(
    ("section", "settings"),
    [
        (HTTP, HTTP_SETTINGS),
        (SERVED, SERVED_SETTINGS),
        (COMMAND, COMMAND_SETTINGS),
        (LOGS, LOGS_SETTINGS),
    ],
)
def test_the_defaults_of_config_and_probe_are_the_same(section: CheckSection, settings: Check) -> None:
    assert check_settings(section, OPEN) == settings


@pytest.mark.parametrize("section", [HTTP, SERVED, COMMAND, LOGS])
def test_every_field_has_its_case(section: BaseModel) -> None:
    cases = [field for of, _, field, *_ in CASES if of is section]
    assert sorted([*cases, "kind"]) == sorted(type(section).model_fields)


def test_the_sample_sends_its_headers_and_expects_none() -> None:
    check = check_settings(load(SAMPLES, {}).checks.check[0], OPEN)
    assert isinstance(check, HttpCheck)
    assert (check.send, check.headers) == ((("X-Forwarded-Proto", "https"),), ())


def test_the_sample_of_logs_shows_the_defaults() -> None:
    check = check_settings(load(SAMPLES, {}).checks.check[3], OPEN)
    assert check == LogsCheck("error logs", (Stage.CANARIES,), "https://logs.example.org:9200", "logstash-*")


def test_the_sample_of_served_holds_an_answer_against_a_file() -> None:
    check = check_settings(load(SAMPLES, {}).checks.check[1], OPEN)
    assert isinstance(check, ServedCheck)
    assert (check.file, check.pointer, check.file_pointer, check.private) == (
        "wmf-config/version.json",
        "/settings/version",
        "/version",
        False,
    )


def test_of_a_private_file_nothing_is_to_be_told() -> None:
    check = check_settings(SERVED, Patterns(("a",)))
    assert check == replace(SERVED_SETTINGS, private=True)
