"""Socket Mode's server side, for Slack's stand-in: envelopes, acknowledgements, redelivery, disconnects."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Coroutine, Iterable

from aiohttp import ClientError, web

from tests.wires.slack.app import App
from tests.wires.slack.deliveries import Attempt, Delivery
from tests.wires.slack.links import Link
from tests.wires.slack.state import Workspace
from tests.wires.slack.text import Json

_GONE = (ConnectionError, ClientError, RuntimeError)
MOST_LINKS = 10


class Sockets:
    """All connections of the app; everything but the attributes belongs to the server's loop.

    Attributes:
        ack_seconds: in which an envelope must be acknowledged.
        ping_seconds: between the server's pings; who is silent for three of them is given up.
        acks_anywhere: whether an acknowledgement counts that comes over another connection than its envelope
            went; Slack does not say.
        enabled: whether Socket Mode is switched on for the app.
        links: connections that are open, as Slack sees it, oldest first.
        opened: how many there have been.
        stray_acks: envelope ids that were acknowledged too late, twice, or over another connection.
    """

    def __init__(self, workspace: Workspace, app: App, ack_seconds: float, ping_seconds: float) -> None:
        self.ack_seconds = ack_seconds
        self.ping_seconds = ping_seconds
        self.acks_anywhere = False
        self.enabled = True
        self.links: list[Link] = []
        self.opened = 0
        self.stray_acks: list[str] = []
        self._workspace = workspace
        self._app = app
        self._tickets: set[str] = set()
        self._turn = 0
        self._every: list[Link] = []
        self._arrived = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def ticket(self) -> str:
        """Admits one connection, once."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Be one connection, from its handshake to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404, text="this link is used up")
        self._tickets.remove(ticket)
        ws = web.WebSocketResponse(autoping=False, compress=False, timeout=0.5)
        await ws.prepare(request)
        with self._workspace.changed:
            self.opened += 1
            link = Link(self.opened, ws, request)
            self._every.append(link)
        if not self.enabled or len(self.links) >= MOST_LINKS:
            reason = "too_many_websockets" if self.enabled else "link_disabled"
            await self._disconnect(link, reason)
            await link.close()
            return ws
        await self._stay(link)
        return ws

    async def _stay(self, link: Link) -> None:
        await link.send(self._hello())
        self._add(link)
        pinging = asyncio.create_task(self._ping(link))
        try:
            await link.read(self._take, self._notify)
        finally:
            pinging.cancel()
            self.forget(link)

    def send(self, delivery: Delivery) -> None:
        """Begin to deliver; further attempts follow by themselves."""
        self._run(self._deliver(delivery, (0.0, *delivery.retries), 0))

    def resend(self, delivery: Delivery) -> None:
        """Send once more what may have been acknowledged already, as Slack now and then does."""
        number = max((attempt.number for attempt in delivery.attempts), default=0) + 1
        self._run(self._deliver(delivery, (0.0,), number))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self, link: Link) -> None:
        """Take it for dead; what is not acknowledged goes elsewhere."""
        with self._workspace.changed:
            if link in self.links:
                self.links.remove(link)
            if not self.links:
                self._arrived.clear()
            self._workspace.changed.notify_all()
        link.abandon()

    def tell_disconnect(self, reason: str, seconds: float) -> None:
        """Say "disconnect" on every connection; after these seconds they are closed, as Slack does."""
        self._run(self._tell_disconnect(reason, seconds))

    async def _tell_disconnect(self, reason: str, seconds: float) -> None:
        leaving = list(self.links)
        for link in leaving:
            await self._disconnect(link, reason)
        await asyncio.sleep(seconds)
        await self.end(leaving)

    async def end(self, links: Iterable[Link]) -> None:
        for link in list(links):
            with contextlib.suppress(*_GONE):
                await link.close()
            self.forget(link)

    async def close(self) -> None:
        """End all connections and all deliveries under way."""
        for task in list(self._tasks):
            task.cancel()
        for link in self._every:
            link.reset()
        self._every.clear()
        # An event belongs to one loop, and the next start has its own.
        self._arrived = asyncio.Event()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.links) + 1,
            "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app.id},
        }

    async def _disconnect(self, link: Link, reason: str) -> None:
        link.leaving = True
        message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
        with contextlib.suppress(*_GONE):
            await link.send(message)

    def _notify(self) -> None:
        with self._workspace.changed:
            self._workspace.changed.notify_all()

    def _add(self, link: Link) -> None:
        with self._workspace.changed:
            self.links.append(link)
            self._arrived.set()
            self._workspace.changed.notify_all()

    async def _ping(self, link: Link) -> None:
        while time.monotonic() - link.heard < 3 * self.ping_seconds:
            with contextlib.suppress(*_GONE):
                await link.ping()
            await asyncio.sleep(self.ping_seconds)
        self.forget(link)

    async def _deliver(self, delivery: Delivery, pauses: tuple[float, ...], first_number: int) -> None:
        for number, pause in enumerate(pauses, first_number):
            await self._pause(pause)
            if await self._attempt(delivery, number):
                break
        with self._workspace.changed:
            delivery.lost = not delivery.done
            self._workspace.changed.notify_all()

    async def _pause(self, seconds: float) -> None:
        """Until the next attempt is due, or a connection is back, if there is none now."""
        if self.links or not seconds:
            await asyncio.sleep(seconds)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._arrived.wait(), seconds)

    async def _attempt(self, delivery: Delivery, number: int) -> bool:
        link = self._choose()
        if link is None:
            return False
        attempt = Attempt(number, str(uuid.uuid4()), link.number, time.monotonic())
        with self._workspace.changed:
            delivery.attempts.append(attempt)
            self._workspace.changed.notify_all()
        try:
            payload = await self._acknowledged(link, delivery, attempt)
        except TimeoutError:
            attempt.failed = "timeout"
        except _GONE:
            attempt.failed = "connection lost"
        else:
            self._settle(delivery, attempt, payload)
        return not attempt.failed

    async def _acknowledged(self, link: Link, delivery: Delivery, attempt: Attempt) -> Json:
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        link.waiting[attempt.envelope_id] = future
        await link.send(_envelope(delivery, attempt))
        try:
            return await asyncio.wait_for(future, self.ack_seconds)
        finally:
            link.waiting.pop(attempt.envelope_id, None)

    def _settle(self, delivery: Delivery, attempt: Attempt, payload: Json) -> None:
        with self._workspace.changed:
            attempt.acked, attempt.payload = time.monotonic(), payload
            delivery.done = True
            self._workspace.changed.notify_all()

    def _choose(self) -> Link | None:
        """In turn, but rather none of those that are leaving."""
        links = [link for link in self.links if not link.leaving] or self.links
        self._turn += 1
        return links[self._turn % len(links)] if links else None

    def _take(self, link: Link, message: Json) -> None:
        envelope_id = message.get("envelope_id", "")
        ends = self._every if self.acks_anywhere else [link]
        future = next((end.waiting[envelope_id] for end in ends if envelope_id in end.waiting), None)
        if future is not None and not future.done():
            future.set_result(message.get("payload") or {})
            return
        with self._workspace.changed:
            self.stray_acks.append(envelope_id)


def _envelope(delivery: Delivery, attempt: Attempt) -> Json:
    envelope: Json = {
        "envelope_id": attempt.envelope_id,
        "payload": delivery.payload,
        "type": delivery.kind,
        "accepts_response_payload": delivery.kind != "events_api",
    }
    if delivery.kind == "events_api":
        envelope["retry_attempt"] = attempt.number
        envelope["retry_reason"] = "timeout" if attempt.number else ""
    return envelope
