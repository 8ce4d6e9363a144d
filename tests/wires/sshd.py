"""A real sshd on loopback, and gates in front of it that refuse, hang, cut and answer garbage."""

import base64
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path

import pytest

from swatbot.fleet.hosts import Target

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"

# SHLVL: or else bash reads the .bashrc of whoever runs the tests for every helper that is started.
_CONFIG = """
Port {port}
{listen}
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 500
MaxSessions 200
SetEnv SHLVL=2
LogLevel ERROR
"""


def need(*programs: str) -> None:
    """Skip the test, or fail it on CI, unless these are installed."""
    missing = [p for p in programs if not (shutil.which(p) or Path(p).exists())]
    if not missing:
        return
    line = f"{', '.join(missing)} missing: apt install openssh-server openssh-client rsync sudo mount"
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def make_key(path: Path) -> bytes:
    """Write an ed25519 key pair; returns the public blob."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return base64.b64decode(path.with_suffix(".pub").read_text().split()[1])


@dataclass
class Sshd:
    """One sshd; its key pair is what clients log in with."""

    directory: Path
    addresses: tuple[str, ...] = ("127.0.0.1",)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> Path:
        return self.directory / "key"

    @property
    def host_key(self) -> str:
        return " ".join((self.directory / "host_key.pub").read_text().split()[:2])

    @property
    def host_key_blob(self) -> bytes:
        return base64.b64decode(self.host_key.split()[1])

    def start(self) -> None:
        need(SSHD, "ssh-keygen")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        make_key(self.directory / "host_key")
        make_key(self.key)
        listen = "\n".join(f"ListenAddress {a}" for a in self.addresses)
        config = self.directory / "sshd_config"
        config.write_text(_CONFIG.format(port=self.port, listen=listen, directory=self.directory))
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)
        for address in self.addresses:
            self._await(address)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def target(self, name: str, root: Path, address: str = "127.0.0.1", port: int = 0) -> Target:
        return Target(name, address, port or self.port, getuser(), str(root))

    def known(self, *places: tuple[str, int]) -> str:
        """Lines for known_hosts: the host key at these addresses and ports."""
        return "".join(f"[{address}]:{port} {self.host_key}\n" for address, port in places)

    def _await(self, address: str) -> None:
        assert self.process is not None
        pause = threading.Event()
        for _ in range(200):
            assert self.process.poll() is None, "sshd ended at once"
            with suppress(OSError), socket.create_connection((address, self.port), 1):
                return
            pause.wait(0.05)
        pytest.fail("sshd does not listen")


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """One sshd for all tests of a module that imports this fixture (it can listen at 16 addresses)."""
    server = Sshd(tmp_path_factory.mktemp("sshd"), tuple(f"127.0.0.{n}" for n in range(1, 11)))
    try:
        server.start()
        yield server
    finally:
        server.stop()


class Gate:
    """A port in front of a server: it can let pass, refuse, end, hang, or cut after so many bytes."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.sent = self.accepted = 0
        self.hang = self.sick = False
        self.cut_at: int | None = None
        self._then: Callable[[], None] = self.refuse
        self.news: Callable[[], None] = lambda: None
        self.port = free_port()
        self._listener: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        """Accept connections."""
        if self._listener is None:
            listener = socket.create_server(("127.0.0.1", self.port))
            self._listener = listener
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def refuse(self) -> None:
        """Refuse connections, and break those that are open."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Break the connections that are open."""
        with self._lock:
            broken, self._open = self._open, set()
        for sock in broken:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def refuse_after(self, count: int) -> None:
        """Refuse everything once so many more bytes have gone towards the server."""
        self.after(count, self.refuse)

    def after(self, count: int, then: Callable[[], None]) -> None:
        """Do something once so many more bytes have gone towards the server; those right behind are lost."""
        self._then = then
        self.cut_at = self.sent + count

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.sick:
            client.close()
            return
        with suppress(OSError), client, socket.create_connection(self._upstream, 5) as server:
            for sock in (client, server):
                sock.settimeout(None)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            self.news()
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server, count=True)
            back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, *, count: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.hang:
                    continue
                if count:
                    data = self._counted(data)
                sink.sendall(data)
                if count and self.cut_at is not None and self.sent >= self.cut_at:
                    self.cut_at = None
                    self._then()
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _counted(self, data: bytes) -> bytes:
        if self.cut_at is not None:
            data = data[: max(self.cut_at - self.sent, 0)]
        self.sent += len(data)
        return data
