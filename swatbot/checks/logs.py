"""The `logs` check: watches the canaries' logs for as long as it takes to say something about them."""

from datetime import timedelta

from swatbot.checks.logs_rule import Terms, judge
from swatbot.checks.logs_source import LogSource, RefusedError
from swatbot.checks.settings import LogsCheck
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask, Clock, Stop


def watch_logs(check: LogsCheck, source: LogSource, task: CheckTask, clock: Clock, stop: Stop) -> Verdict:
    """Ask the log store every few seconds until the rule has an opinion.

    It is unknown if the store refused for as long as the check's patience, or if it was told to stop.
    """

    def verdict(finding: Finding, reason: str) -> Verdict:
        return Verdict(check.name, finding, reason, task.hosts)

    if not task.hosts:
        return verdict(Finding.UNKNOWN, "there was no host to watch")
    terms = Terms(task.hosts, task.control, task.since, check.watch, check.least, check.patience)
    answered = clock.now()
    while True:
        now = clock.now()
        try:
            opinion = judge(source.ask(task, now), terms)
            answered = now
        except RefusedError as error:
            opinion = None
            if clock.now() - answered >= timedelta(seconds=check.patience):
                return verdict(Finding.UNKNOWN, f"the log store can not be asked: {error}")
        if opinion is not None:
            return verdict(opinion.finding, opinion.reason)
        if stop.wait(check.poll):
            return verdict(Finding.UNKNOWN, "stopped before it could tell")
