"""What workers report about hosts, checks and the end of a deployment, judged by budget and verdict."""

from dataclasses import replace
from datetime import datetime, timedelta

from swatbot.domain import commands as c
from swatbot.domain import events as e
from swatbot.domain.applied import STAGE_OF
from swatbot.domain.deployment import Cause, CauseKind, HoldKind, Kind, State
from swatbot.domain.effects import PutRight, RestoreStep, SyncStep
from swatbot.domain.findings import Holdings, Mark
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live, Phase
from swatbot.domain.reasons import LookupFailed
from swatbot.domain.rules import Rules
from swatbot.domain.stage import HostResult, Outcome, Stage, failures
from swatbot.domain.status import Status
from swatbot.domain.verdict import Finding, Verdict, overall, worst

_FOLD = timedelta(milliseconds=250)
_FIRST_LINE = timedelta(seconds=2)
_NEXT_LINE = timedelta(seconds=10)


def on_hosts(
    status: Status, d: Live, command: c.HostsReported, now: datetime, rules: Rules
) -> tuple[e.Event, ...]:
    """Results are recorded whatever happened meanwhile; past the budget the deployment is undone.

    Hosts that were stale before it began do not count, as long as there are others; excluded ones never.
    """
    effect, results = command.effect, command.results
    if isinstance(effect, RestoreStep):
        return (e.HostsRestored(d.number, effect.step, results),)
    synced: e.Event
    if isinstance(effect, PutRight):
        synced = e.HostsPutRight(d.number, effect.stage, results)
        missing = failures(results)
    else:
        synced = e.HostsSynced(d.number, effect.stage, effect.step, results)
        missing = (*_left_out(d, effect.stage), *failures(results))
    ours = d.hosts(effect.stage)
    missing = tuple(r for r in missing if r.host in d.hosts())
    failed = tuple(r for r in missing if r.host not in status.stale)
    total = len(ours)
    within = rules.budget(effect.stage).allows(len(failed), total) and len(missing) < max(total, 1)
    if STAGE_OF.get(d.state) is not effect.stage or within:
        return (synced,)
    # The decision comes first: what was not begun must not look as if it were to be begun now.
    return _bad(d, CauseKind.BUDGET, _failed_hosts(failed or missing), now, rules), synced


def _left_out(d: Live, stage: Stage) -> tuple[HostResult, ...]:
    """Hosts that could not be put right before, and so were not synced."""
    return tuple(HostResult(h, Outcome.FAILED, reason=d.failed.get(h, "")) for h in d.unready(stage))


def on_progress(d: Live, command: c.TellProgress, now: datetime) -> tuple[e.Event, ...]:
    """At most one record in 250 ms; a line after two seconds, and then one in ten."""
    effect, tally = command.effect, command.tally
    if not isinstance(effect, SyncStep) or STAGE_OF.get(d.state) is not effect.stage:
        return ()
    earlier = len(d.of_stage(effect.stage)) - len(effect.hosts)
    tally = replace(tally, ok=tally.ok + earlier)
    if d.tally == tally:
        return ()
    begun = d.stage_at or now
    quiet = now - (d.told_at or begun)
    told = quiet >= (_NEXT_LINE if d.told_at else _FIRST_LINE) and tally.in_flight + tally.left > 0
    return (e.Progressed(d.number, tally, told),)


def on_checks(d: Live, command: c.ChecksReported, now: datetime, rules: Rules) -> tuple[e.Event, ...]:
    """`pass` goes on, `fail` is undone, `unknown` holds and asks; a late answer is asked for again."""
    effect = command.effect
    state = State.BAKING if effect.baking else _state_of(effect.stage.value)
    if d.state is not state or d.phase is not Phase.CHECK:
        return ()
    checked = e.Checked(d.number, effect.stage, effect.step, effect.baking, command.verdicts)
    decisive = worst(command.verdicts)
    if decisive is None:
        return (checked,)
    if overall(command.verdicts) is Finding.FAIL:
        return checked, _bad(d, CauseKind.CHECK, _sentence(decisive), now, rules)
    held = e.Held(d.number, HoldKind.QUESTION, "", _sentence(decisive), now + rules.ask_within)
    return checked, held


def on_staged(d: Live, command: c.StagedReported) -> tuple[e.Event, ...]:
    """What was verified is what ships only if it was still there; who can not be asked proves nothing.

    Where no test server had it, somebody let it go on with a reason.
    """
    if d.state is not State.AWAITING_VERIFICATION or d.waits_for or d.phase is not Phase.DONE:
        return ()
    if command.drift or command.silent:
        return (e.NoLongerStaged(d.number, command.drift, command.silent),)
    return (e.StillStaged(d.number),)


def on_finished(status: Status, d: Live, command: c.Finished) -> tuple[e.Event, ...]:
    """It is over; from now on the fleet holds it, and hosts that do not are stale."""
    if d.state is not State.FINISHING or status.holdings is None:
        return ()
    marks = _undone_marks(status, d) if d.kind is Kind.ROLLBACK else _new_marks(status.holdings, d)
    wanted = 0 if d.kind is Kind.ROLLBACK else len(d.states) - 1
    new = {h for h, numbers in status.stale.items() if not numbers}
    proven = {h for h in d.hosts() if d.proves(h, wanted)} - new
    # Hosts that came into the config since the snapshot missed it, too.
    stale = tuple(h for h in status.hosts if h not in proven)
    newer = command.newer and d.kind is Kind.SYNC
    return (e.Completed(d.number, Holdings(command.manifest, marks), stale, newer),)


def on_failed_effect(d: Live, command: c.EffectFailed) -> tuple[e.Event, ...]:
    """An operational error ends what touched nothing yet, and holds what did; a bug always holds."""
    if not command.bug and d.state is State.INSPECTING:
        return (e.Refused(d.number, LookupFailed(error=command.error)),)
    if not command.bug and d.state is State.SNAPSHOTTING:
        return (e.Failed(d.number, LookupFailed(error=command.error)),)
    if d.state is State.ROLLING_BACK and isinstance(command.effect, PutRight):
        effect, reason = command.effect, command.error
        results = (HostResult(h, Outcome.FAILED, reason=reason) for h in effect.hosts)
        return (e.HostsPutRight(d.number, effect.stage, tuple(results)),)
    if d.state is State.ROLLING_BACK and not isinstance(command.effect, RestoreStep):
        return ()  # it is no longer wanted, and nothing gates a rollback
    if d.hold is not None and d.hold.kind is not HoldKind.PERSON:
        return ()
    return (e.Held(d.number, HoldKind.STUMBLE, d.hold.by if d.hold else "", command.error),)


def _state_of(stage: str) -> State:
    return next(state for state, found in STAGE_OF.items() if found.value == stage)


def _bad(d: Live, kind: CauseKind, why: str, now: datetime, rules: Rules) -> e.Event:
    if rules.fail_rolls_back or d.state is State.STAGING:
        return e.RollbackStarted(d.number, Cause(kind, "", why))
    return e.Held(d.number, HoldKind.QUESTION, "", why, now + rules.ask_within)


def _sentence(verdict: Verdict) -> str:
    """The reason, with the check's name before it unless it speaks of logs by itself."""
    return verdict.reason if "log" in verdict.check.lower() else f"{verdict.check}: {verdict.reason}"


def _failed_hosts(failed: tuple[HostResult, ...]) -> str:
    first = failed[0]
    same = [r.host for r in failed if r.reason == first.reason]
    others = len(failed) - len(same)
    more = f", and {others} more" if others else ""
    return f"{fold(same)}: {first.reason}{more}"


def _new_marks(before: Holdings, d: Live) -> tuple[Mark, ...]:
    fresh = tuple(Mark(path, d.head, d.number) for path in d.plan.paths)
    kept = tuple(m for m in before.marks if m.path not in d.plan.paths)
    return kept + fresh


def _undone_marks(status: Status, d: Live) -> tuple[Mark, ...]:
    """The marks from before the original, followed by those of deployments since; none that is undone."""
    current = status.holdings.marks if status.holdings else ()
    before = d.before.marks if d.before else ()
    undone = {
        d.of,
        *(o.of for o in status.past.values() if o.kind is Kind.ROLLBACK and o.state is State.COMPLETED),
    }
    marks = before + tuple(m for m in current if m not in before)
    return tuple(m for m in marks if not m.number or m.number not in undone)
