"""People and other bots in Slack's stand-in, who do what their clients would and see what these show."""

import copy
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tests.wires.slack.blocks import view_faults
from tests.wires.slack.calls import Call, Inside
from tests.wires.slack.deliveries import Answer, Delivery
from tests.wires.slack.methods_chat import react, speak
from tests.wires.slack.reading import buttons
from tests.wires.slack.state import Channel, OpenView, User
from tests.wires.slack.text import Json, rich_text, typed

WAIT_SECONDS = 10.0
Found = TypeVar("Found")


class Person:
    """Somebody with a Slack client.

    Channels are named "#swat", by id, or "@name" for a direct conversation. A public channel is joined by
    speaking there, as clients offer it.
    """

    def __init__(self, inside: Inside, user: User) -> None:
        self.id = user.id
        self.name = user.name
        self.team = user.team
        self._user = user
        self._inside = inside
        self._workspace = inside.workspace

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def says(self, channel: str, text: str, thread: str | None = None) -> str:
        """Type this and send it; returns the message's ts. Links and mentions are made as the client does."""
        with self._workspace.changed:
            place = self.place(channel)
            stored = typed(text, self._workspace.ids())
            message = {**self._author(), "text": stored, **({"thread_ts": thread} if thread else {})}
            message["blocks"] = [rich_text(stored, self._workspace.next_id("b"))]
            self._workspace.post(place, message)
            self._inside.feed.said(place, message)
            self._workspace.changed.notify_all()
            return str(message["ts"])

    def edits(self, channel: str, ts: str, text: str) -> None:
        with self._workspace.changed:
            place = self.place(channel)
            stored = typed(text, self._workspace.ids())
            changes = {"text": stored, "blocks": [rich_text(stored, self._workspace.next_id("b"))]}
            before = self._workspace.edit(place, ts, changes, self.id)
            self._inside.feed.edited(place, place.messages[ts], before)
            self._workspace.changed.notify_all()

    def deletes(self, channel: str, ts: str) -> None:
        with self._workspace.changed:
            place = self.place(channel)
            self._inside.feed.deleted(place, self._workspace.delete(place, ts))
            self._workspace.changed.notify_all()

    def reacts(self, channel: str, ts: str, name: str) -> None:
        with self._workspace.changed:
            place = self.place(channel)
            react(self._inside, self.id, place, place.messages[ts], name)
            self._workspace.changed.notify_all()

    def clicks(self, channel: str, ts: str, action_id: str, version: int = -1) -> Answer:
        """Click a button and wait for the app; `version` is the edit of the message that is on the screen."""
        with self._workspace.changed:
            place = self.place(channel)
            message = self._seen(place, ts, version)
            there = buttons(message)
            assert action_id in there, f"no {action_id} to click, only {sorted(there)}"
            payload = self._inside.interactions.click(self._user, place, message, there[action_id])
            delivery = self._offer("interactive", payload)
        return self._answer(delivery)

    def slash(self, command: str, text: str, channel: str) -> Answer:
        """Use a slash command and wait for the app; what it answers is shown to this person."""
        known = self._inside.app.may("commands") and command in self._inside.app.commands
        assert known, f"{command} is not a valid command"
        assert self.team == self._workspace.team, "a command is offered only in the app's own workspace"
        with self._workspace.changed:
            place = self.place(channel)
            payload = self._inside.interactions.command(self._user, place, command, text)
            delivery = self._offer("slash_commands", payload)
        answer = self._answer(delivery)
        if answer.payload:
            with self._workspace.changed:
                speak(self._inside, self.id, place, Call("acknowledgement", answer.payload, time.monotonic()))
                self._workspace.changed.notify_all()
        return answer

    def opened_view(self, seconds: float = WAIT_SECONDS) -> Json:
        """The modal on this person's screen, once there is one."""
        return self._wait(self._top_view, seconds, "no modal").view

    def has_view(self) -> bool:
        with self._workspace.changed:
            return self._top_view() is not None

    def submits(self, view_id: str, values: Mapping[str, str]) -> Answer:
        """Fill a modal in, by the ids of its blocks or actions, send it, and wait for the app.

        The client itself does not let go of a modal in which something that is not optional is empty.
        """
        with self._workspace.changed:
            opened = self._workspace.views[view_id]
            payload = self._inside.interactions.submission(self._user, opened, values)
            _check_filled(payload["view"])
            delivery = self._offer("interactive", payload)
        answer = self._answer(delivery)
        if answer.acked:
            self._follow(opened, answer.payload)
        return answer

    def closes(self, view_id: str) -> Delivery | None:
        """Close a modal without sending it; the app hears of it only if it asked to."""
        with self._workspace.changed:
            opened = self._workspace.views.pop(view_id)
            self._workspace.changed.notify_all()
            if not opened.view["notify_on_close"]:
                return None
            return self._offer("interactive", self._inside.interactions.closing(self._user, opened))

    def ephemerals(self, channel: str) -> list[Json]:
        """What only this person sees there."""
        with self._workspace.changed:
            place = self.place(channel)
            whispered = self._workspace.ephemerals
            return [one.message for one in whispered if (one.user, one.channel) == (self.id, place.id)]

    def mentions_received(self) -> list[Json]:
        """The messages whose arrival notified this person, as they are now; edits notify nobody."""
        with self._workspace.changed:
            return [message for user, message in self._workspace.notified if user == self.id]

    def place(self, channel: str) -> Channel:
        """A channel by its name or id, joined if need be; with the lock held."""
        if channel.startswith("@"):
            return self._workspace.direct(self.id, self._workspace.ids()[channel])
        found = self._workspace.find_channel(channel)
        assert found is not None, f"there is no {channel}"
        assert found.kind == "channel" or self.id in found.members, f"{self.name} is not in {channel}"
        found.members.add(self.id)
        return found

    def _author(self) -> Json:
        message = {"type": "message", "user": self.id, "team": self.team, "client_msg_id": str(uuid.uuid4())}
        if self.team != self._workspace.team:
            message |= {"user_team": self.team, "source_team": self.team}
        return message

    def _seen(self, place: Channel, ts: str, version: int) -> Json:
        for one in self._workspace.ephemerals:
            if one.message["ts"] == ts and one.user == self.id:
                return one.message
        return self._workspace.versions[place.id, ts][version]

    def _offer(self, kind: str, payload: Json) -> Delivery:
        assert self._inside.app.interactive or kind != "interactive", "the app has no interactivity"
        return self._inside.feed.offer(kind, payload)

    def _answer(self, delivery: Delivery) -> Answer:
        started = time.monotonic()
        self._wait(lambda: delivery.settled, WAIT_SECONDS, "the delivery goes on")
        attempt = delivery.attempts[-1] if delivery.attempts else None
        if attempt is None or attempt.acked is None:
            return Answer(False, time.monotonic() - started, {})
        return Answer(True, attempt.acked - attempt.sent, attempt.payload or {})

    def _top_view(self) -> OpenView | None:
        mine = [opened for opened in self._workspace.views.values() if opened.user == self.id]
        return mine[-1] if mine else None

    def _follow(self, opened: OpenView, payload: Json) -> None:
        """Do with the modal what the app answered."""
        action = payload.get("response_action")
        with self._workspace.changed:
            if action == "errors":
                opened.view["errors"] = payload["errors"]
            else:
                self._workspace.views.pop(opened.id, None)
            if action in {"update", "push"}:
                faults = view_faults(payload["view"])
                assert not faults, faults
                self._inside.interactions.open_view(self.id, copy.deepcopy(payload["view"]))
            self._workspace.changed.notify_all()

    def _wait(self, find: Callable[[], Found | None], seconds: float, otherwise: str) -> Found:
        with self._workspace.changed:
            found = self._workspace.changed.wait_for(find, seconds)
            assert found, f"{self.name}: {otherwise} after {seconds:g} s"
            return found


class OtherBot:
    """A bot of another app, which may call itself whatever it likes."""

    def __init__(self, inside: Inside, bot_id: str) -> None:
        self.bot_id = bot_id
        self._inside = inside

    def says(self, channel: str, text: str, username: str, blocks: Sequence[Json] = ()) -> str:
        """A message under this name; returns its ts."""
        more: Json = {"blocks": list(blocks)} if blocks else {}
        return self._say(channel, {"text": text, **self._author(username), **more})

    def says_as(self, channel: str, text: str, user: str) -> str:
        """A message as apps post it with a bot token: of a user, and without a subtype; returns its ts."""
        return self._say(channel, {"text": text, "user": user, "bot_id": self.bot_id, "app_id": "A0OTHER"})

    def _say(self, channel: str, content: Json) -> str:
        workspace = self._inside.workspace
        with workspace.changed:
            place = workspace.find_channel(channel)
            assert place is not None, f"there is no {channel}"
            message: Json = {"type": "message", **content}
            workspace.post(place, message)
            self._inside.feed.said(place, message)
            workspace.changed.notify_all()
            return str(message["ts"])

    def _author(self, username: str) -> Json:
        names = {"username": username, "bot_id": self.bot_id, "app_id": "A0OTHER"}
        return {"subtype": "bot_message", **names}


def _check_filled(view: Json) -> None:
    for block in view["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            (state,) = view["state"]["values"][block["block_id"]].values()
            filled = state.get("value") or state.get("selected_option")
            assert filled, f"the client asks for {block['block_id']} to be filled in"
