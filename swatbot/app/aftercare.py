"""Hosts that were brought back are checked like those of a sync: a right file may still not be served."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from swatbot.app.discreet import Discreet
from swatbot.domain.effects import Mend
from swatbot.domain.rules import Rules
from swatbot.domain.stage import HostResult, Outcome, Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import Checker, CheckTask, Clock, Stop

_LOG = logging.getLogger(__name__)


class Aftercare:
    """Runs the checks of the stages that hosts belong to; the logs, which need traffic, are not watched."""

    def __init__(self, checker: Checker, clock: Clock, rules: Rules, discreet: Discreet) -> None:
        self._checker, self._clock, self._rules = checker, clock, rules
        self._discreet = discreet

    def judged(self, effect: Mend, results: Sequence[HostResult], stop: Stop) -> tuple[HostResult, ...]:
        """The results, where a host that fails a check has failed; what can not tell keeps no host away."""
        right = {r.host for r in results if r.outcome is Outcome.OK}
        faults: dict[str, str] = {}
        for stage in Stage:
            hosts = tuple(h for h in self._rules.hosts(stage) if h in right)
            for verdict in self._verdicts(effect, stage, hosts, stop):
                faults |= dict.fromkeys(verdict.hosts or hosts, f"{verdict.check}: {verdict.reason}")
        return tuple(
            replace(r, outcome=Outcome.FAILED, reason=faults[r.host]) if r.host in faults else r
            for r in results
        )

    def _verdicts(self, effect: Mend, stage: Stage, hosts: tuple[str, ...], stop: Stop) -> list[Verdict]:
        if not hosts or stop.is_set():
            return []
        since = self._clock.now()
        task = CheckTask(0, stage, 0, hosts, (), since, baking=False, state=effect.whole)
        found = tuple(map(self._discreet.verdict, self._checker.check(task, stop)))
        for verdict in found:
            if verdict.finding is Finding.UNKNOWN:
                _LOG.warning("after %s were put right: %s: %s", hosts, verdict.check, verdict.reason)
        return [verdict for verdict in found if verdict.finding is Finding.FAIL]
