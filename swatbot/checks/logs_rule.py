"""The plain rule about the logs of canaries: a sample in, an opinion out. Pure.

The sequential analysis will take the place of `judge`; nothing else has to change for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from swatbot.checks.logs_source import PAST, Errors, Sample
from swatbot.checks.wording import first_line
from swatbot.domain.hosts import fold
from swatbot.domain.verdict import Finding

_ENOUGH = 10
_FACTOR = 10.0
_FLOOR = 1.0
# Rates over less time than this would make a fault of a handful of lines.
_SHORTEST = 5.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What is watched, and for how long.

    Attributes:
        canaries: their names.
        control: names of the control group.
        since: when the first canary got the change.
        watch: seconds after that at which watching ends.
        least: seconds of complete data without which there is no pass.
        patience: seconds without any line of a canary after which nothing can be said.
    """

    canaries: Sequence[str]
    control: Sequence[str]
    since: datetime
    watch: float
    least: float
    patience: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the rule finds, with a reason for people."""

    finding: Finding
    reason: str


def judge(sample: Sample, terms: Terms) -> Opinion | None:
    """Whether the canaries pass, fail or can not be judged; None to go on watching.

    Fail: a message that is new, 10 times, on two canaries or the only one; or 10 errors, on two canaries or
    the only one, at over ten times the control group's rate and over 1 per second and host. Unknown: a
    canary without a line of any level. Pass: enough complete data at about the control group's rate, or
    the end of watching. Without a control group the canaries' own 10 minutes before stand in.

    A sample tells only the newest line of each canary: that there was no silence before it is for who asks.
    """
    return (
        _new_message(sample, terms) or _rate(sample, terms) or silence(sample, terms) or _done(sample, terms)
    )


def _new_message(sample: Sample, terms: Terms) -> Opinion | None:
    if not (sample.control.complete and sample.before.complete):
        return None  # what is missing from a cut list may still have been there
    known = sample.control.messages.keys() | sample.before.messages.keys()
    new = [m for m in sample.canaries.messages if m not in known and _several(sample.where[m], terms)]
    worst = max(new, key=lambda message: sample.canaries.messages[message], default="")
    count = sample.canaries.messages.get(worst, 0)
    if count < _ENOUGH:
        return None
    where = f"on {len(sample.where[worst])}/{len(terms.canaries)} canaries"
    against = "the control group" if terms.control else "the 10 minutes before (no control group)"
    return Opinion(Finding.FAIL, f'new message "{first_line(worst)}" {count}× {where}, 0× in {against}')


def _rate(sample: Sample, terms: Terms) -> Opinion | None:
    ours, usual = _rates(sample, terms)
    involved = frozenset(host for host, count in sample.spread.items() if count)
    harmful = ours > max(_FLOOR, _FACTOR * usual) and sample.canaries.total >= _ENOUGH
    if not harmful or not _several(involved, terms):
        return None
    where = f"on {len(involved)}/{len(terms.canaries)} canaries"
    return Opinion(
        Finding.FAIL, f"{ours:.1f} errors/s per host {where}, {_usual(usual, terms)}{_top(sample.canaries)}"
    )


def heard_until(sample: Sample, terms: Terms) -> datetime:
    """Up to when every canary has been heard."""
    return min(_heard(sample, terms).values())


def silence(sample: Sample, terms: Terms) -> Opinion | None:
    """Unknown if a canary has no line of any level in the last seconds before the sample."""
    heard = _heard(sample, terms)
    silent = [host for host, at in heard.items() if (sample.at - at).total_seconds() > terms.patience]
    if not silent:
        return None
    return Opinion(Finding.UNKNOWN, f"no log line from {fold(silent)} for {terms.patience:g} s")


def _heard(sample: Sample, terms: Terms) -> dict[str, datetime]:
    return {host: max(sample.newest.get(host, terms.since), terms.since) for host in terms.canaries}


def _done(sample: Sample, terms: Terms) -> Opinion | None:
    elapsed = (sample.at - terms.since).total_seconds()
    complete = (heard_until(sample, terms) - terms.since).total_seconds()
    ours, usual = _rates(sample, terms)
    alike = ours <= 2 * usual + 0.5
    if complete >= terms.least and (alike or elapsed >= terms.watch):
        higher = "" if alike else " (higher, but not ten times)"
        reason = f"after {elapsed:.0f} s: {ours:.1f} errors/s per host, {_usual(usual, terms)}{higher}"
        return Opinion(Finding.PASS, reason)
    if elapsed >= terms.watch:
        reason = f"the logs are complete for {complete:.0f} s only, {elapsed:.0f} s after the sync"
        return Opinion(Finding.UNKNOWN, reason)
    return None


def _several(hosts: frozenset[str], terms: Terms) -> bool:
    return len(hosts) >= min(2, len(terms.canaries))


def _rates(sample: Sample, terms: Terms) -> tuple[float, float]:
    """Errors per second and host: of the canaries, and of what they are held against."""
    seconds = max(_SHORTEST, (sample.at - terms.since).total_seconds())
    ours = sample.canaries.total / seconds / len(terms.canaries)
    if terms.control:
        return ours, sample.control.total / seconds / len(terms.control)
    return ours, sample.own_past / PAST.total_seconds() / len(terms.canaries)


def _usual(rate: float, terms: Terms) -> str:
    return (
        f"control group {rate:.1f}"
        if terms.control
        else f"{rate:.1f} in the 10 minutes before (no control group)"
    )


def _top(errors: Errors) -> str:
    top = max(errors.messages, key=lambda message: errors.messages[message], default="")
    return f', most often "{first_line(top)}"' if top else ""
