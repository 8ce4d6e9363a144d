"""Requests to a helper and its answers, as bytes on an SSH channel; nothing here knows what they mean."""

import json
import shlex
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import paramiko

from swatbot.fleet import program

GREETING = b"swatbot-helper 1\n"
_LARGEST_ANSWER = 64 << 20
_LARGEST_NOISE = 64 << 10
# Channel.sendall copies what is left for every packet: pieces keep that cheap.
_PIECE = 128 << 10
# How often stderr is looked at while sending does not go on: unread, it would block the helper.
_DRAIN_EVERY = 1.0
_STATUS_AFTER = 2.0
_LENGTH = 4
_COMPLAINT = 2000


class GarbageError(Exception):
    """The other side does not speak as a helper does."""


def command(python: str, run_as: str = "") -> str:
    """The shell command that starts a helper, which follows on stdin: see `program.Program`."""
    return python_command(python, program.HELPER.starter, run_as)


def python_command(python: str, text: str, run_as: str = "") -> str:
    """The shell command that runs a Python program as the helper is run."""
    sudo = ["sudo", "-n", "-u", run_as, "--"] if run_as else []
    return shlex.join([*sudo, python, "-I", "-S", "-X", "utf8", "-c", text])


def request(header: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """A request as it travels: length, header, raw bytes."""
    full = {**header, "blob": len(blob)} if blob else header
    data = json.dumps(full, separators=(",", ":")).encode("ascii")
    return len(data).to_bytes(4, "big") + data + blob


_PING = request({"op": "ping"})


def readable(text: object) -> str:
    """What a host says, fit to be shown: one line, no control characters, not too long."""
    return "".join(c if c.isprintable() else " " for c in str(text)).strip()[:300]


class _Bell(threading.Event):
    """Rung by paramiko, under the lock of a buffer, when something comes into it and when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.news: Callable[[], None] = _nothing

    def set(self) -> None:
        self.news()

    def clear(self) -> None:
        """Nobody waits for it to be silent."""


class Wire:
    """The channel on which one helper listens and answers."""

    def __init__(self, channel: paramiko.Channel) -> None:
        """Take a channel, in which nothing was started yet."""
        self._channel = channel
        self._channel.settimeout(_DRAIN_EVERY)
        self._bell = _Bell()
        channel.in_buffer.set_event(self._bell)
        channel.in_stderr_buffer.set_event(self._bell)
        self._buffer = bytearray()
        self._complaint = bytearray()
        self._lost = self._started = False
        self._asking = threading.Lock()
        # Whether somebody waits for the answer, for each that is to come.
        self._due: deque[bool] = deque()

    @property
    def is_open(self) -> bool:
        """Whether the channel still stands, as far as is known."""
        return not (self._lost or self._channel.closed or self._channel.eof_received)

    def lose(self) -> None:
        """Have whoever waits for an answer learn that none will come; paramiko may take long to say so."""
        self._lost = True
        self._bell.news()

    def close(self) -> None:
        """End the helper, and leave the connection."""
        with suppress(EOFError, OSError, paramiko.SSHException):
            self._channel.close()

    def start(self, shell_command: str, hello: bytes, alive: Callable[[], None]) -> dict[str, Any]:
        """Start a helper and return its first answer; what a login script printed is skipped.

        Args:
            shell_command: see `command`.
            hello: the first request, which travels together with the helper.
            alive: called whenever something was taken or came.

        Raises:
            EOFError, OSError: the command, or the connection, ended.
            GarbageError: something else than a helper speaks there.
        """
        self._channel.exec_command(shell_command)
        self._ask(hello, alive, before=program.HELPER.sent)
        self._greeting()
        return self._receive(alive)

    def _greeting(self) -> None:
        for _ in self._coming():
            ended = not self.is_open
            self._fill(_LARGEST_NOISE + _PIECE)
            if GREETING in self._buffer:
                break
            if len(self._buffer) > _LARGEST_NOISE:
                raise GarbageError(
                    "its login scripts print without end: see that they print nothing for commands"
                )
            if ended:
                raise EOFError
        self._started = True
        del self._buffer[: self._buffer.index(GREETING) + len(GREETING)]

    def ask(self, request: bytes, alive: Callable[[], None]) -> None:
        """Send a request whose answer is waited for; `alive` is called for every piece that was taken.

        Raises:
            OSError: the channel is closed.
        """
        self._ask(request, alive)

    def nudge(self) -> None:
        """Send a request whose answer nobody wants: a helper that reads for long stops then; may block.

        Raises:
            OSError: the channel is closed.
        """
        self._ask(_PING, _nothing, wanted=False)

    def _ask(
        self, data: bytes, alive: Callable[[], None], *, wanted: bool = True, before: bytes = b""
    ) -> None:
        with self._asking:
            self._due.append(wanted)
            data = before + data
            for start in range(0, len(data), _PIECE):
                self._send_piece(data[start : start + _PIECE])
                alive()

    def listen(self, news: Callable[[], None]) -> None:
        """Call `news`, in any thread, whenever something comes and when the channel ends."""
        self._bell.news = news
        news()

    def take(self) -> dict[str, Any] | None:
        """The next answer that is waited for, if all of it is there; never blocks.

        Raises:
            EOFError: the channel ended.
            GarbageError: what came is no answer.
        """
        while (answer := self._next()) is not None:
            if not self._due:
                raise GarbageError("it answers without being asked")
            if self._due.popleft():
                return answer
        return None

    def _next(self) -> dict[str, Any] | None:
        ended = not self.is_open
        self._fill(_LENGTH + _LARGEST_ANSWER)
        if len(self._buffer) >= _LENGTH:
            size = int.from_bytes(self._buffer[:_LENGTH], "big")
            if size > _LARGEST_ANSWER:
                raise GarbageError("what it answers makes no sense")
            if len(self._buffer) >= _LENGTH + size:
                return self._cut(size)
        if ended:
            raise EOFError
        return None

    def _receive(self, alive: Callable[[], None]) -> dict[str, Any]:
        for _ in self._coming():
            if (answer := self.take()) is not None:
                return answer
            alive()
        raise EOFError

    def complaint(self) -> str:
        """What sudo said first, or else the last line on stderr, or on stdout where no helper started.

        It is fit to be shown. After its reason sudo goes on about what it could not do then.
        """
        self._drain()
        said = bytes(self._complaint).strip() or self._noise()
        lines = said.decode("utf-8", "replace").splitlines()
        return (
            readable(next((line for line in lines if line.startswith("sudo:")), lines[-1])) if lines else ""
        )

    def status(self) -> int | None:
        """The exit status of the helper's command, None while it runs and where the connection ended.

        It may come a little after the end of what the command said.
        """
        if not self.is_open:
            self._channel.status_event.wait(_STATUS_AFTER)
        status: int = self._channel.recv_exit_status() if self._channel.exit_status_ready() else -1
        return None if status < 0 else status

    def _send_piece(self, piece: bytes) -> None:
        while piece:
            if self._lost:
                raise EOFError
            try:
                piece = piece[self._channel.send(piece) :]
            except TimeoutError:  # the window is full; the watchdog decides for how long
                self._drain()

    def _coming(self) -> Iterator[None]:
        """Now, and then whenever there is news."""
        came = threading.Event()
        self.listen(came.set)
        while True:
            came.clear()
            yield
            came.wait()

    def _fill(self, most: int) -> None:
        """Take what came, up to about so many bytes in all."""
        self._drain()
        while len(self._buffer) < most and self._channel.recv_ready():
            self._buffer += self._channel.recv(_PIECE)

    def _cut(self, size: int) -> dict[str, Any]:
        """Take an answer of this size from what came."""
        data = bytes(self._buffer[_LENGTH : _LENGTH + size])
        del self._buffer[: _LENGTH + size]
        try:
            answer = json.loads(data, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:  # nested deeper than the parser can follow
            raise GarbageError("what it answers makes no sense") from error
        if not isinstance(answer, dict):
            raise GarbageError("what it answers makes no sense")
        return answer

    def _noise(self) -> bytes:
        """What was said last on stdout instead of a greeting; after that there are only answers."""
        if self._started:
            return b""
        self._fill(_LARGEST_NOISE)  # it may have ended before anybody took what it said
        return bytes(self._buffer[-_COMPLAINT:]).strip()

    def _drain(self) -> None:
        while self._channel.recv_stderr_ready():
            self._complaint += self._channel.recv_stderr(_PIECE)
            del self._complaint[:-_COMPLAINT]


def _no_number(name: str) -> float:
    """Refuse what Python's JSON takes for numbers, and nobody else does: Infinity and NaN."""
    raise ValueError(name)


def _nothing() -> None:
    """Nobody wants to know."""
