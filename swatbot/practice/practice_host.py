"""One host of the practice range: its SSH server, its site, and the switch that breaks both."""

from pathlib import Path

from swatbot.domain.stage import Stage
from swatbot.practice.doors import ADDRESS, Door, Doorman
from swatbot.practice.facts import HostFacts
from swatbot.practice.logstore import LogStore
from swatbot.practice.site import Site
from swatbot.practice.ssh_host import Credentials, SshHost
from swatbot.practice.web_door import WebDoors

ROOT = Path("srv") / "mediawiki"
RELOAD = ("sh", "-c", 'touch "$HOME/reload"')
"""What is run on a host, as an after-sync hook is, so that its site loads its code anew."""


class PracticeHost:
    """A host in a directory of its own.

    Args:
        name: its name.
        stage: where deployments reach it.
        directory: what is the host's; its tree is under `srv/mediawiki`.
        ports: of SSH and HTTP; 0 chooses a free one.
        opcache: whether its site serves its code as it was loaded, until `RELOAD` is run on it.
    """

    def __init__(
        self,
        name: str,
        stage: Stage,
        directory: Path,
        ports: tuple[int, int],
        *,
        doorman: Doorman,
        web: WebDoors,
        credentials: Credentials,
        logs: LogStore,
        opcache: bool = False,
    ) -> None:
        self.name = name
        self.stage = stage
        self.root = directory / ROOT
        self.site = Site(name, self.root, logs.add, opcache=opcache, reload=directory / "reload")
        self.ssh = SshHost(doorman, directory, credentials, ports[0])
        self._http: Door = web.door(self.site.answer, ports[1])

    @property
    def facts(self) -> HostFacts:
        """What a client must know."""
        return HostFacts(self.name, self.stage, ADDRESS, self.ssh.port, self._http.port, self.root)

    def start(self) -> None:
        """Take connections."""
        self.ssh.start()
        self._http.open()

    def refuse(self) -> None:
        """Be down, as after a power cut."""
        self.site.up = False
        self._http.refuse()
        self.ssh.refuse()

    def hang(self) -> None:
        """Be frozen: connections are made and nothing is answered."""
        self.site.up = False
        self._http.hang()
        self.ssh.hang()

    def restore(self) -> None:
        """Be well again."""
        self.ssh.restore()
        self._http.open()
        self.site.up = True

    def stop(self) -> None:
        """End its commands and give its ports up."""
        self._http.close()
        self.ssh.stop()

    def held(self) -> dict[str, bytes]:
        """The files of its tree, by relative path."""
        files = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in files}
