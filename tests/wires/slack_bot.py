"""The adapter alone on the stand-in: what it hears, what becomes of its lines, what it tells of itself."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.slack.chat import SlackChat
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.watch import Watch
from swatbot.chat.card import Bar, Button, Card, Tone, Weight
from swatbot.ports import Incoming, Outgoing
from tests.wires.slack.limits import Limits
from tests.wires.slack.people import Person
from tests.wires.slack.standin import SlackStandIn

WAIT = 15.0
CHANNEL = "#deploy"
Json = dict[str, Any]


def card(number: int = 1, state: str = "is next", **more: Any) -> Card:
    """A card that has all that one can have."""
    found: dict[str, Any] = {
        "title": f"#{number} wmf-config",
        "tone": Tone.WORKING,
        "message": "dana: Enable it (T1)",
        "changes": ("a54a3d1 by alice: Enable it",),
        "people": ("alice: not yet",),
        "checks": ("front page: pass, 1/1 answer",),
        "bars": (Bar("testservers", 1, 1), Bar("fleet", 0, 97)),
        "buttons": (Button("verify", "Verified", Weight.GO), Button("hold", "Hold")),
    }
    return Card(number, state=state, **(found | more))


@dataclass
class Alone:
    """A bot that only listens and says what it is told to."""

    slack: SlackStandIn
    dana: Person
    channel: str
    settings: SlackSettings
    watch: Watch
    chat: SlackChat
    heard: "queue.Queue[Incoming]" = field(default_factory=queue.Queue)
    told: "queue.Queue[str]" = field(default_factory=queue.Queue)
    but: "queue.Queue[frozenset[str]]" = field(default_factory=queue.Queue)
    gaps: "queue.Queue[tuple[datetime, datetime]]" = field(default_factory=queue.Queue)
    seen: "queue.Queue[tuple[int, str]]" = field(default_factory=queue.Queue)

    def another(self, **changes: Any) -> SlackChat:
        """The adapter of another process, with changes to the settings."""
        return SlackChat(replace(self.settings, **changes), SystemClock(), self.watch)

    def say(
        self, text: str, to: str = "", under: int | None = None, **more: Any
    ) -> "queue.Queue[str | None]":
        """Post a line, which calls dana if it addresses her; the queue gets what became of it."""
        done: queue.Queue[str | None] = queue.Queue()
        self.chat.post(
            Outgoing(to or self.channel, text, under=under, **({"calls": ("dana",)} | more)), done.put
        )
        return done

    def show(self, card: Card, posted: str = "", *, perhaps: bool = False) -> None:
        number = card.number
        self.chat.show(self.channel, card, lambda ts: self.seen.put((number, ts)), posted, perhaps=perhaps)

    def texts(self) -> list[str]:
        """What the bot says in the channel, cards and threads too."""
        return [self.slack.text_of(m) for m in self.ours()]

    def ours(self) -> list[Json]:
        return [m for m in self.slack.messages(CHANNEL) if m.get("bot_id") == self.slack.app.bot_id]


@contextmanager
def alone(limits: Limits | None = None, **more: Any) -> Iterator[Alone]:
    """The adapter, connected.

    Args:
        limits: Slack's, none by default.
        more: of the settings.
    """
    clock = SystemClock()
    now = clock.now().timestamp()
    slack = SlackStandIn(limits=limits or Limits.off(), epoch=now, retries=(0.0, 1.0, 2.0))
    with slack:
        dana = slack.user("dana")
        channel = slack.channel(CHANNEL, dana)
        app = slack.app
        fast = {"post_burst": 100, "edit_every": 0.05, "told_after": 0.0, "ping_every": 1.0}
        settings = SlackSettings(
            team=app.team,
            channels=(channel,),
            bot_token=app.bot_token,
            app_token=app.app_token,
            people={"dana": dana.id},
            api_url=slack.api_url,
            **(fast | more),
        )
        told: queue.Queue[str] = queue.Queue()
        but: queue.Queue[frozenset[str]] = queue.Queue()
        gaps: queue.Queue[tuple[datetime, datetime]] = queue.Queue()

        def trouble(text: str, where: frozenset[str]) -> None:
            told.put(text)
            but.put(where)

        watch = Watch(trouble, lambda start, end: gaps.put((start, end)))
        chat = SlackChat(settings, clock, watch)
        made = Alone(slack, dana, channel, settings, watch, chat, told=told, but=but, gaps=gaps)
        made.chat.start(made.heard.put)
        assert made.chat.wait_joined(WAIT)
        try:
            yield made
        finally:
            made.chat.stop()
