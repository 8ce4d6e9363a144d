"""What Slack knows of the app under test, so that a test can prove which scopes its manifest needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "users:read",
)
EVENTS = (
    "app_mention",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
)
# By the type of a conversation, as the names of scopes begin.
KINDS = {"channel": "channels", "group": "groups", "im": "im"}


@dataclass
class App:
    """The app, as its manifest and its installation say.

    Attributes:
        scopes: of the bot token.
        events: that the bot is subscribed to.
        commands: slash commands that are declared.
        interactive: whether clicks and modals are sent to the app.
        used: the scopes without which something would have been refused, or not been delivered.
    """

    team: str
    scopes: set[str]
    events: set[str]
    commands: set[str]
    interactive: bool = True
    id: str = "A0SWATBOT"
    bot_id: str = "B0SWATBOT"
    user: str = "U0SWATBOT"
    name: str = "swatbot"
    bot_token: str = "xoxb-1-swatbot"  # noqa: S107, RUF100
    app_token: str = "xapp-1-A0SWATBOT-1-swatbot"  # noqa: S107, RUF100
    used: set[str] = field(default_factory=set)

    def may(self, scope: str) -> bool:
        """Whether the app has this scope; that it has made use of it is noted."""
        if scope not in self.scopes:
            return False
        self.used.add(scope)
        return True

    def hears(self, event: str, scope: str) -> bool:
        """Whether an event is delivered: subscribed to, and with the scope that lets the app see it."""
        return event in self.events and self.may(scope)


def of_manifest(manifest: Mapping[str, Any]) -> dict[str, Iterable[str] | bool]:
    """The arguments for the stand-in that an app manifest, as Slack reads it, amounts to."""
    settings = manifest.get("settings", {})
    commands = manifest.get("features", {}).get("slash_commands", [])
    return {
        "scopes": manifest["oauth_config"]["scopes"]["bot"],
        "events": settings.get("event_subscriptions", {}).get("bot_events", []),
        "commands": [command["command"] for command in commands],
        "interactive": settings.get("interactivity", {}).get("is_enabled", False),
        "socket_mode": settings.get("socket_mode_enabled", False),
    }
