"""A channel in memory for a whole bot: no IRC server's patience between its lines."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from swatbot.ports import ChannelRole, Done, Incoming, Outgoing

WAIT = 30.0
CHANNEL = "#swat"


class QuickChat:
    """The channel of a practice range, whose people are logged in by their nicks."""

    network = "practice"
    redelivers = False
    channels: ClassVar = {CHANNEL: ChannelRole.COMMANDS}

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._seen = 0
        self._more = threading.Condition()
        self._hear: Callable[[Incoming], None] = lambda _: None
        self._network = ThreadPoolExecutor(1)  # whoever posts is not to be called back while it does

    def called(self, channel: str) -> str:
        return channel

    def start(self, hear: Callable[[Incoming], None]) -> None:
        self._hear = hear

    def post(self, line: Outgoing, done: Done) -> None:
        with self._more:
            self.texts.append(line.text)
            self._more.notify_all()
        self._network.submit(done, line.text)

    def stop(self) -> None:
        self._network.shutdown()

    def says(self, nick: str, text: str) -> None:
        self._hear(Incoming(text, nick, f"irc:{self.network}/{nick}", CHANNEL, False, "", addressed=False))

    def expect(self, pattern: str) -> str:
        """The bot's next line in which the pattern is found; earlier ones are passed over."""

        def arrived() -> str:
            while self._seen < len(self.texts):
                self._seen += 1
                if re.search(pattern, self.texts[self._seen - 1]):
                    return self.texts[self._seen - 1]
            return ""

        with self._more:
            found = self._more.wait_for(arrived, WAIT)
            assert found, f"no {pattern!r} in\n" + "\n".join(self.texts[-30:])
        return found
