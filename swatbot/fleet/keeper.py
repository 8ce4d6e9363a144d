"""Looks after connections that were opened: pings them, opens again what broke, closes what nobody wants."""

import logging
import threading
from contextlib import suppress
from math import inf

from swatbot.fleet import wire
from swatbot.fleet.connection import Connection, LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Conversations, Open, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import SshSettings

_PING = wire.request({"op": "ping"})
_PING_SECONDS = 5.0
# However seldom open connections are asked, hosts that were missed are tried this often.
_LOOK_EVERY = 15.0


class Keeper:
    """A thread that does so every so often, until the connections are closed."""

    def __init__(self, connections: Connections, settings: SshSettings) -> None:
        """Sleep until `wake`."""
        self._connections, self._every = connections, settings.ping_every
        self._idle_close, self._at_once = settings.idle_close or inf, settings.connect_parallel
        self._tended: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="fleet-keeper", daemon=True)
        self._lock = threading.Lock()

    def wake(self) -> None:
        """From now on there is something to look after."""
        with self._lock:
            if self._thread.ident is None:
                self._thread.start()

    def _run(self) -> None:
        while not self._connections.pause(min(self._every, _LOOK_EVERY)):
            try:
                self._look()
            except Exception:
                logging.getLogger(__name__).exception("the keeper of connections stumbled")

    def _look(self) -> None:
        for connection in self._connections:
            if connection.carries and self._connections.carries_nobody(connection):
                connection.hang_up()
            elif connection.carries and connection.unused >= self._every:
                threading.Thread(target=_tend_transport, args=(connection,), daemon=True).start()
        names = {c.target.name for c in self._connections if self._wants(c)} - self._tended
        if names:
            self._tended |= names
            threading.Thread(target=self._converse, args=(names,), name="fleet-keeping", daemon=True).start()

    def _converse(self, hosts: set[str]) -> None:
        """Tend to hosts; one that somebody else speaks with for long is waited for, by nobody but this."""
        try:
            Conversations(self._connections, sorted(hosts), self._tend, lambda _: None).run(self._at_once)
        except Exception:
            logging.getLogger(__name__).exception("the keeper of connections stumbled")
        finally:
            self._tended -= hosts

    def _wants(self, connection: Connection) -> bool:
        if connection.is_open:
            return connection.unused >= self._every or connection.unwanted >= self._idle_close
        return connection.is_wanted and connection.may_reopen

    def _tend(self, host: str) -> Conversation[None]:
        connection = self._connections.of(host)
        try:
            if connection is None or not connection.is_open:
                yield Open()
            elif connection.unwanted >= self._idle_close:
                connection.rest()
            else:
                yield from asked(_PING, _PING_SECONDS)
        except (UnreachedError, LostError):
            return  # told when the host is needed
        finally:
            self._tended.discard(host)


def _tend_transport(connection: Connection) -> None:
    with suppress(UnreachedError):  # told when somebody wants to go through it
        connection.tend_transport()
