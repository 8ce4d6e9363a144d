"""The practice range: hosts, traffic, logs and a sample tree, on loopback, in one directory."""

import contextlib
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from swatbot.domain.stage import Stage
from swatbot.errors import OperationalError
from swatbot.ports import Clock
from swatbot.practice.doors import ADDRESS, Doorman
from swatbot.practice.facts import FILE, RangeFacts
from swatbot.practice.keys import ensure_key, write_known_hosts
from swatbot.practice.log_hits import INDEX
from swatbot.practice.log_http import LogHttp
from swatbot.practice.logstore import LogStore
from swatbot.practice.practice_host import ROOT, PracticeHost
from swatbot.practice.sample_files import BASELINE
from swatbot.practice.sample_tree import SampleTree
from swatbot.practice.ssh_host import Credentials
from swatbot.practice.traffic import Traffic
from swatbot.practice.web_door import WebDoors

USER = "mwdeploy"
TEST_SERVER = "mwdebug1001"
_FIRST = 1261
_CANARIES = 3
_FILES_PER_HOST = 16  # descriptors: two doors, a connection, three pipes, and room for more of these


class Range:
    """A range in a directory. Started again on the same one, it has its hosts' files, keys and ports back.

    Args:
        directory: made if it is not there.
        hosts: one test server, three canaries, the rest is the fleet; at least 4.
        clock: stamps the logs.
        rate: requests per second and host; test servers have no visitors.
        seed: chooses the visitors' mix of pages.
        opcache: whether hosts serve their code as they loaded it until `RELOAD` is run on them. Each host's
            `site.opcache` may be set, too.

    Raises:
        OperationalError: the directory holds something else, or a port that it remembers is taken.

    Attributes:
        wiring: what others must know, also in the directory's range.json.
        tree: the git checkout to deploy from.
        hosts: by name.
        logs: the log store; its `faults` may be set.
        log_door: the log store's port; it can refuse and hang.
        traffic: its `rate` may be set.
    """

    facts = staticmethod(RangeFacts.read)

    def __init__(
        self,
        directory: Path,
        hosts: int = 12,
        *,
        clock: Clock,
        rate: float = 5.0,
        seed: int = 1,
        opcache: bool = False,
    ) -> None:
        if hosts <= _CANARIES:
            raise OperationalError(f"a practice range needs at least {_CANARIES + 1} hosts, not {hosts}")
        self._directory = directory.absolute()
        self._opcache = opcache
        known = _known(self._directory, hosts)
        self._doorman = Doorman()
        self._web = WebDoors(self._doorman)
        self.logs = LogStore(clock)
        self.tree = self._prepare(known, hosts)
        with contextlib.ExitStack() as undo:
            undo.callback(self._doorman.stop)
            undo.callback(self._web.stop)
            self.log_door = self._web.door(LogHttp(self.logs).answer, _port_of(known))
            undo.callback(self.log_door.close)
            self.hosts = self._hosts(known, hosts, undo)
            self.wiring = self._describe()
            self._closing = undo.pop_all()
        sites = [host.site for host in self.hosts.values() if host.stage is not Stage.TESTSERVERS]
        self.traffic = Traffic(sites, rate, seed)

    def start(self) -> None:
        """Open every door and let the visitors in."""
        _allow_files(_FILES_PER_HOST * len(self.hosts))
        keys = self._directory / "keys"
        ports = {name: host.ssh.port for name, host in self.hosts.items()}
        write_known_hosts(self.wiring.known_hosts, ensure_key(keys / "host"), ports)
        self.wiring.write()
        self._doorman.start()
        for host in self.hosts.values():
            host.start()
        self.log_door.open()
        self.traffic.start()

    def stop(self) -> None:
        """End everything; the directory stays."""
        self.traffic.stop()
        self._closing.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def held(self, host: str) -> dict[str, bytes]:
        """The files that a host holds, by relative path."""
        return self.hosts[host].held()

    def _prepare(self, known: RangeFacts | None, hosts: int) -> SampleTree:
        """Write what is not there yet: directories, the tree, the hosts' files."""
        if known is not None:
            return SampleTree(self._directory / "tree")
        (self._directory / "keys").mkdir(parents=True)
        for name in _names(hosts):
            _fill(self._directory / "hosts" / name / ROOT, BASELINE)
        return SampleTree.make(self._directory / "tree")

    def _hosts(
        self, known: RangeFacts | None, hosts: int, undo: contextlib.ExitStack
    ) -> dict[str, PracticeHost]:
        keys = self._directory / "keys"
        credentials = Credentials(USER, ensure_key(keys / "host"), ensure_key(keys / "client"))
        ports = {h.name: (h.ssh_port, h.http_port) for h in known.hosts} if known else {}
        made: dict[str, PracticeHost] = {}
        for name, stage in _names(hosts).items():
            made[name] = PracticeHost(
                name,
                stage,
                self._directory / "hosts" / name,
                ports.get(name, (0, 0)),
                doorman=self._doorman,
                web=self._web,
                credentials=credentials,
                logs=self.logs,
                opcache=self._opcache,
            )
            undo.callback(made[name].stop)
        return made

    def _describe(self) -> RangeFacts:
        return RangeFacts(
            directory=self._directory,
            hosts=tuple(host.facts for host in self.hosts.values()),
            user=USER,
            known_hosts=self._directory / "keys" / "known_hosts",
            client_key=self._directory / "keys" / "client",
            tree=self.tree.path,
            baseline=self.tree.baseline,
            log_url=f"http://{ADDRESS}:{self.log_door.port}",
            log_index=INDEX,
        )


def _known(directory: Path, hosts: int) -> RangeFacts | None:
    """The facts of the range that is in this directory already; None if it is empty."""
    if not (directory / FILE).exists():
        if directory.exists() and any(directory.iterdir()):
            raise OperationalError(f"{directory} is not empty, and no practice range: choose a new directory")
        return None
    known = RangeFacts.read(directory)
    if len(known.hosts) != hosts:
        count = len(known.hosts)
        raise OperationalError(f"the practice range in {directory} has {count} hosts, not {hosts}")
    return known


def _names(hosts: int) -> dict[str, Stage]:
    canaries = {f"mw{_FIRST + n}": Stage.CANARIES for n in range(_CANARIES)}
    fleet = {f"mw{_FIRST + n}": Stage.FLEET for n in range(_CANARIES, hosts - 1)}
    return {TEST_SERVER: Stage.TESTSERVERS} | canaries | fleet


def _fill(root: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)


def _port_of(known: RangeFacts | None) -> int:
    return int(known.log_url.rpartition(":")[2]) if known else 0


def _allow_files(count: int) -> None:
    """Raise this process's own limit of open files, if it is lower than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 512
    if soft != resource.RLIM_INFINITY and soft < wanted:
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
