"""Clicks, commands and modals of Slack's stand-in: their payloads, triggers and response URLs."""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.wires.slack.app import App
from tests.wires.slack.refusal import RefusedError
from tests.wires.slack.state import Channel, OpenView, User, Workspace
from tests.wires.slack.text import Json

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 1800.0
HOOK_USES = 5
_IN_ACTIONS = ("action_id", "block_id", "text", "value", "style", "type")
_VIEW_DEFAULTS = {
    "private_metadata": "",
    "callback_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
}


@dataclass
class Trigger:
    """Lets the app open one modal for this person, soon."""

    user: str
    until: float
    used: bool = False


@dataclass
class Hook:
    """A response URL: where it leads, and on which message the person acted, if on any."""

    user: str
    channel: str
    ts: str
    until: float
    uses: int = 0


class Interactions:
    """Makes the payloads; called with the workspace's lock held.

    Attributes:
        base: where the server listens, for response URLs.
    """

    def __init__(self, workspace: Workspace, app: App) -> None:
        self.base = ""
        self.trigger_seconds = TRIGGER_SECONDS
        self.hooks: dict[str, Hook] = {}
        self._triggers: dict[str, Trigger] = {}
        self._workspace = workspace
        self._app = app

    def click(self, user: User, channel: Channel, message: Json, element: Json) -> Json:
        """`element` carries the id of its block; the message is what the person sees."""
        ephemeral = bool(message.get("is_ephemeral"))
        container = {"message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": ephemeral}
        action = {key: element[key] for key in _IN_ACTIONS if key in element}
        return {
            **self._common("block_actions", user),
            "container": {"type": "message", **container},
            "channel": {"id": channel.id, "name": self._channel_name(channel)},
            **({} if ephemeral else {"message": copy.deepcopy(message)}),
            "state": {"values": {}},
            "response_url": self._hook(user, channel, message["ts"]),
            "actions": [{**action, "action_ts": self._workspace.next_ts()}],
        }

    def command(self, user: User, channel: Channel, command: str, text: str) -> Json:
        """A slash command; its text is what was typed, not Slack's form of it."""
        return {
            "token": "verification",
            "team_id": user.team,
            "team_domain": "swat",
            "channel_id": channel.id,
            "channel_name": self._channel_name(channel),
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._app.id,
            "is_enterprise_install": "false",
            "response_url": self._hook(user, channel, ""),
            "trigger_id": self._trigger(user),
        }

    def submission(self, user: User, opened: OpenView, values: Mapping[str, str]) -> Json:
        """`values` by the ids of blocks or actions."""
        view = {**opened.view, "state": {"values": _state(opened.view, values)}}
        return {**self._common("view_submission", user), "view": view, "response_urls": []}

    def closing(self, user: User, opened: OpenView) -> Json:
        common = self._common("view_closed", user)
        del common["trigger_id"]
        return {**common, "view": copy.deepcopy(opened.view), "is_cleared": False}

    def redeem(self, trigger_id: str) -> str:
        """Whose trigger this is, once and in time."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if time.monotonic() > trigger.until:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def open_view(self, user: str, view: Json) -> OpenView:
        """Show a modal, with all that Slack adds to it."""
        ident = self._workspace.next_id("V")
        added = {
            "id": ident,
            "team_id": self._workspace.team,
            "app_id": self._app.id,
            "app_installed_team_id": self._workspace.team,
            "bot_id": self._app.bot_id,
            "hash": self._workspace.next_id("h"),
            "root_view_id": ident,
            "previous_view_id": None,
            "external_id": view.get("external_id", ""),
            "state": {"values": {}},
        }
        shown = {**_VIEW_DEFAULTS, **copy.deepcopy(view), **added}
        for block in shown["blocks"]:
            block.setdefault("block_id", self._workspace.next_id("b"))
        opened = OpenView(ident, user, shown, str(added["hash"]))
        self._workspace.views[ident] = opened
        return opened

    def use_hook(self, ident: str) -> Hook:
        """The response URL's meaning, for the next of the few times that it may be used."""
        hook = self.hooks.get(ident)
        if hook is None or time.monotonic() > hook.until:
            raise RefusedError("expired_url")
        if hook.uses >= HOOK_USES:
            raise RefusedError("used_url")
        hook.uses += 1
        return hook

    def _common(self, kind: str, user: User) -> Json:
        """The team is the app's own, whatever team the person is of: only `user` tells that."""
        person = {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}
        return {
            "type": kind,
            "user": person,
            "api_app_id": self._app.id,
            "token": "verification",
            "trigger_id": self._trigger(user),
            "team": {"id": self._workspace.team, "domain": "swat"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _trigger(self, user: User) -> str:
        ident = self._workspace.next_id("1.2.")
        self._triggers[ident] = Trigger(user.id, time.monotonic() + self.trigger_seconds)
        return ident

    def _hook(self, user: User, channel: Channel, ts: str) -> str:
        ident = self._workspace.next_id("hook")
        self.hooks[ident] = Hook(user.id, channel.id, ts, time.monotonic() + HOOK_SECONDS)
        return f"http://{self.base}/response/{ident}"

    def _channel_name(self, channel: Channel) -> str:
        return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)


def _state(view: Json, values: Mapping[str, str]) -> Json:
    """What the person filled in, each by the ids of its block and its action."""
    state: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            action = element.setdefault("action_id", f"{block['block_id']}-action")
            value = values.get(block["block_id"], values.get(action))
            state[block["block_id"]] = {action: _filled(element, value)}
    return state


def _filled(element: Json, value: str | None) -> Json:
    if element["type"] == "static_select":
        options = [option for option in element["options"] if option["value"] == value]
        return {"type": element["type"], "selected_option": options[0] if options else None}
    return {"type": element["type"], "value": value}
