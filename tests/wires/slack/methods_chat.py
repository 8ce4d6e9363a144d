"""The Web API's methods that write, for Slack's stand-in: messages, reactions, modals, response URLs."""

import copy
import json

from tests.wires.slack.blocks import block_faults, view_faults
from tests.wires.slack.calls import Call, Inside, Method
from tests.wires.slack.refusal import RefusedError, bad_arguments, bad_blocks
from tests.wires.slack.state import Channel
from tests.wires.slack.text import Json, sent_by_app

# Bytes, of text as it is escaped; of blocks it is what people have found, for it is documented nowhere.
MOST_TEXT, MOST_EDITED, MOST_BLOCKS = 40_000, 4_000, 13_000


def post_message(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call, by_name=True)
    if channel.archived:
        raise RefusedError("is_archived")
    if inside.app.user not in channel.members and not inside.app.may("chat:write.public"):
        raise RefusedError("not_in_channel")
    message = {**_content(call), **_author(inside, call)}
    message |= _thread(channel, call)
    inside.workspace.post(channel, message)
    inside.feed.said(channel, message)
    return {"channel": channel.id, "ts": message["ts"], "message": copy.deepcopy(message)}


def update(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call)
    message = _own_message(inside, channel, call)
    window = inside.edit_window
    if window is not None and inside.workspace.now() - float(message["ts"]) > window:
        raise RefusedError("edit_window_closed")
    before = inside.workspace.edit(channel, message["ts"], _content(call, MOST_EDITED), inside.app.bot_id)
    inside.feed.edited(channel, message, before)
    shown = copy.deepcopy(message)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": shown}


def delete(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call)
    message = _own_message(inside, channel, call, "cant_delete_message")
    inside.feed.deleted(channel, inside.workspace.delete(channel, message["ts"]))
    return {"channel": channel.id, "ts": message["ts"]}


def post_ephemeral(inside: Inside, call: Call) -> Json:
    channel = inside.joined_channel(call)
    user = call.text("user")
    if user not in inside.workspace.users:
        raise RefusedError("user_not_found" if user else "invalid_arguments")
    if user not in channel.members:
        raise RefusedError("user_not_in_channel")
    message = {**_content(call), **_author(inside, call), "is_ephemeral": True}
    message |= _thread(channel, call)
    inside.workspace.whisper(user, channel, message)
    return {"message_ts": message["ts"]}


def get_permalink(inside: Inside, call: Call) -> Json:
    channel = inside.channel(call)
    message = _message(channel, call.text("message_ts"))
    link = f"https://swat.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts", message["ts"])
    if thread != message["ts"]:
        link += f"?thread_ts={thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(inside: Inside, call: Call) -> Json:
    channel, message, name = _reaction(inside, call)
    react(inside, inside.app.user, channel, message, name)
    return {}


def remove_reaction(inside: Inside, call: Call) -> Json:
    channel, message, name = _reaction(inside, call)
    users = message.get("reactions", {}).get(name, [])
    if inside.app.user not in users:
        raise RefusedError("no_reaction")
    users.remove(inside.app.user)
    if not users:
        del message["reactions"][name]
    inside.feed.reacted("removed", inside.app.user, channel, message, name)
    return {}


def react(inside: Inside, user: str, channel: Channel, message: Json, name: str) -> None:
    """Somebody's reaction; a message keeps them by name, with who gave them."""
    users = message.setdefault("reactions", {}).setdefault(name, [])
    if user in users:
        raise RefusedError("already_reacted")
    users.append(user)
    inside.feed.reacted("added", user, channel, message, name)


def open_view(inside: Inside, call: Call) -> Json:
    view = call.value("view")
    faults = view_faults(view)
    if faults:
        raise bad_arguments(*faults)
    assert isinstance(view, dict)
    user = inside.interactions.redeem(call.text("trigger_id"))
    return {"view": copy.deepcopy(inside.interactions.open_view(user, view).view)}


def respond(inside: Inside, ident: str, call: Call) -> None:
    """What is posted to a response URL: it replaces the message that was clicked, or says something new."""
    hook = inside.interactions.use_hook(ident)
    channel = inside.workspace.channels[hook.channel]
    if call.flag("delete_original"):
        _replace_original(inside, channel, hook.ts, None)
        return
    if call.flag("replace_original") and hook.ts:
        _replace_original(inside, channel, hook.ts, _content(call))
        return
    speak(inside, hook.user, channel, call)


def speak(inside: Inside, user: str, channel: Channel, call: Call) -> None:
    """Answer a person, who alone sees it unless the app says otherwise."""
    message = {**_content(call), **_author(inside, call)}
    if call.text("thread_ts"):
        message["thread_ts"] = call.text("thread_ts")
    if call.text("response_type") == "in_channel":
        inside.workspace.post(channel, message)
        inside.feed.said(channel, message)
    else:
        inside.workspace.whisper(user, channel, {**message, "is_ephemeral": True})


def _replace_original(inside: Inside, channel: Channel, ts: str, content: Json | None) -> None:
    for shown in inside.workspace.ephemerals:
        if shown.message["ts"] == ts:
            if content is None:
                inside.workspace.ephemerals.remove(shown)
            else:
                shown.message.update(content)
            return
    message = _message(channel, ts)
    if content is None:
        inside.feed.deleted(channel, inside.workspace.delete(channel, ts))
    else:
        before = inside.workspace.edit(channel, ts, content, inside.app.bot_id)
        inside.feed.edited(channel, message, before)


def _content(call: Call, most: int = MOST_TEXT) -> Json:
    """Text, blocks and metadata; what an edit leaves out stays as it was."""
    text, blocks, metadata = call.text("text"), call.value("blocks"), call.value("metadata")
    if not text and not blocks:
        raise RefusedError("no_text")
    content: Json = {"text": sent_by_app(text)}
    if len(content["text"].encode()) > most:
        raise RefusedError("msg_too_long")
    if blocks is not None:
        faults = block_faults(blocks)
        if faults:
            raise bad_blocks(faults)
        if len(json.dumps(blocks, ensure_ascii=False).encode()) > MOST_BLOCKS:
            raise RefusedError("msg_blocks_too_long")
        content["blocks"] = copy.deepcopy(blocks)
    if metadata is not None:
        good = isinstance(metadata, dict) and {"event_type", "event_payload"} <= set(metadata)
        if not good:
            raise RefusedError("invalid_metadata_format")
        content["metadata"] = metadata
    return content


def _author(inside: Inside, call: Call) -> Json:
    """With a name of its own choosing, which needs a scope, a bot's message is of the older kind."""
    app = inside.app
    if call.text("username"):
        inside.need("chat:write.customize")
        other = {"subtype": "bot_message", "username": call.text("username")}
        return {"type": "message", "bot_id": app.bot_id, "app_id": app.id, **other}
    profile = {"id": app.bot_id, "app_id": app.id, "name": app.name, "deleted": False, "team_id": app.team}
    return {
        "type": "message",
        "user": app.user,
        "bot_id": app.bot_id,
        "app_id": app.id,
        "team": app.team,
        "bot_profile": profile,
    }


def _thread(channel: Channel, call: Call) -> Json:
    """Slack takes a reply to a message that it does not find as a message of its own."""
    ts = call.text("thread_ts")
    parent = channel.messages.get(ts)
    if parent is None:
        return {}
    root = parent.get("thread_ts", ts)
    return {"thread_ts": root, **({"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {})}


def _message(channel: Channel, ts: str) -> Json:
    if ts not in channel.messages:
        raise RefusedError("message_not_found")
    return channel.messages[ts]


def _own_message(inside: Inside, channel: Channel, call: Call, refusal: str = "cant_update_message") -> Json:
    message = _message(channel, call.text("ts"))
    if message.get("bot_id") != inside.app.bot_id:
        raise RefusedError(refusal)
    return message


def _reaction(inside: Inside, call: Call) -> tuple[Channel, Json, str]:
    channel = inside.joined_channel(call)
    name = call.text("name").strip(":")
    if not name:
        raise RefusedError("invalid_name")
    return channel, _message(channel, call.text("timestamp")), name


METHODS = {
    "chat.postMessage": Method(post_message, 4, ("chat:write",)),
    "chat.update": Method(update, 3, ("chat:write",)),
    "chat.delete": Method(delete, 3, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, 4, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, 4),
    "reactions.add": Method(add_reaction, 3, ("reactions:write",)),
    "reactions.remove": Method(remove_reaction, 2, ("reactions:write",)),
    "views.open": Method(open_view, 4),
}
