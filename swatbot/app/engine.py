"""The engine: takes one thing at a time from its inbox, decides, appends, and starts the next effects."""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from swatbot.app.effects import Effects
from swatbot.app.intake import Intake, take, worded
from swatbot.app.lookups import STUMBLED, Lookups
from swatbot.app.queries import Found, Queries
from swatbot.app.records import Heard, body_of, decided
from swatbot.app.timetable import CLOCK
from swatbot.app.workers import Workers
from swatbot.chat.handler import DiffQuery, DriftQuery, Query, Site
from swatbot.domain import commands as c
from swatbot.domain.decide import decide
from swatbot.domain.deployment import Place
from swatbot.domain.effects import Effect, Mend, Patrol, effects
from swatbot.domain.events import Answered, Event
from swatbot.domain.evolve import evolve
from swatbot.domain.status import Status
from swatbot.errors import OperationalError, UserError
from swatbot.ports import Clock, Journal, Lease, Leases, Record, RecordKind, StaleWriterError

_LOG = logging.getLogger(__name__)
_CURSOR = "engine"
_MANY = 1000


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was looked up for a query, ready to be told."""

    intake: Intake
    found: Found


@dataclass(frozen=True, slots=True)
class _Running:
    effect: Effect
    stop: threading.Event


class _News:
    """The journal has grown."""


_NEWS = _News()
Item = c.ShellCommand | Record | _Answer | _News


class Engine:
    """Decides, for as long as it has the lease. Everything reaches it through one inbox."""

    def __init__(
        self,
        journal: Journal,
        leases: Leases,
        effects: Effects,
        queries: Queries,
        workers: Workers,
        clock: Clock,
        site: Site,
    ) -> None:
        self.status = Status()
        self._journal, self._leases, self._clock, self._site = journal, leases, clock, site
        self._effects, self._workers = effects, workers
        self._lookups = Lookups(queries, workers)
        self._names_private = queries.names_private
        self._inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._running: dict[int, _Running] = {}
        self._lease = Lease(0, None)
        self._stopping = False
        self._news_waiting = False
        self._decided = 0
        self._heard = 0

    def start(self, holder: str) -> None:
        """Take the lease, fold the journal, and take up where it ends.

        Raises:
            LeaseTakenError: another engine has it; the text names it.
        """
        self.take_over(holder)
        # Nobody was ever answered: what ran before was `swatbot baseline`, and nobody missed it.
        away = self._lease.last_seen if self._heard else None
        self._journal.watch(self._grown)
        self._grown()
        self._command(c.Start(self._lease.token, away))
        self._effects.foresee(Status(), self.status)

    def take_over(self, holder: str) -> None:
        """Take the lease and fold the journal, and begin nothing.

        Raises:
            LeaseTakenError: another engine has it; the text names it.
        """
        self._lease = self._leases.acquire(holder)
        self._heard = self._journal.cursor(_CURSOR)
        self._fold()

    def report(self, command: c.ShellCommand) -> None:
        """Put what a worker found into the inbox; from any thread."""
        self._inbox.put(command)

    def listen(self) -> int:
        """Put what was heard since into the inbox; how many records there were."""
        found, more = 0, True
        while more and (records := self._journal.read(self._heard, _MANY)):
            more = len(records) == _MANY
            found += len(records)
            for record in records:
                self._heard = record.seq
                if record.entry.kind is RecordKind.HEARD:
                    self._inbox.put(record)
        return found

    def _grown(self) -> None:
        """From any thread: look what was heard; once is enough, however much it is."""
        if not self._news_waiting:
            self._news_waiting = True
            self._inbox.put(_NEWS)

    def work(self, timeout: float = 0.0) -> bool:
        """Take one thing from the inbox; whether there was one within `timeout` seconds.

        Raises:
            StaleWriterError: another engine has taken over; this one must end.
        """
        try:
            item = self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()
        except queue.Empty:
            return False
        try:
            self._take(item)
        except (StaleWriterError, OperationalError):
            self.stop()
            raise
        except Exception:  # noqa: BLE001 - a bug must not take the brake away
            _LOG.exception("stumbled over %r", item)
            self._stumble(item)
        return True

    @property
    def idle(self) -> bool:
        """Whether no effect is running."""
        return not self._running

    def stop(self) -> None:
        """Begin no more effects, and tell those that run to finish what is in flight."""
        self._stopping = True
        for running in self._running.values():
            running.stop.set()

    def release(self) -> None:
        """Stop, and let another engine take the lease; this one decides nothing more."""
        self.stop()
        self._leases.release()

    def _take(self, item: Item) -> None:
        match item:
            case _News():
                self._news_waiting = False
                self.listen()
            case Record():
                self._hear(item)
            case _Answer():
                self._tell(item.intake, item.found)
            case _:
                self._command(item)

    def _tell(self, intake: Intake, found: Found) -> None:
        """Answer a query; what was seen on hosts is known from now on, unless they were changed meanwhile."""
        lines, seen = found.lines, found.seen
        if seen is not None and (overtaken := found.overtaken(self.status)):
            lines, seen = worded(overtaken), None
        self._append([self._answered(intake, lines)], intake.place.request, dealt=False)
        if seen is not None:
            self._decide(seen, 0)

    def _hear(self, record: Record) -> None:
        heard = body_of(record)
        if not isinstance(heard, Heard):
            return
        if heard.network == CLOCK:
            self._decide(c.Tick(), record.seq)
            return
        now = self._clock.now()
        intake = take(heard, record, self.status, self._site, now, self._names_private)
        match intake.result:
            case None:
                self._journal.append([], cursor=(_CURSOR, record.seq), durable=False)
            case tuple() as lines:
                self._append([self._answered(intake, lines)], record.seq)
            case DiffQuery() | DriftQuery() as query:
                self._append([], record.seq)
                self._look_up(query, intake)
            case command:
                self._person(command, intake, record.seq)

    def _person(self, command: c.PersonCommand, intake: Intake, seq: int) -> None:
        try:
            self._decide(command, seq)
        except UserError as error:
            self._append([self._answered(intake, worded(error))], seq)

    def _command(self, command: c.ShellCommand) -> None:
        """An outcome first makes room for the deployment's next effect.

        What was told to stop may have found nothing: it is asked again when it is wanted.
        """
        effect = getattr(command, "effect", None)
        running = None
        if effect is not None and not isinstance(command, c.TellProgress):
            running = self._running.pop(effect.number, None)
        if running is not None and running.stop.is_set():
            if _found_nothing(command):
                self._dispatch()
                return
            if isinstance(command, c.MendReported):
                command = replace(command, stopped=True)
        self._decide(command, 0)

    def _decide(self, command: c.Command, seq: int) -> None:
        events = decide(self.status, command, self._clock.now(), self._site.rules)
        self._append(list(events), seq)
        self._dispatch()

    def _append(self, events: list[Event], seq: int, *, dealt: bool = True) -> None:
        """Durable first, then believed. Nothing is appended for nothing, but a request is dealt with once.

        Args:
            events: what was decided.
            seq: the request that it follows from, 0 for none.
            dealt: whether everything up to that request is dealt with now.
        """
        if not events and not seq:
            return
        now = self._clock.now()
        entries = [decided(event, now, seq) for event in events]
        cursor = (_CURSOR, seq) if seq and dealt else None
        records = self._journal.append(entries, expect=self._decided, token=self._lease.token, cursor=cursor)
        before = self.status
        for record, event in zip(records, events, strict=True):
            self.status = evolve(self.status, event, record.entry.time)
            self._decided = record.seq
        self._effects.foresee(before, self.status)

    def _answered(self, intake: Intake, lines: tuple[str, ...]) -> Answered:
        return Answered(intake.place, intake.nick, lines)

    def _dispatch(self) -> None:
        """Start what is wanted and not running; stop what runs and is not wanted. One effect a deployment."""
        wanted = {effect.number: effect for effect in effects(self.status)}
        for number, running in self._running.items():
            if wanted.get(number) != running.effect:
                running.stop.set()
        for number, effect in wanted.items():
            if number not in self._running and not self._stopping:
                stop = threading.Event()
                self._running[number] = _Running(effect, stop)
                self._workers.run(f"{type(effect).__name__}-{number}", self._job(effect, stop))

    def _job(self, effect: Effect, stop: threading.Event) -> Callable[[], None]:
        def job() -> None:
            done: c.ShellCommand
            try:
                done = self._effects.run(effect, self._lease.token, self.report, stop)
            except (UserError, OperationalError) as error:
                _LOG.warning("#%d: %s", effect.number, error)
                done = c.EffectFailed(effect, str(error), bug=False)
            except Exception as error:  # noqa: BLE001 - a bug in a worker holds the deployment
                _LOG.exception("#%d: %s stumbled", effect.number, type(effect).__name__)
                done = c.EffectFailed(effect, f"{type(error).__name__}: {error}", bug=True)
            self._inbox.put(done)

        return job

    def _look_up(self, query: Query, intake: Intake) -> None:
        self._lookups.answer(query, self.status, lambda found: self._inbox.put(_Answer(intake, found)))

    def _stumble(self, item: Item) -> None:
        """After a bug: whoever asked is told, and a deployment whose outcome it was stands still."""
        if isinstance(item, Record):
            heard = body_of(item)
            if isinstance(heard, Heard) and heard.network != CLOCK:
                line = heard.incoming
                place = Place(heard.network, line.channel, line.private, item.seq)
                self._append([Answered(place, line.nick, (STUMBLED,))], item.seq)
            return
        effect = getattr(item, "effect", None)
        if effect is not None and not isinstance(item, c.EffectFailed):
            self.report(c.EffectFailed(effect, "a bug", bug=True))

    def _fold(self) -> None:
        seq = 0
        while records := self._journal.read(seq):
            for record in records:
                seq = record.seq
                if record.entry.kind is RecordKind.DECIDED:
                    self._decided = seq
                    self._believe(record, record.entry.time)

    def _believe(self, record: Record, at: datetime) -> None:
        body = body_of(record)
        if isinstance(body, Event):
            self.status = evolve(self.status, body, at)


def _found_nothing(command: c.ShellCommand) -> bool:
    """Checks and patrols that were stopped are no finding; a mending that was says nothing by failing."""
    if isinstance(command, c.EffectFailed):
        return isinstance(command.effect, Mend | Patrol)
    return isinstance(command, c.ChecksReported | c.PatrolReported | c.StagedReported)
