"""Posts a card on Slack, finds it again, and edits it."""

import logging
from typing import Any

from slack_sdk.errors import SlackObjectFormationError

from swatbot.adapters.chat_text import clean
from swatbot.adapters.slack.api import AwayError, DeniedError, WaitError
from swatbot.adapters.slack.blocks import card_blocks
from swatbot.adapters.slack.cards import CardWall, Showing
from swatbot.adapters.slack.find_cards import Finder, mark
from swatbot.adapters.slack.losses import Losses
from swatbot.adapters.slack.refusals import CLOSED, GONE
from swatbot.adapters.slack.text import fitted, told, told_size
from swatbot.adapters.slack.voice import MENDED, Voice

_log = logging.getLogger(__name__)


class CardSayer:
    """Takes a card from the wall to Slack."""

    def __init__(self, voice: Voice, cards: CardWall, losses: Losses) -> None:
        self._voice, self._cards, self._losses = voice, cards, losses
        self._finder = Finder(voice)

    def post(self, showing: Showing) -> None:
        """Post it, or find that a process has posted it which died before it could note so."""
        self._voice.pacing.line(showing.channel)
        try:
            if showing.perhaps and (message := self._finder.find(showing)):
                self._cards.found(showing, message)
                return
            arguments = self._arguments(showing) | {"metadata": mark(showing)}
            answer = self._voice.call("chat.postMessage", arguments, showing.channel)
        except WaitError as error:
            self._voice.pacing.wait(showing.channel, error.seconds)
        except AwayError as error:
            self._voice.away(error)
            if error.perhaps:
                self._cards.perhaps_posted(showing)
        except DeniedError as error:
            self._denied(showing, error)
        except Exception:
            self._stumbled(showing)
            raise
        else:
            self._seen(showing, str(answer["ts"]))

    def edit(self, showing: Showing) -> None:
        """Edit it to its newest state."""
        self._voice.pacing.edit(showing.name)
        try:
            self._voice.call(
                "chat.update", self._arguments(showing) | {"ts": showing.message}, showing.channel
            )
        except WaitError as error:
            self._voice.pacing.wait("edits", error.seconds)
        except AwayError as error:
            self._voice.away(error)
        except DeniedError as error:
            self._denied(showing, error)
        except Exception:
            self._stumbled(showing)
            raise
        else:
            self._seen(showing, showing.message)

    def _arguments(self, showing: Showing) -> dict[str, Any]:
        """An edit that brought no blocks would leave those that are there; a card without them has none."""
        card, shape = showing.card, showing.shape
        text = told(fitted(clean(card.text), shape.text, told_size))
        try:
            blocks = card_blocks(card, shape.block) if shape.block else []
        except SlackObjectFormationError as error:
            raise DeniedError("invalid_blocks", str(error)) from error
        return {"channel": showing.channel, "text": text, "blocks": blocks}

    def _seen(self, showing: Showing, message: str) -> None:
        self._voice.pacing.rest(showing.name)
        self._cards.done(showing, message)
        try:
            showing.seen(message)
        except Exception:  # noqa: BLE001 - the connection outlives what others do with it
            _log.exception("what follows a card that was shown has failed")

    def _denied(self, showing: Showing, error: DeniedError) -> None:
        if error.perhaps and not showing.message:
            self._cards.perhaps_posted(showing)
        if (shape := showing.shape.smaller(error)) is not None:
            _log.error("Slack refuses the form of the card of %s: %s", showing.name, error)
            self._cards.reshape(showing, shape)
        elif error.code in GONE and showing.message:
            self._cards.lost(showing.channel, showing.message)
        elif self._voice.shut(error, showing.channel):
            self._voice.pacing.wait(showing.name, MENDED)
        elif self._voice.once_more(error, showing.tries + 1, _waits(showing)):
            self._cards.tried(showing)
        else:
            _log.error("what the card of %s says now can not be shown: %s", showing.name, error)
            self._give_up(showing, error.code)

    def _stumbled(self, showing: Showing) -> None:
        """After a bug a card goes without its blocks, and is given up only if that was not it."""
        shape = showing.shape.without_blocks()
        if shape is None:
            self._give_up(showing, "a fault of mine")
        else:
            self._cards.reshape(showing, shape)

    def _give_up(self, showing: Showing, why: str) -> None:
        """What lines say goes on; that the card does not is told once."""
        if self._cards.give_up(showing, for_good=why in CLOSED):
            self._losses.card(showing.channel, showing.card.number, why)


def _waits(showing: Showing) -> str:
    """Lines that belong below a card that is not there yet wait for it."""
    return showing.name if showing.message else showing.channel
