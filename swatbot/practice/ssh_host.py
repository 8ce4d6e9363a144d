"""A practice host's SSH server: real protocol, real subprocesses, and faults at the turn of a switch."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from swatbot.practice.doors import Door, Doorman
from swatbot.practice.ssh_command import GONE, Command
from swatbot.practice.ssh_gate import Gate, GatedSocket

_LOG = "swatbot.practice.ssh"
# Clients that hang up in the middle are what a range is for; paramiko would tell each as an error.
logging.getLogger(_LOG).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the hosts are, and who may log in.

    Attributes:
        user: the one login name.
        host_key: the private key by which the hosts prove themselves.
        authorised: the public key that may log in.
    """

    user: str
    host_key: paramiko.PKey = field(repr=False)
    authorised: paramiko.PKey = field(repr=False)


class SshHost:
    """One host: its port, its connections and the commands that run over them.

    Args:
        doorman: who waits at the port.
        directory: where commands run.
        credentials: see Credentials.
        port: 0 chooses a free one.
    """

    def __init__(self, doorman: Doorman, directory: Path, credentials: Credentials, port: int = 0) -> None:
        self._directory = directory
        self._credentials = credentials
        self._gate = Gate()
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._connections: list[tuple[_Transport, GatedSocket]] = []
        self._commands: list[Command] = []
        self._door = Door(doorman, self._arrive, port)

    @property
    def port(self) -> int:
        """Where it listens on loopback."""
        return self._door.port

    def start(self) -> None:
        """Take connections."""
        self._door.open()

    def refuse(self) -> None:
        """Be down: connections and the commands over them end as in a power cut, new ones are refused."""
        self._door.refuse()
        self._cut()

    def hang(self) -> None:
        """Be frozen: TCP connects, nothing is answered, open connections fall silent."""
        self._gate.shut()
        self._door.hang()

    def slow(self, seconds: float) -> None:
        """Wait so long before each piece of input is passed to a command."""
        self._seconds = seconds

    def restore(self) -> None:
        """Be well again; what waited meanwhile is answered."""
        self._seconds = 0.0
        self._gate.open()
        self._door.open()

    def stop(self) -> None:
        """End everything and give the port up."""
        self._door.close()
        self._cut()

    @property
    def running(self) -> int:
        """How many commands run."""
        with self._lock:
            return sum(not c.ended for c in self._commands)

    def _arrive(self, plain: socket.socket) -> None:
        gated = GatedSocket(plain, self._gate)
        transport = _Transport(gated)
        transport.set_log_channel(_LOG)
        transport.add_server_key(self._credentials.host_key)
        with self._lock:
            self._connections = [(t, s) for t, s in self._connections if t.is_alive()]
            self._connections.append((transport, gated))
        login = _Login(self._credentials, self._run)
        # The client may be gone before the handshake.
        with contextlib.suppress(*GONE):
            transport.start_server(event=threading.Event(), server=login)

    def _run(self, channel: paramiko.Channel, text: str) -> None:
        with self._lock:  # a power cut sees the command, or the command sees the power cut
            if all(transport is not channel.get_transport() for transport, _ in self._connections):
                raise ConnectionAbortedError("the host went down")
            command = Command(channel, text, self._directory, lambda: self._seconds)
            self._commands = [c for c in self._commands if not c.ended] + [command]

    def _cut(self) -> None:
        with self._lock:
            connections, self._connections = self._connections, []
            commands, self._commands = self._commands, []
        for _, gated in connections:
            gated.cut()
        for command in commands:
            command.kill()
        for transport, gated in connections:
            transport.join(1.0)
            gated.close()


class _Login(paramiko.ServerInterface):
    """Lets one key of one user in, and runs what it asks."""

    def __init__(self, credentials: Credentials, run: Callable[[paramiko.Channel, str], None]) -> None:
        self._credentials = credentials
        self._run = run
        self._asked: tuple[paramiko.Channel, str] | None = None

    def get_allowed_auths(self, username: str) -> str:
        """Keys only, whoever asks."""
        del username
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Whether it is the user's key; paramiko has the client prove that it holds it."""
        known = username == self._credentials.user and key == self._credentials.authorised
        return paramiko.common.AUTH_SUCCESSFUL if known else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Sessions, and nothing else: no forwarding."""
        del chanid
        allowed = kind == "session"
        return (
            paramiko.common.OPEN_SUCCEEDED
            if allowed
            else paramiko.common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        )

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        """Take the command down; it starts after the client has been told so."""
        # Paramiko queues each channel for `accept`, and would keep it there for ever.
        channel.get_transport().accept(0)
        self._asked = (channel, command.decode("utf-8", "surrogateescape"))
        return True

    def start(self) -> None:
        """Start the command that was taken down, if there is one."""
        if self._asked is None:
            return
        (channel, command), self._asked = self._asked, None
        try:
            self._run(channel, command)
        except OSError:  # its directory is gone, or there are too many processes
            with contextlib.suppress(*GONE):
                channel.send_exit_status(255)
                channel.close()


def _request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """Handle a channel's request, then start what it asked for.

    Paramiko sends its reply only after the server's own method has returned. A command that is quick
    could end, and its channel be closed, before the client knows that it was accepted.
    """
    # There is no public place between a reply and the next message.
    channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001
    login = channel.get_transport().server_object
    if isinstance(login, _Login):
        login.start()


class _Transport(paramiko.Transport):
    # Ten wake-ups a second, the default, cost a core 2.5 % with a hundred idle hosts.
    _active_check_timeout = 5.0
    _channel_handler_table = {  # noqa: RUF012 - as in the base class
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # noqa: SLF001
        paramiko.common.MSG_CHANNEL_REQUEST: _request,
    }
