"""What others must know to use a practice range, as values, and as the file from which they read it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swatbot.domain.person import Person, Role
from swatbot.domain.stage import Stage
from swatbot.errors import OperationalError
from swatbot.practice.sample_tree import DOMAIN

FILE = "range.json"
_VERSION = 1


def _person(name: str, role: Role) -> Person:
    return Person(name, role, (f"irc:practice/{name}",), (f"{name}@{DOMAIN}",))


PEOPLE = (
    _person("ada", Role.ADMIN),
    _person("dana", Role.DEPLOYER),
    _person("alice", Role.PERSON),
    _person("bob", Role.PERSON),
    _person("carol", Role.PERSON),
)


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One host.

    Attributes:
        name: as in messages.
        stage: where deployments reach it.
        address: of both servers.
        ssh_port: of its SSH server.
        http_port: of its site.
        root: the directory that holds the tree's files; its parent may be written to as well.
    """

    name: str
    stage: Stage
    address: str
    ssh_port: int
    http_port: int
    root: Path


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """The whole range.

    Attributes:
        directory: everything of the range is under it.
        hosts: test server, canaries, fleet, in this order.
        user: login name on every host.
        known_hosts: the hosts' public keys, for strict checking.
        client_key: the private key that may log in.
        tree: the git checkout to deploy from.
        baseline: the commit that the hosts held at first.
        log_url: of the log store.
        log_index: the index in it.
        people: who is who; accounts are `irc:practice/NAME`.
    """

    directory: Path
    hosts: tuple[HostFacts, ...]
    user: str
    known_hosts: Path
    client_key: Path
    tree: Path
    baseline: str
    log_url: str
    log_index: str
    people: tuple[Person, ...] = PEOPLE

    def stage(self, stage: Stage) -> tuple[str, ...]:
        """The names of a stage's hosts."""
        return tuple(host.name for host in self.hosts if host.stage is stage)

    def host(self, name: str) -> HostFacts:
        """The host of this name."""
        return next(host for host in self.hosts if host.name == name)

    def write(self) -> None:
        """Keep them in the range's directory."""
        path = self.directory / FILE
        values = dataclasses.asdict(self) | {"version": _VERSION}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(values, indent=1, default=str) + "\n", encoding="utf-8")
        fresh.replace(path)

    @staticmethod
    def read(directory: Path) -> "RangeFacts":
        """The facts of the range in this directory, which may run in another process.

        Raises:
            OperationalError: there is no range, or one of another version.
        """
        path = directory / FILE
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise OperationalError(f"there is no practice range in {directory}") from None
        except ValueError as error:
            raise OperationalError(f"{path} is damaged: {error}") from error
        if values.pop("version", None) != _VERSION:
            raise OperationalError(f"{path} is of another version: use a new directory")
        return _facts(values)


def _facts(values: dict[str, Any]) -> RangeFacts:
    paths = {name: Path(values[name]) for name in ("directory", "known_hosts", "client_key", "tree")}
    hosts = tuple(
        HostFacts(**(h | {"stage": Stage(h["stage"]), "root": Path(h["root"])})) for h in values["hosts"]
    )
    people = tuple(
        Person(p["name"], Role(p["role"]), tuple(p["accounts"]), tuple(p["emails"]), p["nick"])
        for p in values["people"]
    )
    return RangeFacts(**(values | paths | {"hosts": hosts, "people": people}))
