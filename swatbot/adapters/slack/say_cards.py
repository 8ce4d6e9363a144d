"""Posts a card on Slack, finds it again, and edits it."""

import logging
from typing import Any

from slack_sdk.errors import SlackObjectFormationError

from swatbot.adapters.chat_text import clean
from swatbot.adapters.slack.api import AwayError, DeniedError, WaitError
from swatbot.adapters.slack.blocks import card_blocks
from swatbot.adapters.slack.cards import CardWall, Showing
from swatbot.adapters.slack.say_lines import BAD_BLOCKS
from swatbot.adapters.slack.text import told
from swatbot.adapters.slack.voice import MENDED, Voice

_log = logging.getLogger(__name__)
_LOOKED_THROUGH = 100


class CardSayer:
    """Takes a card from the wall to Slack."""

    def __init__(self, voice: Voice, cards: CardWall) -> None:
        self._voice, self._cards = voice, cards

    def post(self, showing: Showing) -> None:
        """Post it, or find that a process has posted it which died before it could note so."""
        self._voice.pacing.line(showing.channel)
        try:
            if showing.perhaps and (message := self._find(showing)):
                self._cards.found(showing, message)
                return
            arguments = self._arguments(showing) | {"metadata": _metadata(showing)}
            answer = self._voice.call("chat.postMessage", arguments, showing.channel)
        except WaitError as error:
            self._voice.pacing.wait(showing.channel, error.seconds)
        except AwayError as error:
            self._voice.away(error)
            if error.perhaps:
                self._cards.perhaps_posted(showing)
        except DeniedError as error:
            self._denied(showing, error)
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
        else:
            self._seen(showing, showing.message)

    def _arguments(self, showing: Showing) -> dict[str, Any]:
        found: dict[str, Any] = {"channel": showing.channel, "text": told(clean(showing.card.text))}
        if showing.plain:
            return found
        try:
            return found | {"blocks": card_blocks(showing.card)}
        except SlackObjectFormationError as error:
            raise DeniedError("invalid_blocks", str(error)) from error

    def _seen(self, showing: Showing, message: str) -> None:
        self._voice.pacing.rest(showing.name)
        self._cards.done(showing, message)
        try:
            showing.seen(message)
        except Exception:  # noqa: BLE001 - the connection outlives what others do with it
            _log.exception("what follows a card that was shown has failed")

    def _denied(self, showing: Showing, error: DeniedError) -> None:
        if error.code in BAD_BLOCKS and not showing.plain:
            _log.error("Slack refuses the blocks of the card of %s: %s", showing.name, error)
            self._cards.refused(showing)
        elif error.code == "message_not_found" and showing.message:
            self._cards.lost(showing.channel, showing.message)
        elif self._voice.shut(error, showing.channel):
            self._voice.pacing.wait(showing.name, MENDED)
        else:  # the thread goes on, and says what the card does not
            _log.error("the card of %s can not be shown any more: %s", showing.name, error)
            self._cards.fix(showing)

    def _find(self, showing: Showing) -> str:
        me = str(self._voice.call("auth.test", {}).get("bot_id", ""))
        arguments = {"channel": showing.channel, "limit": _LOOKED_THROUGH, "include_all_metadata": True}
        for message in self._voice.call("conversations.history", arguments, showing.channel)["messages"]:
            if message.get("bot_id") == me and message.get("metadata") == _metadata(showing):
                return str(message["ts"])
        return ""


def _metadata(showing: Showing) -> dict[str, Any]:
    """By which a card is found again; only our own app can write it into a message of ours."""
    return {"event_type": "swatbot_card", "event_payload": {"number": showing.card.number}}
