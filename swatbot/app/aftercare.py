"""Hosts that were brought back are checked like those of a sync: a right file may still not be served."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from swatbot.app.discreet import Discreet
from swatbot.domain.effects import Mend
from swatbot.domain.rules import Rules
from swatbot.domain.stage import HostResult, Outcome, Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import Checker, CheckTask, Clock, Stop


class Aftercare:
    """Runs the checks of the stages that hosts belong to; the logs, which need traffic, are not watched."""

    def __init__(self, checker: Checker, clock: Clock, rules: Rules, discreet: Discreet) -> None:
        self._checker, self._clock, self._rules = checker, clock, rules
        self._discreet = discreet

    def judged(self, effect: Mend, results: Sequence[HostResult], stop: Stop) -> tuple[HostResult, ...]:
        """The results, where a host that fails a check has failed.

        A check that can not tell keeps no host away, and is the reason of a result that is well.
        """
        right = {r.host for r in results if r.outcome is Outcome.OK}
        said: dict[Finding, dict[str, str]] = {finding: {} for finding in Finding}
        for stage in Stage:
            hosts = tuple(h for h in self._rules.hosts(stage) if h in right)
            for verdict in self._verdicts(effect, stage, hosts, stop):
                words = f"{verdict.check}: {verdict.reason}"
                said[verdict.finding] |= dict.fromkeys(verdict.hosts or hosts, words)
        return tuple(_judged(r, said) if r.host in right else r for r in results)

    def _verdicts(
        self, effect: Mend, stage: Stage, hosts: tuple[str, ...], stop: Stop
    ) -> tuple[Verdict, ...]:
        if not hosts or stop.is_set():
            return ()
        since = self._clock.now()
        task = CheckTask(0, stage, 0, hosts, (), since, baking=False, state=effect.whole)
        return tuple(map(self._discreet.verdict, self._checker.check(task, stop)))


def _judged(result: HostResult, said: Mapping[Finding, Mapping[str, str]]) -> HostResult:
    fault, doubt = (said[finding].get(result.host, "") for finding in (Finding.FAIL, Finding.UNKNOWN))
    if fault:
        return replace(result, outcome=Outcome.FAILED, reason=fault)
    return replace(result, reason=doubt) if doubt else result
