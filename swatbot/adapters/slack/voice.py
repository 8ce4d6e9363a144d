"""Calls Slack for whoever says something, and knows what follows when it does not listen."""

import logging
from collections.abc import Mapping
from typing import Any

from swatbot.adapters.pace import Backoff
from swatbot.adapters.slack.api import Api, AwayError, DeniedError
from swatbot.adapters.slack.pacing import Pacing
from swatbot.adapters.teller import Teller

MENDED = 60.0
"""Seconds after which it is tried again whether somebody has mended what Slack says is wrong."""
TRIES = 6
"""So often is tried what Slack refuses for a reason that is in no list of ours."""
LONG_TRIES = 10
"""So often, within minutes, what Slack stumbles over while it takes other things; else that is an outage."""
PAUSE = 1.0
"""Seconds before it is tried again the first time; each further pause is twice as long."""
_log = logging.getLogger(__name__)


class Voice:
    """The Web API with its pace; on the sender's thread only."""

    def __init__(self, api: Api, pacing: Pacing, teller: Teller) -> None:
        self.pacing = pacing
        self._api, self._teller = api, teller
        self._backoff = Backoff(1.0, 30.0)
        self._stumbles = 0

    def call(self, method: str, arguments: Mapping[str, Any], channel: str = "") -> dict[str, Any]:
        """What a method answers; if it does, all is well, also in the channel that it was about.

        Raises:
            WaitError, AwayError, DeniedError: as `Api.call`.
        """
        answer = self._api.call(method, arguments)
        self._backoff.reset()
        self._stumbles = 0
        self._teller.well()
        self._teller.well(method)
        if channel:
            self._teller.well(channel)
        return answer

    def away(self, error: AwayError) -> None:
        """Slack can not be reached: everything waits, longer each time."""
        self.pacing.wait("", self._backoff.next())
        self._teller.trouble(f"can not be reached: {error}")

    def shut(self, error: DeniedError, channel: str) -> bool:
        """Whether somebody has to mend the app, or let it in; then that is waited for, and told."""
        if error.of_method:
            self.pacing.wait(error.method, MENDED)
            hint = f"give the app the scope {error.detail or 'that it needs'}, and install it anew"
            self._teller.trouble(f"does not allow {error.method}: {hint}", error.method)
        elif error.of_app:
            self.pacing.wait("", MENDED)
            self._teller.trouble(f"says {error}: see docs/slack.md")
        elif error.of_channel:
            self.pacing.wait(channel, MENDED)
            where = self._teller.called(channel)
            self._teller.trouble(f"{where} says {error}{_what_to_do(error)}", channel)
        return error.of_method or error.of_app or error.of_channel

    def once_more(self, error: DeniedError, tries: int, where: str) -> bool:
        """Whether a refusal may be of the moment; then that is waited for, where the call was about.

        Args:
            error: the refusal.
            tries: how often the same was tried by now.
            where: what waits, as of `Pacing.wait`.
        """
        most = LONG_TRIES if error.perhaps else TRIES
        self._stumbles += error.perhaps
        if error.final or (tries >= most and not self._is_outage(error, tries)):
            return False
        _log.warning("Slack says %s, which may be of the moment: try %d of %d", error, tries, most)
        self.pacing.wait(where, min(PAUSE * 2 ** (tries - 1), MENDED))
        return True

    def _is_outage(self, error: DeniedError, tries: int) -> bool:
        """Whether Slack has taken nothing at all since the first of these tries: then nothing is given up."""
        if not error.perhaps or self._stumbles < tries:
            return False
        self._teller.trouble(f"can not be reached: {error}")
        return True


def _what_to_do(error: DeniedError) -> str:
    return ": invite the app to it" if error.code in ("not_in_channel", "channel_not_found") else ""
