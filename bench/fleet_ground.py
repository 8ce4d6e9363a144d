"""Where the fleet's benchmark runs: a disk, one real sshd that is every host, and one rsync daemon."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.fleet_disk import find_disk
from bench.usage import children
from swatbot.errors import OperationalError
from swatbot.fleet.hosts import SshSettings, Target

_SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
_PACKAGES = {_SSHD: "openssh-server", "ssh": "openssh-client", "rsync": "rsync", "xargs": "findutils"}
_ENDED = 10.0

# A host is an address here, and sshd can be told no more than 16 of them: so it listens at all that there are
# on the loopback device, which is what `rdomain` means on Linux, and at nothing outside.
# SHLVL: or else bash reads the .bashrc of whoever measures for every command.
_SSHD_CONFIG = """\
ListenAddress 0.0.0.0:{port} rdomain lo
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/key.pub
PidFile none
UsePAM no
UseDNS no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 2000
MaxSessions 2000
SetEnv SHLVL=2
LogLevel ERROR
"""
# Without TCP_NODELAY on both sides a pull waits 40 ms for the other side's acknowledgement.
_RSYNCD_CONFIG = """\
use chroot = no
socket options = TCP_NODELAY
max connections = 0
reverse lookup = no
read only = yes
uid = 0
gid = 0
"""
_MODULE = "[{name}]\npath = {path}\n"
PROXIES = 2
"""So many hosts, the first ones, have a daemon from which others may pull."""


@dataclass(frozen=True)
class Ground:
    """What is served, and where it lies.

    Attributes:
        directory: on a disk; everything lies in it, and it is removed in the end.
        file_system: its name, for the figures.
        ssh_port: of every host.
        rsync_port: of the deployment host's daemon at 127.0.0.1.
        proxy_port: of the daemon that is every proxy's, at 127.0.0.1.
        sshd: process id of what listens for all hosts.
        rsyncd: process id of the deployment host's daemon.
        proxyd: process id of the proxies' daemon.
    """

    directory: Path
    file_system: str
    ssh_port: int
    rsync_port: int
    proxy_port: int
    sshd: int
    rsyncd: int
    proxyd: int

    @property
    def key(self) -> Path:
        """The private key with which both engines log in."""
        return self.directory / "key"

    @property
    def known_hosts(self) -> Path:
        """The host keys, a line for each host, as a real fleet's file has it."""
        return self.directory / "known_hosts"

    @property
    def source(self) -> Path:
        """What the deployment host's rsync daemon serves as `tree`."""
        return self.directory / "source"

    @property
    def objects(self) -> Path:
        """The snapshot store, which that daemon serves as `objects`."""
        return self.directory / "objects"

    def root(self, engine: str, host: int) -> Path:
        """The directory of a host that one engine syncs; each engine has its own."""
        return self.directory / engine / address(host)

    def target(self, engine: str, host: int, port: int = 0) -> Target:
        """A host as swatbot's fleet knows it."""
        where = (address(host), port or self.ssh_port)
        return Target(name(host), *where, "root", str(self.root(engine, host)))

    def settings(self) -> SshSettings:
        """The settings that an operator would have."""
        return SshSettings(self.known_hosts, (self.key,))

    def await_sessions(self, most: int) -> None:
        """Wait until no more than so many sessions are left on the hosts, for what ends late costs too."""
        pause = threading.Event()
        for _ in range(int(_ENDED / 0.02)):
            daemons = [*children(self.rsyncd), *children(self.proxyd)]
            if len(children(self.sshd)) <= most and not daemons:
                return
            pause.wait(0.02)
        raise OperationalError("sessions on the hosts do not end")


def address(host: int) -> str:
    """Where a host is, by its number from 0."""
    return f"127.1.{host // 250}.{host % 250 + 1}"


def name(host: int) -> str:
    """What a host is called."""
    return f"mw{1000 + host}"


@contextmanager
def ground(hosts: int) -> Iterator[Ground]:
    """The place, with so many hosts.

    Raises:
        OperationalError: something is missing for that, and what.
    """
    _need()
    above, file_system = find_disk()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="swatbot-fleet-", dir=above)))
        for served in ("source", "objects"):
            (directory / served).mkdir()
        ssh_port, rsync_port, proxy_port = _free_port(), _free_port(), _free_port()
        _write_files(directory, ssh_port, hosts)
        (directory / "sshd_config").write_text(_SSHD_CONFIG.format(port=ssh_port, directory=directory))
        modules = {"tree": directory / "source", "objects": directory / "objects"}
        serve_rsync = _rsync_daemon(directory / "rsyncd.conf", rsync_port, modules)
        modules = {name(h): directory / f"first/.swatbot-{address(h)}/pulled" for h in range(PROXIES)}
        serve_proxies = _rsync_daemon(directory / "proxies.conf", proxy_port, modules)
        serve = [_SSHD, "-D", "-e", "-f", f"{directory}/sshd_config"]
        sshd = stack.enter_context(_server(serve, address(0), ssh_port))
        rsyncd = stack.enter_context(_server(serve_rsync, "127.0.0.1", rsync_port))
        proxyd = stack.enter_context(_server(serve_proxies, "127.0.0.1", proxy_port))
        yield Ground(directory, file_system, ssh_port, rsync_port, proxy_port, sshd, rsyncd, proxyd)


def _rsync_daemon(config: Path, port: int, modules: Mapping[str, Path]) -> list[str]:
    """The command that serves these directories, under these names."""
    served = (_MODULE.format(name=name, path=path) for name, path in modules.items())
    config.write_text(_RSYNCD_CONFIG + "".join(served))
    where = ["--address=127.0.0.1", f"--port={port}"]
    return ["rsync", "--daemon", "--no-detach", f"--config={config}", *where]


def _need() -> None:
    missing = [package for program, package in _PACKAGES.items() if not shutil.which(program)]
    if missing:
        raise OperationalError(f"programs are missing: apt install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise OperationalError("it has an sshd of its own that lets it in as root: run it as root")


def _write_files(directory: Path, ssh_port: int, hosts: int) -> None:
    """Keys of hosts and user, and what says so."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for key in ("host_key", "key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / key)]
        subprocess.run(command, check=True)
    public = " ".join((directory / "host_key.pub").read_text().split()[:2])
    lines = (f"[{address(host)}]:{ssh_port} {public}\n" for host in range(hosts))
    (directory / "known_hosts").write_text("".join(lines))


@contextmanager
def _server(command: list[str], where: str, port: int) -> Iterator[int]:
    """A server in a process of its own, while it is needed: its id."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _await(process, where, port)
            yield process.pid
        finally:
            process.terminate()


def _await(process: "subprocess.Popen[bytes]", where: str, port: int) -> None:
    pause = threading.Event()
    for _ in range(200):
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((where, port), 1):
            return
        pause.wait(0.05)
    raise OperationalError(f"{process.args!r} does not listen at {where} port {port}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
