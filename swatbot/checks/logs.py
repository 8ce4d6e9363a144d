"""The `logs` check: watches the canaries' logs for as long as it takes to say something about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from swatbot.checks.logs_rule import Opinion, Terms, heard_until, judge, silence
from swatbot.checks.logs_source import LogSource, RefusedError
from swatbot.checks.settings import LogsCheck
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask, Clock, Stop

# Dates in a log store are exact to this.
_TICK = timedelta(milliseconds=1)


def watch_logs(check: LogsCheck, source: LogSource, task: CheckTask, clock: Clock, stop: Stop) -> Verdict:
    """Ask the log store every few seconds until the rule has an opinion.

    It is unknown if the store refused for as long as the check's patience, if a canary was silent for as
    long at any time since it has the change, or if it was told to stop.
    """

    def verdict(finding: Finding, reason: str) -> Verdict:
        return Verdict(check.name, finding, reason, task.hosts)

    if not task.hosts:
        return verdict(Finding.UNKNOWN, "there was no host to watch")
    watch = _Watch(check, source, task)
    answered = clock.now()
    while True:
        now = clock.now()
        try:
            opinion = watch.look(now)
            answered, pause = now, check.poll if watch.seen == now else 0.0
        except RefusedError as error:
            opinion, pause = None, check.poll
            if clock.now() - answered >= timedelta(seconds=check.patience):
                return verdict(Finding.UNKNOWN, f"the log store can not be asked: {error}")
        if opinion is not None:
            return verdict(opinion.finding, opinion.reason)
        if stop.wait(pause):
            return verdict(Finding.UNKNOWN, "stopped before it could tell")


class _Watch:
    """Sees the whole time since the sync, piece by piece.

    One line from each canary does not prove that there were others before it. So no look goes further than
    the check's patience beyond the last line that was seen: a silence that has ended is found too. Who
    begins late, as a second check does, looks at what has passed first, without waiting.

    Attributes:
        seen: up to when the logs were looked at.
    """

    def __init__(self, check: LogsCheck, source: LogSource, task: CheckTask) -> None:
        self._source = source
        self._task = task
        self._terms = Terms(task.hosts, task.control, task.since, check.watch, check.least, check.patience)
        self._heard = task.since
        self.seen = task.since

    def look(self, now: datetime) -> Opinion | None:
        """What can be said after one more look; a pass or a fail only when all until now was seen.

        Raises:
            RefusedError: the log store gave no answer that can be trusted.
        """
        end = self._heard + timedelta(seconds=self._terms.patience) + _TICK
        if end < now:
            # Only whether there are lines is of interest here: a short task spares the store.
            sample = self._source.ask(replace(self._task, since=self._heard), end)
            opinion = self._gap(silence(sample, self._terms), now - end)
        else:
            end = now
            sample = self._source.ask(self._task, now)
            opinion = judge(sample, self._terms)
        self._heard, self.seen = heard_until(sample, self._terms), end
        return opinion

    def _gap(self, found: Opinion | None, ago: timedelta) -> Opinion | None:
        """A silence, with its time if it is over."""
        if found is None or ago.total_seconds() <= self._terms.patience:
            return found
        since = self._heard.astimezone(UTC)
        return replace(found, reason=f"{found.reason} from {since:%H:%M:%S} UTC on")
