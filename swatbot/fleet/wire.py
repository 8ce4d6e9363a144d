"""Requests to a helper and its answers, as bytes on an SSH channel; nothing here knows what they mean."""

import json
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import resources
from typing import Any

import paramiko

GREETING = b"swatbot-helper 1\n"
_LARGEST_ANSWER = 64 << 20
_LARGEST_NOISE = 64 << 10
# Channel.sendall copies what is left for every packet: pieces keep that cheap.
_PIECE = 128 << 10
# How often stderr is looked at while sending does not go on: unread, it would block the helper.
_DRAIN_EVERY = 1.0
_LENGTH = 4
_COMPLAINT = 2000

HELPER = resources.files("swatbot.fleet").joinpath("helper.py").read_bytes()
_BOOTSTRAP = (
    'import sys;sys.version_info<(3,7)and sys.exit("Python 3.7 or newer is needed");'
    f'exec(compile(sys.stdin.buffer.read({len(HELPER)}),"swatbot-helper","exec"))'
)


class GarbageError(Exception):
    """The other side does not speak as a helper does."""


def command(python: str, run_as: str = "") -> str:
    """The shell command that starts a helper whose source follows on stdin."""
    return python_command(python, _BOOTSTRAP, run_as)


def python_command(python: str, program: str, run_as: str = "") -> str:
    """The shell command that runs a Python program as the helper is run."""
    sudo = ["sudo", "-n", "-u", run_as, "--"] if run_as else []
    return shlex.join([*sudo, python, "-I", "-S", "-c", program])


def request(header: Mapping[str, Any], blob: bytes = b"") -> bytes:
    """A request as it travels: length, header, raw bytes."""
    full = {**header, "blob": len(blob)} if blob else header
    data = json.dumps(full, separators=(",", ":")).encode("ascii")
    return len(data).to_bytes(4, "big") + data + blob


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
        """Take a channel in which the helper's command has been started."""
        self._channel = channel
        self._channel.settimeout(_DRAIN_EVERY)
        self._bell = _Bell()
        channel.in_buffer.set_event(self._bell)
        channel.in_stderr_buffer.set_event(self._bell)
        self._buffer = bytearray()
        self._complaint = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether the channel still stands, as far as is known."""
        return not (self._channel.closed or self._channel.eof_received)

    def close(self) -> None:
        """End the helper, and leave the connection."""
        with suppress(EOFError, OSError, paramiko.SSHException):
            self._channel.close()

    def greet(self) -> None:
        """Send the helper over, and wait until it has started; what a login script printed is skipped."""
        self.send(HELPER, _nothing)
        for _ in self._coming():
            ended = not self.is_open
            self._fill(_LARGEST_NOISE + _PIECE)
            if GREETING in self._buffer:
                break
            if len(self._buffer) > _LARGEST_NOISE:
                raise GarbageError("it prints much, and no helper starts")
            if ended:
                raise EOFError
        del self._buffer[: self._buffer.index(GREETING) + len(GREETING)]

    def send(self, data: bytes, alive: Callable[[], None]) -> None:
        """Send all of it; `alive` is called for every piece that was taken.

        Raises:
            OSError: the channel is closed.
        """
        for start in range(0, len(data), _PIECE):
            self._send_piece(data[start : start + _PIECE])
            alive()

    def listen(self, news: Callable[[], None]) -> None:
        """Call `news`, in any thread, whenever something comes and when the channel ends."""
        self._bell.news = news
        news()

    def take(self) -> dict[str, Any] | None:
        """The next answer if all of it is there; never blocks.

        Raises:
            EOFError: the channel ended.
            GarbageError: what came is no answer.
        """
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

    def receive(self, alive: Callable[[], None]) -> dict[str, Any]:
        """The next answer, waited for; `alive` is called whenever some of it came.

        Raises:
            EOFError: the channel ended.
            GarbageError: what came is no answer.
        """
        for _ in self._coming():
            if (answer := self.take()) is not None:
                return answer
            alive()
        raise EOFError

    def complaint(self) -> str:
        """The last line on the helper's stderr, fit to be shown."""
        self._drain()
        lines = bytes(self._complaint).decode("utf-8", "replace").strip().splitlines()
        return "".join(c if c.isprintable() else " " for c in lines[-1]).strip()[:200] if lines else ""

    def _send_piece(self, piece: bytes) -> None:
        while piece:
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
            answer = json.loads(data)
        except ValueError as error:
            raise GarbageError("what it answers makes no sense") from error
        if not isinstance(answer, dict):
            raise GarbageError("what it answers makes no sense")
        return answer

    def _drain(self) -> None:
        while self._channel.recv_stderr_ready():
            self._complaint += self._channel.recv_stderr(_PIECE)
            del self._complaint[:-_COMPLAINT]


def _nothing() -> None:
    """Nobody wants to know."""
