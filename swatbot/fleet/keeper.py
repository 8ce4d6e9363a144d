"""Looks after connections that were opened: asks for signs of life, and opens again what broke."""

import threading
from contextlib import suppress

from swatbot.fleet import wire
from swatbot.fleet.connection import Connection, LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Conversations, Open, asked
from swatbot.fleet.dial import UnreachedError

_PING = wire.request({"op": "ping"})
_PING_SECONDS = 5.0


class Keeper:
    """A thread that does so every so often, until the connections are closed."""

    def __init__(self, connections: Connections, every: float, at_once: int) -> None:
        """Sleep until `wake`.

        Args:
            connections: to all hosts.
            every: seconds that a connection may be unused before its host is asked for a sign of life.
            at_once: how many hosts are asked at once.
        """
        self._connections, self._every, self._at_once = connections, every, at_once
        self._thread = threading.Thread(target=self._run, name="fleet-keeper", daemon=True)
        self._lock = threading.Lock()

    def wake(self) -> None:
        """From now on there is something to look after."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def _run(self) -> None:
        while not self._connections.pause(self._every):
            for connection in self._connections:
                if connection.carries and connection.unused >= self._every:
                    threading.Thread(target=_tend_transport, args=(connection,), daemon=True).start()
            wanting = [c.target.name for c in self._connections if self._wants(c)]
            Conversations(self._connections, wanting, self._tend, lambda _: None).run(self._at_once)

    def _wants(self, connection: Connection) -> bool:
        if connection.is_open:
            return connection.unused >= self._every
        return connection.is_wanted and connection.may_reopen

    def _tend(self, host: str) -> Conversation[None]:
        connection = self._connections.of(host)
        try:
            if connection is not None and connection.is_open:
                yield from asked(_PING, _PING_SECONDS)
            else:
                yield Open()
        except (UnreachedError, LostError):
            return  # told when the host is needed


def _tend_transport(connection: Connection) -> None:
    with suppress(UnreachedError):  # told when somebody wants to go through it
        connection.tend_transport()
