"""What automated checks say, always with a reason that a person can act on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """No data is not health: a check that could not run is `unknown`."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found.

    Attributes:
        check: its name in checks.toml.
        finding: pass, fail or unknown.
        reason: one sentence, without the names of check and deployment.
        hosts: the hosts that it is about.
    """

    check: str
    finding: Finding
    reason: str
    hosts: tuple[str, ...] = ()


def overall(verdicts: Iterable[Verdict]) -> Finding:
    """`fail` if any check failed, else `unknown` if any could not tell, else `pass`.

    No verdicts at all pass only because a stage without checks is configured so; a configured check
    that did not run reports `unknown` itself.
    """
    findings = {v.finding for v in verdicts}
    for worst in (Finding.FAIL, Finding.UNKNOWN):
        if worst in findings:
            return worst
    return Finding.PASS


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """The first verdict that decides, if any is not a pass."""
    listed = list(verdicts)
    for finding in (Finding.FAIL, Finding.UNKNOWN):
        for verdict in listed:
            if verdict.finding is finding:
                return verdict
    return None
