"""In which channels we are, and when to try again to get into the others."""

from collections.abc import Callable
from dataclasses import dataclass, field

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message

# Why a channel can not be joined: no such channel, too many, full, invite-only, banned, key, bad name,
# registered nicks only, TLS only.
_REFUSALS = ("403", "405", "437", "471", "473", "474", "475", "476", "477", "489", "520")
_REFUSED_PATIENCE = 6


@dataclass
class Channels:
    """One connection's channels; times are monotonic seconds.

    Attributes:
        settings: of the network.
        changed: called when a channel was joined or left.
        trouble: told, for people, what is wrong.
    """

    settings: IrcSettings
    changed: Callable[[], None]
    trouble: Callable[[str], None]
    userhost: str = ""
    _joined: set[str] = field(default_factory=set)
    _due: dict[str, float] = field(default_factory=dict)

    def begin(self, now: float) -> None:
        """Want to be in all channels from now on."""
        self._due = dict.fromkeys(self.settings.channels, now)

    def next_join(self) -> float:
        """When the next channel is to be joined; infinity if none is."""
        return min(self._due.values(), default=float("inf"))

    def take_due(self, now: float) -> str | None:
        """A channel to be joined now; it will be due again if nothing comes of it."""
        channel = next((c for c, due in self._due.items() if due <= now), None)
        if channel is not None:
            self._due[channel] = now + _REFUSED_PATIENCE * self.settings.rejoin_after
        return channel

    def ready(self, target: str) -> bool:
        """Whether a line can be sent there: to a nick always, to a channel when we are in it."""
        return target[0] not in "#&+!" or fold(target) in self._joined

    @property
    def present(self) -> frozenset[str]:
        """The configured channels in which we are."""
        return frozenset(c for c in self.settings.channels if fold(c) in self._joined)

    def heard(self, message: Message, own_nick: str, now: float) -> None:
        """Follow our own joins, parts and kicks, and refusals to join."""
        ours = fold(message.nick) == fold(own_nick)
        if message.command == "join" and ours:
            self.userhost = message.source.partition("!")[2]
            self._entered(message.arg(0))
        elif message.command == "part" and ours:
            self._left(message.arg(0), "made to leave", now)
        elif message.command == "kick" and fold(message.arg(1)) == fold(own_nick):
            self._left(message.arg(0), f"kicked by {message.nick} ({message.arg(2)})", now)
        elif message.command == "396":
            self._host_changed(message.arg(1))
        elif message.command in _REFUSALS and self._named(message.arg(1)):
            self.trouble(f"can not join {message.arg(1)}: {message.arg(-1)}")
        elif message.command == "404" and self._named(message.arg(1)):
            self.trouble(f"can not speak in {message.arg(1)}: {message.arg(-1)}")

    def _named(self, channel: str) -> str | None:
        return next((c for c in self.settings.channels if fold(c) == fold(channel)), None)

    def _entered(self, name: str) -> None:
        channel = self._named(name)
        if channel is not None:
            self._due.pop(channel, None)
            self._joined.add(fold(channel))
            self.changed()

    def _left(self, name: str, why: str, now: float) -> None:
        channel = self._named(name)
        if channel is not None:
            self.trouble(f"{why} in {channel}; coming back")
            self._joined.discard(fold(channel))
            self._due[channel] = now + self.settings.rejoin_after
            self.changed()

    def _host_changed(self, host: str) -> None:
        user = self.userhost.partition("@")[0]
        if "@" in host:
            self.userhost = host
        elif user:
            self.userhost = f"{user}@{host}"
