"""The thread that does all the talking on Slack: at its pace, by urgency, cards before what goes below."""

import logging
import threading
import time

from swatbot.adapters.outbox import Outbox
from swatbot.adapters.slack.api import Api
from swatbot.adapters.slack.cards import CardWall
from swatbot.adapters.slack.losses import Losses
from swatbot.adapters.slack.pacing import Pacing
from swatbot.adapters.slack.say_cards import CardSayer
from swatbot.adapters.slack.say_lines import LineSayer
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.voice import Voice
from swatbot.adapters.teller import Teller
from swatbot.ports import Clock

_log = logging.getLogger(__name__)
_IDLE, _STOP_SECONDS, _LEAST = 60.0, 5.0, 0.01


class Sender:
    """Says lines and keeps cards true.

    Args:
        settings: the workspace.
        api: its Web API.
        outbox: the lines that wait.
        cards: the cards.
        clock: tells which lines are late.
        teller: told of troubles.
    """

    def __init__(
        self, settings: SlackSettings, api: Api, outbox: Outbox, cards: CardWall, clock: Clock, teller: Teller
    ) -> None:
        self._outbox, self._cards = outbox, cards
        self._pacing = Pacing(settings.post_burst, settings.post_every, settings.edit_every)
        voice = Voice(api, self._pacing, teller)
        losses = Losses(teller)
        self._lines = LineSayer(settings, voice, outbox, cards, clock, losses)
        self._shows = CardSayer(voice, cards, losses)
        self._news = threading.Event()
        self._stop_by: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"slack-{settings.team}-says", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def poke(self) -> None:
        """There is something to be sent; from any thread."""
        self._news.set()

    def stop(self) -> None:
        """Send what waits if that is possible within seconds, and end."""
        self._stop_by = time.monotonic() + _STOP_SECONDS
        self.poke()
        if self._thread.is_alive():
            self._thread.join(2 * _STOP_SECONDS)

    def _run(self) -> None:
        while not self._is_over():
            self._news.clear()
            try:
                busy = self._one()
            except Exception:  # noqa: BLE001 - what is said next must still be said
                _log.exception("saying something on Slack stumbled")
                self._pacing.wait("", 1.0)
                busy = False
            if not busy:
                self._news.wait(max(_LEAST, self._next()))

    def _is_over(self) -> bool:
        if self._stop_by is None:
            return False
        nothing_left = not len(self._outbox) and not self._cards.open()
        return nothing_left or time.monotonic() > self._stop_by

    def _next(self) -> float:
        """Seconds until something that waits may be sent, or until the end."""
        waits = [_IDLE if self._stop_by is None else self._stop_by - time.monotonic()]
        for showing in self._cards.open():
            until = self._pacing.until_line(showing.channel)
            waits.append(self._pacing.until_edit(showing.name) if showing.message else until)
        waits += [self._until_line(channel) for channel in self._outbox.targets()]
        return min(waits)

    def _one(self) -> bool:
        """Send one thing; whether there was one that may be sent now."""
        self._outbox.sweep()
        showing = self._cards.unposted(lambda s: self._pacing.until_line(s.channel) <= 0)
        if showing is not None:
            self._shows.post(showing)
            return True
        post = self._outbox.take(lambda target: self._until_line(target) <= 0)
        if post is not None:
            self._lines.say(post)
            return True
        showing = self._cards.unedited(lambda s: self._pacing.until_edit(s.name) <= 0)
        if showing is not None:
            self._shows.edit(showing)
        return showing is not None

    def _until_line(self, where: str) -> float:
        target = Target.of(where)
        return self._pacing.until_line(target.pace, target.method)
