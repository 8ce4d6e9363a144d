"""One connection to an IRC server, from the dial to the loss of it; everything happens on one thread."""

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swatbot.adapters.irc.channels import Channels, News
from swatbot.adapters.irc.ears import Ears, Proof
from swatbot.adapters.irc.features import Features
from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.login import FIRST_LINE, Login
from swatbot.adapters.irc.nick import Nick
from swatbot.adapters.irc.sender import Sender
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.splits import Splits
from swatbot.adapters.irc.whox import Whox
from swatbot.adapters.irc.wire import Message, Wire
from swatbot.adapters.outbox import Outbox
from swatbot.adapters.pace import TokenBucket
from swatbot.ports import Clock, Incoming

if TYPE_CHECKING:
    from datetime import datetime

_GOODBYE_SECONDS = 2.0
_NEVER = float("inf")
# The end of the message of the day, or that there is none: the server has said all about itself.
_INTRODUCED = ("376", "422")


@dataclass(frozen=True)
class Listener:
    """Whom a session tells.

    Attributes:
        hear: a line that may concern the bot.
        presence: the channels in which we are, whenever that changes, and since when (UTC) we were perhaps
            not in one that is lost (None: since now).
        trouble: what is wrong, for people, and in which channel ("": everywhere).
        well: a channel in which nothing is wrong.
        healed: from when to when (UTC) people were cut off by a netsplit.
        concerns: asked whether a line that is not addressed may concern the bot.
        stop_by: monotonic time by which to be gone, None while the session shall live.
    """

    hear: Callable[[Incoming], None]
    presence: "Callable[[frozenset[str], datetime | None], None]"
    trouble: Callable[[str, str], None]
    well: Callable[[str], None]
    healed: "Callable[[datetime, datetime], None]"
    concerns: Callable[[str], bool]
    stop_by: Callable[[], float | None]


class Session:
    """Logs in, joins, hears and sends, until the connection is lost or it is told to stop.

    Attributes:
        last_heard: when bytes last came from the server, None before the first.
        welcomed_at: monotonic time of the server's welcome, None before it.
        introduced: whether the server has said all about itself.
        reason: why it ended.
        features: what the server says of itself.
    """

    def __init__(
        self, settings: IrcSettings, clock: Clock, outbox: Outbox, wake: socket.socket, listener: Listener
    ) -> None:
        self.last_heard: datetime | None = None
        self.welcomed_at: float | None = None
        self.introduced = False
        self.reason = ""
        self.features = Features()
        self._settings = settings
        self._clock = clock
        self._outbox = outbox
        self._wake = wake
        self._listener = listener
        self._errands: deque[str] = deque()
        self._wire = Wire(settings, self._heard)
        self._bucket = TokenBucket(settings.burst, settings.per_second)
        self._login = Login(settings, self._send_at_once)
        self._nick = Nick(settings, self._send_at_once, self._errands.append)
        self._ears = Ears(settings, listener.concerns)
        self._whox = Whox(self._errands.append, listener.hear, self._ears.account)
        self._splits = Splits(clock, lambda text: listener.trouble(text, ""), listener.healed)
        news = News(listener.presence, listener.trouble, listener.well, self._errands.append)
        self._channels = Channels(settings, news, clock)
        self._sender = Sender(outbox, self._channels, self._wire, clock, lambda: self.echoes)
        self._login_by = self._read_at = time.monotonic()
        self._asked_at: float | None = None
        self._gone_by: float | None = None

    @property
    def proof(self) -> Proof:
        """How the server proves who speaks."""
        if self._login.proves_accounts:
            return Proof.TAG
        return Proof.WHOX if self._settings.whox and self.features.whox else Proof.NONE

    @property
    def echoes(self) -> bool:
        """Whether the server repeats to us what it passes on for us."""
        return self._login.echoes

    def run(self, server: tuple[str, int]) -> None:
        """Live until the end of the connection.

        Args:
            server: host and port.

        Raises:
            OSError, OperationalError: it could not even be dialled.
        """
        self._wire.open(server, FIRST_LINE)
        self._read_at = time.monotonic()
        self._login_by = self._read_at + self._settings.login_within
        # Not the package's own loop: its select() fails when a big fleet has used up the first 1,024 files.
        with selectors.DefaultSelector() as selector, contextlib.closing(self._wire):
            selector.register(self._wake, selectors.EVENT_READ)
            selector.register(self._wire.sock, selectors.EVENT_READ)
            try:
                while self._alive():
                    self._wait(selector)
            finally:
                self._sender.lost()
        self.reason = self._login.failed or self._nick.failed or self.reason or self._wire.lost

    def _alive(self) -> bool:
        now = time.monotonic()
        self._outbox.sweep()
        self._watch_login(now)
        self._watch_pings(now)
        if self._login.welcomed and self._gone_by is None:
            self._tend(now)
        self._watch_stop(now)
        return not self._wire.lost

    def _tend(self, now: float) -> None:
        """Do what is due, as the pace allows it: channels first, what we say last."""
        self._channels.retry(now)
        self._nick.ask(now)
        self._whox.give_up(now)
        while self._channels.next_join() <= now and self._bucket.take(now):
            self._wire.send(f"JOIN {self._channels.take_due(now)}")
        while self._errands and self._bucket.take(now):
            self._wire.send(self._errands.popleft())
        self._sender.pump(self._bucket, now)

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
        due = [self._ping_due(), self._gone_by or self._stop_by()]
        if not self._login.welcomed:
            due.append(self._login_by)
        elif self._gone_by is None:
            token = now + self._bucket.wait()
            due += [max(self._channels.next_join(), token), self._channels.next_try(), self._nick.due]
            due += [self._whox.due(), token if self._errands else _NEVER, self._sender.due(token)]
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
        if self._login.welcomed:
            self._follow(message, time.monotonic())
        else:
            self._log_in(message, time.monotonic())
        incoming = self._ears.incoming(message, self._wire.nick, self.proof)
        if incoming is not None and self.proof is Proof.WHOX:
            self._whox.ask(incoming, message.source, time.monotonic())
        elif incoming is not None:
            self._listener.hear(incoming)

    def _log_in(self, message: Message, now: float) -> None:
        self._login.heard(message)
        self._nick.refused(message)
        if self._login.welcomed:
            self.welcomed_at = now
            self._channels.begin(now)
            self._nick.begin(self._wire.nick, now)

    def _follow(self, message: Message, now: float) -> None:
        self._login.heard(message)
        self.features.heard(message)
        self._nick.heard(message, self._wire.nick, now)
        self._whox.heard(message)
        # Some refusals are the same for a line as for a JOIN: they are about a line, if one was sent.
        if not self._sender.heard(message, now):
            self._channels.heard(message, self._wire.nick, now)
        self._splits.heard(message)
        if message.command == "account" and fold(message.nick) == fold(self._wire.nick):
            self._logged_out(message.arg(0))
        if message.command in _INTRODUCED and not self.introduced:
            self._introduce()

    def _introduce(self) -> None:
        """The server has said all about itself: say that we are a bot, so that others do not listen to us."""
        self.introduced = True
        if self.features.bot_mode:
            self._errands.append(f"MODE {self._wire.nick} +{self.features.bot_mode}")

    def _logged_out(self, account: str) -> None:
        if account == "*" and self._settings.sasl_account:
            self._listener.trouble(f"no more logged in as {self._settings.sasl_account}", "")

    def _send_at_once(self, line: str) -> None:
        """A login can not wait for the pace; but servers count its lines, too, so others wait longer."""
        self._bucket.take(time.monotonic())
        self._wire.send(line)

    def _watch_login(self, now: float) -> None:
        if failed := self._login.failed or self._nick.failed:
            self._wire.send("QUIT :login failed")
            self._wire.close(failed)
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
        if not (self._login.welcomed and self._sender.busy) or now >= self._stop_by():
            self._wire.send("QUIT :stopped")
            self._gone_by = now + _GOODBYE_SECONDS
