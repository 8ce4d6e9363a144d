"""The IRC front end as the wire tests use it: a bot that keeps what it tells in queues."""

import queue
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.irc.chat import IrcChat, IrcSettings
from swatbot.adapters.watch import Watch
from swatbot.ports import Incoming, Outgoing, Urgency

WAIT = 10.0
CAPS = ("account-tag", "message-tags", "server-time")
ACCOUNTS = {"deployer": "d-secret", "submitter": "s-secret", "swatbot": "bot-secret"}
QUICK = {"burst": 1000.0, "backoff_first": 0.05, "backoff_most": 0.1, "rejoin_after": 0.05}


@dataclass
class Bot:
    """The front end, with everything it tells in queues."""

    settings: IrcSettings
    heard: "queue.Queue[Incoming]" = field(default_factory=queue.Queue)
    troubles: "queue.Queue[str]" = field(default_factory=queue.Queue)
    splits: "queue.Queue[tuple[datetime, datetime]]" = field(default_factory=queue.Queue)
    gaps: "queue.Queue[tuple[datetime, datetime]]" = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        self.chat = IrcChat(
            self.settings,
            SystemClock(),
            Watch(
                lambda text, _channels: self.troubles.put(text),
                gap=lambda start, end: self.gaps.put((start, end)),
                split=lambda start, end: self.splits.put((start, end)),
            ),
        )

    def begin(self) -> "Bot":
        self.chat.start(self.heard.put)
        return self

    def joined(self) -> "Bot":
        self.begin()
        assert self.chat.wait_joined(WAIT), list(self.troubles.queue)
        return self

    def post(self, text: str, channel: str = "#swat", urgency: Urgency = Urgency.NEWS) -> threading.Event:
        sent = threading.Event()
        self.chat.post(Outgoing(channel, text, urgency), lambda _: sent.set())
        return sent

    def hears(self) -> tuple[str, str | None]:
        line = self.heard.get(timeout=WAIT)
        return line.text, line.account

    def is_told(self, pattern: str) -> str:
        """The next trouble in which the pattern is found."""
        while not re.search(pattern, text := self.troubles.get(timeout=WAIT)):
            pass
        return text
