"""The connection to one host: the helper that its link leads to, one question at a time and its answer."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

import paramiko

from swatbot.fleet import wire
from swatbot.fleet.dial import Dialer, UnreachedError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.link import Link, late
from swatbot.fleet.starting import BROKEN, Facts, start_helper
from swatbot.fleet.turn import Turn
from swatbot.fleet.watchdog import Deadline, Watchdog
from swatbot.ports import Clock

_LONGEST_BACKOFF = 60.0
_LET_IN = "let us in, then the helper did not start"


class LostError(Exception):
    """A host did not answer what it was asked; it may have done it. `transient`: the connection broke."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked on a line, and until when there must be a sign of life."""

    line: wire.Wire
    deadline: Deadline


class Connection:
    """What is open to one host.

    Attributes:
        jump: the connection that this one goes through, None for none.
        bears: whether others go through this one.
        kept: the sha256 that the helper could take from its own store.
        dropped: whether whoever spoke with it last is to give up.
        back: called with the host's name when it could not be asked, and the connection is open again.
    """

    def __init__(
        self, target: Target, settings: SshSettings, dialer: Dialer, watchdog: Watchdog, clock: Clock
    ) -> None:
        """Nothing is opened yet."""
        self.target = target
        self.jump: Connection | None = None
        self.bears = False
        self.facts: Facts | None = None
        self.kept: set[str] = set()
        self.dropped = False
        self.back: Callable[[str], None] = _nobody
        self._settings, self._watchdog, self._clock = settings, watchdog, clock
        self._link = Link(target, settings, dialer, watchdog)
        self.turn = Turn()
        self._opening = threading.Lock()
        self._question: _Question | None = None
        self._wire: wire.Wire | None = None
        self._used = self._failed = 0.0
        self._failures = 0
        self._fault: UnreachedError | None = None
        self._wanted = False
        self._wanted_at = -inf
        self._missed = False
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether link and helper stand, as far as is known."""
        return bool(self._wire and self._wire.is_open and self._link.stands)

    @property
    def host_key(self) -> tuple[str, bytes] | None:
        """Type and bytes of the key by which the host proved itself, None if it did not come to that."""
        return self._link.host_key

    @property
    def is_wanted(self) -> bool:
        """Whether somebody wanted it open at some time, with a helper."""
        return self._wanted and not self._closed

    @property
    def carries(self) -> bool:
        """Whether others go through it now, and nobody wanted a helper here."""
        return self.bears and not self._wanted and self._link.stands

    @property
    def unused(self) -> float:
        """Seconds since it was last asked something."""
        return monotonic() - self._used

    @property
    def unwanted(self) -> float:
        """Seconds since somebody wanted it, be it open or not."""
        return monotonic() - self._wanted_at

    def want(self, *, lasting: bool = True) -> None:
        """Somebody has a use for it, dropped or not; if that is lasting, it is not closed for being idle."""
        self.dropped = False
        if lasting:
            self._wanted_at = monotonic()

    @property
    def may_reopen(self) -> bool:
        """Whether it is time to try again: after every failure that takes twice as long."""
        pause = min(2.0 ** min(self._failures, 16), _LONGEST_BACKOFF) if self._failures else 0.0
        return monotonic() - self._failed >= pause

    def ask(
        self, request: bytes, news: Callable[[], None], seconds: float | None = None, busy: float = 0.0
    ) -> None:
        """Send a request over the open connection; who holds the turn may do that.

        Args:
            request: see wire.request.
            news: called, in any thread, whenever there may be an answer or the end of the connection.
            seconds: longest silence, by default the settings' answer_timeout; then the connection is ended.
            busy: seconds for which the host may be at work, giving signs of life, beyond what is usual.

        Raises:
            LostError: it may have been sent in part.
        """
        self._used = monotonic()
        line = self._wire
        if line is None:
            raise LostError("the connection broke", transient=True)
        deadline = self._watchdog.watch(seconds or self._settings.answer_timeout, self._hang_up, busy)
        question = self._question = _Question(line, deadline)
        try:
            line.listen(news)
            line.ask(request, deadline.put_off)
        except BROKEN as error:
            raise self._lost(question, error) from error

    def answer(self) -> dict[str, Any] | None:
        """The answer to what was asked, None while it is not there or who sent it was told why; never blocks.

        Raises:
            LostError: there will be none.
        """
        question = self._question
        if question is None:
            return None
        question.deadline.put_off()
        try:
            found = question.line.take()
        except (*BROKEN, wire.GarbageError) as error:
            raise self._lost(question, error) from error
        if found is not None:
            self._question = None
            self._watchdog.forget(question.deadline)
        return found

    def nudge(self) -> None:
        """Have a host that reads for long answer soon; may block."""
        line = self._wire
        if line is not None:
            with suppress(*BROKEN):  # who waits for the answer learns of that
                line.nudge()

    def open(self) -> None:
        """Open the connection if it is not.

        Raises:
            UnreachedError: that failed.
        """
        with self._opening:
            self._ensure()
            missed, self._missed = self._missed, False
        if missed:
            self.back(self.target.name)

    def transport(self) -> paramiko.Transport:
        """The transport, for connections that go through this host; no helper is started for that.

        Raises:
            UnreachedError: it could not be opened; who waited meanwhile gets the same, and does not try anew.
        """
        began = monotonic()
        with self._opening:
            if not self._link.stands and self._fault is not None and self._failed >= began:
                raise UnreachedError(str(self._fault), transient=self._fault.transient)
            return self._connect()

    @property
    def may_block(self) -> bool:
        """Whether even a small request may have to wait for another host, or for new keys, to be sent."""
        return self.jump is not None or self._link.may_block

    def tend_transport(self) -> None:
        """See whether a host that others go through still answers; if not, end the connection.

        Raises:
            UnreachedError: it did not.
        """
        if self._link.stands:
            self._link.tend(self._hang_up)
            self._used = monotonic()

    def drop(self) -> None:
        """End it now, and have nobody try again until somebody wants it anew."""
        self.dropped, self._wanted = True, False
        self.hang_up()

    def hang_up(self) -> None:
        """End it now, whatever it is doing; who wants it opens it again."""
        self._hang_up()
        self._wire = None

    def rest(self) -> None:
        """End it until somebody wants it again; who holds the turn may do that. Nobody is missed then.

        A connection that others go through stays, without a helper.
        """
        self._wanted = False
        line, self._wire = self._wire, None
        if self.bears and self._link.stands and line is not None:
            line.close()
        else:
            self._hang_up()

    def close(self) -> None:
        """End it now, whatever it is doing; it stays closed."""
        self._closed = True
        self._hang_up()
        self._link.close()

    def _ensure(self) -> None:
        self._refuse_dropped()
        self._wanted = True
        if self.is_open:
            return
        transport = self._connect()
        try:
            self._refuse_dropped()
            self._start_helper(transport)
            self._refuse_dropped()  # while it was dialled, there may have been nothing yet to be ended
        except UnreachedError as error:
            self._fail(error)
            raise
        self._failures = 0

    def _refuse_dropped(self) -> None:
        if self.dropped:
            self.hang_up()
            raise UnreachedError("it was let go of")

    def _connect(self) -> paramiko.Transport:
        if not self._link.stands:
            self._wire = None
            try:
                self._link.dial(self.jump.transport if self.jump else None)
            except UnreachedError as error:
                self._fail(error)
                raise
        self._fault = None
        assert self._link.transport is not None  # noqa: S101 - it stands, or dialling raised
        return self._link.transport

    def _fail(self, error: UnreachedError) -> None:
        self._failures, self._failed, self._missed, self._fault = self._failures + 1, monotonic(), True, error

    def _start_helper(self, transport: paramiko.Transport) -> None:
        channel = None
        with self._watchdog.guard(self._settings.connect_timeout, self._hang_up) as deadline:
            try:
                channel = transport.open_session()
                started = start_helper(channel, self.target, self._settings, deadline, self._clock)
            except UnreachedError as error:
                self._end_helper(channel)
                raise late(self.target, deadline, error, _LET_IN) from error
            except BROKEN as error:
                self._end_helper(channel)
                why = UnreachedError("the connection broke before the helper started", transient=True)
                raise late(self.target, deadline, why, _LET_IN) from error
        self._wire, self.facts, self.kept = started.line, started.facts, started.kept

    def _end_helper(self, channel: paramiko.Channel | None) -> None:
        """A helper that can not work ends; a transport that others go through stays."""
        if self.bears and channel is not None and self._link.stands:
            channel.close()
        else:
            self._hang_up()

    def _lost(self, question: _Question, error: Exception) -> LostError:
        """Why there is no answer; the connection is ended, unless it is another one by now."""
        line, deadline = question.line, question.deadline
        self._watchdog.forget(deadline)
        if self._question is question:
            self._question = None
        if self._wire is line:
            self._missed = True
            self._hang_up()
            self._wire = None  # its channel learns of the end later, from paramiko's thread
        if deadline.passed:
            return LostError(f"no answer within {deadline.waited:g} s")
        if isinstance(error, wire.GarbageError):
            return LostError(str(error))
        return LostError(line.complaint() or "the connection broke", transient=True)

    def _hang_up(self) -> None:
        """End it without waiting; who waits for an answer learns at once that there is none."""
        line = self._wire
        self._link.hang_up()
        if line is not None:
            line.lose()


def _nobody(_host: str) -> None:
    """Nobody wants to know."""
