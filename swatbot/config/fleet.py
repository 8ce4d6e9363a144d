"""The tables of fleet.toml as frozen values: hosts, how they are reached, and what each is for."""

from typing import Annotated, Literal

from pydantic import Field

from swatbot.config.types import (
    Address,
    Argv,
    Count,
    Duration,
    DurationOrNever,
    Flag,
    Hosts,
    Interval,
    LocalPath,
    Mode,
    Port,
    Root,
    RsyncUrl,
    Section,
    Size,
    Title,
    User,
    UserOrNone,
    WithPassword,
    Word,
    duration,
    mode,
    size,
)
from swatbot.domain.stage import Stage


class SshSection(Section):
    """[ssh]: how hosts are reached."""

    known_hosts: LocalPath
    keys: tuple[LocalPath, ...] = ()
    agent: Flag = False
    connect_timeout: Duration = duration("10s")
    answer_timeout: Duration = duration("60s")
    connect_parallel: Annotated[Count, Field(le=1000)] = 40
    durable: Flag = True
    ping_every: Interval = duration("60s")
    idle_close: DurationOrNever = duration("8h")
    after_sync_timeout: Duration = duration("60s")


class GroupSection(Section):
    """[[group]]: hosts of which the same is true.

    `hosts` are all of them, also where a file or a command has named them.
    """

    name: Word
    hosts: Hosts = ()
    hosts_file: LocalPath | None = None
    hosts_command: Argv | None = None
    site: Word = ""
    address: Address = "{host}"
    addresses: dict[str, Word] = Field(default_factory=dict)
    port: Port = 22
    ports: dict[str, Port] = Field(default_factory=dict)
    user: User
    root: Root
    state_dir: str = ""
    run_as: UserOrNone = ""
    owner: UserOrNone = ""
    group: UserOrNone = ""
    directory_mode: Mode = mode("0755")
    python: Word = "python3"
    jump: str = ""
    after_sync: tuple[Argv, ...] = ()
    http_port: Port = 80
    http_ports: dict[str, Port] = Field(default_factory=dict)

    def address_of(self, host: str) -> str:
        """Where a host of this group is reached."""
        return self.addresses.get(host) or self.address.replace("{host}", host)

    def port_of(self, host: str) -> int:
        """Where its SSH server listens."""
        return self.ports.get(host, self.port)

    def http_port_of(self, host: str) -> int:
        """Where its web server listens."""
        return self.http_ports.get(host, self.http_port)


_Groups = Annotated[tuple[str, ...], Field(min_length=1)]


class StagesSection(Section):
    """[stages]: the groups of each stage."""

    testservers: _Groups
    canaries: _Groups
    fleet: _Groups

    def groups(self, stage: Stage) -> tuple[str, ...]:
        """Names of the groups of a stage."""
        named = {Stage.TESTSERVERS: self.testservers, Stage.CANARIES: self.canaries, Stage.FLEET: self.fleet}
        return named[stage]


class SiteSection(Section):
    """[sites.NAME]: a place of which hosts are near to one another, and those from which others may pull."""

    proxies: Hosts = ()


class PullSection(WithPassword):
    """[pull]: whether contents are pushed over SSH, or hosts pull them by rsync.

    In `proxy_url` {host} is the name of a proxy and {address} where it is reached.
    """

    transfer: Literal["auto", "push", "pull"] = "auto"
    crossing: Size = size("150 MB")
    url: RsyncUrl | None = None
    proxy_url: RsyncUrl | None = None
    timeout: Duration = duration("10m")


class ExcludeSection(Section):
    """[[exclude]]: hosts that are left out of every stage, and why."""

    hosts: Hosts
    why: Title


class FleetFile(Section):
    """fleet.toml."""

    ssh: SshSection
    group: Annotated[tuple[GroupSection, ...], Field(min_length=1)]
    stages: StagesSection
    sites: dict[str, SiteSection] = Field(default_factory=dict)
    pull: PullSection = PullSection()
    exclude: tuple[ExcludeSection, ...] = ()
