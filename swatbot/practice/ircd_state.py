"""Who is connected to the practice IRC server, where they are, and how a line reaches them."""

import asyncio
import itertools
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from swatbot.ports import Clock

HOST = "practice.range"
LINE_BYTES = 512
# A client that does not read is dropped before it fills the memory.
_UNREAD_BYTES = 2**20
_FOLDING = str.maketrans("[]\\~", "{}|^")


def fold(name: str) -> str:
    """A nick or channel for comparison (RFC 1459 casemapping)."""
    return name.lower().translate(_FOLDING)


@dataclass(eq=False)
class Client:
    """One connection.

    Attributes:
        writer: where lines for it go.
        server: the server's name, the source of numerics.
        nick: "" until one is given.
        user: "" until USER was sent.
        realname: from USER.
        account: who the client has proven to be, "" if nobody.
        password: from PASS, checked when the client registers.
        caps: capabilities it has asked for.
        negotiating: whether CAP END is awaited.
        registered: whether it has been welcomed.
        sasl: base64 that has come so far, None outside a SASL exchange.
        silent_rounds: how many rounds of pings it has not said anything.
    """

    writer: asyncio.StreamWriter
    server: str
    nick: str = ""
    user: str = ""
    realname: str = ""
    account: str = ""
    password: str = ""
    caps: set[str] = field(default_factory=set)
    negotiating: bool = False
    registered: bool = False
    sasl: str | None = None
    silent_rounds: int = 0

    @property
    def mask(self) -> str:
        """How others see it: nick!user@host."""
        return f"{self.nick}!{self.user}@{HOST}"

    def write(self, line: str, tags: str = "") -> None:
        """Send one line, cut to 512 bytes; tags come before and are not counted."""
        transport = self.writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > _UNREAD_BYTES:
            transport.abort()
            return
        data = line.encode(errors="surrogateescape")[: LINE_BYTES - 2]
        self.writer.write((tags and f"@{tags} ").encode() + data + b"\r\n")

    def numeric(self, code: str, *words: str) -> None:
        """Send a numeric reply; the last word is its text."""
        middle = "".join(f" {word}" for word in words[:-1])
        self.write(f":{self.server} {code} {self.nick or '*'}{middle} :{words[-1]}")

    def notice(self, source: str, text: str) -> None:
        """Send a NOTICE from a service."""
        self.write(f":{source}!services@{self.server} NOTICE {self.nick or '*'} :{text}")


@dataclass(eq=False)
class Channel:
    """One channel: its members in the order they came, and which of them are operators."""

    name: str
    topic: str = ""
    members: dict[Client, bool] = field(default_factory=dict)

    def shown(self, client: Client) -> str:
        """A member's nick as lists show it, operators with an @."""
        return f"{'@' if self.members.get(client) else ''}{client.nick}"


class State:
    """Everything the server knows; used on its own thread only."""

    def __init__(self, name: str, accounts: dict[str, str], clock: Clock | None) -> None:
        self.name = name
        self.accounts = accounts
        self.clients: set[Client] = set()
        self.channels: dict[str, Channel] = {}
        self._clock = clock
        # Ids of an earlier run must not come again: who remembers them would take a new line for an old one.
        self._run = secrets.token_hex(4)
        self._ids = itertools.count(1)

    @property
    def caps(self) -> list[str]:
        """The capabilities on offer; server-time only where there is a clock."""
        always = ["account-tag", "echo-message", "message-tags", "sasl=PLAIN"]
        return [*always, *(["server-time"] if self._clock else [])]

    def find(self, nick: str) -> Client | None:
        """The client with this nick."""
        return next((c for c in self.clients if c.nick and fold(c.nick) == fold(nick)), None)

    def channel(self, name: str) -> Channel | None:
        """The channel of this name."""
        return self.channels.get(fold(name))

    def joined(self, client: Client) -> list[Channel]:
        """The channels that a client is in."""
        return [c for c in self.channels.values() if client in c.members]

    def neighbours(self, client: Client) -> set[Client]:
        """Everyone who shares a channel with a client, and the client."""
        return {client, *(member for channel in self.joined(client) for member in channel.members)}

    def login(self, client: Client, account: str, password: str) -> bool:
        """Take this account for proven if the password is right; whether it was."""
        known = next((a for a in self.accounts if fold(a) == fold(account)), None)
        if known is None or self.accounts[known] != password:
            return False
        client.account = known
        client.numeric("900", client.mask, known, f"You are now logged in as {known}")
        return True

    def relay(self, source: Client, targets: Iterable[Client], line: str) -> None:
        """Send a client's doings to others, with the tags that each of them has asked for."""
        message = f"{self._run}-{next(self._ids)}"
        for target in list(targets):
            target.write(f":{source.mask} {line}", self._tags(source, target, message))

    def leave(self, client: Client, channel: Channel) -> None:
        """Take a client out of a channel, and forget the channel when it is empty."""
        channel.members.pop(client, None)
        if not channel.members:
            self.channels.pop(fold(channel.name), None)

    def drop(self, client: Client, reason: str) -> None:
        """End a client's connection, and tell its neighbours."""
        if client not in self.clients:
            return
        others = self.neighbours(client) - {client}
        self.clients.discard(client)
        for channel in self.joined(client):
            self.leave(client, channel)
        self.relay(client, others, f"QUIT :{reason}")
        client.write(f"ERROR :Closing link: {reason}")
        client.writer.close()

    def _tags(self, source: Client, target: Client, message: str) -> str:
        tags = {}
        if "server-time" in target.caps and self._clock is not None:
            tags["time"] = f"{self._clock.now():%Y-%m-%dT%H:%M:%S}.000Z"
        if "message-tags" in target.caps:
            tags["msgid"] = message
        if "account-tag" in target.caps and source.account:
            tags["account"] = source.account
        return ";".join(f"{key}={value}" for key, value in tags.items())
