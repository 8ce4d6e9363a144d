"""Where on Slack something is said, as one text: a channel, a thread in it, or one person's eyes there."""

import re
from dataclasses import dataclass

_TARGET = re.compile(r"(?P<channel>[^/@]+)(?:/(?P<thread>[\d.]+)|@(?P<user>\w+))?")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a line goes.

    Attributes:
        channel: the id of a channel, or of a user to whom it is a private message.
        thread: the message under which it goes, "" for none.
        user: who alone sees it there, "" for everybody.
    """

    channel: str
    thread: str = ""
    user: str = ""

    @staticmethod
    def of(text: str) -> "Target":
        """Read `C1`, `C1/1700000000.000100`, `C1@U1`.

        Raises:
            ValueError: it is none of these.
        """
        match = _TARGET.fullmatch(text)
        if match is None:
            raise ValueError(f"not a channel of Slack: {text!r}")
        return Target(match["channel"], match["thread"] or "", match["user"] or "")

    def __str__(self) -> str:
        where = f"/{self.thread}" if self.thread else ""
        return f"{self.channel}@{self.user}" if self.user else f"{self.channel}{where}"

    @property
    def personal(self) -> bool:
        """Whether only one person is told, who may be gone."""
        return bool(self.user) or not self.channel.startswith(("C", "G"))

    @property
    def pace(self) -> str:
        """What has a pace of its own."""
        return f"{self.channel}@{self.user}" if self.user else self.channel

    @property
    def method(self) -> str:
        """What says something there."""
        return "chat.postEphemeral" if self.user else "chat.postMessage"
