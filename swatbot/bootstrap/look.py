"""A look at every chat network of the config."""

from collections.abc import Iterator

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.irc.look import Seen, look
from swatbot.adapters.slack.look import Looked
from swatbot.adapters.slack.look import look as look_at
from swatbot.bootstrap.settings import irc_settings, slack_settings
from swatbot.config import Config


def look_at_networks(config: Config) -> Iterator[Seen]:
    """What each server of each IRC network is like, one after the other.

    Raises:
        OperationalError: a password is not there any more.
    """
    for section in config.swatbot.irc:
        settings = irc_settings(section)
        for server in settings.servers:
            yield look(settings, server, SystemClock())


def look_at_workspaces(config: Config) -> Iterator[tuple[str, Looked]]:
    """What is found of each Slack workspace, with its id.

    Raises:
        OperationalError: a token is not there any more.
    """
    for section in config.swatbot.slack:
        for looked in look_at(slack_settings(section, config.people()), SystemClock()):
            yield section.team, looked
