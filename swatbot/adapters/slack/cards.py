"""The cards of one workspace: which messages they are, and which of them have to be posted or edited."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from swatbot.adapters.slack.shape import Shape
from swatbot.chat.card import Card
from swatbot.ports import Seen

_KEPT = 200
_WHOLE = Shape()
# So often a card that somebody has deleted is posted anew: once may be an accident, twice is a wish.
_ANEW = 1
Place = tuple[str, int]
"""A channel, and the number of the deployment."""


@dataclass(frozen=True, slots=True)
class Showing:
    """A card in a channel.

    Attributes:
        channel: where.
        card: what it is to show.
        seen: told when it does.
        message: the message that is the card, "" before it was posted.
        perhaps: whether it may have been posted, though nobody knows as which message.
        shown: whether it shows all that.
        last: what it showed last, as far as that is known.
        shape: how much of it Slack takes.
        tries: how often Slack has refused it since it last showed what it was to.
        given_up: whether it was told that it does not show what it is to.
        lost: how often somebody has deleted it.
        fixed: whether nothing newer is shown: it can not be edited any more, or somebody does not want it.
    """

    channel: str
    card: Card
    seen: Seen
    message: str = ""
    perhaps: bool = False
    shown: bool = False
    last: Card | None = None
    shape: Shape = _WHOLE
    tries: int = 0
    given_up: bool = False
    lost: int = 0
    fixed: bool = False

    @property
    def place(self) -> Place:
        """Where it is, and whose it is."""
        return self.channel, self.card.number

    @property
    def only_goes_on(self) -> bool:
        """Whether all that is new is how far a stage is."""
        return self.last is not None and replace(self.last, bars=self.card.bars) == self.card

    @property
    def name(self) -> str:
        """For the pace at which it is edited."""
        return f"{self.channel} #{self.card.number}"


class CardWall:
    """All cards; any thread may put new states up, and one thread carries them out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cards: dict[Place, Showing] = {}

    def want(self, channel: str, card: Card, seen: Seen, posted: str, *, perhaps: bool) -> None:
        """Put a new state up in place of whatever state waits."""
        with self._lock:
            old = self._cards.get((channel, card.number))
            known = Showing(channel, card, seen, posted, perhaps) if old is None else old
            self._cards[channel, card.number] = replace(known, card=card, seen=seen, shown=known.fixed)
            self._forget()

    def _forget(self) -> None:
        """Cards of long ago that are as they should be: whoever wants one again says which message it is."""
        settled = [place for place, showing in self._cards.items() if showing.shown]
        for place in settled[: max(0, len(self._cards) - _KEPT)]:
            del self._cards[place]

    def thread(self, channel: str, number: int | None) -> str:
        """The message under which lines about a deployment go, "" for none."""
        with self._lock:
            found = self._cards.get((channel, number)) if number is not None else None
            return found.message if found else ""

    def unposted(self, may: Callable[[Showing], bool]) -> Showing | None:
        """A card that has to be posted, and may be now."""
        return next((s for s in self._all() if not s.message and not s.shown and may(s)), None)

    def unedited(self, may: Callable[[Showing], bool]) -> Showing | None:
        """A card that has to be edited, and may be now: the one whose turn was longest ago.

        All share what Slack takes, and how far a stage is may wait for what is decided.
        """
        found = [s for s in self._all() if s.message and not s.shown and may(s)]
        first = min(found, key=lambda s: s.only_goes_on, default=None)
        if first is not None:
            with self._lock:
                self._cards[first.place] = self._cards.pop(first.place, first)
        return first

    def open(self) -> list[Showing]:
        """Those that do not show yet what they are to."""
        return [showing for showing in self._all() if not showing.shown]

    def done(self, showing: Showing, message: str) -> None:
        """A card shows what it was to; something newer may be wanted meanwhile, or it may be deleted."""
        with self._lock:
            now = self._cards.get(showing.place, showing)
            if now.message == showing.message:
                shown = now.card == showing.card
                self._cards[showing.place] = replace(
                    now,
                    message=message,
                    perhaps=False,
                    tries=0,
                    given_up=False,
                    shown=shown,
                    last=showing.card,
                )

    def found(self, showing: Showing, message: str) -> None:
        """It had been posted already; what it shows is to be seen to."""
        self._change(showing, message=message, perhaps=False)

    def perhaps_posted(self, showing: Showing) -> None:
        """Nobody knows whether it was posted."""
        self._change(showing, perhaps=True)

    def reshape(self, showing: Showing, shape: Shape) -> None:
        """Slack does not take so much of it."""
        self._change(showing, shape=shape)

    def lost(self, channel: str, message: str) -> bool:
        """Somebody has deleted a message: a card is posted anew, but not for ever; whether it was one.

        New lines go below the new card. One that is not posted any more has its lines in the channel.
        """
        with self._lock:
            cards = [s for s in self._cards.values() if s.message]
            lost = [s for s in cards if (s.channel, s.message) == (channel, message)]
            for one in lost:
                enough = one.lost >= _ANEW
                self._cards[one.place] = replace(
                    one, message="", perhaps=False, lost=one.lost + 1, fixed=enough, shown=enough
                )
            return bool(lost)

    def tried(self, showing: Showing) -> None:
        """Slack does not take it, for a reason that may pass."""
        self._change(showing, tries=showing.tries + 1)

    def give_up(self, showing: Showing, *, for_good: bool) -> bool:
        """What it is to show will not be shown; whether that is news.

        Args:
            showing: the card.
            for_good: whether it can not be edited any more, or may show what is wanted of it next.
        """
        with self._lock:
            now = self._cards.get(showing.place, showing)
            if now.message != showing.message:
                return False
            shown = for_good or now.card == showing.card
            self._cards[showing.place] = replace(now, fixed=for_good, shown=shown, given_up=True, tries=0)
            return not now.given_up

    def _change(self, showing: Showing, **fields: object) -> None:
        with self._lock:
            now = self._cards.get(showing.place, showing)
            self._cards[showing.place] = replace(now, **fields)  # type: ignore[arg-type]  # its own fields

    def _all(self) -> Iterator[Showing]:
        with self._lock:
            return iter(list(self._cards.values()))
