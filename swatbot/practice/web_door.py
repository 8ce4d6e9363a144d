"""Answers HTTP at many doors with a few threads, so that a hundred idle sites cost none."""

import logging
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from swatbot.practice.doors import Door, Doorman

if TYPE_CHECKING:
    from socketserver import BaseServer

_LOG = logging.getLogger(__name__)
_LARGEST_BODY = 1_000_000  # bytes
_PATIENCE = 5.0  # seconds for a client to send its request
_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `query` has the last value of each parameter."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The header of this name in lower case, "" if it was not sent."""
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Response]


class WebDoors:
    """The doors at which HTTP is spoken, and the threads that speak it."""

    def __init__(self, doorman: Doorman) -> None:
        self._doorman = doorman
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="practice-web")

    def door(self, answer: Answer, port: int = 0) -> Door:
        """A door whose requests are answered by this function; it is not open yet."""
        return Door(self._doorman, lambda connection: self._arrive(connection, answer), port)

    def stop(self) -> None:
        """Finish what is being answered."""
        self._pool.shutdown(cancel_futures=True)

    def _arrive(self, connection: socket.socket, answer: Answer) -> None:
        try:
            self._pool.submit(_converse, connection, answer)
        except RuntimeError:  # stopped in this moment
            connection.close()


def _converse(connection: socket.socket, answer: Answer) -> None:
    with connection:
        try:
            _Conversation(connection, answer)
        except OSError:  # a client that leaves in the middle concerns nobody
            return
        except Exception:  # noqa: BLE001 - a pool keeps what its work raises to itself
            _LOG.exception("practice range: a request met a bug")


class _Conversation(BaseHTTPRequestHandler):
    """HTTP/1.0: one request for each connection, so that no idle one holds a thread."""

    timeout = _PATIENCE
    server_version = "practice"
    sys_version = ""

    def __init__(self, connection: socket.socket, answer: Answer) -> None:
        self._answer = answer
        # The base class only keeps the server for its subclasses, and there is none.
        super().__init__(connection, ("", 0), cast("BaseServer", None))

    def do_GET(self) -> None:
        """Answer, whatever the method is."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.send_error(413 if length.isdecimal() else 400)
            return
        size = int(length)
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = self.rfile.read(size)
        self._reply(self._answer(Request(self.command, parts.path, query, dict(self.headers.items()), body)))

    do_POST = do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that the base class looks for

    def _reply(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing on stderr: the site logs its requests itself."""
