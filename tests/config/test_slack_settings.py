"""Every field of [[slack]] reaches the adapter, and what can not be so is told before anybody connects."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from swatbot.bootstrap.settings import slack_settings
from swatbot.config import ConfigError, load
from swatbot.config.slack import SlackSection
from swatbot.domain.person import People, Person

SAMPLES = Path(__file__).parent.parent.parent / "config"
PEOPLE = People(
    (
        Person("dana", accounts=("irc:n/dana", "slack:T0SWAT/U0DANA"), nick="dana_"),
        Person("guest", accounts=("slack:T0OTHER/U0GUEST",)),
        Person("eve", accounts=("irc:n/eve",)),
    )
)
GOOD: dict[str, Any] = {
    "team": "T0SWAT",
    "channels": ("C0SWAT",),
    "bot_token_env": "BOT",
    "app_token_env": "APP",
}
TABLE = """
[[slack]]
team = "T0SWAT"
channels = ["C0SWAT"]
bot_token_env = "BOT"
app_token_env = "APP"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The samples, to be changed."""
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT", "xoxb-1")
    monkeypatch.setenv("APP", "xapp-1")


@pytest.mark.parametrize(
    ("field", "value", "name", "wanted"),
    [
        ("team", "T0OTHER", "team", "T0OTHER"),
        ("channels", ("C0AAAAA", "G0BBBBB"), "channels", ("C0AAAAA", "G0BBBBB")),
        ("progress_channels", ("C0CCCCC",), "progress_channels", ("C0CCCCC",)),
        ("log_channels", ("C0DDDDD",), "log_channels", ("C0DDDDD",)),
        ("command", "/deploy", "command", "/deploy"),
        ("api_url", "https://slack.example/api/", "api_url", "https://slack.example/api/"),
        ("bot_token_env", "APP", "bot_token", "xapp-1"),
        ("app_token_env", "BOT", "app_token", "xoxb-1"),
    ],
)
def test_every_field_reaches_the_adapter(field: str, value: Any, name: str, wanted: Any) -> None:
    before = slack_settings(SlackSection(**GOOD), PEOPLE)
    after = slack_settings(SlackSection(**(GOOD | {field: value})), PEOPLE)
    assert getattr(before, name) != wanted
    assert getattr(after, name) == wanted


def test_people_are_notified_by_their_ids_and_tokens_are_not_shown() -> None:
    settings = slack_settings(SlackSection(**GOOD), PEOPLE)
    assert settings.people == {"dana_": "U0DANA", "guest": "U0GUEST"}
    assert "xoxb" not in repr(settings)
    assert "xapp" not in repr(settings)


def test_a_token_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-a-file\n")
    section = SlackSection.model_validate(
        {**GOOD, "bot_token_env": "", "bot_token_file": "token"}, context={"directory": tmp_path}
    )
    assert slack_settings(section, PEOPLE).bot_token == "xoxb-from-a-file"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('team = "T0SWAT"', 'team = "swat"', 'slack[0].team: found "swat", expected the id of a workspace'),
        ('"C0SWAT"', '"#deploy"', "expected the id of a channel"),
        ('app_token_env = "APP"', "", "slack[0]: can not connect without app_token_env or app_token_file"),
        ('"BOT"', '"xoxb-1"', "slack[0].bot_token_env: expected the name of an environment variable"),
        ('"BOT"', '"NOT_SET"', "the environment variable NOT_SET is not set"),
        ("team =", 'api_url = "http://slack.example/api/"\nteam =', "without TLS only to this machine"),
        ("team =", 'command = "swat"\nteam =', 'expected a slash command such as "/swat"'),
        ("team =", 'log_channels = ["C0SWAT"]\nteam =', "C0SWAT is one of channels already"),
        ("team =", 'bot_token_file = "t"\nteam =', "has both bot_token_env and bot_token_file"),
        ("[[slack]]", f"{TABLE}[[slack]]", "T0SWAT"),
    ],
)  # fmt: skip
def test_faults_are_told(config: Path, old: str, new: str, told: str) -> None:
    path = config / "swatbot.toml"
    path.write_text(path.read_text() + TABLE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load(config, {"BOT": "xoxb-1", "APP": "xapp-1", "SWATBOT_IRC_PASSWORD": "x"})
    assert told in str(caught.value)
    assert "xoxb" not in str(caught.value)


def test_an_account_of_slack_needs_a_workspace(config: Path) -> None:
    people = config / "people.toml"
    people.write_text(people.read_text() + '\n[sam]\naccounts = ["slack:T0SWAT/U0SAM"]\n')
    with pytest.raises(ConfigError, match=r"slack:T0SWAT/U0SAM: swatbot.toml has no \[\[slack\]\]"):
        load(config, {}, secrets=False)
    swatbot = config / "swatbot.toml"
    swatbot.write_text(swatbot.read_text() + TABLE)
    assert load(config, {}, secrets=False).persons["sam"].accounts == ("slack:T0SWAT/U0SAM",)
