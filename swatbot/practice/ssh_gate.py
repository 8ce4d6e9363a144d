"""A socket that can be frozen, so that a practice host can fall silent in the middle of a connection."""

import contextlib
import errno
import socket
import threading


class Gate:
    """Open, bytes pass; shut, they wait. All connections of one host share it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = True

    def open(self) -> None:
        """Let bytes pass, those that waited first."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def shut(self) -> None:
        """Hold every byte back, in both directions."""
        with self._changed:
            self._open = False

    def passage(self, gone: threading.Event) -> None:
        """Return once bytes may pass.

        Raises:
            ConnectionAbortedError: the connection ended while it waited.
        """
        if self._open:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._open or gone.is_set())
        if gone.is_set():
            raise ConnectionAbortedError(errno.ECONNABORTED, "closed while the host was frozen")

    def wake(self) -> None:
        """Look again at who is gone."""
        with self._changed:
            self._changed.notify_all()


class GatedSocket(socket.socket):
    """A connected socket behind a gate; it takes the place of `plain`."""

    def __init__(self, plain: socket.socket, gate: Gate) -> None:
        super().__init__(fileno=plain.detach())
        self._gate = gate
        self._gone = threading.Event()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """What arrived, once the gate is open."""
        data = super().recv(size, flags)
        self._gate.passage(self._gone)
        return data

    def send(self, data: bytes, flags: int = 0, /) -> int:  # type: ignore[override]  # paramiko sends bytes
        """Send, once the gate is open."""
        self._gate.passage(self._gone)
        return super().send(data, flags)

    def cut(self) -> None:
        """End the connection; readers and writers return at once."""
        self._gone.set()
        self._gate.wake()
        with contextlib.suppress(OSError):  # the other side was faster
            self.shutdown(socket.SHUT_RDWR)
