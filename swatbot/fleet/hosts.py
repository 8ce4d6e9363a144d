"""Where hosts are and how to speak to them: frozen values that the config is turned into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """One host.

    Attributes:
        name: as messages name it.
        address: host name or IP address to connect to.
        port: of its sshd.
        user: to log in as.
        root: directory there that holds the tree, absolute; its last part is no link.
        state_dir: the helper's directory, outside the root on the same file system;
            "" for `.swatbot-NAME` beside the root.
        run_as: user that the helper runs as by `sudo -n -u`, "" for the one that logs in.
        python: its Python, 3.7 or newer.
        jump: name of the target through which this one is reached, "" for none.
        after_sync: commands that it runs, in its root and without a shell, after each push that proved its
            target there; one that fails makes the host a failed one.
        owner: user whose the files and directories are that it writes, "" for the one that it runs as.
        group: their group, "" for that of the user that it runs as.
        directory_mode: permission bits of directories that are made there.
    """

    name: str
    address: str
    port: int
    user: str
    root: str
    state_dir: str = ""
    run_as: str = ""
    python: str = "python3"
    jump: str = ""
    after_sync: tuple[tuple[str, ...], ...] = ()
    owner: str = ""
    group: str = ""
    directory_mode: int = 0o755


@dataclass(frozen=True, slots=True)
class SshSettings:
    """What is the same for all hosts.

    Attributes:
        known_hosts: file with the host keys, in OpenSSH's form; a host that is not in it is refused.
        keys: private key files; a certificate beside one (`-cert.pub`) is used.
        use_agent: whether the keys of the SSH agent are tried after them.
        connect_timeout: seconds for TCP, handshake and login together, and again for the helper's start, in
            which signs of life count as in an answer.
        answer_timeout: seconds without a byte taken or an answer given, after which a host has failed; it
            has failed as well if no answer came in twenty times as long, whatever signs of life it gave
            (a host that pulls: in as long as a pull may take, and twenty times as long beside that).
        connect_parallel: how many connections are opened at once.
        durable: whether files are fsynced on the hosts.
        ping_every: seconds between signs of life on a connection that is not used; the kernel asks oftener.
        idle_close: seconds after which a connection that nobody wanted is closed, 0 for never.
        ignore: glob patterns (see swatbot/tree/patterns.py) of what hosts leave alone: it is neither listed
            in proofs, nor removed.
        after_sync_timeout: seconds that each after-sync command may take.
    """

    known_hosts: Path
    keys: tuple[Path, ...] = ()
    use_agent: bool = False
    connect_timeout: float = 10.0
    answer_timeout: float = 60.0
    connect_parallel: int = 40
    durable: bool = True
    ping_every: float = 60.0
    ignore: tuple[str, ...] = ()
    after_sync_timeout: float = 60.0
    idle_close: float = 0.0


class Transfer(StrEnum):
    """How contents come to hosts.

    `push`: over the connection, compressed once for all. `pull`: by rsync from a host nearby, or from the
    deployment host. `auto`: whichever is cheaper for what there is to ship.
    """

    AUTO = "auto"
    PUSH = "push"
    PULL = "pull"


@dataclass(frozen=True, slots=True)
class Daemon:
    """An rsync daemon that serves contents, each where its sha256 says: AB/CDEF.

    Attributes:
        name: as messages name it.
        url: of the directory that it serves, with a slash at its end.
        host: the host on which it is and has pulled the contents first, "" for the deployment host.
    """

    name: str
    url: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class PullSettings:
    """Where hosts pull from, and when.

    Attributes:
        transfer: how contents come to hosts.
        crossing: bytes to ship, times hosts, from which on `auto` pulls.
        source: the daemon of the deployment host, None for none: nobody pulls then.
        near: by host, the daemons of its site; they have what their hosts have pulled for a step.
        seconds: that one pull may take.
        password: that the daemons want, "" for none; the user is in their urls.
    """

    transfer: Transfer = Transfer.AUTO
    crossing: int = 150_000_000
    source: Daemon | None = None
    near: Mapping[str, tuple[Daemon, ...]] = field(default_factory=dict)
    seconds: float = 600.0
    password: str = field(default="", repr=False)

    def daemons(self, host: str) -> tuple[Daemon, ...]:
        """All from which a host may pull, the nearest first."""
        near = tuple(daemon for daemon in self.near.get(host, ()) if daemon.host != host)
        return near if self.source is None else (*near, self.source)
