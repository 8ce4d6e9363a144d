"""What one Slack workspace needs to be known for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from swatbot.ports import ChannelRole


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """One workspace; channels by id, since names change.

    Attributes:
        team: its id, which is in accounts: `slack:TEAM/USER`.
        channels: where commands are heard, and everything is told.
        progress_channels: where everything is told, and no command is heard.
        log_channels: where only `!log` lines are.
        bot_token: of the app in this workspace, "xoxb-...".
        app_token: of the app itself, for Socket Mode, "xapp-...".
        command: the slash command of the manifest.
        people: ids of users by what messages call them.
        api_url: where the Web API is.
        post_burst: lines that a channel takes at once, before it is one in `post_every` seconds.
        post_every: seconds; Slack takes one message a second and channel.
        edit_every: seconds between two edits of one card.
        ping_every: seconds after which Slack is asked whether it is still there.
        told_after: seconds without a connection that are told once it is back.
    """

    team: str
    channels: tuple[str, ...]
    progress_channels: tuple[str, ...] = ()
    log_channels: tuple[str, ...] = ()
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    command: str = "/swat"
    people: Mapping[str, str] = field(default_factory=dict)
    api_url: str = "https://slack.com/api/"
    post_burst: int = 3
    post_every: float = 1.05
    edit_every: float = 1.05
    ping_every: float = 5.0
    told_after: float = 5.0

    @property
    def roles(self) -> dict[str, ChannelRole]:
        """All channels, and what each is for."""
        return {
            **dict.fromkeys(self.channels, ChannelRole.COMMANDS),
            **dict.fromkeys(self.progress_channels, ChannelRole.PROGRESS),
            **dict.fromkeys(self.log_channels, ChannelRole.LOG),
        }
