"""A person on the practice range's IRC server, for the demo: joins, logs in, speaks, and waits for lines."""

import queue
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from swatbot.errors import OperationalError

_CONNECT_SECONDS = 10.0
Overheard = Callable[[str, str], None]


class Person:
    """One client in one channel.

    Args:
        nick: also the account's name.
        port: of the IRC server on loopback.
        channel: to join.
        password: of the account; "" does not log in.
        overhears: told of every line in the channel (nick, text), the own ones too.
    """

    def __init__(
        self, nick: str, port: int, channel: str, password: str = "", overhears: Overheard | None = None
    ) -> None:
        self.nick, self._channel = nick, channel
        self._overhears = overhears or (lambda _nick, _text: None)
        self._lines: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._joined = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port), _CONNECT_SECONDS)
        self._socket.settimeout(None)
        login = f"PASS {nick}:{password}\r\n" if password else ""
        self._send(f"{login}NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nJOIN {channel}")
        self._thread = threading.Thread(target=self._read, name=f"person-{nick}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._joined.wait(_CONNECT_SECONDS):
            raise OperationalError(f"{self.nick} did not get into {self._channel}")
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(_CONNECT_SECONDS)
        self._socket.close()

    def says(self, text: str) -> None:
        """Say a line in the channel."""
        self._overhears(self.nick, text)
        self._send(f"PRIVMSG {self._channel} :{text}")

    def waits_for(self, pattern: str, seconds: float) -> str:
        """Read on until a line fits a regular expression.

        Args:
            pattern: found anywhere in the line.
            seconds: how long to wait at most.

        Returns:
            The line.

        Raises:
            OperationalError: no such line came in time.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                _, text = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if re.search(pattern, text):
                return text
        raise OperationalError(f"{self.nick} waited {seconds:.0f} s for {pattern!r}, and nobody said it")

    def _send(self, text: str) -> None:
        self._socket.sendall(f"{text}\r\n".encode())

    def _read(self) -> None:
        """Until the connection ends, from whichever side."""
        stream = self._socket.makefile("r", encoding="utf-8", errors="replace", newline="\r\n")
        with stream as lines, suppress(OSError):
            for line in lines:
                self._take(line.rstrip("\r\n"))

    def _take(self, line: str) -> None:
        if line.startswith("PING"):
            self._send(line.replace("PING", "PONG", 1))
        elif re.match(r"\S+ 366 ", line):
            self._joined.set()
        elif found := re.match(r":(?P<nick>[^!\s]+)\S* PRIVMSG (?P<to>\S+) :(?P<text>.*)", line):
            self._lines.put((found["nick"], found["text"]))
            self._overhears(found["nick"], found["text"])
