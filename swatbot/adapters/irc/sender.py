"""The bot's mouth on one connection: says what waits, at the network's pace, and learns what has arrived."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from swatbot.adapters.chat_text import as_said, clean
from swatbot.adapters.irc.channels import Channels, is_channel
from swatbot.adapters.irc.delivery import Attempt, Delivery, Piece
from swatbot.adapters.irc.lines import fold, room, split
from swatbot.adapters.irc.wire import Message, Wire
from swatbot.adapters.outbox import Outbox
from swatbot.adapters.pace import TokenBucket
from swatbot.chat.messages.text import NOTHING
from swatbot.ports import Clock

_log = logging.getLogger(__name__)
# Errors about a nick that we ask for. Any other that names a target to which a line is on its way is about
# that line: no such nick, moderated, banned, quieted, not logged in, flood. Each server has its own numbers.
_NICK_REFUSALS = ("432", "433", "436")


@dataclass
class Sender:
    """Takes posts out of the outbox, one after the other, and cuts them into lines.

    Attributes:
        outbox: what waits; it outlives the connection.
        channels: where we are, and can speak.
        wire: the connection.
        clock: tells which lines are late.
        echoes: whether the server repeats to us what it passes on (`echo-message`).
    """

    outbox: Outbox
    channels: Channels
    wire: Wire
    clock: Clock
    echoes: Callable[[], bool]
    _attempt: Attempt | None = None
    _pieces: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Nothing is on its way yet."""
        self._delivery = Delivery(self.outbox, self.channels.spoke)

    @property
    def waits(self) -> bool:
        """Whether something could be said now, if the pace allows it."""
        return self._under_way() is not None or self.outbox.waits(self.channels.ready)

    @property
    def busy(self) -> bool:
        """Whether something can be said, or is not known to have arrived."""
        return self.waits or self._delivery.pending

    def pump(self, bucket: TokenBucket, now: float) -> None:
        """Say what waits as far as the bucket allows, one line in the socket's way at a time."""
        while not self.wire.unsent and not self.wire.lost:
            asks = self._wants_to_ask(now)
            if not (asks or self._next()) or not bucket.take(now):
                return
            self.wire.send(self._delivery.question() if asks else self._piece(now))

    def due(self, token_at: float) -> float:
        """When there is something to do; infinity if there is nothing.

        Args:
            token_at: when the bucket allows the next line (monotonic seconds).
        """
        if self.wire.unsent:
            return float("inf")
        if self.waits or self._wants_to_ask(token_at):
            return token_at
        return max(token_at, self._delivery.next_question(echoes=self.echoes()))

    def heard(self, message: Message, now: float) -> bool:
        """Follow what becomes of our lines; whether the message says that one was refused."""
        if message.command == "privmsg" and fold(message.nick) == fold(self.wire.nick):
            self._delivery.echoed(message.arg(0))
        elif message.command == "pong":
            for attempt in self._delivery.answered(message.arg(-1), echoes=self.echoes()):
                self._refused(attempt, "the server does not pass it on", now)
        elif _is_error(message) and (refused := self._delivery.refused(message.arg(1))):
            self._refused(refused, message.arg(-1), now)
            return True
        return False

    def lost(self) -> None:
        """The connection is gone."""
        if self._attempt is not None:
            self._delivery.again(self._attempt)
        self._delivery.lost()

    def _wants_to_ask(self, now: float) -> bool:
        return self._delivery.wants_to_ask(now, idle=not self.waits, echoes=self.echoes())

    def _under_way(self) -> Attempt | None:
        """The post in hand, while its target can be reached; one that can not starts anew later."""
        attempt = self._attempt
        if attempt is not None and not self.channels.ready(attempt.post.line.channel):
            self._delivery.again(attempt)
        if attempt is not None and attempt.failed:
            self._attempt = None
        return self._attempt

    def _next(self) -> bool:
        """Have a post in hand; whether there is one."""
        if self._under_way() is not None:
            return True
        post = self.outbox.take(self.channels.ready)
        if post is None:
            return False
        said = as_said(self.outbox.line(post), self.clock.now())
        limit = room(self.wire.nick, self.channels.userhost, post.line.channel)
        self._attempt = Attempt(post, said)
        self._pieces = deque(split(clean(said), limit)) or deque([NOTHING])
        return True

    def _piece(self, now: float) -> str:
        """The next line of the post in hand."""
        attempt, text = self._attempt, self._pieces.popleft()
        if attempt is None:
            raise LookupError("no post is in hand")
        if not self._pieces:
            self._attempt = None
        self._delivery.sent(Piece(attempt, not self._pieces, now))
        return f"PRIVMSG {attempt.post.line.channel} :{text}"

    def _refused(self, attempt: Attempt, why: str, now: float) -> None:
        target = attempt.post.line.channel
        if is_channel(target):
            self._delivery.again(attempt)
            self.channels.refused(target, why, now)
        else:
            _log.warning("IRC: %s can not be told an answer: %s", target, why)
            self._delivery.give_up(attempt)


def _is_error(message: Message) -> bool:
    numeric = message.command.isdigit() and message.command[0] in "45"
    return numeric and message.command not in _NICK_REFUSALS
