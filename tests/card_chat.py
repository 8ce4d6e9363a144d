"""The stories' channel on a network that has cards, and that says again what was not acknowledged."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from swatbot.app.cards import Cards
from swatbot.chat.card import Card
from swatbot.domain.rules import Rules
from swatbot.ports import Done, Incoming, Outgoing, Seen
from tests.world import PEOPLE, RULES, StoryChat, World, check_calls


class CardChat(StoryChat):
    """What people say in threads, and the cards as they are seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, Card] = {}
        self.shown: list[Card] = []
        self.posted: list[int] = []
        self.notified: set[str] = set()
        self.shows = True
        self.notes = True
        self.places: dict[str, Card] = {}
        self._said = 0

    @property
    def redelivers(self) -> bool:
        return True

    def cards(self, world: World) -> Cards:
        return Cards(world.journal, self, world.clock, world.site)

    def show(self, channel: str, card: Card, seen: Seen, posted: str = "", *, perhaps: bool = False) -> None:
        """A card is seen at once, and noted, unless the story says that it does not get so far."""
        if not self.shows:
            return
        if not posted and not (perhaps and card.number in self.posted):
            self.posted.append(card.number)
        self.seen[card.number] = self.places[channel] = card
        self.shown.append(card)
        if self.notes:
            seen(f"card-{card.number}")

    def post(self, line: Outgoing, done: Done) -> None:
        """Lines about a deployment are below its card."""
        check_calls(line)
        self.notified.update(line.calls)
        channel = f"card-{line.under}" if line.under in self.seen else line.channel
        self.unread.append((channel, line.text))
        self.all.append(line.text)
        done(line.text)

    def below(
        self,
        number: int,
        nick: str,
        text: str,
        *,
        at: datetime | None = None,
        message: str = "",
        thread: str = "",
    ) -> None:
        """A person says something in the thread of a deployment's card, or in another."""
        account = f"irc:net/{nick}" if PEOPLE.by_name(nick) else None
        self._said += 1
        apart, thread = bool(thread), thread or f"card-{number}"
        self._hear(
            Incoming(
                text,
                nick,
                account,
                "#swat",
                message=message or f"message-{self._said}",
                reply_to=thread,
                thread=thread,
                apart=apart,
                at=at,
            )
        )
        self.settle()

    def clicks(self, nick: str, number: int, label: str) -> None:
        """A person clicks a button of a card, as it is seen; the answer is for them alone."""
        button = next(b for b in self.seen[number].buttons if b.label == label)
        account = f"irc:net/{nick}" if PEOPLE.by_name(nick) else None
        self._said += 1
        line = f"!{button.command} {number}{' they said so' if button.reason else ''}"
        click = f"click-{self._said}"
        self._hear(
            Incoming(line, nick, account, "#swat", message=click, addressed=True, reply_to=f"only-{nick}")
        )
        self.settle()

    def labels(self, number: int) -> list[str]:
        """What can be clicked on a card."""
        return [button.label for button in self.seen[number].buttons]


@contextmanager
def card_story(rules: Rules = RULES) -> Iterator[tuple[World, CardChat]]:
    """A world for one story on such a network; it fails on a line of the bot's that nobody expected."""
    chat = CardChat()
    world = World(rules, chat=chat)
    yield world, chat
    chat.silent()
