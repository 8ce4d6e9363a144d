"""The one file that knows every part, and wires it: from the config to a process that runs."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from swatbot.adapters.calendars import FreezeRule, TomlCalendar, WindowRule
from swatbot.adapters.clock import SystemClock
from swatbot.adapters.irc.chat import IrcChat
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.local_chat import LocalChat
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.baseline import Baseline
from swatbot.app.effects import Effects, World
from swatbot.app.engine import Engine
from swatbot.app.follower import Follower
from swatbot.app.frontend import FrontEnd
from swatbot.app.loop import EngineLoop
from swatbot.app.queries import Queries
from swatbot.app.timetable import Timetable
from swatbot.app.workers import ThreadWorkers
from swatbot.chat.grammar import concerns
from swatbot.chat.handler import Handler, Site, View
from swatbot.chat.messages.declines import why
from swatbot.chat.messages.replies import status_all, status_one
from swatbot.chat.messages.text import clock_span
from swatbot.checks.checker import Checks
from swatbot.checks.settings import CommandCheck, HttpCheck, LogsCheck, WebAddress
from swatbot.config import Config
from swatbot.config.sections import CheckSection, CommandSection, HttpSection, IrcSection
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Actor
from swatbot.domain.reasons import DeclinedError
from swatbot.errors import OperationalError, UserError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.sync import SshFleet
from swatbot.ports import Chat, Clock
from swatbot.tree.lint import LintRule
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.tree import GitTree

_LOG = logging.getLogger(__name__)
PARTS = ("engine", "irc", "local", "clock")


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
    fleet = shared.config.fleet
    targets = [
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
        )
        for group in fleet.group
        for host in group.hosts
    ]
    ssh = fleet.ssh
    settings = SshSettings(
        Path(ssh.known_hosts),
        tuple(Path(key) for key in ssh.keys),
        ssh.agent,
        ssh.connect_timeout.total_seconds(),
        ssh.answer_timeout.total_seconds(),
        ssh.connect_parallel,
        ssh.durable,
    )
    return SshFleet(targets, settings, shared.clock)


def make_checks(shared: Base) -> Checks:
    """The automated probes, with where each host's web server answers."""
    config = shared.config
    addresses = {
        host: WebAddress(group.address_of(host), group.http_port_of(host))
        for group in config.fleet.group
        for host in group.hosts
    }
    return Checks([_check(section) for section in config.checks.check], addresses, shared.clock)


def _check(section: CheckSection) -> HttpCheck | CommandCheck | LogsCheck:
    if isinstance(section, HttpSection):
        return HttpCheck(
            section.name,
            section.stages,
            path=section.path,
            host_header=section.host_header,
            scheme=section.scheme,
            status=section.status,
            body=section.body,
            headers=tuple(section.headers.items()),
            timeout=section.timeout.total_seconds(),
            tries=section.tries,
        )
    if isinstance(section, CommandSection):
        return CommandCheck(
            section.name,
            section.stages,
            run=section.run,
            per_host=section.per_host,
            timeout=section.timeout.total_seconds(),
            tries=section.tries,
        )
    secret = section.password()
    return LogsCheck(
        section.name,
        section.stages,
        url=section.url,
        index=section.index,
        username=section.username,
        password=secret.get_secret_value() if secret else "",
        host_field=section.host_field,
        level_field=section.level_field,
        message_field=section.message_field,
        time_field=section.time_field,
        error_levels=section.error_levels,
        watch=section.watch.total_seconds(),
        least=section.least.total_seconds(),
        poll=section.poll.total_seconds(),
        ca_file=str(section.ca_file or ""),
    )


def make_calendar(config: Config) -> TomlCalendar:
    """Windows and freezes."""
    windows = [WindowRule(w.name, w.days, w.start, w.minutes, w.zone) for w in config.windows.window]
    freezes = [FreezeRule(f.start, f.until, f.why) for f in config.windows.freeze]
    return TomlCalendar(windows, freezes)


class Part:
    """Something that a process runs: begins, and ends in reverse order."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


class EnginePart(Part):
    """The engine, its fleet and its lease."""

    def __init__(self, shared: Base, on_lost: Callable[[str], None]) -> None:
        swatbot, rules = shared.config.swatbot, shared.site.rules
        self.tree, self.fleet = make_tree(shared), make_fleet(shared)
        checks, calendar = make_checks(shared), make_calendar(shared.config)
        world = World(self.tree, self.fleet, checks, calendar, shared.clock)
        lock = Path(f"{swatbot.journal.path}.lock")
        leases = EngineLock(lock, shared.journal, shared.clock)
        self.engine = Engine(
            shared.journal,
            leases,
            Effects(world, rules),
            Queries(self.tree, swatbot.tree.private),
            ThreadWorkers(),
            shared.clock,
            shared.site,
        )
        self._loop = EngineLoop(self.engine, leases, on_lost)

    def start(self) -> None:
        """Take the lease and go on where the journal ends."""
        self._loop.start(f"{socket.gethostname()} (process {os.getpid()})")

    def stop(self) -> None:
        """Let what is in flight finish, give up the lease, close the connections."""
        self._loop.stop()
        self.fleet.close()


class ChatPart(Part):
    """One network."""

    def __init__(self, front: FrontEnd) -> None:
        self._front = front

    def start(self) -> None:
        """Connect."""
        self._front.start()

    def stop(self) -> None:
        """Send what is queued, and disconnect."""
        self._front.stop()


class ClockPart(Part):
    """The timetable's appointment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def stop(self) -> None:
        """Forget it."""
        self._clock.stop()


class Process:
    """The configured parts of one process, started in order and stopped in reverse."""

    def __init__(self, config: Config, parts: Sequence[str] = PARTS, extra: Sequence[Chat] = ()) -> None:
        self.shared = base(config)
        self.follower = Follower(self.shared.journal)
        self.ended = threading.Event()
        self.fault = ""
        self.engine: EnginePart | None = None
        self.fronts: dict[str, FrontEnd] = {}
        self._irc_chats: list[IrcChat] = []
        self._parts: list[Part] = []
        self._started: list[Part] = []
        self._make(parts, extra)

    def wait_joined(self, seconds: float) -> bool:
        """Block until the bot is in all its IRC channels, at most `seconds` for each network."""
        return all(chat.wait_joined(seconds) for chat in self._irc_chats)

    def _make(self, parts: Sequence[str], extra: Sequence[Chat]) -> None:
        shared, swatbot = self.shared, self.shared.config.swatbot
        if "engine" in parts:
            self.engine = EnginePart(shared, self._lost)
            self._parts.append(self.engine)
        if "clock" in parts:
            Timetable(shared.journal, self.follower, shared.clock, shared.site.rules)
            self._parts.append(ClockPart(shared.clock))
        if "irc" in parts:
            for section in swatbot.irc:
                self._irc_chats.append(self._irc(section))
                self._chat(self._irc_chats[-1])
        if "local" in parts and swatbot.local.socket is not None:
            self._chat(LocalChat(Path(swatbot.local.socket)))
        for chat in extra:
            self._chat(chat)

    def _chat(self, chat: Chat) -> None:
        shared = self.shared
        front = FrontEnd(shared.journal, self.follower, chat, shared.clock, shared.site)
        self.fronts[chat.network] = front
        self._parts.append(ChatPart(front))

    def _irc(self, section: IrcSection) -> IrcChat:
        secret = section.password()
        settings = IrcSettings(
            section.network,
            section.host,
            section.port,
            section.tls,
            section.nick,
            section.channels,
            section.sasl_account,
            secret.get_secret_value() if secret else "",
            bots=section.ignore_nicks,
        )
        network, handlers = section.network, self.shared.site.handlers

        def trouble(text: str) -> None:
            _LOG.warning("%s", text)
            for other, front in self.fronts.items():
                if other != network:
                    front.tell(text)

        def gap(start: datetime, end: datetime) -> None:
            span = clock_span(start, end)
            self.fronts[network].tell(f"I did not hear what was said here between {span}: please repeat it.")

        return IrcChat(settings, self.shared.clock, trouble, gap, lambda text: concerns(text, handlers))

    def start(self) -> None:
        """Start every part.

        Raises:
            LeaseTakenError: another engine runs on this journal.
            OperationalError: a part can not begin; those that had begun are stopped.
        """
        try:
            for part in self._parts:
                part.start()
                self._started.append(part)
        except Exception:
            self.stop()
            raise
        self.follower.start()

    def stop(self) -> None:
        """Stop every part, and close the journal."""
        while self._started:
            self._started.pop().stop()
        self.follower.stop()
        self.shared.journal.close()
        self.ended.set()

    def _lost(self, why: str) -> None:
        self.fault = why
        self.ended.set()


def take_baseline(config: Config, commit: str, by: str) -> str:
    """Take over what the fleet holds from what its hosts prove, as of a commit of the tree.

    Args:
        config: the site's.
        commit: the commit that the hosts are believed to hold.
        by: who says so, for the record.

    Returns:
        What was taken over, in a sentence.

    Raises:
        UserError: hosts differ from the commit, or among themselves; they and the files are named.
        OperationalError: a host can not be asked.
        LeaseTakenError: an engine runs; it must be stopped first.
    """
    shared = base(config)
    part = EnginePart(shared, lambda _why: None)
    try:
        return Baseline(part.tree, part.fleet, shared.site.rules).take(part.engine, commit, by)
    finally:
        part.engine.release()
        part.fleet.close()
        shared.journal.close()


def read_status(config: Config, number: int | None) -> tuple[str, ...]:
    """How things stand by the journal, in words; no engine is needed.

    Args:
        config: the site's.
        number: a deployment, None for all.

    Raises:
        OperationalError: there is no journal yet.
        UserError: there is no such deployment.
    """
    path = Path(config.swatbot.journal.path)
    if not path.exists():
        raise OperationalError(f"there is no journal at {path} yet: swatbot baseline makes one")
    shared = base(config)
    try:
        follower = Follower(shared.journal)
        follower.catch_up()
        view = View(follower.status, shared.site, shared.clock.now())
        if number is None:
            return status_all(view, Actor(""))
        return status_one(known(view.status, number), view)
    except DeclinedError as error:
        raise UserError(why(error.reason)) from error
    finally:
        shared.journal.close()
