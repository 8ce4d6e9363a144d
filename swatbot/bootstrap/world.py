"""Makes each part of the world from the config: tree, fleet, checks, calendar, commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from swatbot.adapters.calendars import FreezeRule, TomlCalendar, WindowRule
from swatbot.adapters.clock import SystemClock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.bootstrap.settings import check_settings
from swatbot.chat.handler import Handler, Site
from swatbot.checks.checker import Checks
from swatbot.checks.settings import WebAddress
from swatbot.config import Config
from swatbot.errors import OperationalError
from swatbot.fleet.hosts import Daemon, PullSettings, SshSettings, Target, Transfer
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Clock, Contents
from swatbot.tree.lint import LintRule
from swatbot.tree.patterns import Patterns
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.tree import GitTree


@dataclass(frozen=True)
class Base:
    """What every part of a process shares."""

    config: Config
    clock: Clock
    journal: SqliteJournal
    site: Site


def base(config: Config, clock: Clock | None = None) -> Base:
    """Open the journal and make the site's values.

    Raises:
        OperationalError: the journal can not be opened, or a handler can not be loaded.
    """
    bot = config.swatbot.bot
    site = Site(bot.name, bot.deploy_host, config.rules(), load_handlers(bot.handlers))
    return Base(config, clock or SystemClock(), SqliteJournal(Path(config.swatbot.journal.path)), site)


def load_handlers(packages: Sequence[str]) -> dict[str, Handler]:
    """Every command of these packages, by name; a later one replaces an earlier one of its name.

    Raises:
        OperationalError: a package or a file in it can not be loaded, or has no HANDLER.
    """
    found: dict[str, Handler] = {}
    for package in packages:
        try:
            path = import_module(package).__path__
            modules = [import_module(f"{package}.{m.name}") for m in iter_modules(path)]
        except ImportError as error:
            raise OperationalError(f"the chat commands in {package} can not be loaded: {error}") from error
        for module in modules:
            handler = getattr(module, "HANDLER", None)
            if not isinstance(handler, Handler):
                raise OperationalError(f"{module.__name__} has no HANDLER: see docs on how to write one")
            found[handler.name] = handler
    return found


def make_tree(shared: Base) -> GitTree:
    """The tree with its snapshots."""
    section = shared.config.swatbot.tree
    return GitTree(
        Path(section.path),
        SnapshotStore(Path(section.snapshots)),
        shared.config.people(),
        ignore=section.ignore,
        private=section.private,
        clock=shared.clock,
        lint=tuple(LintRule(rule.match, rule.command) for rule in section.lint),
    )


def make_fleet(shared: Base) -> SshFleet:
    """All hosts of all groups."""
    config = shared.config
    settings = make_ssh_settings(config)
    return SshFleet(make_targets(config), settings, shared.clock, make_pull_settings(config))


def make_targets(config: Config) -> tuple[Target, ...]:
    """Where each host is, and how to speak to it; {host} is its name."""
    return tuple(
        Target(
            host,
            group.address_of(host),
            group.port_of(host),
            group.user,
            group.root.replace("{host}", host),
            group.state_dir.replace("{host}", host),
            group.run_as,
            group.python,
            group.jump,
            tuple(tuple(word.replace("{host}", host) for word in argv) for argv in group.after_sync),
            group.owner,
            group.group,
            group.directory_mode,
        )
        for group in config.fleet.group
        for host in group.hosts
    )


def make_ssh_settings(config: Config) -> SshSettings:
    """What is the same for all hosts; they ignore what the tree ignores."""
    ssh = config.fleet.ssh
    return SshSettings(
        Path(ssh.known_hosts),
        tuple(Path(key) for key in ssh.keys),
        ssh.agent,
        ssh.connect_timeout.total_seconds(),
        ssh.answer_timeout.total_seconds(),
        ssh.connect_parallel,
        ssh.durable,
        ssh.ping_every.total_seconds(),
        ignore=config.swatbot.tree.ignore,
        after_sync_timeout=ssh.after_sync_timeout.total_seconds(),
        idle_close=ssh.idle_close.total_seconds(),
    )


def make_pull_settings(config: Config, *, secrets: bool = True) -> PullSettings:
    """From where hosts may pull: the proxies of their site, and the deployment host.

    Args:
        config: the site's.
        secrets: whether the daemons' password is needed.

    Raises:
        OperationalError: the password can not be had any more.
    """
    pull = config.fleet.pull
    near = {
        host: tuple(_proxy(config, proxy) for proxy in config.proxies(group.site))
        for group in config.fleet.group
        for host in group.hosts
        if pull.proxy_url
    }
    password = pull.password() if secrets else None
    return PullSettings(
        Transfer(pull.transfer),
        pull.crossing,
        Daemon("the deployment host", pull.url) if pull.url else None,
        near,
        pull.timeout.total_seconds(),
        password.get_secret_value() if password else "",
    )


def _proxy(config: Config, host: str) -> Daemon:
    address, url = config.group_of(host).address_of(host), config.fleet.pull.proxy_url or ""
    if ":" in address:  # of IPv6, which a url wants in brackets
        url, address = url.replace("[{address}]", "{address}"), f"[{address}]"
    return Daemon(host, url.replace("{host}", host).replace("{address}", address), host)


def make_checks(shared: Base, contents: Contents) -> Checks:
    """The automated probes, with where each host's web server answers, and what was to be shipped."""
    config = shared.config
    private = Patterns(config.swatbot.tree.private)
    addresses = {
        host: WebAddress(group.address_of(host), group.http_port_of(host))
        for group in config.fleet.group
        for host in group.hosts
    }
    checks = [check_settings(section, private) for section in config.checks.check]
    return Checks(checks, addresses, shared.clock, contents)


def make_calendar(config: Config) -> TomlCalendar:
    """Windows and freezes."""
    windows = [WindowRule(w.name, w.days, w.start, w.minutes, w.zone) for w in config.windows.window]
    freezes = [FreezeRule(f.start, f.until, f.why) for f in config.windows.freeze]
    return TomlCalendar(windows, freezes)
