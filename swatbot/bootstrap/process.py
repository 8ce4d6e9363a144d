"""One process: the configured parts, started in order and stopped in reverse."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from swatbot.adapters.irc.chat import IrcChat
from swatbot.adapters.local_chat import LocalChat
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.adapters.watch import Watch
from swatbot.app.effects import Effects, World
from swatbot.app.engine import Engine
from swatbot.app.follower import Follower
from swatbot.app.frontend import FrontEnd
from swatbot.app.loop import EngineLoop
from swatbot.app.queries import Queries
from swatbot.app.timetable import Timetable
from swatbot.app.workers import ThreadWorkers
from swatbot.bootstrap.settings import irc_settings
from swatbot.bootstrap.world import Base, base, make_calendar, make_checks, make_fleet, make_tree
from swatbot.chat.grammar import concerns
from swatbot.chat.messages.network import missed, was_split
from swatbot.config import Config
from swatbot.config.sections import IrcSection
from swatbot.domain.commands import HostReturned
from swatbot.ports import Chat, Clock

_LOG = logging.getLogger(__name__)
PARTS = ("engine", "irc", "local", "clock")


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
        checks, calendar = make_checks(shared, self.tree), make_calendar(shared.config)
        world = World(self.tree, self.fleet, checks, calendar, shared.clock)
        lock = Path(f"{swatbot.journal.path}.lock")
        leases = EngineLock(lock, shared.journal, shared.clock)
        self.engine = Engine(
            shared.journal,
            leases,
            Effects(world, rules),
            Queries(self.tree, self.fleet),
            ThreadWorkers(),
            shared.clock,
            shared.site,
        )
        self._loop = EngineLoop(self.engine, leases, on_lost)

    def start(self) -> None:
        """Take the lease and go on where the journal ends; hosts that return are told to the engine."""
        self.fleet.watch(self._returned)
        self._loop.start(f"{socket.gethostname()} (process {os.getpid()})")
        if stale := tuple(self.engine.status.stale):
            threading.Thread(target=self._look_for, args=(stale,), name="stale-hosts", daemon=True).start()

    def _returned(self, host: str) -> None:
        self.engine.report(HostReturned(host))

    def _look_for(self, stale: tuple[str, ...]) -> None:
        """Hosts that were missed may have come back while nobody looked; others are tried from now on."""
        for proof in self.fleet.prove(stale, ()):
            if proof.manifest is not None:
                self._returned(proof.host)

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
            self._chat(LocalChat(Path(swatbot.local.socket), self.shared.clock))
        for chat in extra:
            self._chat(chat)

    def _chat(self, chat: Chat) -> None:
        shared = self.shared
        front = FrontEnd(shared.journal, self.follower, chat, shared.clock, shared.site)
        self.fronts[chat.network] = front
        self._parts.append(ChatPart(front))

    def _irc(self, section: IrcSection) -> IrcChat:
        settings = irc_settings(section)
        network, handlers = section.network, self.shared.site.handlers

        def trouble(text: str, channels: frozenset[str]) -> None:
            _LOG.warning("%s", text)
            for other, front in self.fronts.items():
                front.tell(text, but=channels if other == network else ())

        def gap(start: datetime, end: datetime) -> None:
            self.fronts[network].tell(missed(start, end))

        def split(start: datetime, end: datetime) -> None:
            self.fronts[network].tell(was_split(start, end))

        watch = Watch(trouble, gap, split)
        return IrcChat(settings, self.shared.clock, watch, lambda text: concerns(text, handlers))

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
