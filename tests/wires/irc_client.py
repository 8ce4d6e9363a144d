"""The other end of an IRC line, for tests: sends the very bytes it is told to, waits for lines that match."""

import re
import socket
import ssl
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

WAIT_SECONDS = 10.0


class LineSocket:
    """One end of a connection; every line that came is kept in `lines`.

    It gives signs of life unless `pongs` is off; one to who has left would lose what that one had sent.
    """

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.pongs = True
        self._seen = 0
        self._buffer = b""
        self._sock = sock

    def send(self, *lines: str) -> None:
        for line in lines:
            self.send_bytes(line.encode() + b"\r\n")

    def send_bytes(self, data: bytes) -> None:
        self._sock.sendall(data)

    def expect(self, pattern: str, timeout: float = WAIT_SECONDS) -> str:
        """The next line in which the pattern is found; earlier ones are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            for index in range(self._seen, len(self.lines)):
                if re.search(pattern, self.lines[index]):
                    self._seen = index + 1
                    return self.lines[index]
            self._seen = len(self.lines)
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"{self.name}: no {pattern!r} in\n" + "\n".join(self.lines[-30:]))

    def confirm(self) -> None:
        """Give the sign of life that the bot asks for behind its lines."""
        ping = self.expect(r"^PING :swatbot-\d+$")
        if not self.pongs:
            self.send(ping.replace("PING", "PONG", 1))

    def ended(self, timeout: float = WAIT_SECONDS) -> bool:
        """Read on; whether the other side hangs up within this many seconds."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if not self._read(left):
                return time.monotonic() < deadline
        return False

    def close(self) -> None:
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, timeout: float) -> bool:
        if timeout <= 0:
            return False
        self._sock.settimeout(timeout)
        try:
            data = self._sock.recv(65536)
        except TimeoutError:
            return False
        *whole, self._buffer = (self._buffer + data).split(b"\n")
        for line in whole:
            text = line.rstrip(b"\r").decode(errors="surrogateescape")
            self.lines.append(text)
            if self.pongs and text.startswith("PING "):
                self.send(text.replace("PING", "PONG", 1))
        return bool(data)


class RawClient(LineSocket):
    """A person's client."""

    def __init__(self, port: int, nick: str, caps: Iterable[str] = (), password: str = "") -> None:
        super().__init__(socket.create_connection(("127.0.0.1", port), WAIT_SECONDS), nick)
        for cap in caps:
            self.send(f"CAP REQ :{cap}")
        if password:
            self.send(f"PASS {password}")
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if caps:
            self.send("CAP END")

    @classmethod
    def joined(cls, port: int, nick: str, channel: str, caps: Iterable[str] = (), password: str = "") -> Self:
        client = cls(port, nick, caps, password)
        client.expect(" 001 ")
        client.join(channel)
        return client

    def join(self, channel: str) -> None:
        self.send(f"JOIN {channel}")
        self.expect(f" 366 .*{re.escape(channel)}")

    def say(self, target: str, text: str) -> None:
        self.send(f"PRIVMSG {target} :{text}")

    def expect_text(self, pattern: str, timeout: float = WAIT_SECONDS) -> str:
        """The text of the next PRIVMSG in which the pattern is found."""
        return self.expect(rf" PRIVMSG \S+ :.*(?:{pattern})", timeout).partition(" :")[2]

    def sync(self) -> None:
        """Have everything that the server did before now."""
        token = f"sync{len(self.lines)}"
        self.send(f"PING :{token}")
        self.expect(rf" PONG .*{token}")

    def texts(self, speaker: str) -> list[str]:
        """What somebody has said so far, as far as it was read."""
        said = [
            re.match(rf"(?:@\S+ )?:{re.escape(speaker)}!\S+ PRIVMSG \S+ :(.*)", line) for line in self.lines
        ]
        return [match[1] for match in said if match]


class FakeServer:
    """Listens on loopback and does nothing that the test does not do itself."""

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(WAIT_SECONDS)
        self.port: int = self._listener.getsockname()[1]

    def accept(self) -> LineSocket:
        """The next connection, at which nothing has been read.

        Raises:
            ssl.SSLError: the client did not like our certificate.
        """
        sock = self._listener.accept()[0]
        if self._context is None:
            return LineSocket(sock, "server")
        with sock:
            sock.settimeout(WAIT_SECONDS)
            return LineSocket(self._context.wrap_socket(sock, server_side=True), "server")

    def welcomed(self, caps: str = "") -> LineSocket:
        """The next connection, through login and into #swat."""
        bot = self.accept()
        bot.expect("^USER ")
        bot.send(f":irc.example CAP * LS :{caps}")
        if caps:
            bot.expect(f"^CAP REQ :{' '.join(sorted(caps.split()))}$")
            bot.send(f":irc.example CAP * ACK :{caps}")
        bot.expect("^CAP END")
        bot.send(":irc.example 001 swatbot :Welcome")
        bot.expect("^JOIN #swat")
        bot.send(":swatbot!swatbot@bot.example JOIN #swat")
        return bot

    def close(self) -> None:
        self._listener.close()
