"""One process: the configured parts, started in order and stopped in reverse."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.app.effects import Effects, World
from swatbot.app.engine import Engine
from swatbot.app.follower import Follower
from swatbot.app.frontend import FrontEnd
from swatbot.app.loop import EngineLoop
from swatbot.app.queries import Queries
from swatbot.app.timetable import Timetable
from swatbot.app.workers import ThreadWorkers
from swatbot.bootstrap.networks import Networks
from swatbot.bootstrap.world import Base, base, make_calendar, make_checks, make_fleet, make_tree
from swatbot.config import Config
from swatbot.domain.commands import HostReturned
from swatbot.ports import Chat, Clock

_LOG = logging.getLogger(__name__)
PARTS = ("engine", "irc", "slack", "local", "clock")


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
        self._networks = Networks(self.shared, self.follower)
        self._parts: list[Part] = []
        self._started: list[Part] = []
        self._make(parts, extra)

    def wait_joined(self, seconds: float) -> bool:
        """Block until the bot is in all its channels, at most `seconds` for each network."""
        return self._networks.wait_joined(seconds)

    def _make(self, parts: Sequence[str], extra: Sequence[Chat]) -> None:
        shared = self.shared
        if "engine" in parts:
            self.engine = EnginePart(shared, self._lost)
            self._parts.append(self.engine)
        if "clock" in parts:
            Timetable(shared.journal, self.follower, shared.clock, shared.site.rules)
            self._parts.append(ClockPart(shared.clock))
        self._parts += map(ChatPart, self._networks.make(parts, extra))

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
