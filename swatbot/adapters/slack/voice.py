"""Calls Slack for whoever says something, and knows what follows when it does not listen."""

from collections.abc import Mapping
from typing import Any

from swatbot.adapters.pace import Backoff
from swatbot.adapters.slack.api import Api, AwayError, DeniedError
from swatbot.adapters.slack.pacing import Pacing
from swatbot.adapters.teller import Teller

MENDED = 60.0
"""Seconds after which it is tried again whether somebody has mended what Slack says is wrong."""


class Voice:
    """The Web API with its pace; on the sender's thread only."""

    def __init__(self, api: Api, pacing: Pacing, teller: Teller) -> None:
        self.pacing = pacing
        self._api, self._teller = api, teller
        self._backoff = Backoff(1.0, 30.0)

    def call(self, method: str, arguments: Mapping[str, Any], channel: str = "") -> dict[str, Any]:
        """What a method answers; if it does, all is well, also in the channel that it was about.

        Raises:
            WaitError, AwayError, DeniedError: as `Api.call`.
        """
        answer = self._api.call(method, arguments)
        self._backoff.reset()
        self._teller.well()
        if channel:
            self._teller.well(channel)
        return answer

    def away(self, error: AwayError) -> None:
        """Slack can not be reached: everything waits, longer each time."""
        self.pacing.wait("", self._backoff.next())
        self._teller.trouble(f"can not be reached: {error}")

    def shut(self, error: DeniedError, channel: str) -> bool:
        """Whether somebody has to mend the app, or let it in; then that is waited for, and told."""
        if not error.of_app and not error.of_channel:
            return False
        where = "" if error.of_app else channel
        self.pacing.wait(where, MENDED)
        self._teller.trouble(f"{where} says {error}{_what_to_do(error)}".strip(), where)
        return True


def _what_to_do(error: DeniedError) -> str:
    if error.code in ("not_in_channel", "channel_not_found"):
        return ": invite the app to it"
    return ": see docs/slack.md" if error.of_app else ""
