"""What a Slack workspace holds, for its stand-in: people, channels, messages, and word of every change."""

import copy
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.wires.slack.reading import mentioned
from tests.wires.slack.text import Json

_STEP = 100


@dataclass
class User:
    """Somebody in the workspace, or in another team that shares a channel with it."""

    id: str
    name: str
    team: str
    is_bot: bool = False
    deleted: bool = False


@dataclass
class Channel:
    """A conversation; `kind` is "channel" (public), "group" (private) or "im" (direct).

    `messages` are by ts, in the order in which they came; `shared` says that another team is in it.
    """

    id: str
    name: str
    kind: str
    members: set[str] = field(default_factory=set)
    shared: bool = False
    archived: bool = False
    messages: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Ephemeral:
    """A message that one person sees, until they reload their client."""

    user: str
    channel: str
    message: Json


@dataclass
class OpenView:
    """A modal on somebody's screen."""

    id: str
    user: str
    view: Json
    hash: str


class Workspace:
    """The state; whoever reads or changes it holds `changed`, and notifies it of a change.

    Args:
        team: the workspace's id.
        epoch: the time at which its messages begin.

    Attributes:
        versions: all that a message has ever been, by channel and ts, oldest first.
        notified: who was told that a message mentions them, in the order of the posts.
    """

    def __init__(self, team: str, epoch: float) -> None:
        self.team = team
        self.changed = threading.Condition()
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Ephemeral] = []
        self.views: dict[str, OpenView] = {}
        self.versions: dict[tuple[str, str], list[Json]] = {}
        self.notified: list[tuple[str, Json]] = []
        self._zero = int((epoch - time.monotonic()) * 1_000_000)
        self._last = 0
        self._ids = 0

    def now(self) -> float:
        """The workspace's time, which runs on from its epoch."""
        return (self._zero + time.monotonic() * 1_000_000) / 1_000_000

    def next_ts(self) -> str:
        """Unique and growing."""
        now = int(self.now() * 1_000_000)
        self._last = max(now - now % _STEP, self._last + _STEP)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06}"

    def next_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids:08}"

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, kind: str = "channel") -> Channel:
        channel = Channel(self.next_id("D" if kind == "im" else "C"), name, kind)
        self.channels[channel.id] = channel
        return channel

    def find_channel(self, which: str) -> Channel | None:
        """By its id, or by its name with or without "#"."""
        if which in self.channels:
            return self.channels[which]
        name = which.removeprefix("#")
        return next((one for one in self.channels.values() if one.name == name and one.kind != "im"), None)

    def direct(self, one: str, other: str) -> Channel:
        """The direct conversation of two, which is made when it is first needed."""
        both = {one, other}
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == both:
                return channel
        channel = self.add_channel("", "im")
        channel.members = both
        return channel

    def post(self, channel: Channel, message: Json) -> Json:
        """Put a new message up; it gets its ts, and whom it mentions is told."""
        message["ts"] = self.next_ts()
        self._fill_block_ids(message)
        channel.messages[message["ts"]] = message
        self.versions[channel.id, message["ts"]] = [copy.deepcopy(message)]
        if message.get("thread_ts"):
            self._count_reply(channel, message)
        told = mentioned(message) & channel.members - {str(message.get("user"))}
        self.notified += [(user, message) for user in sorted(told)]
        return message

    def edit(self, channel: Channel, ts: str, changes: Json, by: str) -> Json:
        """Change a message in place; returns what it was."""
        message = channel.messages[ts]
        before = copy.deepcopy(message)
        message.update(changes)
        message["edited"] = {"user": by, "ts": self.next_ts()}
        self._fill_block_ids(message)
        self.versions[channel.id, ts].append(copy.deepcopy(message))
        return before

    def delete(self, channel: Channel, ts: str) -> Json:
        """Take a message away, or leave a stone in its place if there are replies to it; returns it."""
        before = channel.messages.pop(ts)
        if before.get("reply_count"):
            kept = {key: before[key] for key in ("type", "ts", "thread_ts", "reply_count", "latest_reply")}
            words = {"text": "This message was deleted.", "user": "USLACKBOT"}
            channel.messages[ts] = {**kept, **words, "subtype": "tombstone", "hidden": True}
        return before

    def whisper(self, user: str, channel: Channel, message: Json) -> Json:
        """Show a message to one person only."""
        message["ts"] = self.next_ts()
        self._fill_block_ids(message)
        self.ephemerals.append(Ephemeral(user, channel.id, message))
        return message

    def names(self) -> dict[str, str]:
        """Of users and channels, by id."""
        users = {user.id: user.name for user in self.users.values()}
        return users | {channel.id: channel.name for channel in self.channels.values()}

    def ids(self) -> dict[str, str]:
        """Of users and channels, by "@name" and "#name"."""
        users = {f"@{user.name}": user.id for user in self.users.values()}
        named = (channel for channel in self.channels.values() if channel.name)
        return users | {f"#{channel.name}": channel.id for channel in named}

    def replies(self, channel: Channel, ts: str) -> Iterator[Json]:
        return (message for message in channel.messages.values() if message.get("thread_ts") == ts)

    def _fill_block_ids(self, message: Json) -> None:
        for block in message.get("blocks") or []:
            block.setdefault("block_id", self.next_id("b"))

    def _count_reply(self, channel: Channel, reply: Json) -> None:
        parent = channel.messages.get(reply["thread_ts"])
        if parent is None:
            return
        parent["thread_ts"] = parent["ts"]
        parent["reply_count"] = parent.get("reply_count", 0) + 1
        parent["latest_reply"] = reply["ts"]
        reply["parent_user_id"] = parent.get("user", "")
