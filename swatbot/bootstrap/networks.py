"""The chat networks of one process: each with its front end, and each told how the others are."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from swatbot.adapters.irc.chat import IrcChat
from swatbot.adapters.local_chat import LocalChat
from swatbot.adapters.slack.chat import SlackChat
from swatbot.adapters.watch import Watch
from swatbot.app.cards import Cards
from swatbot.app.follower import Follower
from swatbot.app.frontend import FrontEnd
from swatbot.bootstrap.settings import irc_settings, slack_settings
from swatbot.bootstrap.world import Base
from swatbot.chat.grammar import concerns
from swatbot.chat.messages.network import missed, was_away, was_split
from swatbot.config.sections import IrcSection
from swatbot.config.slack import SlackSection
from swatbot.ports import Chat

_LOG = logging.getLogger(__name__)


class Networks:
    """Makes them, and knows which are there."""

    def __init__(self, shared: Base, follower: Follower) -> None:
        self._shared, self._follower = shared, follower
        self._fronts: dict[str, FrontEnd] = {}
        self._remote: list[IrcChat | SlackChat] = []

    def make(self, parts: Sequence[str], extra: Sequence[Chat]) -> Iterator[FrontEnd]:
        """The front ends of the configured networks that are among the parts, and of the extra ones.

        Raises:
            OperationalError: a password or token is not there any more.
        """
        swatbot, shared = self._shared.config.swatbot, self._shared
        for irc in swatbot.irc if "irc" in parts else ():
            chat = self._irc(irc)
            self._remote.append(chat)
            yield self._front(chat)
        for workspace in swatbot.slack if "slack" in parts else ():
            slack = self._slack(workspace)
            self._remote.append(slack)
            yield self._front(slack, Cards(shared.journal, slack, shared.clock, shared.site))
        if "local" in parts and swatbot.local.socket is not None:
            yield self._front(LocalChat(Path(swatbot.local.socket), shared.clock))
        yield from map(self._front, extra)

    def wait_joined(self, seconds: float) -> bool:
        """Block until the bot is in all its channels, at most `seconds` for each network."""
        return all(chat.wait_joined(seconds) for chat in self._remote)

    def _front(self, chat: Chat, cards: Cards | None = None) -> FrontEnd:
        shared = self._shared
        front = FrontEnd(shared.journal, self._follower, chat, shared.clock, shared.site, cards)
        self._fronts[chat.network] = front
        return front

    def _irc(self, section: IrcSection) -> IrcChat:
        handlers = self._shared.site.handlers
        watch = self._watch(section.network, missed)
        return IrcChat(
            irc_settings(section), self._shared.clock, watch, lambda text: concerns(text, handlers)
        )

    def _slack(self, section: SlackSection) -> SlackChat:
        settings = slack_settings(section, self._shared.site.rules.people)
        return SlackChat(settings, self._shared.clock, self._watch(section.team, was_away))

    def _watch(self, network: str, away: Callable[[datetime, datetime], str]) -> Watch:
        """Whom a network tells how it is: the others, and its own people once it is back."""

        def trouble(text: str, channels: frozenset[str]) -> None:
            _LOG.warning("%s", text)
            for other, front in self._fronts.items():
                front.tell(text, but=channels if other == network else ())

        def gap(start: datetime, end: datetime) -> None:
            self._fronts[network].tell(away(start, end))

        def split(start: datetime, end: datetime) -> None:
            self._fronts[network].tell(was_split(start, end))

        return Watch(trouble, gap, split)
