"""The bot's nick: another one while somebody has it, and the wanted one back as soon as it can be had."""

from collections.abc import Callable
from dataclasses import dataclass

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message

# Erroneous nick, in use, collision, not available just now.
_REFUSALS = ("432", "433", "436", "437")
_TRIES = 6
_GHOST_SECONDS = 2.0
_NEVER = float("inf")


@dataclass
class Nick:
    """One connection's nick; times are monotonic seconds.

    Attributes:
        settings: of the network.
        send: sends a line at once, as the login must.
        errand: sends a line when the pace allows it.
        failed: why no nick can be had, "" while one may.
        due: when to ask for the wanted nick again; infinity while we have it.
    """

    settings: IrcSettings
    send: Callable[[str], None]
    errand: Callable[[str], None]
    failed: str = ""
    due: float = _NEVER
    _tries: int = 0

    def refused(self, message: Message) -> None:
        """Before the welcome: take a variant, if this line says that the nick can not be had."""
        if message.command not in _REFUSALS:
            return
        self._tries += 1
        if message.command == "432" or self._tries >= _TRIES:
            self.failed = f"nick {message.arg(1)} refused: {message.arg(-1)}"
        else:
            self.send(f"NICK {self.settings.nick}{'_' * self._tries}")

    def begin(self, own_nick: str, now: float) -> None:
        """After the welcome: if somebody has our nick (our own ghost, say), services are asked to free it."""
        if self._is_wanted(own_nick):
            return
        if self.settings.sasl_account:
            self.errand(f"PRIVMSG NickServ :GHOST {self.settings.nick}")
        self.due = now + _GHOST_SECONDS

    def heard(self, message: Message, own_nick: str, now: float) -> None:
        """After the welcome: follow who has the wanted nick."""
        if message.command in ("quit", "nick") and self._is_wanted(message.nick):
            self.due = now
        if self._is_wanted(own_nick):
            self.due = _NEVER

    def ask(self, now: float) -> None:
        """Ask for the wanted nick, if it is time to."""
        if self.due <= now:
            self.due = now + self.settings.nick_again_after
            self.errand(f"NICK {self.settings.nick}")

    def _is_wanted(self, nick: str) -> bool:
        return fold(nick) == fold(self.settings.nick)
