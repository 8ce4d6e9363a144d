"""What a Web API call is, for Slack's stand-in: its arguments, and how it is refused."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.wires.slack.app import KINDS, App
from tests.wires.slack.feed import Feed
from tests.wires.slack.interactions import Interactions
from tests.wires.slack.refusal import RefusedError
from tests.wires.slack.sockets import Sockets
from tests.wires.slack.state import Channel, Workspace
from tests.wires.slack.text import Json


@dataclass
class Call:
    """One call, as it came and as it was answered; `at` is monotonic."""

    method: str
    args: Json
    at: float
    status: int = 0
    answer: Json = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        return default if value is None else str(value)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        text = self.text(name)
        return int(text) if text.isdecimal() else default

    def value(self, name: str) -> object:
        """A list or an object, which a form brings as JSON in a string."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value


@dataclass
class Inside:
    """Everything that a method may look at or change; the workspace's lock is held.

    Attributes:
        base: where the server listens, as "127.0.0.1:PORT".
        edit_window: seconds in which a message may be edited; None for ever.
    """

    workspace: Workspace
    app: App
    feed: Feed
    interactions: Interactions
    sockets: Sockets
    base: str = ""
    edit_window: float | None = None

    def need(self, scope: str) -> None:
        """Refuse the call if the app lacks this scope."""
        if not self.app.may(scope):
            provided = ",".join(sorted(self.app.scopes))
            raise RefusedError("missing_scope", needed=scope, provided=provided)

    def channel(self, call: Call, right: str = "", *, by_name: bool = False) -> Channel:
        """The call's channel, as far as the app can see it; `right` is what its scope ends with."""
        which = call.text("channel")
        found = self.workspace.channels.get(which)
        if found is None and by_name:
            found = self._by_name(which)
        if found is None or (found.kind != "channel" and self.app.user not in found.members):
            raise RefusedError("channel_not_found")
        if right:
            self.need(f"{KINDS[found.kind]}:{right}")
        return found

    def joined_channel(self, call: Call, right: str = "", *, by_name: bool = False) -> Channel:
        """The same, where the app must be a member."""
        channel = self.channel(call, right, by_name=by_name)
        if self.app.user not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def _by_name(self, which: str) -> Channel | None:
        if which in self.workspace.users:
            return self.workspace.direct(self.app.user, which)
        return self.workspace.find_channel(which)


@dataclass(frozen=True)
class Method:
    """How a method runs; `app_level` says that it takes the other token."""

    run: Callable[[Inside, Call], Json]
    tier: int
    scopes: tuple[str, ...] = ()
    app_level: bool = False


def page(items: Iterable[Json], call: Call, default: int = 100) -> tuple[list[Json], str]:
    """The items that this call's cursor and limit ask for, and the cursor of the next page."""
    start = call.number("cursor", 0)
    if call.text("cursor") and not call.text("cursor").isdecimal():
        raise RefusedError("invalid_cursor")
    limit = min(call.number("limit", default) or default, 999)
    everything = list(items)
    end = start + limit
    return everything[start:end], str(end) if end < len(everything) else ""
