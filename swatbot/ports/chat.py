"""What is heard and said: one network with its channels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Protocol

from swatbot.chat.card import Card


@dataclass(frozen=True, slots=True)
class Incoming:
    """A line as a front end heard it.

    Attributes:
        text: what was said, as it came.
        nick: the speaker's name in the channel.
        account: the proven account, None if none was proven by this very message.
        channel: where; for a private message the speaker's nick.
        private: whether only the bot could hear it.
        message: the network's id of the message, "" if it has none.
        addressed: whether the speaker addressed the bot by name or in private.
        provable: whether the network could have proven an account at all.
        aside: whether it was said out of a channel's hearing, in which it belongs if it changes something.
        reply_to: where the answer goes, if that is not just `channel`: a thread in it, or one person there.
        thread: the network's id of the message under which it was said, "" if it was under none.
        apart: whether that message is not the bot's, so that what is below it may be about anything.
        about: the deployment whose card that message is, None if it is no card; told by who keeps the cards.
        at: when (UTC) it was said, where the network tells; None: just now.
    """

    text: str
    nick: str
    account: str | None
    channel: str
    private: bool = False
    message: str = ""
    addressed: bool = False
    provable: bool = True
    aside: bool = False
    reply_to: str = ""
    thread: str = ""
    apart: bool = False
    about: int | None = None
    at: datetime | None = None


class ChannelRole(Enum):
    """What a channel is for: commands and all that is told, all that is told, or `!log` lines only."""

    COMMANDS = "commands"
    PROGRESS = "progress"
    LOG = "log"


class Urgency(IntEnum):
    """What goes first of the lines that wait; lines of equal urgency keep their order.

    NEWS: something happened, as that a deployment is held. ANSWER: what somebody asked for, which may be
    long. PROGRESS: how far something is, which the next such line says better.
    """

    NEWS = 0
    ANSWER = 1
    PROGRESS = 2


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A line to be said.

    Attributes:
        channel: where, or to whom.
        text: what.
        urgency: what may go before it.
        at: when (UTC) that happened which it tells; one that leaves much later says so. None: just now.
        again: whether it may have been said before.
        about: of what it tells how far it is; a newer line about the same takes its place while it waits.
        under: the deployment under whose card it belongs, where the network has cards and there is one.
        calls: whom it addresses, at its start or in its last sentence, by the names that it has for them.
    """

    channel: str
    text: str
    urgency: Urgency = Urgency.NEWS
    at: datetime | None = None
    again: bool = False
    about: int | None = None
    under: int | None = None
    calls: tuple[str, ...] = ()


Done = Callable[[str | None], None]
"""Called with a line's text as it was said, or None if it will not be said any more."""


Seen = Callable[[str], None]
"""Called with the network's id of the message in which a card is seen now."""


class Chat(Protocol):
    """One network with its channels. Posting never blocks: lines queue up, and go out by urgency."""

    @property
    def network(self) -> str:
        """Name of the network, as in accounts and sources."""
        ...

    @property
    def channels(self) -> Mapping[str, ChannelRole]:
        """The channels, and what each is for."""
        ...

    def called(self, channel: str) -> str:
        """How people call one of the channels."""
        ...

    @property
    def redelivers(self) -> bool:
        """Whether what `hear` has not dealt with is heard again, even by another process.

        So a line has to be on the disk when `hear` returns, and may come twice, with the same id.
        """
        ...

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Connect, join, and call `hear` for every line that may concern the bot."""
        ...

    def post(self, line: Outgoing, done: Done) -> None:
        """Queue one line; `done` is called once the network has it, or once a newer one took its place.

        Never before this returns, and on another thread: who posts may hold what `done` waits for.
        """
        ...

    def stop(self) -> None:
        """Send what is queued if that is possible within seconds, and disconnect."""
        ...


class CardChat(Chat, Protocol):
    """A network that can edit its messages, and so shows each deployment as one card that is kept true."""

    def show(self, channel: str, card: Card, seen: Seen, posted: str = "", *, perhaps: bool = False) -> None:
        """Show a deployment's newest state in a channel; what waits of an older one is not shown any more.

        Lines with that deployment as `under` go below its card. Never blocks; `seen` is called on another
        thread, after each edit that was made.

        Args:
            channel: where.
            card: what is to be seen.
            seen: told of the message, at once or after edits that came too fast for the network.
            posted: the message that shows the deployment already, "" if none is known.
            perhaps: whether there may be such a message all the same, since a process that posted it died.
        """
        ...
