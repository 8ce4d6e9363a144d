"""A look at a workspace, as the bot would find it: tokens, scopes, channels, clock; nothing is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError

from swatbot.adapters.slack.api import Api, AwayError, DeniedError, WaitError
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.ports import Clock

SCOPES = frozenset(
    (
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "groups:history",
        "groups:read",
        "im:history",
    )
)
"""What the app has to be allowed, and nothing more; the manifest asks for these."""
_SKEW = 10.0


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing that was looked at: what it is, what was found, and whether the bot can work with it."""

    what: str
    found: str
    well: bool = True


def look(settings: SlackSettings, clock: Clock) -> Iterator[Looked]:
    """Look at a workspace, within seconds for each thing.

    Args:
        settings: the workspace.
        clock: this machine's.
    """
    api = Api(settings.bot_token, settings.api_url)
    try:
        me = api.client.auth_test()
    except (SlackApiError, OSError) as error:
        yield Looked("bot token", _reason(error), well=False)
        return
    yield _team(settings, str(me["team_id"]), f"{me['team']} ({me['team_id']}), as {me['user']}")
    yield _scopes(me.headers)
    if (date := _date(me.headers)) is not None:
        yield _clock(clock.now(), date)
    for channel in settings.roles:
        yield _channel(api, channel)
    yield _app_token(api, settings.app_token)


def _team(settings: SlackSettings, team: str, found: str) -> Looked:
    if team == settings.team:
        return Looked("bot token", found)
    return Looked("bot token", f"it is of {found}, and not of {settings.team}", well=False)


def _scopes(headers: Any) -> Looked:
    has = {scope.strip() for scope in _header(headers, "x-oauth-scopes").split(",") if scope.strip()}
    lacks, more = sorted(SCOPES - has), sorted(has - SCOPES)
    if lacks:
        hint = "add them in the app's manifest, and install the app anew"
        return Looked("scopes", f"lacks {', '.join(lacks)}: {hint}", well=False)
    return Looked("scopes", f"all there; more than needed: {', '.join(more)}" if more else "all there")


def _clock(now: datetime, there: datetime) -> Looked:
    """What is said is held against this machine's clock: a word of long ago is not carried out."""
    off = (now - there).total_seconds()
    if abs(off) <= _SKEW:
        return Looked("clock", "as Slack's")
    which = "ahead of" if off > 0 else "behind"
    return Looked("clock", f"this machine is {abs(off):.0f} s {which} Slack", well=False)


def _channel(api: Api, channel: str) -> Looked:
    try:
        found = api.call("conversations.info", {"channel": channel})["channel"]
    except (AwayError, WaitError, DeniedError) as error:
        return Looked(channel, f"{error}: is the id right, and was the app invited?", well=False)
    name = f"#{found.get('name', channel)}"
    if found.get("is_archived"):
        return Looked(channel, f"{name} is archived", well=False)
    if not found.get("is_member"):
        return Looked(channel, f"the app is not in {name}: /invite it there", well=False)
    return Looked(channel, f"in {name}")


def _app_token(api: Api, token: str) -> Looked:
    """A connection is only asked for, not made: Slack forgets it within half a minute."""
    try:
        api.client.apps_connections_open(app_token=token)
    except (SlackApiError, OSError) as error:
        return Looked("app token", _reason(error), well=False)
    return Looked("app token", "opens a socket")


def _reason(error: Exception) -> str:
    return str(error.response.get("error", error)) if isinstance(error, SlackApiError) else str(error)


def _date(headers: Any) -> datetime | None:
    try:
        return parsedate_to_datetime(_header(headers, "date"))
    except ValueError:
        return None


def _header(headers: Any, wanted: str) -> str:
    found = next((value for name, value in headers.items() if name.lower() == wanted), "")
    return str(found[0] if isinstance(found, list) else found)
