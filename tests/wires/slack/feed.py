"""Turns what happens in Slack's stand-in into the events that the app gets, if it may and wants them."""

import copy
from collections.abc import Callable

from tests.wires.slack.app import KINDS, App
from tests.wires.slack.deliveries import Delivery
from tests.wires.slack.state import Channel, Workspace
from tests.wires.slack.text import Json

_NOT_IN_EVENTS = ("reply_count", "latest_reply", "metadata", "reactions")


class Feed:
    """Makes events and hands them to `send`; its methods are called with the workspace's lock held.

    Attributes:
        retries: seconds before each redelivery of an event that was not acknowledged.
        deliveries: all that was ever on its way to the app, in the order in which it happened.
        held: what happened since the test began to hold events back; None while it does not.
        passed_over: events that the app did not get, as (event, scope), for it had not asked or may not.
    """

    def __init__(self, workspace: Workspace, app: App, retries: tuple[float, ...]) -> None:
        self.retries = retries
        self.send: Callable[[Delivery], None] = lambda _delivery: None
        self.held: list[Delivery] | None = None
        self.deliveries: list[Delivery] = []
        self.passed_over: set[tuple[str, str]] = set()
        self._workspace = workspace
        self._app = app

    def said(self, channel: Channel, message: Json) -> None:
        """A new message; a mention of the app comes as an event of its own as well, but not in its DMs."""
        self._message(channel, self._shown(message), message["ts"])
        self._mention(channel, message, message["ts"])

    def edited(self, channel: Channel, message: Json, before: Json) -> None:
        """A change; when the new text mentions the app, it gets that mention too, marked as edited."""
        ts = message["edited"]["ts"]
        event = {
            "type": "message",
            "subtype": "message_changed",
            "message": copy.deepcopy(message),
            "previous_message": before,
            "hidden": True,
            "ts": ts,
        }
        self._message(channel, event, ts)
        self._mention(channel, message, ts)

    def deleted(self, channel: Channel, before: Json) -> None:
        """A message that is gone; where replies keep its place, that comes as a change."""
        ts, stone = self._workspace.next_ts(), channel.messages.get(before["ts"])
        how: Json = {"subtype": "message_deleted", "deleted_ts": before["ts"]}
        if stone is not None:
            how = {"subtype": "message_changed", "message": copy.deepcopy(stone)}
        event = {"type": "message", **how, "previous_message": before, "hidden": True, "ts": ts}
        self._message(channel, event, ts)

    def reacted(self, verb: str, user: str, channel: Channel, message: Json, name: str) -> None:
        """`verb` is "added" or "removed"."""
        event = {
            "type": f"reaction_{verb}",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            "item_user": message.get("user", ""),
            "event_ts": self._workspace.next_ts(),
        }
        self._publish(f"reaction_{verb}", "reactions:read", channel, event)

    def joined(self, channel: Channel, user: str) -> None:
        event = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": self._workspace.team,
            "event_ts": self._workspace.next_ts(),
        }
        self._publish("member_joined_channel", f"{KINDS[channel.kind]}:read", channel, event)

    def offer(self, kind: str, payload: Json) -> Delivery:
        """A click, a modal or a command, which is sent once."""
        delivery = Delivery(kind, payload)
        self.deliveries.append(delivery)
        self.send(delivery)
        return delivery

    def _message(self, channel: Channel, event: Json, ts: str) -> None:
        kind = KINDS[channel.kind]
        event |= {"channel": channel.id, "event_ts": ts, "channel_type": channel.kind}
        self._publish(f"message.{kind}", f"{kind}:history", channel, event)

    def _mention(self, channel: Channel, message: Json, ts: str) -> None:
        own = message.get("bot_id") == self._app.bot_id
        if own or channel.kind == "im" or f"<@{self._app.user}>" not in message.get("text", ""):
            return
        event = {**self._shown(message), "type": "app_mention", "channel": channel.id, "event_ts": ts}
        self._publish("app_mention", "app_mentions:read", channel, event)

    def _shown(self, message: Json) -> Json:
        return {key: copy.deepcopy(value) for key, value in message.items() if key not in _NOT_IN_EVENTS}

    def _publish(self, name: str, scope: str, channel: Channel, event: Json) -> None:
        if self._app.user not in channel.members:
            return
        if not self._app.hears(name, scope):
            self.passed_over.add((name, scope))
            return
        delivery = Delivery("events_api", self._callback(channel, event), self.retries)
        self.deliveries.append(delivery)
        if self.held is None:
            self.send(delivery)
        else:
            self.held.append(delivery)

    def _callback(self, channel: Channel, event: Json) -> Json:
        team = self._workspace.team
        return {
            "token": "verification",
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": self._app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self._workspace.next_id("Ev"),
            "event_time": int(float(event["event_ts"])),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team,
                    "user_id": self._app.user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": channel.shared,
            "event_context": self._workspace.next_id("4-"),
        }
