"""The Web API's methods that read, for Slack's stand-in: who the app is, people, channels and history."""

import base64
import copy
from collections.abc import Iterable

from tests.wires.slack.app import KINDS
from tests.wires.slack.calls import Call, Inside, Method, page
from tests.wires.slack.refusal import RefusedError
from tests.wires.slack.state import Channel
from tests.wires.slack.text import Json

MOST_MESSAGES = 999
_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im"}


def auth_test(inside: Inside, _call: Call) -> Json:
    app = inside.app
    return {
        "url": "https://swat.slack.com/",
        "team": "Swat",
        "user": app.name,
        "team_id": app.team,
        "user_id": app.user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(inside: Inside, _call: Call) -> Json:
    ticket = inside.sockets.ticket()
    return {"url": f"ws://{inside.base}/link/?ticket={ticket}&app_id={inside.app.id}"}


def user_info(inside: Inside, call: Call) -> Json:
    user = inside.workspace.users.get(call.text("user"))
    if user is None:
        raise RefusedError("user_not_found")
    foreign = {"is_stranger": True} if user.team != inside.workspace.team else {}
    profile = {"real_name": user.name, "display_name": user.name, "team": user.team}
    if inside.app.may("users:read.email"):
        profile["email"] = f"{user.name}@swat.example"
    told = {"id": user.id, "team_id": user.team, "name": user.name, "real_name": user.name, **foreign}
    return {"user": {**told, "deleted": user.deleted, "is_bot": user.is_bot, "profile": profile}}


def channel_info(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call, "read")
    counted = {"num_members": len(channel.members)} if call.flag("include_num_members") else {}
    return {"channel": {**_channel(inside, channel), **counted}}


def channel_list(inside: Inside, call: Call) -> Json:
    """Public channels if nothing else is asked for; private ones only where the app is a member."""
    kinds = []
    for name in call.text("types", "public_channel").split(","):
        kind = _TYPES.get(name.strip())
        if kind is None:
            raise RefusedError("invalid_types")
        inside.need(f"{KINDS[kind]}:read")
        kinds.append(kind)
    found = [
        _channel(inside, channel)
        for channel in inside.workspace.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or inside.app.user in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    shown, cursor = page(found, call)
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def channel_members(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call, "read")
    shown, cursor = page([{"id": user} for user in sorted(channel.members)], call)
    return {"members": [one["id"] for one in shown], "response_metadata": {"next_cursor": cursor}}


def history(inside: Inside, call: Call) -> Json:
    """Newest first, without the replies in threads that were not sent to the channel as well."""
    channel = inside.joined_channel(call, "history")
    top = [
        message
        for message in channel.messages.values()
        if message.get("thread_ts", message["ts"]) == message["ts"]
        or message.get("subtype") == "thread_broadcast"
    ]
    return _messages(_between(reversed(top), call), call)


def replies(inside: Inside, call: Call) -> Json:
    """Oldest first, with the message that they reply to."""
    channel = inside.joined_channel(call, "history")
    root = channel.messages.get(call.text("ts"))
    if root is None:
        raise RefusedError("thread_not_found")
    thread = str(root.get("thread_ts", root["ts"]))
    others = inside.workspace.replies(channel, thread)
    after = [message for message in others if message["ts"] != thread]
    return _messages([channel.messages[thread], *_between(after, call)], call, 1000)


def join(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call)
    if channel.kind != "channel":
        raise RefusedError("method_not_supported_for_channel_type")
    if inside.app.user not in channel.members:
        channel.members.add(inside.app.user)
        inside.feed.joined(channel, inside.app.user)
    return {"channel": _channel(inside, channel)}


def _channel(inside: Inside, channel: Channel) -> Json:
    told: Json = {
        "id": channel.id,
        "is_im": channel.kind == "im",
        "is_archived": channel.archived,
        "is_ext_shared": channel.shared,
        "context_team_id": inside.workspace.team,
    }
    if channel.kind == "im":
        return {**told, "user": next(iter(channel.members - {inside.app.user}))}
    return {
        **told,
        "name": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_private": channel.kind == "group",
        "is_member": inside.app.user in channel.members,
    }


def _between(messages: Iterable[Json], call: Call) -> list[Json]:
    """From `oldest` to `latest`; the very ends only if `inclusive`."""
    oldest, latest = float(call.text("oldest") or 0), float(call.text("latest") or "inf")
    ends = (oldest, latest) if call.flag("inclusive") else ()
    return [
        message
        for message in messages
        if oldest < float(message["ts"]) < latest or float(message["ts"]) in ends
    ]


def _messages(messages: list[Json], call: Call, default: int = 100) -> Json:
    """A page of them. Its cursor stands for a message, so that none that comes meanwhile shifts the next."""
    start = _start(messages, call.text("cursor"))
    end = start + min(call.number("limit", default) or default, MOST_MESSAGES)
    shown, cursor = messages[start:end], _cursor(messages[end]) if end < len(messages) else ""
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    told = [_told(message, call.flag("include_all_metadata")) for message in shown]
    return {"messages": told, "has_more": bool(cursor), **more}


def _cursor(following: Json) -> str:
    return base64.b64encode(f"next_ts:{following['ts']}".encode()).decode()


def _start(messages: list[Json], cursor: str) -> int:
    """Where a page begins: the newest message comes first, or, in threads, last."""
    if not cursor:
        return 0
    try:
        name, _, ts = base64.b64decode(cursor, validate=True).decode().partition(":")
        at = float(ts)
    except ValueError:
        name = ""
    if name != "next_ts":
        raise RefusedError("invalid_cursor")
    times = [float(message["ts"]) for message in messages]
    falls = times == sorted(times, reverse=True)
    return next((n for n, time in enumerate(times) if (time <= at if falls else time >= at)), len(times))


def _told(message: Json, with_metadata: bool) -> Json:
    told = copy.deepcopy(message)
    if not with_metadata:
        told.pop("metadata", None)
    reactions = told.pop("reactions", {})
    if reactions:
        told["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in reactions.items()
        ]
    return told


METHODS = {
    "auth.test": Method(auth_test, 4),
    "apps.connections.open": Method(open_connection, 1, app_level=True),
    "users.info": Method(user_info, 4, ("users:read",)),
    "conversations.info": Method(channel_info, 3),
    "conversations.list": Method(channel_list, 2),
    "conversations.members": Method(channel_members, 4),
    "conversations.history": Method(history, 3),
    "conversations.replies": Method(replies, 3),
    "conversations.join": Method(join, 3, ("channels:join",)),
}
