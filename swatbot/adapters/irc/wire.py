"""The one place that knows the `irc` package: a connection that nothing blocks and no line breaks.

The package parses lines, answers pings and keeps track of our nick. Left to itself it would send CR and
NUL as they are, block when the server does, and end its loop at the first line it does not understand.
"""

import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import irc.client
from jaraco.stream import buffer

from swatbot.adapters.irc.settings import IrcSettings, is_loopback
from swatbot.errors import OperationalError

_log = logging.getLogger(__name__)
_READ_BYTES = 2**14
# A line with tags may have 8,191 + 512 bytes; a server that sends so much without a newline is none.
_LONGEST_UNFINISHED = 2**16
_UNSENDABLE = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


@dataclass(frozen=True, slots=True)
class Message:
    """One line from the server.

    Attributes:
        command: in lower case ("privmsg"), or three digits.
        source: "nick!user@host", a server's name, or "".
        args: the parameters; for numerics the first is our nick.
        tags: the message tags, unescaped; a tag without a value has "".
    """

    command: str
    source: str = ""
    args: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def nick(self) -> str:
        """The speaker's nick."""
        return self.source.partition("!")[0]

    def arg(self, index: int) -> str:
        """A parameter, "" if there are not so many."""
        return self.args[index] if -len(self.args) <= index < len(self.args) else ""


def dial(settings: IrcSettings, server: tuple[str, int]) -> socket.socket:
    """Connect, with TLS verified against the server's name if it is on; the socket does not block.

    Args:
        settings: of the network.
        server: one of its servers: host and port.

    Raises:
        OSError: nobody answers, or the certificate is not to be trusted.
        OperationalError: plain TCP would leave this machine.
    """
    sock = socket.create_connection(server, settings.connect_within)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.tls:
            sock = _context(settings).wrap_socket(sock, server_hostname=settings.server_name or server[0])
        else:
            _refuse_strangers(sock)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _context(settings: IrcSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if settings.cert_file:
        # Nobody is there to type a passphrase: without one here OpenSSL would ask the terminal.
        context.load_cert_chain(settings.cert_file, settings.key_file or None, password="")
    return context


def _refuse_strangers(sock: socket.socket) -> None:
    # The settings allow "localhost", which is only a name.
    address = sock.getpeername()[0]
    if not is_loopback(address):
        raise OperationalError(f"{address} is not this machine, and TLS is off")


class Wire:
    """A connection: `on_message` gets every line, `lost` says why it ended ("" while it has not)."""

    def __init__(self, settings: IrcSettings, on_message: Callable[[Message], None]) -> None:
        self._conn = _Connection(on_message)
        self._settings = settings

    def open(self, server: tuple[str, int], first: str) -> None:
        """Dial one of the network's servers, send one line, then NICK and USER.

        Raises:
            OSError, OperationalError: as `dial`.
        """
        settings = self._settings
        sock = dial(settings, server)
        self._conn.reactor._on_connect = lambda _: self._conn.send_raw(first)  # noqa: SLF001 - the package's own hook
        self._conn.connect(
            *server,
            settings.nick,
            username=settings.username or settings.nick,
            ircname=settings.realname,
            connect_factory=lambda _: sock,
        )

    @property
    def lost(self) -> str:
        """Why the connection ended, "" while it lives."""
        return str(self._conn.lost)

    @property
    def nick(self) -> str:
        """Our nick, as the server knows it."""
        return str(self._conn.get_nickname())

    @property
    def sock(self) -> socket.socket:
        """The socket, to be waited for."""
        sock: socket.socket = self._conn.socket
        return sock

    @property
    def unsent(self) -> bool:
        """Whether bytes wait for the socket to take them."""
        return bool(self._conn.out)

    def send(self, line: str) -> None:
        """Queue one line, and write as much as the socket takes."""
        self._conn.send_raw(line)

    def read(self) -> None:
        """Take what has arrived, and hand out whole lines."""
        self._conn.process_data()
        # What TLS has decrypted already does not make the socket readable again.
        while not self.lost and isinstance(self._conn.socket, ssl.SSLSocket) and self._conn.socket.pending():
            self._conn.process_data()

    def write(self) -> None:
        """Write what is queued, as far as the socket takes it."""
        self._conn.flush()

    def close(self, reason: str = "closed") -> None:
        """Hang up; `lost` is the reason, unless the connection is lost already."""
        self._conn.disconnect(reason)


class _Connection(irc.client.ServerConnection):  # type: ignore[misc]  # the package has no types
    """The package's connection, with what it lacks: an output buffer, and nerves."""

    buffer_class = buffer.LenientDecodingLineBuffer

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        super().__init__(irc.client.Reactor())
        self.connected = False
        self.lost = ""
        self.out: deque[bytes] = deque()
        self._on_message = on_message
        self.reactor.add_global_handler("all_events", self._heard)

    def send_raw(self, string: str) -> None:
        self.out.append(string.translate(_UNSENDABLE).encode(errors="replace") + b"\r\n")
        self.flush()

    def flush(self) -> None:
        while self.out and not self.lost:
            data = self.out[0]
            try:
                taken = self.socket.send(data)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self.disconnect(str(error))
                return
            if taken < len(data):
                self.out[0] = data[taken:]
            else:
                self.out.popleft()

    def process_data(self) -> None:
        try:
            data = self.socket.recv(_READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            self.disconnect(str(error))
            return
        if not data:
            self.disconnect("the server closed the connection")
            return
        self.buffer.feed(data)
        self._process_lines()

    def disconnect(self, message: str = "") -> None:
        if not self.connected:
            return
        self.connected = False
        self.lost = message or "disconnected"
        self.socket.close()

    def pong(self, target: str, target2: str = "") -> None:
        # The package would drop the colon, and with it the rest of a token with a space in it.
        self.send_raw(f"PONG {target2} :{target}" if target2 else f"PONG :{target}")

    def _process_lines(self) -> None:
        for line in self.buffer:
            if self.lost:
                return
            try:
                self._process_line(line.replace("\0", " "))
            except Exception:  # noqa: BLE001 - one bad line, or one bad handler, must not end the connection
                _log.exception("a line from the IRC server could not be dealt with: %.200r", line)
        if len(self.buffer) > _LONGEST_UNFINISHED:
            self.disconnect("the server sent a line without an end")

    def _handle_message(self, arguments: list[str], command: str, source: Any, tags: Any) -> None:
        # The package would take CTCP apart here, and turn escapes inside into real line breaks.
        self._handle_event(irc.client.Event(command, source, arguments[0], arguments[1:], tags))

    def _heard(self, _connection: Any, event: Any) -> None:
        if event.type in ("all_raw_messages", "disconnect"):
            return
        command = str(getattr(event.type, "code", event.type))
        target = [] if event.target is None else [event.target]
        tags = {tag["key"]: tag["value"] or "" for tag in event.tags}
        self._on_message(Message(command, event.source or "", (*target, *event.arguments), tags))
