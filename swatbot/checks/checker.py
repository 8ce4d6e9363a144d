"""The Checker port: runs the checks that checks.toml has for a stage."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from swatbot.checks.command import check_command
from swatbot.checks.http import check_http
from swatbot.checks.logs import watch_logs
from swatbot.checks.logs_source import LogSource
from swatbot.checks.served import check_served
from swatbot.checks.settings import Check, HttpCheck, LogsCheck, ServedCheck, WebAddress, WebCheck
from swatbot.domain.verdict import Finding, Verdict, overall
from swatbot.ports import CheckTask, Clock, Contents, Stop

_AT_ONCE = 8


class Checks:
    """All configured checks.

    Asked once (a task that does not bake), all but `logs` run. While the canaries bake they run too, then the
    logs are watched, and then `http` and `served` run again: a verdict of theirs is the later one.

    Args:
        checks: in the order of their verdicts.
        addresses: where each host's web server answers.
        clock: the time by which logs are asked for.
        contents: the snapshots that hosts are held against.

    Raises:
        re.error: a pattern is no regular expression.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        addresses: Mapping[str, WebAddress],
        clock: Clock,
        contents: Contents,
    ) -> None:
        for pattern in (pattern for check in checks for pattern in _patterns(check)):
            re.compile(pattern)
        self._checks = tuple(checks)
        self._addresses = dict(addresses)
        self._clock = clock
        self._contents = contents
        self._sources = {c.name: LogSource(c) for c in checks if isinstance(c, LogsCheck)}

    def check(self, task: CheckTask, stop: Stop) -> tuple[Verdict, ...]:
        """Run the checks of the task's stage; one verdict for each, never an exception for a failed probe."""
        ours = [check for check in self._checks if task.stage in check.stages]
        logs = [check for check in ours if isinstance(check, LogsCheck)]
        probes = [check for check in ours if not isinstance(check, LogsCheck)]
        found = self._run(probes, task, stop)
        if task.baking:
            found |= self._bake(logs, found, task, stop)
            if overall(found.values()) is Finding.PASS:
                found |= self._run([c for c in probes if isinstance(c, WebCheck)], task, stop)
        return tuple(found[check.name] for check in ours if check.name in found)

    def _bake(
        self, logs: Sequence[LogsCheck], found: Mapping[str, Verdict], task: CheckTask, stop: Stop
    ) -> dict[str, Verdict]:
        if overall(found.values()) is Finding.PASS:
            return self._run(logs, task, stop)
        why = "not watched, because another check did not pass"
        return {check.name: Verdict(check.name, Finding.UNKNOWN, why, task.hosts) for check in logs}

    def _run(self, checks: Sequence[Check], task: CheckTask, stop: Stop) -> dict[str, Verdict]:
        if not checks:
            return {}
        with ThreadPoolExecutor(min(_AT_ONCE, len(checks))) as pool:
            verdicts = pool.map(lambda check: self._one(check, task, stop), checks)
            return {check.name: verdict for check, verdict in zip(checks, verdicts, strict=True)}

    def _one(self, check: Check, task: CheckTask, stop: Stop) -> Verdict:
        if isinstance(check, LogsCheck):
            return watch_logs(check, self._sources[check.name], task, self._clock, stop)
        if isinstance(check, HttpCheck):
            return check_http(check, task.hosts, self._addresses, stop)
        if isinstance(check, ServedCheck):
            return check_served(check, task, self._addresses, self._contents, stop)
        return check_command(check, task, stop)


def _patterns(check: Check) -> tuple[str, ...]:
    if isinstance(check, HttpCheck):
        return (check.body, *(value for _, value in check.headers))
    return (check.pattern, check.file_pattern) if isinstance(check, ServedCheck) else ()
