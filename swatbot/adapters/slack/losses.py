"""Tells what could not be said or shown on Slack, so that nobody takes the channel for all that there was."""

from collections import Counter

from swatbot.adapters.slack.targets import Target
from swatbot.adapters.teller import Teller
from swatbot.chat.messages.text import count, quoted


class Losses:
    """Lines and cards that were given up; on the sender's thread only.

    All channels are told, the one that lacks something among them, since it may have refused just that. If it
    refuses this word as well, what is lost there from then on is counted, and told once it takes a line.
    """

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._lost: Counter[str] = Counter()

    def line(self, target: Target, text: str, why: str) -> None:
        """A line is given up; what was for one person alone is told to nobody else."""
        if target.personal:
            who = self._teller.called(target.user or target.channel)
            self._teller.say(f"does not take an answer for {who} alone ({why})")
            return
        self._lost[target.channel] += 1
        if self._lost[target.channel] == 1:
            what = f"does not take a line ({why}), so it was not said there: {quoted(text)}"
            self._teller.say(f"{self._teller.called(target.channel)} {what}")

    def card(self, channel: str, number: int, why: str) -> None:
        """What a card is to show is given up."""
        hint = f'"!status {number}" tells how it stands'
        where = self._teller.called(channel)
        self._teller.say(f"{where} does not take the card of #{number} ({why}): {hint}")

    def said(self, target: Target) -> None:
        """A line was taken."""
        more = 0 if target.personal else self._lost.pop(target.channel, 0) - 1
        if more > 0:
            where = self._teller.called(target.channel)
            self._teller.say(f"{where} did not get {count(more, 'more line')}: my log has what")
