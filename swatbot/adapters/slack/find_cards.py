"""Finds the cards on Slack that a process has posted which died before it could note so."""

import logging
from datetime import timedelta
from typing import Any

from swatbot.adapters.slack.api import DeniedError
from swatbot.adapters.slack.cards import Place, Showing
from swatbot.adapters.slack.voice import Voice

_log = logging.getLogger(__name__)
# Slack asks for pages of no more than 200, and takes some 50 calls a minute of this kind.
PAGE, PAGES = 200, 40
# Slack stamps messages with its own clock, and this machine's may be wrong.
_SKEW = timedelta(minutes=10)


class Finder:
    """Looks through a channel, the newest message first, back to when the deployment was asked for.

    If Slack asks to wait in between, what was looked through is not looked through again.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._me = ""
        self._looked: dict[Place, tuple[int, str]] = {}

    def find(self, showing: Showing) -> str:
        """The message that is the card, "" if there is none among as many as are looked through.

        Raises:
            WaitError, AwayError, DeniedError: that is not known yet.
        """
        pages, cursor = self._looked.get(showing.place, (0, ""))
        found = ""
        while not found and pages < PAGES and (cursor or not pages):
            found, cursor = self._looked_further(showing, pages, cursor)
            pages += 1
        self._looked.pop(showing.place, None)
        if cursor and not found:
            _log.warning("no card of %s is among the last %d messages there", showing.name, PAGE * PAGES)
        return found

    def _looked_further(self, showing: Showing, pages: int, cursor: str) -> tuple[str, str]:
        try:
            found, cursor = self._page(showing, cursor)
        except DeniedError as error:  # perhaps of the cursor, which does not live for ever
            self._looked.pop(showing.place, None)
            if not error.of_method:
                raise
            # A card that is there twice is better than none, and than one that keeps what else is said.
            self._voice.shut(error, showing.channel)
            return "", ""
        self._looked[showing.place] = pages + 1, cursor
        return found, cursor

    def _page(self, showing: Showing, cursor: str) -> tuple[str, str]:
        """The card if it is on a page, and the cursor of the page after it, "" for none."""
        self._me = self._me or str(self._voice.call("auth.test", {})["bot_id"])
        arguments: dict[str, Any] = {
            "channel": showing.channel,
            "limit": PAGE,
            "include_all_metadata": True,
            **({"cursor": cursor} if cursor else {}),
            **_since(showing),
        }
        answer = self._voice.call("conversations.history", arguments, showing.channel)
        ours = (m for m in answer["messages"] if m.get("bot_id") == self._me)
        found = next((str(m["ts"]) for m in ours if m.get("metadata") == mark(showing)), "")
        return found, str(answer.get("response_metadata", {}).get("next_cursor", ""))


def mark(showing: Showing) -> dict[str, Any]:
    """By which a card is found again; only our own app can write it into a message of ours."""
    return {"event_type": "swatbot_card", "event_payload": {"number": showing.card.number}}


def _since(showing: Showing) -> dict[str, str]:
    since = showing.card.since
    return {"oldest": f"{(since - _SKEW).timestamp():.6f}", "inclusive": "true"} if since else {}
