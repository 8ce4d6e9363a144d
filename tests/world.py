"""The world of the stories: the real engine, grammar, wording and journal; the rest is in memory."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from swatbot.adapters.chat_text import as_said
from swatbot.adapters.clock import ManualClock
from swatbot.adapters.memory_journal import LeaseSlot, MemoryJournal, MemoryLeases
from swatbot.app.cards import Cards
from swatbot.app.effects import Effects
from swatbot.app.effects import World as Parts
from swatbot.app.engine import Engine
from swatbot.app.follower import Follower
from swatbot.app.frontend import FrontEnd
from swatbot.app.queries import Queries
from swatbot.app.timetable import Timetable
from swatbot.chat.handler import Handler, Site
from swatbot.domain.commands import HostReturned, TakeBaseline
from swatbot.domain.decide.ticking import next_tick
from swatbot.domain.findings import Season, StageHosts
from swatbot.domain.hosts import unfold
from swatbot.domain.person import People, Person, Role
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Stage
from swatbot.ports import ChannelRole, Done, Incoming, Outgoing, Urgency
from tests.fakes import FakeChecker, FakeFleet, FakeTree

TEST, CANARIES, FLEET = ("mwdebug1001",), unfold("mw[1261-1263]"), unfold("mw[1264-1360]")
PEOPLE = People(
    (
        Person("deployer", Role.DEPLOYER, ("irc:net/deployer",), ("deployer@example.org",)),
        Person("submitter", Role.PERSON, ("irc:net/submitter",), ("submitter@example.org",)),
        Person("other", Role.PERSON, ("irc:net/other",), ("other@example.org",)),
        Person("boss", Role.ADMIN, ("irc:net/boss",), ("boss@example.org",)),
    )
)
RULES = Rules(
    (
        StageHosts(Stage.TESTSERVERS, TEST),
        StageHosts(Stage.CANARIES, CANARIES),
        StageHosts(Stage.FLEET, FLEET),
    ),
    people=PEOPLE,
    patrol_every=timedelta(0),
)
NAMES = ("deployer", "submitter", "other", "boss", "stranger")
START = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


def handlers() -> dict[str, Handler]:
    """Every command, as the bot finds them."""
    files = sorted(Path(__file__).parent.parent.joinpath("handlers").glob("[a-z]*.py"))
    found = [import_module(f"handlers.{file.stem}").HANDLER for file in files]
    return {handler.name: handler for handler in found}


class InlineWorkers:
    """Jobs wait until the story lets them run."""

    def __init__(self) -> None:
        self.jobs: deque[Callable[[], None]] = deque()

    def run(self, name: str, job: Callable[[], None]) -> None:
        del name
        self.jobs.append(job)


class StoryCalendar:
    """Says what the story wants."""

    def __init__(self) -> None:
        self.now_is = Season()

    def season(self, now: datetime) -> Season:
        del now
        return self.now_is


def check_calls(line: Outgoing) -> None:
    """Whom a line addresses it calls too, by these names: networks notify nobody else."""
    if line.text.startswith("!log "):
        assert not line.calls
        return
    name, unquoted = "|".join(NAMES), re.sub(r'"[^"]*"', "", line.text)
    found = re.findall(rf"(?:^|(?<=[.!?] ))((?:{name})(?:, (?:{name}))*): ", unquoted)
    missing = {one for names in found for one in names.split(", ")} - {*line.calls}
    assert not missing, f"{missing} would not be notified of: {line.text}"


class StoryChat:
    """The channel: what people say, and what the bot said that nobody has expected yet."""

    network = "net"

    def __init__(self) -> None:
        self.channels = {"#swat": ChannelRole.COMMANDS}
        self.unread: deque[tuple[str, str]] = deque()
        self.all: list[str] = []
        self.urgencies: list[Urgency] = []
        self.confirms = True
        self.provable = True
        self.drops_progress = False
        self.kept: list[tuple[Done, str]] = []
        self.settle: Callable[[], None] = lambda: None
        self.now: Callable[[], datetime] = lambda: START
        self._hear: Callable[[Incoming], None] = lambda _: None

    def called(self, channel: str) -> str:
        return channel

    @property
    def redelivers(self) -> bool:
        return False

    def start(self, hear: Callable[[Incoming], None]) -> None:
        self._hear = hear

    def post(self, line: Outgoing, done: Done) -> None:
        if self.drops_progress and line.about is not None:
            done(None)
            return
        text = as_said(line, self.now())
        check_calls(line)
        self.urgencies.append(line.urgency)
        self.unread.append((line.channel, text))
        self.all.append(text)
        if self.confirms:
            done(text)
        else:
            self.kept.append((done, text))

    def stop(self) -> None:
        """Nothing to end."""

    def cards(self, world: "World") -> Cards | None:
        """This network can not edit what it has said."""
        del world
        return None

    def says(
        self, nick: str, text: str, *, account: str | None = "", private: bool = False, to: str = "#swat"
    ) -> None:
        """A person speaks; known people are logged in as themselves unless the story says otherwise."""
        if account == "":
            account = f"irc:net/{nick}" if PEOPLE.by_name(nick) else None
        channel = nick if private else to
        provable = self.provable
        self._hear(Incoming(text, nick, account, channel, private, "", private, provable, aside=private))
        self.settle()

    def expect(self, *lines: str, to: str = "#swat") -> None:
        """The bot's next lines, word for word; `~` stands for a short digest or commit."""
        for line in lines:
            assert self.unread, f"the bot said nothing, expected: {line}"
            channel, text = self.unread.popleft()
            pattern = re.escape(line).replace(r"\~", "[0-9a-f]{6,7}").replace("~", "[0-9a-f]{6,7}")
            assert re.fullmatch(pattern, text), f"\n  expected: {line}\n  the bot:  {text}"
            assert channel == to, f"said in {channel}: {text}"

    def silent(self) -> None:
        """Nobody has anything to read."""
        assert not self.unread, "nobody expected:\n  " + "\n  ".join(text for _, text in self.unread)

    def skip(self) -> list[str]:
        """Read on without looking, for the part of a story that another one tells."""
        lines = [text for _, text in self.unread]
        self.unread.clear()
        return lines


@dataclass
class World:
    """One environment with everything in it; `world()` in the stories makes it."""

    rules: Rules = RULES
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    chat: StoryChat = field(default_factory=StoryChat)
    tree: FakeTree = field(default_factory=lambda: FakeTree(PEOPLE))
    fleet: FakeFleet = field(default_factory=lambda: FakeFleet((*TEST, *CANARIES, *FLEET)))
    checker: FakeChecker = field(default_factory=FakeChecker)
    calendar: StoryCalendar = field(default_factory=StoryCalendar)

    def __post_init__(self) -> None:
        self.slot = LeaseSlot()
        self.fleet.clock = self.clock
        self.chat.now = self.clock.now
        self.fleet.leave_alone(self.tree.ignores)
        self.checker.clock = self.clock
        self.boot()
        self.take_baseline()

    def boot(self) -> None:
        """Start a process: the same whether it is the first, or comes after a crash."""
        self.site = Site("swatbot", "deploy1001", self.rules, handlers())
        self.workers = InlineWorkers()
        self.leases = MemoryLeases(self.journal, self.clock, self.slot)
        parts = Parts(self.tree, self.fleet, self.checker, self.calendar, self.clock)
        effects, queries = (
            Effects(parts, self.rules),
            Queries(self.tree, self.fleet),
        )
        self.follower = Follower(self.journal)
        self.front = FrontEnd(
            self.journal, self.follower, self.chat, self.clock, self.site, self.chat.cards(self)
        )
        self.timetable = Timetable(self.journal, self.follower, self.clock, self.rules)
        self.engine = Engine(self.journal, self.leases, effects, queries, self.workers, self.clock, self.site)
        self.chat.settle = self.settle
        self.front.start()
        self.fleet.watch(lambda host: self.engine.report(HostReturned(host)))
        self.engine.start("story")
        self.settle()

    def crash(self) -> None:
        """The process is gone, with everything that it had not appended."""
        self.leases.abandon()
        self.clock.stop()

    def restart(self, seconds: float = 41) -> None:
        """Some time after a crash a new process takes over."""
        self.crash()
        self.clock.advance(seconds=seconds)
        self.boot()

    def take_baseline(self) -> None:
        """The fleet holds what the tree does."""
        holdings = self.tree.adopt_all()
        self.fleet.fill(self.tree.manifest(holdings.manifest))
        self.engine.report(TakeBaseline(holdings, 101, "deployer"))
        self.settle()
        self.chat.skip()

    def settle(self) -> None:
        """Let everything happen that can happen without time passing."""
        while True:
            if self._pump():
                continue
            if not self.workers.jobs:
                return
            self.workers.jobs.popleft()()

    def meanwhile(self) -> None:
        """Let the engine decide while a worker is busy: what a thread of its own would do."""
        while self._pump():
            pass

    def advance(self, **step: float) -> None:
        """Time passes; every deadline on the way is kept at its time."""
        until = self.clock.now() + timedelta(**step)
        while True:
            before = self.clock.now()
            self.clock.move_to(self._next(until))
            self.settle()
            if self.clock.now() >= until or self.clock.now() == before:
                self.clock.move_to(until)
                self.settle()
                return

    def _next(self, until: datetime) -> datetime:
        due = next_tick(self.engine.status, self.rules)
        return min(until, due) if due else until

    def _pump(self) -> bool:
        moved = self.engine.listen() > 0
        while self.engine.work():
            moved = True
        return self.follower.catch_up() > 0 or moved


@contextmanager
def story(**rules: object) -> Iterator[World]:
    """A world for one story; it fails on a line of the bot's that nobody expected."""
    world = World(rules=replace(RULES, **rules))  # type: ignore[arg-type]  # named by the stories
    yield world
    world.chat.silent()


def hosts(names: str) -> Sequence[str]:
    """Unfold host names, for short stories."""
    return unfold(names)
