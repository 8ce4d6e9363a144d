"""Slack as far as the bot meets it, on loopback: the Web API and Socket Mode, with people to talk to.

A test starts it, points `WebClient(base_url=standin.api_url)` at it, and looks at what people see. Where
Slack's documentation leaves a choice, the stand-in takes the one that is harder for the app.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.wires.slack.app import EVENTS, SCOPES, App, of_manifest
from tests.wires.slack.calls import Call, Inside
from tests.wires.slack.deliveries import Delivery
from tests.wires.slack.feed import Feed
from tests.wires.slack.interactions import Interactions
from tests.wires.slack.limits import Limits, Meter
from tests.wires.slack.mishaps import Mishaps
from tests.wires.slack.people import OtherBot, Person
from tests.wires.slack.reading import as_read
from tests.wires.slack.server import Server
from tests.wires.slack.sockets import Sockets
from tests.wires.slack.state import Channel, User, Workspace
from tests.wires.slack.text import Json
from tests.wires.slack.web import WebApi

WAIT_SECONDS = 10.0
SLACKS_RETRIES = (0.0, 60.0, 300.0)
Found = TypeVar("Found")


class SlackStandIn(Mishaps):
    """One workspace with one app.

    Args:
        scopes: of the bot token.
        team: the workspace's id.
        events: that the app is subscribed to; with the scopes, they decide what it hears.
        commands: its slash commands.
        interactive: whether clicks and modals reach it.
        socket_mode: whether it may connect at all.
        limits: `Limits.off()` for none.
        ack_seconds: for an acknowledgement.
        retries: seconds before each redelivery of an event.
        ping_seconds: between pings; a client that is silent for three of them is given up.
        epoch: the workspace's time when it starts.

    Attributes:
        workspace: the state, for what has no helper here; hold `workspace.changed` to look at it.
        sockets: Socket Mode's side: `links`, `opened`, `stray_acks`.
        feed: `deliveries`, `passed_over`.
    """

    def __init__(
        self,
        scopes: Iterable[str] = SCOPES,
        team: str = "T0SWAT",
        *,
        events: Iterable[str] = EVENTS,
        commands: Iterable[str] = ("/swat",),
        interactive: bool = True,
        socket_mode: bool = True,
        limits: Limits | None = None,
        ack_seconds: float = 3.0,
        retries: tuple[float, ...] = SLACKS_RETRIES,
        ping_seconds: float = 5.0,
        epoch: float = 1_700_000_000.0,
    ) -> None:
        self.app = App(team, set(scopes), set(events), set(commands), interactive)
        self.workspace = Workspace(team, epoch)
        self.workspace.add_user(User(self.app.user, self.app.name, team, is_bot=True))
        self.feed = Feed(self.workspace, self.app, retries)
        self.feed.send = self._send
        self.sockets = Sockets(self.workspace, self.app, ack_seconds, ping_seconds)
        self.sockets.enabled = socket_mode
        interactions = Interactions(self.workspace, self.app)
        self.inside = Inside(self.workspace, self.app, self.feed, interactions, self.sockets)
        self.meter = Meter(Limits() if limits is None else limits)
        self.web = WebApi(self.inside, self.meter)
        self.server = Server(self.web.routes(), self.sockets.close)

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any], **more: Any) -> "SlackStandIn":
        """With the scopes, events and commands that an app's manifest asks for, and no others."""
        return cls(**{**of_manifest(manifest), **more})

    @property
    def api_url(self) -> str:
        return f"http://{self.inside.base}/api/"

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

    @property
    def bot_user(self) -> str:
        return self.app.user

    @property
    def bot_id(self) -> str:
        return self.app.bot_id

    @property
    def app_id(self) -> str:
        return self.app.id

    @property
    def calls(self) -> list[Call]:
        """Every call that the app made, with arguments, time and answer."""
        return self.web.calls

    @property
    def too_early(self) -> list[tuple[str, str, float]]:
        """Calls before the time of a Retry-After was over: method, channel, by how many seconds."""
        return self.meter.too_early

    @property
    def deliveries(self) -> list[Delivery]:
        """What was ever on its way to the app, oldest first."""
        return self.feed.deliveries

    def start(self) -> None:
        """Listen; after a stop, at the same address, and what happened meanwhile is told then."""
        self.server.start()
        self.inside.base = self.inside.interactions.base = f"127.0.0.1:{self.server.port}"

    def stop(self) -> None:
        """Be gone, with every connection reset."""
        self.server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def user(self, name: str, team: str = "") -> Person:
        """A new person, here or in another team."""
        with self.workspace.changed:
            ident = self.workspace.next_id("U")
            user = self.workspace.add_user(User(ident, name, team or self.workspace.team))
            return Person(self.inside, user)

    def other_bot(self) -> OtherBot:
        with self.workspace.changed:
            return OtherBot(self.inside, self.workspace.next_id("B"))

    def channel(self, name: str, *members: Person, private: bool = False, bot: bool = True) -> str:
        """A new channel with these people, and the bot unless it is to be left out; returns its id."""
        with self.workspace.changed:
            channel = self.workspace.add_channel(name.removeprefix("#"), "group" if private else "channel")
            channel.members = {member.id for member in members} | ({self.app.user} if bot else set())
            channel.shared = any(member.team != self.workspace.team for member in members)
            return channel.id

    def invite_bot(self, channel: str) -> None:
        with self.workspace.changed:
            place = self._channel(channel)
            place.members.add(self.app.user)
            self.feed.joined(place, self.app.user)
            self.workspace.changed.notify_all()

    def remove_bot(self, channel: str) -> None:
        with self.workspace.changed:
            self._channel(channel).members.discard(self.app.user)

    def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, replies too, as they are now, oldest first."""
        with self.workspace.changed:
            return list(self._channel(channel).messages.values())

    def thread(self, channel: str, ts: str) -> list[Json]:
        """The replies to a message, oldest first."""
        with self.workspace.changed:
            replies = self.workspace.replies(self._channel(channel), ts)
            return [message for message in replies if message["ts"] != ts]

    def versions(self, channel: str, ts: str) -> list[Json]:
        """All that a message has ever been, oldest first."""
        with self.workspace.changed:
            return list(self.workspace.versions[self._channel(channel).id, ts])

    def text_of(self, message: Json) -> str:
        """What a person reads."""
        with self.workspace.changed:
            return as_read(message, self.workspace.names())

    def wait_for(self, predicate: Callable[[], Found], seconds: float = WAIT_SECONDS) -> Found:
        """Wait until this is true of the workspace, the calls or the deliveries; returns what it found."""
        with self.workspace.changed:
            found = self.workspace.changed.wait_for(predicate, seconds)
            assert found, f"not within {seconds:g} s: {inspect.getsource(predicate).strip()}"
            return found

    def wait_connected(self, count: int = 1, seconds: float = WAIT_SECONDS) -> None:
        """Until the app has this many sockets."""
        self.wait_for(lambda: len(self.sockets.links) >= count, seconds)

    def _send(self, delivery: Delivery) -> None:
        self.server.soon(self.sockets.send, delivery)

    def _channel(self, channel: str) -> Channel:
        found = self.workspace.find_channel(channel)
        assert found is not None, f"there is no {channel}"
        return found
