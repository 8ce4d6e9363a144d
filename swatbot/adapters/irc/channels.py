"""In which channels we are and may speak, and when to try again where we are not or may not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message
from swatbot.ports import Clock

# Why a channel can not be joined: no such channel, too many, full, invite-only, banned, key, bad name,
# registered nicks only, TLS only.
_REFUSALS = ("403", "405", "437", "471", "473", "474", "475", "476", "477", "489", "520")
# Those of them that nobody hears who is in the channel.
_NOT_IN_IT = ("403", "471", "473", "474", "475", "477")
# What ChanServ can be asked to do about some, where the channel's founder lets the bot (flags +i and +r).
_MENDS = {"473": "INVITE", "474": "UNBAN"}
_REFUSED_PATIENCE = 6


def is_channel(target: str) -> bool:
    """Whether this names a channel, and not a person."""
    return target[:1] in ("#", "&", "+", "!")


@dataclass(frozen=True)
class News:
    """Whom channels tell.

    Attributes:
        presence: called with the channels in which we are, and since when (UTC) we have perhaps not been in
            one that is lost; None: since now.
        trouble: told, for people, what is wrong, and in which channel.
        well: told that a channel is as it should be.
        errand: sends a line when the pace allows it.
    """

    presence: Callable[[frozenset[str], datetime | None], None]
    trouble: Callable[[str, str], None]
    well: Callable[[str], None]
    errand: Callable[[str], None]


@dataclass
class Channels:
    """One connection's channels; times are monotonic seconds, where they are no datetimes.

    Attributes:
        settings: of the network.
        news: whom to tell.
        clock: tells since when a channel may have been lost.
        userhost: "user@host" as others see us, "" while it is not known.
    """

    settings: IrcSettings
    news: News
    clock: Clock
    userhost: str = ""
    _joined: dict[str, datetime] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _mute: dict[str, float] = field(default_factory=dict)

    def begin(self, now: float) -> None:
        """Want to be in all channels from now on."""
        self._due = dict.fromkeys(self.settings.roles, now)

    def next_join(self) -> float:
        """When the next channel is to be joined; infinity if none is."""
        return min(self._due.values(), default=float("inf"))

    def next_try(self) -> float:
        """When to speak again in one that refused our lines; infinity if none did."""
        return min(self._mute.values(), default=float("inf"))

    def retry(self, now: float) -> None:
        """Take those for open again in which it is time to try."""
        self._mute = {name: until for name, until in self._mute.items() if until > now}

    def take_due(self, now: float) -> str | None:
        """A channel to be joined now; it will be due again if nothing comes of it.

        A channel in which we are is joined now and then, too. That does nothing, unless the server has lost
        us there and we do not know it.
        """
        channel = next((c for c, due in self._due.items() if due <= now), None)
        if channel is not None:
            patience = _REFUSED_PATIENCE * self.settings.rejoin_after
            self._due[channel] = now + (
                self.settings.look_after if fold(channel) in self._joined else patience
            )
        return channel

    def ready(self, target: str) -> bool:
        """Whether a line can be sent there: to a nick always, to a channel if we are in it and may speak."""
        name = fold(target)
        return not is_channel(target) or (name in self._joined and name not in self._mute)

    @property
    def present(self) -> frozenset[str]:
        """The configured channels in which we are."""
        return frozenset(c for c in self.settings.roles if fold(c) in self._joined)

    def refused(self, target: str, why: str, now: float) -> None:
        """A line of ours was not passed on to a channel."""
        channel = self._named(target)
        if channel is not None:
            self._mute[fold(channel)] = now + _REFUSED_PATIENCE * self.settings.rejoin_after
            self.news.trouble(f"can not speak in {channel}: {why}", channel)
            self._look(channel, now)

    def spoke(self, target: str) -> None:
        """A line of ours was passed on to a channel."""
        if (channel := self._named(target)) is not None:
            self.news.well(channel)

    def heard(self, message: Message, own_nick: str, now: float) -> None:
        """Follow our own joins, parts and kicks, invitations, changed modes, and refusals to join."""
        if fold(message.nick) == fold(own_nick):
            self._moved(message, now)
        else:
            self._sign_of_life(message.arg(0))
        match message.command:
            case "kick" if fold(message.arg(1)) == fold(own_nick):
                why = f"kicked by {message.nick} ({message.arg(2)})"
                self._left(message.arg(0), why, now + self.settings.rejoin_after)
            case "invite" if fold(message.arg(0)) == fold(own_nick):
                self._look(message.arg(1), now)
            case "mode":
                self._modes_changed(message.arg(0))
            case "396":
                self._host_changed(message.arg(1))
            case numeric if numeric in _REFUSALS:
                self._refused_to_join(message, now)

    def _moved(self, message: Message, now: float) -> None:
        """Follow our own joins and parts."""
        if message.command == "join":
            self.userhost = message.source.partition("!")[2]
            self._entered(message.arg(0), now)
        elif message.command == "part":
            self._left(message.arg(0), "made to leave", now + self.settings.rejoin_after)

    def _refused_to_join(self, message: Message, now: float) -> None:
        channel = self._named(message.arg(1))
        if channel is None:
            return
        if fold(channel) in self._joined:
            if message.command not in _NOT_IN_IT:
                return
            self._not_in_it(channel, now + _REFUSED_PATIENCE * self.settings.rejoin_after)
        self.news.trouble(f"can not join {channel}: {message.arg(-1)}", channel)
        if message.command in _MENDS and self.settings.sasl_account:
            self.news.errand(f"PRIVMSG ChanServ :{_MENDS[message.command]} {channel}")

    def _look(self, name: str, now: float) -> None:
        """Join at once: if we are in it, nothing happens."""
        if (channel := self._named(name)) is not None:
            self._due[channel] = now

    def _modes_changed(self, name: str) -> None:
        """What kept us from speaking may be gone."""
        channel = self._named(name)
        if channel is not None:
            self._mute.pop(fold(channel), None)

    def _named(self, channel: str) -> str | None:
        return next((c for c in self.settings.roles if fold(c) == fold(channel)), None)

    def _sign_of_life(self, name: str) -> None:
        if fold(name) in self._joined:
            self._joined[fold(name)] = self.clock.now()

    def _entered(self, name: str, now: float) -> None:
        channel = self._named(name)
        if channel is None:
            return
        if fold(channel) in self._joined:
            self._not_in_it(channel, now)
        self._due[channel] = now + self.settings.look_after
        self._joined[fold(channel)] = self.clock.now()
        self._mute.pop(fold(channel), None)
        self.news.presence(self.present, None)
        self.news.well(channel)

    def _left(self, name: str, why: str, due: float) -> None:
        """The server says that we are in a channel no more."""
        channel = self._named(name)
        if channel is not None:
            self._joined.pop(fold(channel), None)
            self._due[channel] = due
            self.news.trouble(f"{why} in {channel}; coming back", channel)
            self.news.presence(self.present, None)

    def _not_in_it(self, channel: str, due: float) -> None:
        """It turns out that we are in a channel no more, and may have heard nothing since its last line."""
        since = self._joined.pop(fold(channel))
        self._due[channel] = due
        self.news.trouble(f"no more in {channel}, though the server had not said so; coming back", channel)
        self.news.presence(self.present, since)

    def _host_changed(self, host: str) -> None:
        user = self.userhost.partition("@")[0]
        if "@" in host:
            self.userhost = host
        elif user:
            self.userhost = f"{user}@{host}"
