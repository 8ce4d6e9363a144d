"""Between a network that has cards and the journal: each deployment is one card, kept true to its end."""

import logging
import threading
from collections.abc import Iterable

from swatbot.app.records import Body, Shown, shown
from swatbot.chat.card import Card
from swatbot.chat.handler import Site
from swatbot.chat.messages.card import card
from swatbot.domain.deployment import Kind, State
from swatbot.domain.events import Event
from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.status import Status
from swatbot.ports import CardChat, ChannelRole, Clock, Journal, Record, Seen

_LOG = logging.getLogger(__name__)
# Cards of deployments that were over before a restart are looked after, as far back as this.
_LATEST = 20
# What so many cards say is kept; which message is whose card is known of all.
_KEPT = 1000

Place = tuple[str, int]
"""A channel, and the number of the deployment whose card is in it."""


class Cards:
    """Owns no state but what the journal has: which message is whose card, and what it says."""

    def __init__(self, journal: Journal, chat: CardChat, clock: Clock, site: Site) -> None:
        self._journal, self._chat, self._clock, self._site = journal, chat, clock, site
        self._head_at_start = journal.head()
        self._lock = threading.Lock()
        self._messages: dict[Place, str] = {}
        self._cards: dict[tuple[str, str], int] = {}
        self._texts: dict[Place, str] = {}
        self._asked_for: dict[Place, Card] = {}

    def about(self, channel: str, message: str) -> int | None:
        """The deployment whose card a message of a channel is."""
        with self._lock:
            return self._cards.get((channel, message))

    def follow(self, record: Record, body: Body, status: Status, *, fresh: bool) -> None:
        """Take in a record of the journal, in order; before its lines are posted, for these go below cards.

        Args:
            record: the record.
            body: what it holds.
            status: after it.
            fresh: whether what it brings may not have been told yet.
        """
        if isinstance(body, Shown) and body.network == self._chat.network:
            self._remember(body)
        if fresh and isinstance(body, Event):
            self._show({*status.live, *_ended(record.entry.number, status)}, record, status)
        if record.seq == self._head_at_start:
            self._show(range(max(1, status.latest - _LATEST), status.latest + 1), record, status)

    def _remember(self, body: Shown) -> None:
        with self._lock:
            place = body.channel, body.number
            self._messages[place], self._texts[place] = body.message, body.text
            self._cards[body.channel, body.message] = body.number
            for old in (*self._texts,)[: max(0, len(self._texts) - _KEPT)]:
                del self._texts[old]
                self._asked_for.pop(old, None)

    def _show(self, numbers: Iterable[int | None], record: Record, status: Status) -> None:
        for number in numbers:
            d = None if number is None else status.deployment(number)
            if d is not None:
                self._show_one(d, card(d, status, self._site), perhaps=record.seq <= self._head_at_start)

    def _show_one(self, d: Live | Past, wanted: Card, *, perhaps: bool) -> None:
        """In each channel where it is not seen so already."""
        for channel, role in self._chat.channels.items():
            place = channel, d.number
            fit = wanted if role is ChannelRole.COMMANDS else wanted.without_buttons()
            if role is not ChannelRole.LOG and self._wants(place, d, fit):
                self._asked_for[place] = fit
                self._chat.show(channel, fit, self._seen(place, fit), self._known(place), perhaps=perhaps)

    def _wants(self, place: Place, d: Live | Past, wanted: Card) -> bool:
        """Whether it has a card, or is to get one, that says something else by now."""
        with self._lock:
            asked, text = self._asked_for.get(place), self._texts.get(place)
        if asked is None and text is None:
            return not d.state.terminal and (d.kind is Kind.ROLLBACK or d.state is not State.INSPECTING)
        return wanted != asked if asked is not None else not d.state.terminal or wanted.text != text

    def _known(self, place: Place) -> str:
        with self._lock:
            return self._messages.get(place, "")

    def _seen(self, place: Place, wanted: Card) -> Seen:
        channel, number = place

        def seen(message: str) -> None:
            body = Shown(self._chat.network, channel, number, message, wanted.text)
            with self._lock:
                same = self._texts.get(place) == body.text and self._messages.get(place) == message
            self._remember(body)
            if not same:
                self._record(body)

        return seen

    def _record(self, body: Shown) -> None:
        try:
            self._journal.append([shown(body, self._clock.now())])
        except Exception:  # noqa: BLE001 - the network's thread must outlive any fault, which is logged
            _LOG.exception("a card was shown, and could not be recorded: %r", body.text)


def _ended(number: int | None, status: Status) -> tuple[int, ...]:
    """A deployment that is over, and the one that it has undone."""
    d = status.past.get(number) if number is not None else None
    if d is None:
        return ()
    return (d.number, d.of) if d.of and d.kind is Kind.ROLLBACK else (d.number,)
