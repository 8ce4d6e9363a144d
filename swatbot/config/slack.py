"""The table [[slack]] of swatbot.toml: one workspace, its channels by id, and where the app's tokens are."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from swatbot.config.types import LocalPath, Section, Url, secret


def _like(pattern: str, what: str) -> AfterValidator:
    """Text that looks so; who writes something else is told what it should be."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(what)
        return text

    return AfterValidator(check)


SlackTeam = Annotated[
    str,
    _like(
        r"T[A-Z0-9]{5,}", 'the id of a workspace such as "T0123ABCD", as in the address of Slack in a browser'
    ),
]
SlackChannel = Annotated[
    str,
    _like(r"[CG][A-Z0-9]{5,}", 'the id of a channel such as "C0123ABCD", as its details in Slack end with'),
]
SlashCommand = Annotated[str, _like(r"/[a-z0-9_-]{1,31}", 'a slash command such as "/swat"')]


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
