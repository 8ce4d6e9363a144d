"""A console as a channel, for demo and tests: the bot's lines are printed, others can be made to speak."""

import threading
import zlib
from collections.abc import Callable
from typing import TextIO

from swatbot.adapters.chat_text import clean, unaddressed
from swatbot.ports import Clock, Incoming

_COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)
_BOLD = 1
_DIM = 2


class ConsoleChat:
    """One channel on a text stream, with times in UTC, in colour on a terminal only.

    Args:
        out: where lines are printed.
        clock: for their times.
        network: as in accounts and sources.
        channel: the one channel.
        bot: the bot's nick.
    """

    def __init__(
        self,
        out: TextIO,
        clock: Clock,
        network: str = "console",
        channel: str = "#swat",
        bot: str = "swatbot",
    ) -> None:
        self._out = out
        self._clock = clock
        self._network = network
        self._channel = channel
        self._bot = bot
        self._coloured = out.isatty()
        self._lock = threading.Lock()
        self._hear: Callable[[Incoming], None] | None = None
        self._said = 0

    @property
    def network(self) -> str:
        """Name of the network."""
        return self._network

    @property
    def channels(self) -> tuple[str, ...]:
        """The one channel."""
        return (self._channel,)

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Let `say` be heard from now on."""
        self._hear = hear

    def post(self, channel: str, text: str, sent: Callable[[], None]) -> None:
        """Print a line of the bot's; what is not for the channel is marked with whom it is for."""
        self._print(self._bot, text, "" if channel == self._channel else channel)
        sent()

    def stop(self) -> None:
        """Hear nothing more."""
        self._hear = None

    def say(self, nick: str, account: str | None, text: str) -> None:
        """Print what somebody says in the channel, and let the bot hear it.

        Args:
            nick: the speaker.
            account: the proven account ("irc:practice/deployer"), None if none was proven.
            text: one line.
        """
        with self._lock:
            self._said += 1
            message = str(self._said)
        self._print(nick, text, "")
        rest = unaddressed(text, (self._bot,))
        if self._hear is not None:
            self._hear(
                Incoming(
                    text=text if rest is None else rest,
                    nick=nick,
                    account=account,
                    channel=self._channel,
                    message=message,
                    addressed=rest is not None,
                )
            )

    def _print(self, nick: str, text: str, only_for: str) -> None:
        time = self._painted(f"{self._clock.now():%H:%M:%S}", _DIM)
        speaker = self._painted(f"<{clean(nick)}>", self._colour(nick))
        whom = self._painted(f"(to {clean(only_for)}) ", _DIM) if only_for else ""
        with self._lock:
            print(f"{time} {speaker} {whom}{clean(text)}", file=self._out, flush=True)

    def _painted(self, text: str, style: int) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._coloured else text

    def _colour(self, nick: str) -> int:
        return (
            _BOLD
            if nick == self._bot
            else _COLOURS[zlib.crc32(nick.encode(errors="replace")) % len(_COLOURS)]
        )
