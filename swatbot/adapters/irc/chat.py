"""The Chat port on IRC: stays connected to one network, hears what concerns the bot, and posts in order."""

import itertools
import logging
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

from swatbot.adapters.irc.session import Listener, Session
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.outbox import Outbox
from swatbot.adapters.pace import Backoff
from swatbot.adapters.teller import Teller
from swatbot.adapters.watch import Watch
from swatbot.errors import OperationalError
from swatbot.ports import ChannelRole, Clock, Done, Incoming, Outgoing

__all__ = ["IrcChat", "IrcSettings"]

_log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0
# A connection that lived so long was a good one: the next pause is short again.
_GOOD_SECONDS = 60.0


class IrcChat:
    """One network, on a thread of its own that does all reading and sending.

    Callbacks run on that thread and must not block.

    Args:
        settings: the network.
        clock: for the times of a gap.
        watch: told how the network is.
        concerns: asked whether a line in a channel, neither a command nor addressed, may be meant for the
            bot (a bare word).
    """

    def __init__(
        self,
        settings: IrcSettings,
        clock: Clock,
        watch: Watch,
        concerns: Callable[[str], bool] = lambda _text: True,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._teller = Teller(f"IRC {settings.network}:", "well again", settings.roles, watch)
        self._concerns = concerns
        self._outbox = Outbox()
        self._backoff = Backoff(settings.backoff_first, settings.backoff_most)
        self._joined = threading.Event()
        self._stopping = threading.Event()
        self._stop_by: float | None = None
        self._present: frozenset[str] = frozenset()
        self._missing: frozenset[str] = frozenset()
        self._gap_since: datetime | None = None
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._thread: threading.Thread | None = None

    @property
    def network(self) -> str:
        """Name of the network."""
        return self._settings.network

    @property
    def channels(self) -> dict[str, ChannelRole]:
        """The channels, and what each is for."""
        return self._settings.roles

    def called(self, channel: str) -> str:
        """People call a channel by its name."""
        return channel

    @property
    def redelivers(self) -> bool:
        """What was said and not heard is lost."""
        return False

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Connect and join in the background; `hear` is called for every line that may concern the bot."""
        self._thread = threading.Thread(
            target=self._run, args=(hear,), name=f"irc-{self.network}", daemon=True
        )
        self._thread.start()

    def post(self, line: Outgoing, done: Done) -> None:
        """Queue one line; `done` is called once the server has it, or once a newer line took its place.

        A line of which that is not known when the connection is lost is said again, and marked. One to a
        person who is not there is given up.

        Raises:
            ValueError: the channel is no possible target.
        """
        channel = line.channel
        if not channel.isprintable() or channel.startswith(":") or not channel or set(channel) & set(" ,"):
            raise ValueError(f"not an IRC channel or nick: {channel!r}")
        self._outbox.put(line, done)
        self._poke()

    def stop(self) -> None:
        """Send what is queued if that is possible within five seconds, and disconnect."""
        self._stop_by = time.monotonic() + _STOP_SECONDS
        self._stopping.set()
        self._teller.hush()
        self._poke()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS + self._settings.connect_within)

    def connected(self) -> bool:
        """Whether we are in every channel."""
        return self._joined.is_set()

    def wait_joined(self, timeout: float) -> bool:
        """Block until we are in every channel, at most `timeout` seconds; whether we are."""
        return self._joined.wait(timeout)

    def _poke(self) -> None:
        try:
            self._wake.send(b"!")
        except OSError:
            return  # so many wait already that one more changes nothing, or nobody is there any more

    def _run(self, hear: Callable[[Incoming], None]) -> None:
        listener = Listener(
            hear,
            self._presence,
            self._teller.trouble,
            self._teller.well,
            healed=self._healed,
            concerns=self._concerns,
            stop_by=lambda: self._stop_by,
        )
        servers = itertools.cycle(self._settings.servers)
        while not self._stopping.is_set():
            session = Session(self._settings, self._clock, self._outbox, self._woken, listener)
            self._live(session, next(servers))
            self._lose(session)
            self._stopping.wait(self._backoff.next())
        self._wake.close()
        self._woken.close()

    def _live(self, session: Session, server: tuple[str, int]) -> None:
        try:
            session.run(server)
        except (OSError, OperationalError) as error:
            session.reason = f"{server[0]}: {error}" if len(self._settings.servers) > 1 else str(error)
        except Exception as error:  # noqa: BLE001 - whatever it was, a new connection may fare better
            _log.exception("the IRC connection stumbled")
            session.reason = f"stumbled: {error}"

    def _lose(self, session: Session) -> None:
        if session.welcomed_at is not None and time.monotonic() - session.welcomed_at > _GOOD_SECONDS:
            self._backoff.reset()
        self._teller.trouble(f"connection lost: {session.reason}")
        self._presence(frozenset(), session.last_heard)

    def _presence(self, present: frozenset[str], since: datetime | None = None) -> None:
        """Follow where we are; what was missed is told when the last channel that was lost is back."""
        now = self._clock.now()
        self._missing = (self._missing | self._present) - present
        self._present = present
        if self._missing:
            self._gap_since = self._gap_since or since or now
        elif self._gap_since is not None:
            self._teller.gap(self._gap_since, now)
            self._gap_since = None
        if present:
            self._teller.well()
        if present == frozenset(self.channels):
            self._joined.set()
        else:
            self._joined.clear()

    def _healed(self, start: datetime, end: datetime) -> None:
        """A netsplit is over."""
        self._teller.split(start, end)
        if self._present:
            self._teller.well()
