"""Opening an SSH transport: strict host key, login by key, and none of paramiko's idle habits."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import paramiko

from swatbot.errors import OperationalError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.known_hosts import KnownHosts, names_of

_LOG = "swatbot.fleet.ssh"
# What goes wrong is told in results; paramiko would print a trace for every host that is down.
logging.getLogger(_LOG).setLevel(logging.CRITICAL + 1)

# The cheapest that are safe come first; a post-quantum exchange goes before them where both sides have it.
_KEX_FIRST = ("mlkem768x25519-sha256", "curve25519-sha256@libssh.org")

Socket = socket.socket | paramiko.Channel


class UnreachedError(Exception):
    """A host could not be asked; nothing was sent to it. `transient`: trying again at once may help."""

    def __init__(self, reason: str, *, transient: bool = False) -> None:
        super().__init__(reason)
        self.transient = transient


# When the kernel asks an idle peer for a sign of life, how often after that, and when it gives up.
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 15), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))


class QuietTransport(paramiko.Transport):
    """A transport whose thread wakes every 30 s instead of ten times a second (a test guards the name)."""

    _active_check_timeout = 30.0


class Dialer:
    """Opens transports, with what is the same for all hosts: known keys, own keys, and a bound."""

    def __init__(self, settings: SshSettings) -> None:
        """Take the settings; files are read at the first use."""
        self._settings = settings
        self._known = KnownHosts(settings.known_hosts)
        self._own: tuple[paramiko.PKey, ...] | None = None
        self._lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(settings.connect_parallel)

    def connect(self, target: Target, via: paramiko.Transport | None) -> Socket:
        """A TCP connection to the host, or a channel through another one."""
        where = (target.address, target.port)
        try:
            if via is not None:
                return via.open_channel("direct-tcpip", where, ("127.0.0.1", 0), timeout=self._timeout)
            sock = socket.create_connection(where, self._timeout)
        except TimeoutError:
            raise UnreachedError(f"{target.address} does not answer within {self._timeout:g} s") from None
        except (OSError, paramiko.SSHException) as error:
            text = getattr(error, "strerror", None) or str(error)
            refused = isinstance(error, ConnectionError | paramiko.SSHException)
            raise UnreachedError(f"{target.address} port {target.port}: {text}", transient=refused) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        return sock

    def secure(self, target: Target, sock: Socket) -> paramiko.Transport:
        """Shake hands, prove the host key, log in.

        Raises:
            UnreachedError: any of these failed; the socket is left to the caller.
        """
        names = names_of(target.address, target.port, target.name)
        try:
            transport = QuietTransport(sock)
            transport.set_log_channel(_LOG)
            self._prefer(transport, self._known.algorithms(names))
            transport.start_client()
            key = transport.get_remote_server_key()
            fault = self._known.fault(names, key.get_name(), key.asbytes())
            if fault is None:
                self._log_in(transport, target)
                return transport
        except OperationalError as error:
            raise UnreachedError(str(error)) from error
        except (EOFError, OSError, paramiko.SSHException) as error:
            text = str(error) or "connection lost while connecting"
            raise UnreachedError(text, transient=True) from error
        raise UnreachedError(fault)

    @property
    def _timeout(self) -> float:
        return self._settings.connect_timeout

    @staticmethod
    def _prefer(transport: paramiko.Transport, algorithms: tuple[str, ...]) -> None:
        options = transport.get_security_options()
        options.key_types = algorithms
        first = [name for name in _KEX_FIRST if name in options.kex]
        options.kex = (*first, *(name for name in options.kex if name not in first))

    def _log_in(self, transport: paramiko.Transport, target: Target) -> None:
        refused = "no key to log in with"
        for key in self._keys():
            try:
                transport.auth_publickey(target.user, key)
            except paramiko.AuthenticationException as error:
                refused = str(error).rstrip(".")
            if transport.is_authenticated():
                return
        raise UnreachedError(f"login as {target.user} refused: {refused}")

    def _keys(self) -> Iterator[paramiko.PKey]:
        with self._lock:
            if self._own is None:
                self._own = tuple(_load(path.expanduser().__fspath__()) for path in self._settings.keys)
        yield from self._own
        if self._settings.use_agent:
            yield from _agent_keys(self._timeout / 2)


def hang_up(sock: Socket | None, transport: paramiko.Transport | None) -> None:
    """End a connection without waiting: the socket first, or the transport's thread would sleep on."""
    if isinstance(sock, socket.socket):
        _ignoring(OSError, lambda: sock.shutdown(socket.SHUT_RDWR))
    if sock is None:
        return

    def close() -> None:
        if isinstance(sock, paramiko.Channel):  # else the thread that reads from it would sleep on
            _ignoring(Exception, sock.close)
        if transport is not None:
            _ignoring(Exception, transport.close)
        _ignoring(Exception, sock.close)

    # Closing joins paramiko's thread, and through a jump host it even sends something.
    threading.Thread(target=close, name="fleet-hang-up", daemon=True).start()


def _ignoring(kind: type[Exception], call: Callable[[], object]) -> None:
    try:
        call()
    except kind:
        return


def _agent_keys(seconds: float) -> tuple[paramiko.PKey, ...]:
    """What the agent has; one that is locked or ill takes a question, and never answers."""
    found: Future[tuple[paramiko.PKey, ...]] = Future()

    def ask() -> None:
        try:
            found.set_result(tuple(paramiko.Agent().get_keys()))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            found.set_exception(error)

    threading.Thread(target=ask, name="fleet-agent", daemon=True).start()
    try:
        return found.result(seconds)
    except TimeoutError:
        raise UnreachedError(f"the SSH agent of the bot did not answer within {seconds:g} s") from None


def _load(path: str) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
        raise UnreachedError(f"the key {path} can not be used: {error}") from error
