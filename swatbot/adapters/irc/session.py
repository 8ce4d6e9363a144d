"""One connection to an IRC server, from the dial to the loss of it; everything happens on one thread."""

import contextlib
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swatbot.adapters.chat_text import as_said, clean
from swatbot.adapters.irc.channels import Channels
from swatbot.adapters.irc.ears import Ears
from swatbot.adapters.irc.lines import room, split
from swatbot.adapters.irc.login import FIRST_LINE, Login
from swatbot.adapters.irc.outbox import Outbox, Post
from swatbot.adapters.irc.pace import TokenBucket
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message, Wire
from swatbot.chat.messages.text import NOTHING
from swatbot.ports import Clock, Incoming

if TYPE_CHECKING:
    from datetime import datetime

_log = logging.getLogger(__name__)
_GOODBYE_SECONDS = 2.0
_NEVER = float("inf")


@dataclass(frozen=True)
class Listener:
    """Whom a session tells.

    Attributes:
        hear: a line that may concern the bot.
        presence: the channels in which we are, whenever that changes.
        trouble: what is wrong, for people.
        concerns: asked whether a line that is not addressed may concern the bot.
        stop_by: monotonic time by which to be gone, None while the session shall live.
    """

    hear: Callable[[Incoming], None]
    presence: Callable[[frozenset[str]], None]
    trouble: Callable[[str], None]
    concerns: Callable[[str], bool]
    stop_by: Callable[[], float | None]


class Session:
    """Logs in, joins, hears and sends, until the connection is lost or it is told to stop.

    Attributes:
        last_heard: when bytes last came from the server, None before the first.
        welcomed_at: monotonic time of the server's welcome, None before it.
        reason: why it ended.
    """

    def __init__(
        self, settings: IrcSettings, clock: Clock, outbox: Outbox, wake: socket.socket, listener: Listener
    ) -> None:
        self.last_heard: datetime | None = None
        self.welcomed_at: float | None = None
        self.reason = ""
        self._settings = settings
        self._clock = clock
        self._outbox = outbox
        self._wake = wake
        self._listener = listener
        self._wire = Wire(settings, self._heard)
        self._login = Login(settings, self._wire.send)
        self._ears = Ears(settings, listener.concerns)
        self._channels = Channels(settings, self._presence_changed, listener.trouble)
        self._bucket = TokenBucket(settings.burst, settings.per_second)
        self._post: Post | None = None
        self._said = ""
        self._pieces: deque[str] = deque()
        self._login_by = self._read_at = time.monotonic()
        self._asked_at: float | None = None
        self._gone_by: float | None = None

    def run(self) -> None:
        """Live until the end of the connection.

        Raises:
            OSError, OperationalError: it could not even be dialled.
        """
        self._wire.open(FIRST_LINE)
        self._read_at = time.monotonic()
        self._login_by = self._read_at + self._settings.login_within
        # Not the package's own loop: its select() fails when a big fleet has used up the first 1,024 files.
        with selectors.DefaultSelector() as selector, contextlib.closing(self._wire):
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(self._wire.sock, selectors.EVENT_READ)
            while self._alive():
                self._wait(selector)
        self.reason = self._login.failed or self.reason or self._wire.lost

    def _alive(self) -> bool:
        now = time.monotonic()
        self._watch_login(now)
        self._watch_pings(now)
        if self._login.welcomed and self._gone_by is None:
            self._join(now)
            self._pump(now)
        self._watch_stop(now)
        return not self._wire.lost

    def _wait(self, selector: selectors.BaseSelector) -> None:
        writing = selectors.EVENT_WRITE if self._wire.unsent else 0
        selector.modify(self._wire.sock, selectors.EVENT_READ | writing)
        for key, mask in selector.select(self._patience()):
            if key.fileobj is self._wake:
                self._wake.recv(4096)
                continue
            if mask & selectors.EVENT_WRITE:
                self._wire.write()
            if mask & selectors.EVENT_READ and not self._wire.lost:
                self._read()

    def _read(self) -> None:
        self.last_heard = self._clock.now()
        self._read_at = time.monotonic()
        self._asked_at = None
        self._wire.read()

    def _patience(self) -> float:
        """Seconds until something is to be done although nothing happens."""
        now = time.monotonic()
        token = now + self._bucket.wait()
        due = [max(self._channels.next_join(), token), self._ping_due(), self._gone_by or self._stop_by()]
        if not self._login.welcomed:
            due.append(self._login_by)
        elif not self._wire.unsent and self._outbox.first(self._channels.ready):
            due.append(token)
        # A millisecond more, so that what is due then is due when we wake.
        return max(0.0, min(due) - now) + 0.001

    def _ping_due(self) -> float:
        if self._asked_at is not None:
            return self._asked_at + self._settings.pong_within
        return self._read_at + self._settings.quiet_after

    def _stop_by(self) -> float:
        stop_by = self._listener.stop_by()
        return _NEVER if stop_by is None else stop_by

    def _heard(self, message: Message) -> None:
        if message.command == "error":
            self.reason = message.arg(-1)
        was_welcomed = self._login.welcomed
        self._login.heard(message)
        if self._login.welcomed and not was_welcomed:
            self.welcomed_at = time.monotonic()
            self._channels.begin(self.welcomed_at)
        self._channels.heard(message, self._wire.nick, time.monotonic())
        incoming = self._ears.incoming(message, self._wire.nick, proves_accounts=self._login.proves_accounts)
        if incoming is not None:
            self._listener.hear(incoming)

    def _presence_changed(self) -> None:
        self._listener.presence(self._channels.present)

    def _watch_login(self, now: float) -> None:
        if self._login.failed:
            self._wire.send("QUIT :login failed")
            self._wire.close(self._login.failed)
        elif not self._login.welcomed and now >= self._login_by:
            self._wire.close(f"no welcome within {self._settings.login_within:g} s")

    def _watch_pings(self, now: float) -> None:
        if not self._login.welcomed or now < self._ping_due():
            return
        if self._asked_at is None:
            self._asked_at = now
            self._wire.send("PING :swatbot")
        else:
            silence = self._settings.quiet_after + self._settings.pong_within
            self._wire.close(f"no sign of life from the server for {silence:g} s")

    def _watch_stop(self, now: float) -> None:
        """When told to stop: send what can be sent, say goodbye, and let the server hang up.

        Hanging up first could lose the last lines: a close with unread input resets the connection.
        """
        if self._gone_by is not None and now >= self._gone_by:
            self._wire.close("stopped")
        if self._gone_by is not None or self._stop_by() == _NEVER:
            return
        sendable = self._login.welcomed and self._outbox.first(self._channels.ready)
        if not sendable or now >= self._stop_by():
            self._wire.send("QUIT :stopped")
            self._gone_by = now + _GOODBYE_SECONDS

    def _join(self, now: float) -> None:
        while self._channels.next_join() <= now and self._bucket.take(now):
            self._wire.send(f"JOIN {self._channels.take_due(now)}")

    def _pump(self, now: float) -> None:
        """Send pieces of posts as the bucket allows, one in the socket's way at a time."""
        while not self._wire.unsent and not self._wire.lost and self._next_post() and self._bucket.take(now):
            self._send_piece()

    def _next_post(self) -> bool:
        """Have a post in hand whose target can be reached; one that no longer can starts anew later."""
        if self._post is not None and self._channels.ready(self._post.line.channel):
            return True
        self._post = self._outbox.first(self._channels.ready)
        if self._post is None:
            return False
        limit = room(self._wire.nick, self._channels.userhost, self._post.line.channel)
        self._said = as_said(self._post.line, self._clock.now())
        self._pieces = deque(split(clean(self._said), limit)) or deque([NOTHING])
        return True

    def _send_piece(self) -> None:
        post, piece = self._post, self._pieces.popleft()
        if post is None:
            return
        line = f"PRIVMSG {post.line.channel} :{piece}"
        if self._pieces:
            self._wire.send(line)
            return
        self._post, said = None, self._said
        self._wire.send(line, lambda: self._left(post, said))

    def _left(self, post: Post, said: str) -> None:
        self._outbox.drop(post)
        try:
            post.sent(said)
        except Exception:  # noqa: BLE001 - the connection outlives what others do with it
            _log.exception("what follows a line that was sent has failed")
