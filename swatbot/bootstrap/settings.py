"""Turns sections of the config into what the parts want: seconds, texts, passwords as they are."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.checks.settings import Check, CommandCheck, HttpCheck, LogsCheck, ServedCheck
from swatbot.config.probes import CheckSection, CommandSection, HttpSection, ServedSection
from swatbot.config.sections import IrcSection
from swatbot.config.slack import SlackSection
from swatbot.config.types import WithPassword
from swatbot.domain.person import People
from swatbot.tree.patterns import Patterns


def check_settings(section: CheckSection, private: Patterns) -> Check:
    """A check as its probe wants it.

    Args:
        section: of checks.toml.
        private: the files of which nothing may be told.

    Raises:
        OperationalError: its password is not there any more.
    """
    if isinstance(section, HttpSection):
        return HttpCheck(**_values(section, headers="send", expect_headers="headers"))
    if isinstance(section, ServedSection):
        return ServedCheck(**_values(section, headers="send"), private=private.match(section.file))
    if isinstance(section, CommandSection):
        return CommandCheck(**_values(section))
    return LogsCheck(**_values(section), password=_password(section))


def irc_settings(section: IrcSection) -> IrcSettings:
    """A network as its adapter wants it.

    Raises:
        OperationalError: its password is not there any more.
    """
    values = _values(section, ignore_nicks="bots")
    values["other_hosts"] = tuple((host, port or section.port) for host, port in section.other_hosts)
    return IrcSettings(**values, sasl_password=_password(section))


def slack_settings(section: SlackSection, people: People) -> SlackSettings:
    """A workspace as its adapter wants it; whoever has an account there can be notified.

    Raises:
        OperationalError: a token is not there any more.
    """
    bot, app = section.bot_token(), section.app_token()
    return SlackSettings(
        team=section.team,
        channels=section.channels,
        progress_channels=section.progress_channels,
        log_channels=section.log_channels,
        command=section.command,
        api_url=section.api_url,
        bot_token=bot.get_secret_value() if bot else "",
        app_token=app.get_secret_value() if app else "",
        people={
            person.called: user
            for person in people.everyone
            for account in person.accounts
            for kind, _, user in [account.rpartition("/")]
            if kind.startswith("slack:")
        },
    )


def _values(section: CheckSection | IrcSection, **renamed: str) -> dict[str, Any]:
    """What the section says, under the names that the settings have; what it leaves out is left to them."""
    apart = ("kind", "password_env", "password_file")
    said = ((key, value) for key, value in section if key not in apart and value is not None)
    return {renamed.get(key, key): _plain(value) for key, value in said}


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return tuple(value.items())
    return str(value) if isinstance(value, Path) else value


def _password(section: WithPassword) -> str:
    secret = section.password()
    return secret.get_secret_value() if secret else ""
