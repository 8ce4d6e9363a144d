"""Which lines concern the bot, and who is proven to have said them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from swatbot.adapters.chat_text import unaddressed
from swatbot.adapters.irc.lines import fold, plain
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message
from swatbot.ports import Incoming

_BOT_TAGS = ("bot", "draft/bot", "inspircd.org/bot")
_CTCP = "\x01"
_ACCOUNT = re.compile(r"[!-~]+")
# To "@#swat" a client speaks to the operators of #swat only; it is answered in the channel.
_STATUS_MARKS = "@+%~"
_CROSSING_SECONDS = 60


class Proof(Enum):
    """How a network proves accounts: by a mark on each message, by WHOX's word, or not at all."""

    TAG = "account-tag"
    WHOX = "WHOX"
    NONE = "nothing"


@dataclass
class Ears:
    """Hears for one connection.

    Attributes:
        settings: of the network.
        concerns: whether a line that is neither a command nor addressed might be meant for the bot.
    """

    settings: IrcSettings
    concerns: Callable[[str], bool]
    _newest: float = 0.0

    def incoming(self, message: Message, own_nick: str, proof: Proof) -> Incoming | None:
        """Turn a line from the server into one that concerns the bot, or None.

        Args:
            message: any line.
            own_nick: our nick now.
            proof: how the server proves accounts; only a mark on the message itself is looked at here.
        """
        replayed = self._replayed(message)
        if message.command != "privmsg" or replayed or self._to_be_ignored(message, own_nick):
            return None
        channel = self._channel(message.arg(0), own_nick)
        if channel is None:
            return None
        said = plain(message.arg(1))
        text = unaddressed(said, (own_nick, self.settings.nick))
        addressed = text is not None or not channel
        if not (addressed or said.startswith("!") or self.concerns(said)):
            return None
        return Incoming(
            text=said if text is None else text,
            nick=message.nick,
            account=self.account(message.tags.get("account", "")) if proof is Proof.TAG else None,
            channel=channel or message.nick,
            private=not channel,
            message=message.tags.get("msgid", ""),
            addressed=addressed,
            provable=proof is not Proof.NONE,
            aside=not channel,
        )

    def account(self, name: str) -> str | None:
        """The account of this name on the network; None for what is no such name.

        Letters beyond ASCII could fold to another account's name ("ſ" to "s"), so they prove nothing.
        """
        proven = name != "*" and _ACCOUNT.fullmatch(name)
        return f"irc:{self.settings.network}/{name}" if proven else None

    def _to_be_ignored(self, message: Message, own_nick: str) -> bool:
        ignored = {fold(nick) for nick in (own_nick, *self.settings.bots)}
        return (
            "!" not in message.source
            or fold(message.nick) in ignored
            or any(tag in message.tags for tag in _BOT_TAGS)
            or _CTCP in message.arg(1)
        )

    def _channel(self, target: str, own_nick: str) -> str | None:
        """The channel as configured, "" for a private message, None for what is neither."""
        if fold(target) == fold(own_nick):
            return ""
        wanted = fold(target.lstrip(_STATUS_MARKS))
        return next((c for c in self.settings.roles if fold(c) == wanted), None)

    def _replayed(self, message: Message) -> bool:
        """Whether the server repeats an old line from its history: its time lies before a line already heard.

        An old "verified" must not count again. Times are compared among themselves, so the servers'
        clocks may be wrong, and may differ by a minute.
        """
        time = _seconds(message.tags.get("time", ""))
        self._newest = max(self._newest, time)
        return 0 < time < self._newest - _CROSSING_SECONDS


def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError):
        return 0.0
