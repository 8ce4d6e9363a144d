"""The table [[slack]] of swatbot.toml: one workspace, its channels by id, and where the app's tokens are."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from swatbot.config.types import LocalPath, Section, Url, secret


def _slack_team(text: str) -> str:
    if not re.fullmatch(r"T[A-Z0-9]{5,}", text):
        raise ValueError('the id of a workspace such as "T0123ABCD", as in the address of Slack in a browser')
    return text


def _slack_channel(text: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{5,}", text):
        raise ValueError('the id of a channel such as "C0123ABCD", as its details in Slack end with')
    return text


def _slash(text: str) -> str:
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError('a slash command such as "/swat"')
    return text


SlackTeam = Annotated[str, AfterValidator(_slack_team)]
SlackChannel = Annotated[str, AfterValidator(_slack_channel)]
SlashCommand = Annotated[str, AfterValidator(_slash)]


class SlackSection(Section):
    """[[slack]]: one workspace."""

    team: SlackTeam
    channels: Annotated[tuple[SlackChannel, ...], Field(min_length=1)]
    progress_channels: tuple[SlackChannel, ...] = ()
    log_channels: tuple[SlackChannel, ...] = ()
    command: SlashCommand = "/swat"
    api_url: Url = "https://slack.com/api/"
    bot_token_env: str = ""
    bot_token_file: LocalPath | None = None
    app_token_env: str = ""
    app_token_file: LocalPath | None = None

    def bot_token(self) -> SecretStr | None:
        """The app's token in the workspace, None where the section does not say where it is.

        Raises:
            OperationalError: it was there when the config was loaded, and is no longer.
        """
        return secret(self.bot_token_env, self.bot_token_file)

    def app_token(self) -> SecretStr | None:
        """The app's own token, for Socket Mode; the same as for `bot_token` holds."""
        return secret(self.app_token_env, self.app_token_file)
