"""Between one chat network and the journal: what is heard goes in, what was decided is told."""

import logging
import threading
from collections import Counter
from collections.abc import Container
from dataclasses import replace

from swatbot.app.cards import Cards
from swatbot.app.follower import Follower
from swatbot.app.records import Body, Heard, Said, heard, said
from swatbot.chat.grammar import read
from swatbot.chat.handler import Site
from swatbot.chat.messages.addressed import addressed
from swatbot.chat.messages.announcements import Line, tell
from swatbot.chat.messages.network import only_reports, too_fast
from swatbot.domain.events import Answered, Event, Progressed
from swatbot.domain.status import Status
from swatbot.errors import UserError
from swatbot.ports import ChannelRole, Chat, Clock, Done, Incoming, Journal, Outgoing, Record, Urgency

_LOG = logging.getLogger(__name__)
# A stranger may be waiting for so many lines before more is heard from them.
_MOST_OWED = 6
# So many of the last messages, or records, are looked at for one that comes a second time.
_REMEMBERED = 5000


class FrontEnd:
    """Owns no state but a cursor, kept in the journal: lines are told at least once.

    The cursor moves when the network has a line, in the same append that records it as said. A
    line that may have been told just before a crash is told again, and marked as such.
    """

    def __init__(
        self,
        journal: Journal,
        follower: Follower,
        chat: Chat,
        clock: Clock,
        site: Site,
        cards: Cards | None = None,
    ) -> None:
        self._cards = cards
        self._journal, self._chat, self._clock, self._site = journal, chat, clock, site
        self._cursor = f"chat:{chat.network}"
        self._head_at_start = journal.head()
        self._told = self._begin()
        self._newest = self._told
        self._unsent: dict[int, int] = {}
        self._lock = threading.Lock()
        self._owed: Counter[str] = Counter()
        self._warned: set[str] = set()
        self._heard: dict[str, None] = {}
        self._repeated: set[tuple[str, Urgency]] = set()
        self._already: set[tuple[int, str, int]] = set()
        follower.listen(self._follow)

    def start(self) -> None:
        """Connect to the network and begin to hear."""
        self._read_said()
        self._read_heard()
        self._chat.start(self._hear)

    def stop(self) -> None:
        """Disconnect, after what is queued has left."""
        self._chat.stop()

    def tell(self, text: str, but: Container[str] = ()) -> None:
        """Say what follows from no decision: trouble with a network, or a gap in this one.

        Args:
            text: one line.
            but: the channels that need not be told.
        """
        for channel, role in self._chat.channels.items():
            if role is not ChannelRole.LOG and channel not in but:
                line = Outgoing(channel, text, at=self._clock.now())
                self._chat.post(line, self._when_sent(channel, 0, 0, None))

    def _begin(self) -> int:
        """Where to go on; a network that is new here is not told all that ever happened."""
        known = f"known:{self._chat.network}"
        if self._journal.cursor(known):
            return self._journal.cursor(self._cursor)
        self._journal.append([], cursor=(self._cursor, self._head_at_start))
        self._journal.append([], cursor=(known, 1))
        return self._head_at_start

    def _read_said(self) -> None:
        """Lines beyond the cursor that are recorded as said: a record may have several lines."""
        seq = self._told
        while records := self._journal.read(seq):
            for record in records:
                body = record.entry.body
                if record.entry.type == Said.__name__ and body["network"] == self._chat.network:
                    self._already.add((body["of"], body["channel"], body["part"]))
            seq = records[-1].seq

    def _read_heard(self) -> None:
        """What was heard last, since it may have been heard, and not acknowledged."""
        records = self._journal.read(max(0, self._head_at_start - _REMEMBERED), _REMEMBERED)
        for record in records if self._chat.redelivers else ():
            body = record.entry.body
            if record.entry.type == Heard.__name__ and body["network"] == self._chat.network:
                self._remember(body["incoming"]["message"])

    def _hear(self, incoming: Incoming) -> None:
        """What is done about it will be durable, and takes this to the disk: one wait, not two.

        What would be heard again if we had not heard it is on the disk at once, and is heard only once.
        """
        if self._chat.redelivers and incoming.message in self._heard:
            return
        if self._is_pressing(incoming):
            self._put_off(incoming)
            return
        role = None if incoming.private else self._chat.channels.get(incoming.channel, ChannelRole.LOG)
        if role in (ChannelRole.PROGRESS, ChannelRole.LOG):
            self._show_the_way(incoming, role)
            self._remember(incoming.message)
            return
        if self._cards is not None:
            incoming = replace(incoming, about=self._cards.about(incoming.channel, incoming.thread))
        entry = heard(self._chat.network, incoming, self._clock.now())
        self._journal.append([entry], durable=self._chat.redelivers)
        self._remember(incoming.message)

    def _remember(self, message: str) -> None:
        """A message is heard, should it come again."""
        if self._chat.redelivers and message:
            self._heard[message] = None
            while len(self._heard) > _REMEMBERED:
                del self._heard[next(iter(self._heard))]

    def _is_pressing(self, incoming: Incoming) -> bool:
        """A stranger who asks faster than we may answer would keep everybody's answers waiting."""
        actor = self._site.rules.people.actor(incoming.nick, incoming.account)
        return actor.person is None and self._owed[incoming.nick] >= _MOST_OWED

    def _put_off(self, incoming: Incoming) -> None:
        """What is not heard is no request, and not journaled; that it is not is told once, and that is."""
        _LOG.warning("not heard, for too many answers to %s wait already: %r", incoming.nick, incoming.text)
        if incoming.nick not in self._warned and (incoming.addressed or self._is_command(incoming)):
            self._warned.add(incoming.nick)
            self._answer(incoming, too_fast(incoming.nick))

    def _show_the_way(self, incoming: Incoming, role: ChannelRole) -> None:
        """Who speaks to the bot where it only reports is told so; other bots' commands are let be."""
        if incoming.addressed or (role is ChannelRole.PROGRESS and self._is_command(incoming)):
            roles = self._chat.channels.items()
            hears = [self._chat.called(c) for c, role in roles if role is ChannelRole.COMMANDS]
            self._answer(incoming, only_reports(incoming.nick, hears))

    def _is_command(self, incoming: Incoming) -> bool:
        try:
            return read(incoming.text, self._site.handlers, addressed=incoming.addressed) is not None
        except UserError:
            return False

    def _answer(self, incoming: Incoming, text: str) -> None:
        """Tell somebody what no decision is needed for."""
        line = Outgoing(incoming.channel, text, Urgency.ANSWER, self._clock.now(), calls=(incoming.nick,))
        self._chat.post(line, self._owing(incoming.nick, self._when_sent(line.channel, 0, 0, None)))

    def _follow(self, record: Record, body: Body, status: Status, overtaken: bool) -> None:
        if self._cards is not None:
            self._cards.follow(record, body, status, fresh=record.seq > self._told)
        if record.seq <= self._told or not isinstance(body, Event):
            return
        if isinstance(body, Progressed) and overtaken:
            return
        lines = [
            (channel, line)
            for line in tell(body, status, record.entry.time, self._site)
            for channel in self._placed(line)
        ]
        unsaid = [
            (part, channel, line)
            for part, (channel, line) in enumerate(lines)
            if (record.seq, channel, part) not in self._already
        ]
        calls = addressed(body, status, self._site)
        if unsaid:
            with self._lock:
                self._unsent[record.seq], self._newest = len(unsaid), record.seq
        for part, channel, line in unsaid:
            done = self._when_sent(channel, record.seq, part, record.entry.number)
            outgoing = self._outgoing(record, body, channel, line, calls)
            self._chat.post(outgoing, self._owing(body.nick, done) if isinstance(body, Answered) else done)

    def _outgoing(
        self, record: Record, event: Event, channel: str, line: Line, calls: tuple[str, ...]
    ) -> Outgoing:
        """A line to be said; what is told of a deployment belongs under its card, but for the log."""
        urgency, number = _urgency(event), record.entry.number
        return Outgoing(
            channel,
            line.text,
            urgency,
            record.entry.time,
            self._may_be_repeat(record, channel, urgency),
            about=number if urgency is Urgency.PROGRESS else None,
            under=number if line.place is None and not line.is_log else None,
            calls=() if line.is_log else calls,
        )

    def _placed(self, line: Line) -> list[str]:
        """The channels in which a line is said."""
        roles = self._chat.channels.items()
        if line.place is None:
            return [c for c, role in roles if line.is_log or role is not ChannelRole.LOG]
        if line.place.network != self._chat.network:
            return []
        if line.place.in_the_open:
            return [c for c, role in roles if role is ChannelRole.COMMANDS]
        return [line.place.channel]

    def _may_be_repeat(self, record: Record, channel: str, urgency: Urgency) -> bool:
        """Whether a line may have left before a restart, and not have been recorded as said.

        That is one line only, but which was sent first is known only among those as urgent, in one channel.
        """
        is_first = (channel, urgency) not in self._repeated
        if record.seq > self._head_at_start or not is_first or not self._told:
            return False
        self._repeated.add((channel, urgency))
        return True

    def _when_sent(self, channel: str, of: int, part: int, number: int | None) -> Done:
        def done(text: str | None) -> None:
            cursor = (self._cursor, self._said_up_to(of))
            body = None if text is None else Said(self._chat.network, channel, text, of, part)
            entries = [said(body, number, self._clock.now())] if body else []
            try:
                self._journal.append(entries, cursor=cursor)
            except Exception:  # noqa: BLE001 - the network's thread must outlive any fault, which is logged
                _LOG.exception("a line was said, and could not be recorded: %r", text)

        return done

    def _owing(self, nick: str, done: Done) -> Done:
        """Somebody waits for a line until it is done with."""

        def paid(text: str | None) -> None:
            with self._lock:
                self._owed[nick] -= 1
                if not self._owed[nick]:
                    del self._owed[nick]
                    self._warned.discard(nick)
            done(text)

        with self._lock:
            self._owed[nick] += 1
        return paid

    def _said_up_to(self, seq: int) -> int:
        """The record up to which every line has left: one channel may be shut while another is not."""
        with self._lock:
            if seq in self._unsent:
                self._unsent[seq] -= 1
                if not self._unsent[seq]:
                    del self._unsent[seq]
            return min(self._unsent) - 1 if self._unsent else self._newest


def _urgency(event: Event) -> Urgency:
    """A hold must not wait behind a long answer, nor anything behind how far a sync is."""
    match event:
        case Progressed():
            return Urgency.PROGRESS
        case Answered():
            return Urgency.ANSWER
    return Urgency.NEWS
