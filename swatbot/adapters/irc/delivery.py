"""What has been sent, and is not known to have arrived: a line counts as said when the server has it.

With `echo-message` the server repeats to us what it passed on. Without, it is silent about what it did, and
says only what it refused; so it is asked for a sign of life behind the lines, and what it has not refused
until it gives that has arrived (a server works off a connection's lines in order).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.outbox import Outbox, Post

# So many lines go out before the server is asked about them, if there are always more to send.
_MANY = 8
# An echo comes at once, or not at all; then the server is asked, too.
_ECHO_SECONDS = 10.0
_TOKEN = "swatbot-"  # noqa: S105 - no secret: what PING and PONG carry


@dataclass(eq=False, slots=True)
class Attempt:
    """A post on its way, in one or several pieces.

    Attributes:
        post: what it is.
        said: how it is said this time.
        failed: whether a piece was refused, so that nothing comes of it any more.
    """

    post: Post
    said: str
    failed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """One line that was sent: of which attempt, whether it is its last, and when (monotonic seconds)."""

    attempt: Attempt
    last: bool
    at: float

    @property
    def target(self) -> str:
        """To whom."""
        return self.attempt.post.line.channel


@dataclass
class Delivery:
    """The pieces on their way over one connection, in the order in which they were sent.

    Attributes:
        outbox: where the posts come from, and go back to.
        arrived: told the target of each piece that has arrived.
    """

    outbox: Outbox
    arrived: Callable[[str], None]
    _pieces: deque[Piece] = field(default_factory=deque)
    _asked: int = 0
    _asked_about: int | None = None

    @property
    def pending(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._pieces)

    def sent(self, piece: Piece) -> None:
        """A piece was handed to the connection."""
        self._pieces.append(piece)

    def echoed(self, target: str) -> None:
        """The server repeats a line of ours."""
        if (piece := self._take(target)) is not None:
            self._arrived(piece)

    def refused(self, target: str) -> Attempt | None:
        """The server did not pass on a line to this target: of what, if one is on its way there."""
        piece = self._take(target)
        return piece.attempt if piece else None

    def again(self, attempt: Attempt) -> None:
        """A post has to be said once more, from its beginning."""
        if not attempt.failed:
            attempt.failed = True
            self.outbox.put_back(attempt.post)

    def give_up(self, attempt: Attempt) -> None:
        """A post can not be said."""
        if not attempt.failed:
            attempt.failed = True
            self.outbox.settle(attempt.post, None)

    def wants_to_ask(self, now: float, *, idle: bool, echoes: bool) -> bool:
        """Whether the server is to be asked now what has become of the pieces.

        Args:
            now: monotonic seconds.
            idle: whether nothing else can be sent.
            echoes: whether the server repeats what it passes on.
        """
        if self._asked_about is not None or not self._pieces:
            return False
        if echoes:
            return now >= self._pieces[0].at + _ECHO_SECONDS
        return idle or len(self._pieces) >= _MANY

    def next_question(self, *, echoes: bool) -> float:
        """When to ask next, if nothing else happens; infinity if there is nothing to ask."""
        if not echoes or not self._pieces or self._asked_about is not None:
            return float("inf")
        return self._pieces[0].at + _ECHO_SECONDS

    def question(self) -> str:
        """The line that asks about all pieces up to now."""
        self._asked += 1
        self._asked_about = len(self._pieces)
        return f"PING :{_TOKEN}{self._asked}"

    def answered(self, token: str, *, echoes: bool) -> tuple[Attempt, ...]:
        """The server has worked off all lines up to the question: what is left of them is settled.

        Returns:
            What has not arrived: the server repeats what it passes on, and has not repeated these.
        """
        if self._asked_about is None or token != f"{_TOKEN}{self._asked}":
            return ()
        pieces = [self._pieces.popleft() for _ in range(self._asked_about)]
        self._asked_about = None
        if echoes:
            return tuple(piece.attempt for piece in pieces)
        for piece in pieces:
            self._arrived(piece)
        return ()

    def lost(self) -> None:
        """The connection is gone: what was on its way may have arrived, and is said again."""
        while self._pieces:
            attempt = self._pieces.popleft().attempt
            self.outbox.perhaps_said(attempt.post)
            self.again(attempt)
        self._asked_about = None

    def _take(self, target: str) -> Piece | None:
        wanted = fold(target)
        for index, piece in enumerate(self._pieces):
            if fold(piece.target) == wanted:
                del self._pieces[index]
                if self._asked_about is not None and index < self._asked_about:
                    self._asked_about -= 1
                return piece
        return None

    def _arrived(self, piece: Piece) -> None:
        attempt = piece.attempt
        self.arrived(piece.target)
        if piece.last and not attempt.failed:
            self.outbox.settle(attempt.post, attempt.said)
        else:
            self.outbox.perhaps_said(attempt.post)
