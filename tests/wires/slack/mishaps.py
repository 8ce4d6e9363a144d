"""What can go wrong between Slack and its app, for the stand-in to bring about when a test asks for it."""

from collections.abc import Callable

from tests.wires.slack.deliveries import Delivery
from tests.wires.slack.feed import Feed
from tests.wires.slack.limits import Limits, Meter
from tests.wires.slack.links import Link
from tests.wires.slack.server import Server
from tests.wires.slack.sockets import Sockets
from tests.wires.slack.state import Workspace
from tests.wires.slack.web import LOST, WebApi


class Mishaps:
    """Part of the stand-in; works on what that has made."""

    workspace: Workspace
    feed: Feed
    sockets: Sockets
    meter: Meter
    web: WebApi
    server: Server

    def hold_events(self) -> None:
        """Keep back what happens from now on."""
        with self.workspace.changed:
            self.feed.held = []

    def release_events(self, *order: int) -> list[Delivery]:
        """Let what was kept back go as it came, or in this order; what the order leaves out never goes."""
        with self.workspace.changed:
            held, self.feed.held = self.feed.held or [], None
            released = [held[index] for index in order] if order else held
            for delivery in released:
                self.feed.send(delivery)
            return released

    def redeliver(self, event_id: str) -> None:
        """Send an event again, as a retry, though it may have been acknowledged."""
        with self.workspace.changed:
            (delivery,) = (one for one in self.feed.deliveries if one.event_id == event_id)
            self.server.soon(self.sockets.resend, delivery)

    def close_sockets(self) -> None:
        """Close every connection as WebSockets are closed."""
        self.server.ask(self.sockets.end(self.sockets.links))

    def hang_up_sockets(self) -> None:
        """End every connection without a word."""
        self._each(Link.hang_up, forget=True)

    def reset_sockets(self) -> None:
        """Break every connection with a TCP reset."""
        self._each(Link.reset, forget=True)

    def freeze_sockets(self) -> None:
        """Make every connection a black hole, which the client must notice by itself."""
        self._each(Link.freeze)

    def disconnect(self, reason: str = "refresh_requested", grace: float = 10.0) -> None:
        """Tell the app to connect anew: "warning", "refresh_requested" or "link_disabled".

        The connections are closed after the grace; with "link_disabled", Socket Mode is off from now on.
        """
        if reason == "link_disabled":
            self.sockets.enabled, grace = False, 0.0
        self.server.soon(self.sockets.tell_disconnect, reason, grace)

    def answer_next(self, method: str, error: str, status: int = 200) -> None:
        """Have the next call of this method fail, with nothing done."""
        with self.workspace.changed:
            self.web.awry.setdefault(method, []).append((status, {"ok": False, "error": error}))

    def lose_answer(self, method: str) -> None:
        """Have the next call of this method done, but the connection broken instead of an answer."""
        with self.workspace.changed:
            self.web.awry.setdefault(method, []).append(LOST)

    def set_limits(self, limits: Limits) -> None:
        """From now on, with nothing counted yet."""
        with self.workspace.changed:
            self.meter.limits = limits
            self.meter.forget()

    def _each(self, end: Callable[[Link], None], *, forget: bool = False) -> None:
        async def each() -> None:
            for link in list(self.sockets.links):
                end(link)
                if forget:
                    self.sockets.forget(link)

        self.server.ask(each())
