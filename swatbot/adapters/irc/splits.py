"""Netsplits: servers of a network lose each other, and people on the other side are out of hearing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.wire import Message
from swatbot.ports import Clock

# Servers say so in the reason of each QUIT, "near.example far.example", and keep people from saying it
# themselves (RFC 1459, 4.1.6). InspIRCd can be told to say "*.net *.split".
_SERVER = r"[\w*-]+(?:\.[\w*-]+)+"
_REASON = re.compile(rf"{_SERVER} {_SERVER}")


@dataclass
class Splits:
    """Who is gone with a split that one connection has seen.

    Attributes:
        clock: tells when it was.
        trouble: told, for people, that there is a split.
        healed: told from when to when (UTC) there was one, once the first is back.
    """

    clock: Clock
    trouble: Callable[[str], None]
    healed: Callable[[datetime, datetime], None]
    _gone: set[str] = field(default_factory=set)
    _since: datetime | None = None

    def heard(self, message: Message) -> None:
        """Follow who goes with a split, and who comes back from it."""
        if message.command == "quit" and _REASON.fullmatch(message.arg(-1)):
            self._lost(message)
        elif message.command == "join" and fold(message.nick) in self._gone and self._since is not None:
            self.healed(self._since, self.clock.now())
            self._gone.clear()
            self._since = None

    def _lost(self, message: Message) -> None:
        if self._since is None:
            self._since = self.clock.now()
            self.trouble(f"netsplit ({message.arg(-1)}): {message.nick} and perhaps others can not reach me")
        self._gone.add(fold(message.nick))
