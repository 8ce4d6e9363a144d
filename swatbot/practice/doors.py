"""One thread waits at every listening port of the practice range, so that an idle host costs nothing."""

import contextlib
import secrets
import selectors
import socket
import threading
from collections.abc import Callable

from swatbot.errors import OperationalError

ADDRESS = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: a restart finds them free.
_LOWEST, _HIGHEST = 20_000, 32_000
_BACKLOG = 128


class Doorman:
    """Waits at all doors and calls each door's `arrive` with the connection."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="practice-doors", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def stop(self) -> None:
        """Stop waiting; the doors are closed by their owners."""
        self._over.set()
        self._wake.send(b"x")
        if self._thread.is_alive():
            self._thread.join()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def watch(self, door: socket.socket, accept: Callable[[], None]) -> None:
        """Call `accept` whenever somebody is at this listening socket."""
        self._selector.register(door, selectors.EVENT_READ, accept)

    def unwatch(self, door: socket.socket) -> None:
        """Let callers wait at this socket; the kernel still completes their TCP handshake."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(door)

    def _run(self) -> None:
        while not self._over.is_set():
            for key, _ in self._selector.select():
                if key.data is not None:
                    key.data()


class Door:
    """A port on loopback that can be open, silent, or refusing, and keeps its number throughout.

    Args:
        doorman: who waits at it.
        arrive: takes each connection; called on the doorman's thread, so it must be quick.
        port: 0 chooses a free one.

    Raises:
        OperationalError: the port is taken.
    """

    def __init__(self, doorman: Doorman, arrive: Callable[[socket.socket], None], port: int = 0) -> None:
        self._doorman = doorman
        self._arrive = arrive
        self._socket = _bound(port) if port else _bound_anywhere()
        self._listening = False
        self._lock = threading.Lock()
        self.port: int = self._socket.getsockname()[1]

    def open(self) -> None:
        """Take connections, those that waited meanwhile first."""
        with self._lock:
            self._doorman.unwatch(self._socket)
            if not self._listening:
                self._socket.listen(_BACKLOG)
                self._listening = True
            self._doorman.watch(self._socket, self._accept)

    def hang(self) -> None:
        """Let connections be made, and leave them without a word."""
        self.open()
        with self._lock:
            self._doorman.unwatch(self._socket)

    def refuse(self) -> None:
        """Refuse connections, and keep the port.

        A listening socket that is shut down is bound as before, and refuses. To close it and bind again
        would fail now and then: a subprocess being forked in this moment holds it open until it execs.
        """
        with self._lock:
            self._doorman.unwatch(self._socket)
            if self._listening:
                self._socket.shutdown(socket.SHUT_RDWR)
                self._listening = False

    def close(self) -> None:
        """Give the port up."""
        with self._lock:
            self._doorman.unwatch(self._socket)
            self._socket.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:  # whoever called has gone again, or the door was closed in this moment
            return
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._arrive(connection)


def _bound(port: int) -> socket.socket:
    """Bind a remembered port, also while old connections to it linger."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _bind(door, port)


def _bound_anywhere() -> socket.socket:
    """Bind a port that nobody else has bound.

    SO_REUSEADDR comes after the bind: before it, two sockets that do not listen yet could share a port.
    """
    for _ in range(200):
        with contextlib.suppress(OperationalError):
            fresh = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            door = _bind(fresh, _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST))
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return door
    raise OperationalError(f"practice range: no free port between {_LOWEST} and {_HIGHEST} on {ADDRESS}")


def _bind(door: socket.socket, port: int) -> socket.socket:
    door.setblocking(False)
    try:
        door.bind((ADDRESS, port))
    except OSError as error:
        door.close()
        sentence = f"practice range: port {port} on {ADDRESS} is taken: {error.strerror}"
        raise OperationalError(sentence) from error
    return door
