"""What Slack delivers, read: who said what, where and when; what is nobody's word is let be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from slack_bolt.request.internals import extract_actor_team_id

from swatbot.adapters.slack.blocks import REASON
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.text import typed
from swatbot.ports import Incoming

Json = Mapping[str, Any]
# A person's words: as they are, sent to the channel too from a thread, beside a file, or as "/me".
_WORDS = (None, "thread_broadcast", "file_share", "me_message")


@dataclass(frozen=True, slots=True)
class Click:
    """A button was clicked.

    Attributes:
        command: what it stands for.
        number: whose card it is on.
        question: what is asked in a dialog first, "" if nothing is.
        trigger: lets a dialog be opened, for some seconds.
        heard: the click as a line.
    """

    command: str
    number: int
    question: str
    trigger: str
    heard: Incoming


class Ears:
    """Reads payloads of one workspace.

    Args:
        settings: the workspace.
        me: the bot's own user.
    """

    def __init__(self, settings: SlackSettings, me: str) -> None:
        self._settings, self._me = settings, me
        self._names = {user: name for name, user in settings.people.items()}

    def message(self, body: Json) -> Incoming | None:
        """A message that a person wrote; None for those of bots, edits, and whatever else comes as one."""
        event = body["event"]
        if event.get("type") != "message" or event.get("subtype") not in _WORDS or event.get("bot_id"):
            return None
        user, text, channel = (str(event.get(key) or "") for key in ("user", "text", "channel"))
        if not user or user == self._me or not text or not channel:
            return None
        rest = self._addressed(text)
        private = event.get("channel_type") == "im"
        thread = str(event.get("thread_ts", ""))
        return Incoming(
            self._typed(text if rest is None else rest),
            self._names.get(user, user),
            self._account(_team(body), user),
            channel,
            private=private,
            message=f"{channel}/{event['ts']}",
            addressed=private or rest is not None,
            aside=private,
            reply_to=str(Target(channel, thread)) if thread else "",
            thread=thread,
            apart=bool(thread) and event.get("parent_user_id") != self._me,
            at=_moment(event["ts"]),
        )

    def deleted(self, body: Json) -> tuple[str, str] | None:
        """The channel and the id of a message that was deleted; one with a thread becomes a stone instead."""
        event = body["event"]
        channel, stone = str(event.get("channel", "")), event.get("message") or {}
        match event.get("subtype"):
            case "message_deleted":
                return channel, str(event.get("deleted_ts", ""))
            case "message_changed" if stone.get("subtype") == "tombstone":
                return channel, str(stone.get("ts", ""))
        return None

    def slash(self, body: Json) -> Incoming:
        """A slash command; outside of the channels in which commands are heard it is a private word."""
        user, channel, text = str(body["user_id"]), str(body["channel_id"]), str(body.get("text", ""))
        private = channel not in self._settings.channels
        return Incoming(
            f"!{self._typed(text).removeprefix('!')}" if text.strip() else "!help",
            self._names.get(user, user),
            self._account(body.get("team_id"), user),
            channel,
            private,
            f"slash/{body['trigger_id']}",
            addressed=True,
            aside=private,
            reply_to=user if private else "",
        )

    def click(self, body: Json) -> Click | None:
        """A button of a card that was clicked; None for a click on whatever else Slack may deliver."""
        actions, channel = body.get("actions") or [], (body.get("channel") or {}).get("id")
        if not actions or not channel:
            return None
        action = actions[0]
        number, _, question = str(action.get("value", "")).partition(" ")
        if not number.isdigit():
            return None
        message = f"click/{body['user']['id']}/{action['action_ts']}"
        heard = self._clicked(body, channel, f"!{action['action_id']} {number}", message)
        return Click(action["action_id"], int(number), question, body.get("trigger_id", ""), heard)

    def reason(self, body: Json) -> Incoming:
        """A dialog that was sent, with the reason."""
        view = body["view"]
        number, _, where = view["private_metadata"].partition(" ")
        why = view["state"]["values"][REASON][REASON].get("value") or ""
        line = f"!{view['callback_id']} {number} {why}"
        return self._clicked(body, where, line, f"dialog/{view['id']}")

    def _clicked(self, body: Json, channel: str, line: str, message: str) -> Incoming:
        """What is not theirs to click is told to them alone."""
        user, team = str(body["user"]["id"]), body["user"].get("team_id")
        return Incoming(
            line,
            self._names.get(user, user),
            self._account(team, user),
            channel,
            message=message,
            addressed=True,
            reply_to=str(Target(channel, user=user)),
        )

    def _account(self, team: object, user: str) -> str | None:
        return f"slack:{team}/{user}" if team else None

    def _addressed(self, text: str) -> str | None:
        """What follows a mention of the bot at the start, None without one."""
        mention = f"<@{self._me}"
        start, _, rest = text.lstrip().partition(">")
        is_me = start == mention or start.startswith(f"{mention}|")
        return rest.lstrip(" :,") if is_me else None

    def _typed(self, text: str) -> str:
        return typed(text, self._names)


def _team(body: Json) -> str | None:
    """The team of who spoke, which in a shared channel may be another than ours."""
    found = extract_actor_team_id(dict(body))  # type: ignore[no-untyped-call,unused-ignore]
    return str(found) if found else None


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)
