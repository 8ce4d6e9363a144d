"""Conversations with many hosts at once in one thread; a host that is slow holds up nobody else.

One thread that sends small frames over open connections is several times cheaper than a thread for each
host, and leaves the processor to those who answer people. Only what may block has a thread of its own.
"""

import logging
import queue
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Generic, NoReturn, TypeVar

from swatbot.fleet.connection import Connection, LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.dial import UnreachedError

T = TypeVar("T")
News = Callable[[], None]
Answer = dict[str, Any]

# What the kernel takes for a host that has read all that was sent to it before, whatever it does now.
_SMALL = 64 << 10


@dataclass(frozen=True, slots=True)
class Open:
    """See to it that the connection is open; UnreachedError if it can not be."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Send a request; its answer comes back, or LostError.

    Attributes:
        request: see wire.request.
        seconds: the longest silence, None for what is usual.
        busy: seconds for which the host may be at work, giving signs of life, beyond what is usual.
    """

    request: bytes
    seconds: float | None = None
    busy: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on after so many seconds."""

    seconds: float


Step = Open | Ask | Pause
Conversation = Generator[Step, Answer | None, T]


def asked(request: bytes, seconds: float | None = None, busy: float = 0.0) -> Conversation[Answer]:
    """Have the connection open, ask, and return the answer.

    Raises:
        UnreachedError: nothing was sent.
        LostError: something was sent, and no answer came.
    """
    yield Open()
    answer = yield Ask(request, seconds, busy)
    assert answer is not None  # noqa: S101 - what Ask gets is an answer or an error
    return answer


class Conversations(Generic[T]):
    """One conversation with each of some hosts.

    Attributes:
        results: what came of those that are over, by host.
        in_flight: how many were begun and are not over.
        waits: whether a host is to begin later; asked again when there is news, and not if none is in flight.
    """

    def __init__(
        self,
        connections: Connections,
        hosts: Sequence[str],
        with_host: Callable[[str], Conversation[T]],
        stumbled: Callable[[str], T],
    ) -> None:
        """Begin nothing yet.

        Args:
            connections: to the hosts.
            hosts: in the order in which they are begun.
            with_host: makes the conversation with one host; what that raises is a bug, and logged.
            stumbled: the result of a host whose conversation raised.
        """
        self.results: dict[str, T] = {}
        self.in_flight = 0
        self.waits: Callable[[str], bool] = lambda _: False
        self._connections, self._with_host, self._stumbled = connections, with_host, stumbled
        self._left = list(reversed(hosts))
        self._talks: dict[str, _Talk[T]] = {}
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()

    def run(
        self,
        width: int,
        may_begin: Callable[[], bool] = lambda: True,
        tick: Callable[[], None] = lambda: None,
        every: float = 1.0,
    ) -> None:
        """Hold them all; returns when all that were begun are over.

        Args:
            width: how many at once.
            may_begin: asked before each is begun; after a no, none is.
            tick: called every so often meanwhile.
            every: seconds between two ticks.
        """
        due = monotonic() + every
        try:
            while self._begin(width, may_begin):
                try:
                    self._news.get(timeout=max(due - monotonic(), 0))()
                except queue.Empty:
                    tick()
                    due = monotonic() + every
        finally:  # after a bug in what was called, nobody else may wait for a turn for ever
            for talk in tuple(self._talks.values()):
                talk.break_off()

    def speaks_with(self, host: str) -> bool:
        """Whether a conversation with this host was begun and is not over."""
        return host in self._talks

    def hurry(self, hosts: Collection[str] | None = None) -> None:
        """Have hosts that read their files, or pull, for long stop that, and answer; None for all."""
        for host, talk in self._talks.items():
            if hosts is None or host in hosts:
                talk.hurry()

    def _begin(self, width: int, may_begin: Callable[[], bool]) -> bool:
        """Begin as many as may be; whether any is not over."""
        while self.in_flight < width and (host := self._next()):
            if not may_begin():
                self._left.clear()
                break
            self._left.remove(host)
            self.in_flight += 1
            talk = _Talk(host, self._with_host(host), self._connections, self._news.put, self._over)
            self._talks[host] = talk
            talk.begin()
        return self.in_flight > 0

    def _next(self) -> str | None:
        """Who is to begin now, if anybody is."""
        left = reversed(self._left)
        return next((host for host in left if not (self.in_flight and self.waits(host))), None)

    def _over(self, host: str, result: Callable[[], T]) -> None:
        try:
            self.results[host] = result()
        except Exception:
            logging.getLogger(__name__).exception("the conversation with %s ended in a bug", host)
            self.results[host] = self._stumbled(host)
        self.in_flight -= 1
        del self._talks[host]


class _Talk(Generic[T]):
    """One conversation: carries out its steps, and wakes up the thread of all when there is news."""

    def __init__(
        self,
        host: str,
        conversation: Conversation[T],
        connections: Connections,
        put: Callable[[News], None],
        over: Callable[[str, Callable[[], T]], None],
    ) -> None:
        self._host, self._conversation, self._connections = host, conversation, connections
        self._put, self._over = put, over
        self._connection = connections.of(host)
        self._asked = self._hurried = 0
        self._waits = self._has_turn = self._broken_off = False

    def begin(self) -> None:
        """Begin now, or as soon as nobody else speaks with the host."""
        if self._connection is None:
            self._go_on()
        elif self._connection.turn.take(self._called):
            self._has_turn = True
            self._go_on()

    def _called(self) -> None:
        """It is this one's turn; who has broken off meanwhile hands it on."""
        self._has_turn = True
        if self._broken_off:
            self._give_turn()
        else:
            self._put(self._go_on)

    def _go_on(self, answer: Answer | None = None) -> None:
        self._take_step(lambda: self._conversation.send(answer))

    def _fail(self, error: Exception) -> None:
        self._take_step(lambda: self._conversation.throw(error))

    def _take_step(self, resume: Callable[[], Step]) -> None:
        try:
            step = resume()
        except StopIteration as end:
            result: T = end.value
            self._end(lambda: result)
        except Exception as error:  # noqa: BLE001 - raised again where it is logged
            self._end(partial(_raise, error))
        else:
            self._begin_step(step)

    def _begin_step(self, step: Step) -> None:
        try:
            self._carry_out(step)
        except Exception as error:  # noqa: BLE001 - raised again where it is logged
            self._end(partial(_raise, error))

    def _carry_out(self, step: Step) -> None:
        connection = self._connection
        match step:
            case Pause():
                self._aside(lambda: self._connections.pause(step.seconds), self._go_on)
            case _ if connection is None:
                self._fail(UnreachedError("it is not among the configured hosts"))
            case Open():
                if connection.is_open:
                    self._go_on()
                else:
                    self._aside(connection.open, self._go_on)
            case Ask():
                self._ask(connection, step)

    def _ask(self, connection: Connection, ask: Ask) -> None:
        self._asked, self._waits = self._asked + 1, True
        look = partial(self._look, connection, self._asked)
        lost = partial(self._lost, self._asked)

        def send() -> None:
            connection.ask(ask.request, lambda: self._put(look), ask.seconds, ask.busy)

        if len(ask.request) > _SMALL or connection.may_block:
            self._aside(send, look, lost)
            return
        try:
            send()
        except LostError as error:
            lost(error)

    def _look(self, connection: Connection, question: int) -> None:
        """Something came, or the connection ended; that may have been long ago."""
        if not self._waits or question != self._asked:
            return
        try:
            answer = connection.answer()
        except LostError as error:
            self._lost(question, error)
            return
        except Exception as error:  # noqa: BLE001 - raised again where it is logged; others are not to suffer
            self._waits = False
            connection.hang_up()
            self._end(partial(_raise, error))
            return
        if answer is not None:
            self._waits = False
            self._go_on(answer)

    def _lost(self, question: int, error: Exception) -> None:
        if self._waits and question == self._asked:
            self._waits = False
            self._fail(error)

    def _aside(
        self, block: Callable[[], object], then: News, failed: Callable[[Exception], None] | None = None
    ) -> None:
        """Do what may block in a thread of its own."""

        def work() -> None:
            try:
                block()
            except Exception as error:  # noqa: BLE001 - the conversation knows it, or logs it
                self._put(partial(failed or self._fail, error))
            else:
                self._put(then)

        threading.Thread(target=work, name=f"fleet-{self._host}", daemon=True).start()

    def hurry(self) -> None:
        """If an answer is waited for, have it come soon; once for each question."""
        connection = self._connection
        if connection is not None and self._waits and self._hurried != self._asked:
            self._hurried = self._asked
            self._aside(connection.nudge, _nothing)

    def break_off(self) -> None:
        """Nobody listens any more: what may still be answered must not be taken for another answer."""
        self._broken_off = True
        if self._connection is not None and self._waits:
            self._connection.hang_up()
        self._give_turn()

    def _end(self, result: Callable[[], T]) -> None:
        self._give_turn()
        self._over(self._host, result)

    def _give_turn(self) -> None:
        if self._connection is not None and self._has_turn:
            self._has_turn = False
            self._connection.turn.give()


def _nothing() -> None:
    """There is nothing to go on with."""


def _raise(error: Exception) -> NoReturn:
    raise error
