"""One Socket Mode connection as Slack holds it, with the ways in which it may end."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable

from aiohttp import WSMsgType, web

from tests.wires.slack.text import Json

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Link:
    """A connection; all of it belongs to the server's loop.

    Attributes:
        frozen: a black hole: nothing is read, answered or sent any more, and nobody hangs up.
        leaving: was told to disconnect, so nothing new is sent over it while there is another.
        client_pings: how many pings the client sent; `pongs` how many of ours it answered.
    """

    def __init__(self, number: int, ws: web.WebSocketResponse, request: web.Request) -> None:
        assert request.transport is not None
        self.number = number
        self.frozen = False
        self.leaving = False
        self.client_pings = 0
        self.pongs = 0
        self.heard = time.monotonic()
        self.waiting: dict[str, asyncio.Future[Json]] = {}
        self._ws = ws
        self._transport = request.transport

    async def send(self, message: Json) -> None:
        if not self.frozen:
            await self._ws.send_str(json.dumps(message))

    async def ping(self) -> None:
        if not self.frozen:
            await self._ws.ping(f"Ping from {self.number}".encode())

    async def read(self, take: Callable[["Link", Json], None], noticed: Callable[[], None]) -> None:
        """Hand on what comes, until the connection is over; `noticed` is called at every sign of life."""
        async for message in self._ws:
            if self.frozen:
                continue
            self.heard = time.monotonic()
            if message.type == WSMsgType.PING:
                self.client_pings += 1
                await self._ws.pong(message.data)
            elif message.type == WSMsgType.PONG:
                self.pongs += 1
            elif message.type == WSMsgType.TEXT:
                take(self, json.loads(message.data))
            noticed()

    async def close(self) -> None:
        """With a close frame, as Slack does."""
        await self._ws.close(code=1000, message=b"bye")

    def hang_up(self) -> None:
        """End the connection without a close frame, as when a proxy is restarted."""
        self._transport.close()

    def reset(self) -> None:
        """With a TCP reset, as when a middlebox forgets the connection."""
        sock = self._transport.get_extra_info("socket")
        if self._transport.is_closing() or sock is None:
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def freeze(self) -> None:
        """Say nothing and read nothing any more, with the connection left as it is."""
        self.frozen = True
        if isinstance(self._transport, asyncio.ReadTransport):
            self._transport.pause_reading()

    def abandon(self) -> None:
        """Whatever still waits for an acknowledgement here will not get it."""
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError())
        self.waiting.clear()
