"""One connection per host, kept open: its transport, its helper, and one conversation at a time."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import paramiko

from swatbot.fleet import wire
from swatbot.fleet.dial import Dialer, Socket, UnreachedError, hang_up
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.watchdog import Deadline, Watchdog
from swatbot.ports import Clock

_PING_SECONDS = 5.0
_LONGEST_BACKOFF = 60.0


class LostError(Exception):
    """A host did not answer what it was asked; it may have done it. `transient`: the connection broke."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Facts:
    """What a host said of itself when the connection opened.

    Attributes:
        python: version of its Python.
        free: free bytes where the root is.
        clock_offset: seconds that its clock is ahead of ours.
        fence: highest fencing token that it saw.
        unfinished: the step that was begun there and not ended, {number, step, target}, or None.
    """

    python: str
    free: int
    clock_offset: float
    fence: int
    unfinished: Mapping[str, Any] | None


class Connection:
    """What is open to one host. `kept` are the sha256 that the helper could take from its own store."""

    def __init__(
        self, target: Target, settings: SshSettings, dialer: Dialer, watchdog: Watchdog, clock: Clock
    ) -> None:
        """Nothing is opened yet."""
        self.target = target
        self.jump: Connection | None = None
        self.facts: Facts | None = None
        self.kept: set[str] = set()
        self._settings, self._dialer, self._watchdog, self._clock = settings, dialer, watchdog, clock
        self._lock = threading.Lock()
        self._sock: Socket | None = None
        self._transport: paramiko.Transport | None = None
        self._wire: wire.Wire | None = None
        self._used = self._failed = 0.0
        self._failures = 0
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether transport and helper stand, as far as is known."""
        return bool(self._wire and self._wire.is_open and self._transport and self._transport.is_active())

    @property
    def was_open(self) -> bool:
        """Whether somebody wanted it open at some time."""
        return not self._closed and (self._transport is not None or self._failures > 0)

    def ask(self, request: bytes, seconds: float | None = None) -> dict[str, Any]:
        """Open the connection if need be, send a request, and return the answer.

        Args:
            request: see wire.request.
            seconds: longest silence, by default the settings' answer_timeout.

        Raises:
            UnreachedError: nothing was sent.
            LostError: something was sent, and no answer came.
        """
        with self._lock:
            self._ensure()
            self._used = monotonic()
            return self._exchange(request, seconds or self._settings.answer_timeout)

    def open(self) -> None:
        """Open the connection if it is not.

        Raises:
            UnreachedError: that failed.
        """
        with self._lock:
            self._ensure()

    def transport(self) -> paramiko.Transport:
        """The transport, for connections that go through this host; no helper is started for that.

        Raises:
            UnreachedError: it could not be opened.
        """
        with self._lock:
            if self._transport is None or not self._transport.is_active():
                self._dial()
            assert self._transport is not None  # noqa: S101 - _dial sets it or raises
            return self._transport

    def tend(self) -> None:
        """Ask for a sign of life if the connection was not used lately; reopen it if it broke."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if not self.is_open:
                self._reopen_in_time()
            elif monotonic() - self._used >= self._settings.ping_every:
                self._used = monotonic()
                self._exchange(wire.request({"op": "ping"}), _PING_SECONDS)
        except (UnreachedError, LostError):
            return
        finally:
            self._lock.release()

    def close(self) -> None:
        """End it now, whatever it is doing; it stays closed."""
        self._closed = True
        self._hang_up()

    def _reopen_in_time(self) -> None:
        pause = min(2.0**self._failures, _LONGEST_BACKOFF) if self._failures else 0.0
        if monotonic() - self._failed >= pause:
            self._ensure()

    def _ensure(self) -> None:
        if self.is_open:
            return
        try:
            if self._transport is None or not self._transport.is_active():
                self._dial()
            self._start_helper()
        except UnreachedError:
            self._failures, self._failed = self._failures + 1, monotonic()
            raise
        self._failures = 0

    def _dial(self) -> None:
        """Open the transport. Through a jump host, that one is opened first, outside the bound."""
        self._refuse_closed()
        self._hang_up()
        self._sock = self._transport = self._wire = None
        via = self.jump.transport() if self.jump else None
        with (
            self._dialer.slots,
            self._watchdog.guard(self._settings.connect_timeout, self._hang_up) as deadline,
        ):
            try:
                self._sock = self._dialer.connect(self.target, via)
                self._refuse_closed()
                self._transport = self._dialer.secure(self.target, self._sock)
            except UnreachedError as error:
                self._hang_up()
                raise self._late(deadline, error) from error

    def _start_helper(self) -> None:
        assert self._transport is not None  # noqa: S101 - _dial came before
        started = None
        with self._watchdog.guard(self._settings.connect_timeout, self._hang_up) as deadline:
            try:
                channel = self._transport.open_session()
                started = wire.Wire(channel)
                channel.exec_command(wire.command(self.target.python, self.target.run_as))
                started.greet()
                started.send(self._hello(), deadline.put_off)
                self._greeted(started.receive(deadline.put_off))
            except (EOFError, OSError, paramiko.SSHException, wire.GarbageError, UnreachedError) as error:
                why = self._why_not(started, error)
                self._hang_up()
                raise self._late(deadline, why) from error
        self._wire = started

    def _hello(self) -> bytes:
        return wire.request({"op": "hello", "root": self.target.root, "state": self.target.state_dir})

    def _greeted(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            raise UnreachedError(f"the helper can not work: {readable(answer['error'])}")
        try:
            offset = float(answer["clock"]) - self._clock.now().timestamp()
            self.facts = Facts(
                str(answer["python"]), int(answer["free"]), offset, int(answer["fence"]), answer["unfinished"]
            )
            self.kept = set(answer["kept"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnreachedError("what it answers makes no sense") from error

    def _exchange(self, request: bytes, seconds: float) -> dict[str, Any]:
        line = self._wire
        assert line is not None  # noqa: S101 - _ensure came before
        with self._watchdog.guard(seconds, self._hang_up) as deadline:
            try:
                line.send(request, deadline.put_off)
                return line.receive(deadline.put_off)
            except (EOFError, OSError, paramiko.SSHException, wire.GarbageError) as error:
                self._hang_up()
                if deadline.passed:
                    raise LostError(f"no answer within {seconds:g} s") from error
                if isinstance(error, wire.GarbageError):
                    raise LostError(str(error)) from error
                raise LostError(line.complaint() or "the connection broke", transient=True) from error

    def _late(self, deadline: Deadline, error: UnreachedError) -> UnreachedError:
        if not deadline.passed:
            return error
        return UnreachedError(f"{self.target.address} does not answer within {deadline.seconds:g} s")

    @staticmethod
    def _why_not(started: wire.Wire | None, error: Exception) -> UnreachedError:
        if isinstance(error, UnreachedError):
            return error
        said = started.complaint() if started else ""
        if isinstance(error, wire.GarbageError) or said:
            return UnreachedError(f"the helper did not start: {said or error}")
        return UnreachedError("the connection broke before the helper started", transient=True)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise UnreachedError("swatbot is closing its connections")

    def _hang_up(self) -> None:
        hang_up(self._sock, self._transport)


class Connections:
    """The connections to all targets, and the thread that looks after those that were opened."""

    def __init__(self, targets: Iterable[Target], settings: SshSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._settings = settings
        self._watchdog = Watchdog()
        dialer = Dialer(settings)
        self._all = {t.name: Connection(t, settings, dialer, self._watchdog, clock) for t in targets}
        for connection in self._all.values():
            connection.jump = self._jump(connection.target)
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None
        self._lock = threading.Lock()

    def of(self, host: str) -> Connection:
        """The connection to a host.

        Raises:
            UnreachedError: no target has this name.
        """
        self._keep()
        if host not in self._all:
            raise UnreachedError("it is not among the configured hosts")
        return self._all[host]

    def kept(self, host: str) -> frozenset[str]:
        """The sha256 of contents that a host is believed to have in its own store."""
        return frozenset(self._all[host].kept if host in self._all else ())

    def pause(self, seconds: float) -> None:
        """Wait, unless everything is being closed."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """End all connections and threads."""
        self._closing.set()
        for connection in self._all.values():
            connection.close()
        self._watchdog.close()

    def _jump(self, target: Target) -> Connection | None:
        seen = {target.name}
        name = target.jump
        while name:
            if name in seen or name not in self._all:
                raise ValueError(f"{target.name}: its way through jump host {name} leads nowhere")
            seen.add(name)
            name = self._all[name].target.jump
        return self._all[target.jump] if target.jump else None

    def _keep(self) -> None:
        with self._lock:
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._run, name="fleet-keeper", daemon=True)
                self._keeper.start()

    def _run(self) -> None:
        while not self._closing.wait(self._settings.ping_every):
            for connection in self._all.values():
                if connection.is_open:
                    connection.tend()
                elif connection.was_open:  # a host that is slow to connect does not hold up the pings
                    threading.Thread(target=connection.tend, name="fleet-reopen", daemon=True).start()


def readable(text: object) -> str:
    """What a host says, fit to be shown: one line, no control characters, not too long."""
    return "".join(c if c.isprintable() else " " for c in str(text)).strip()[:300]
