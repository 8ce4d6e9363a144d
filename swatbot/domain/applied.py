"""What an event changes in one deployment; `evolve` folds it into the status."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from swatbot.domain import events as e
from swatbot.domain.deployment import Asked, HoldKind, State
from swatbot.domain.live import Hold, HostMark, Live, Phase
from swatbot.domain.stage import HostResult, Outcome, Stage, failures
from swatbot.domain.transitions import BACK, Target
from swatbot.domain.verdict import Finding, overall

STAGE_OF = {State.STAGING: Stage.TESTSERVERS, State.CANARIES: Stage.CANARIES, State.FLEET: Stage.FLEET}


def applied(d: Live, event: e.DeploymentEvent, at: datetime, target: Target) -> Live:
    """The deployment after an event that leads to `target` by the transition table."""
    after = _APPLY.get(type(event), _unchanged)(d, event, at)
    back = d.hold.resume_to if d.hold else d.state
    state = back if target == BACK else State(target)
    after = after if after.state is state else replace(after, state=state)
    return _begun(_settled(d, after, at))


def _settled(before: Live, d: Live, at: datetime) -> Live:
    """What every change of state brings with it."""
    if d.state is not State.HELD and before.state is State.HELD and before.hold is not None:
        d = credited(replace(d, hold=None), at - before.hold.since)
    return replace(d, ended_at=at) if d.state.terminal else d


def credited(d: Live, span: timedelta) -> Live:
    """Its deadlines moved by a time in which nobody could have kept them."""

    def later(when: datetime | None) -> datetime | None:
        return when + span if when else None

    return replace(
        d, asked_at=later(d.asked_at), reminded_at=later(d.reminded_at), deadline=later(d.deadline)
    )


def _begun(d: Live) -> Live:
    """Mark the hosts of a stage as begun before anything is sent, so that a crash forgets none."""
    stage = STAGE_OF.get(d.state)
    if stage is None or d.phase is not Phase.SYNC:
        return d
    level = d.step + 1
    unready = d.unready(stage)
    wanted = (h for h in d.of_stage(stage) if h not in unready)
    hosts = [h for h in wanted if h not in d.marks or d.marks[h].attempted < level]
    if not hosts:
        return d
    first = HostMark(level, 0)
    fresh = {h: replace(d.marks[h], attempted=level) if h in d.marks else first for h in hosts}
    return replace(d, marks={**d.marks, **fresh})


Apply = Callable[[Live, Any, datetime], Live]


def _unchanged(d: Live, _event: e.DeploymentEvent, _at: datetime) -> Live:
    return d


def _accepted(d: Live, event: e.Accepted, _at: datetime) -> Live:
    return replace(
        d,
        changes=event.changes,
        asked=tuple(Asked(p) for p in event.asked),
        private=event.private,
        edits=event.edits,
        undone=event.notes.undone,
        left=event.left,
    )


def _pinned(d: Live, event: e.Pinned, at: datetime) -> Live:
    pin = event.pin
    d = replace(d, head=pin.findings.head, states=pin.states, before=event.before, stages=event.stages)
    d = replace(d, behind=event.behind)
    if event.gone:
        changes = tuple(change for change in d.changes if change.short not in event.gone)
        d = replace(d, changes=changes, asked=tuple(Asked(p) for p in event.asked))
    return _enter(d, Stage.TESTSERVERS, at)


def _enter(d: Live, stage: Stage, at: datetime) -> Live:
    phase = Phase.BASELINE if d.unready(stage) else Phase.SYNC
    return replace(d, stage=stage, step=0, phase=phase, stage_at=at, tally=None, told_at=None)


def _put_right(d: Live, event: e.HostsPutRight, _at: datetime) -> Live:
    results = [r for r in event.results if r.host in d.behind]  # or it was excluded meanwhile
    proven = {r.host: HostMark(0, 0) for r in results if r.outcome is Outcome.OK}
    # Who was staged before, and can not be put right to be staged anew, may still have all of it.
    failed = {r.host: _not_right(d.marks.get(r.host, HostMark(0, None)), r) for r in failures(results)}
    begun = len(proven) + len(failed) == len(results) and not (d.state is State.HELD and failed)
    over = d.phase is Phase.BASELINE and (begun or d.cause is not None)
    phase = Phase.SYNC if over else d.phase
    behind = tuple(h for h in d.behind if h not in proven)
    return replace(d, marks={**d.marks, **proven, **failed}, phase=phase, behind=behind)


def _not_right(mark: HostMark, result: HostResult) -> HostMark:
    return replace(mark, proven=None, reason=result.reason, uncertain=mark.attempted > 0)


def _synced(d: Live, event: e.HostsSynced, _at: datetime) -> Live:
    marks = dict(d.marks)
    ours = set(d.hosts())
    for result in event.results:
        if result.host in ours:  # or it was excluded meanwhile
            marks[result.host] = _marked(marks.get(result.host, HostMark(0, 0)), result, event.step)
    d = replace(d, marks=marks)
    begun = all(r.outcome is not Outcome.NOT_STARTED for r in event.results)
    if d.state is State.HELD and failures(event.results):
        begun = False  # the budget is not judged now: whoever resumes has the failed hosts tried again
    here = d.stage is event.stage and d.step + 1 == event.step and d.cause is None
    return replace(d, phase=Phase.CHECK) if begun and here else d


def _marked(mark: HostMark, result: HostResult, state: int) -> HostMark:
    match result.outcome:
        case Outcome.OK:
            return HostMark(state, state, reached=state)
        case Outcome.FAILED:
            highest = max(mark.attempted, state)
            return HostMark(highest, None, result.reason, uncertain=True, reached=highest)
        case Outcome.UNREACHABLE:
            return replace(_not_begun(mark), proven=None, reason=result.reason)
        case Outcome.NOT_STARTED:
            return _not_begun(mark)


def _not_begun(mark: HostMark) -> HostMark:
    """Nothing was sent this time: what is there is what was there, if that is known."""
    return mark if mark.uncertain else replace(mark, attempted=mark.reached)


def _restored(d: Live, event: e.HostsRestored, _at: datetime) -> Live:
    marks = dict(d.marks)
    for result in event.results:
        mark = marks.get(result.host)
        if mark is None:  # it was excluded meanwhile
            continue
        if result.outcome is Outcome.OK:
            marks[result.host] = HostMark(event.step, event.step, reached=event.step)
        elif result.outcome is not Outcome.NOT_STARTED:
            marks[result.host] = replace(mark, proven=None, reason=result.reason)
    begun = all(r.outcome is not Outcome.NOT_STARTED for r in event.results)
    proven = (r.host for r in event.results if r.outcome is Outcome.OK)
    restored = tuple(dict.fromkeys((*d.restored, *proven)))
    return replace(d, marks=marks, restored=restored, undo=event.step if begun else d.undo)


def _progressed(d: Live, event: e.Progressed, at: datetime) -> Live:
    return replace(d, tally=event.tally, told_at=at if event.told else d.told_at)


def _checked(d: Live, event: e.Checked, at: datetime) -> Live:
    d = replace(d, verdicts=event.verdicts)
    return _passed(d, at) if overall(event.verdicts) is Finding.PASS else d


def _passed(d: Live, _at: datetime) -> Live:
    if d.state is not State.BAKING and d.step + 1 < len(d.states) - 1:
        return replace(d, step=d.step + 1, phase=Phase.SYNC)
    return replace(d, phase=Phase.DONE)


def _asked(d: Live, event: e.VerificationAsked, at: datetime) -> Live:
    return replace(d, asked_at=at, reminded_at=at, deadline=event.deadline)


def _answer(d: Live, event: e.Answer, at: datetime) -> Live:
    asked = tuple(
        replace(a, word=event.word, by=event.actor.name, why=event.why, at=at)
        if a.person in event.persons
        else a
        for a in d.asked
    )
    return replace(d, asked=asked)


def _reminded(d: Live, _event: e.Reminded, at: datetime) -> Live:
    return replace(d, reminded_at=at)


def _still_staged(d: Live, _event: e.StillStaged, _at: datetime) -> Live:
    return replace(d, phase=Phase.PROVEN)


def _no_longer_staged(d: Live, _event: e.NoLongerStaged, at: datetime) -> Live:
    """As after the snapshot: the test servers are put right, the steps staged, and everybody is asked."""
    hosts = (h for h in d.hosts(Stage.TESTSERVERS) if h not in d.behind)
    asked = tuple(Asked(a.person) for a in d.asked)
    d = replace(d, asked=asked, asked_at=None, deadline=None, behind=(*d.behind, *hosts))
    return _enter(d, Stage.TESTSERVERS, at)


def _canaries(d: Live, _event: e.CanariesStarted, at: datetime) -> Live:
    return _enter(replace(d, deadline=None, shipping_at=at), Stage.CANARIES, at)


def _bake(d: Live, _event: e.BakeStarted, _at: datetime) -> Live:
    return replace(d, phase=Phase.CHECK)


def _fleet(d: Live, _event: e.FleetStarted, at: datetime) -> Live:
    return _enter(d, Stage.FLEET, at)


def _held(d: Live, event: e.Held, at: datetime) -> Live:
    back = d.hold.resume_to if d.hold else d.state
    hold = Hold(event.kind, event.by, event.why, back, at, event.deadline)
    if event.kind is HoldKind.STUMBLE:  # an effect broke off without a report: any host may be in between
        d = replace(d, marks={h: replace(m, uncertain=m.proven != m.attempted) for h, m in d.marks.items()})
    return replace(unproven(d), hold=hold, reminded_at=at)


def unproven(d: Live) -> Live:
    """Time has passed: what the test servers proved they prove once more before production."""
    return replace(d, phase=Phase.DONE) if d.phase is Phase.PROVEN else d


def _continued(d: Live, _event: e.Continued, at: datetime) -> Live:
    """Checks count as passed, failed hosts as within the budget; hosts that were not begun are begun."""
    d = replace(d, state=d.hold.resume_to if d.hold else d.state)
    hosts = d.of_stage(d.stage) if d.stage and d.phase is Phase.SYNC else ()
    if hosts and all(d.proves(h, d.step + 1) or d.marks[h].proven is None for h in hosts):
        return replace(d, phase=Phase.CHECK)
    return _passed(d, at) if d.phase is Phase.CHECK else d


def _rollback(d: Live, event: e.RollbackStarted, at: datetime) -> Live:
    undo = max((m.attempted for m in d.marks.values()), default=0)
    return replace(d, cause=event.cause, hold=None, undo=undo, deadline=None, stage_at=at)


def _parked(d: Live, event: e.Parked, _at: datetime) -> Live:
    return replace(d, deadline=event.deadline)


def _rejoined(d: Live, _event: e.Rejoined, _at: datetime) -> Live:
    return Live(d.number, d.kind, d.plan, d.message, d.options, d.actor, d.place, d.requested_at, d.of)


def _refused(d: Live, event: e.Refused | e.Failed, _at: datetime) -> Live:
    private = d.private or (isinstance(event, e.Refused) and event.private)
    return replace(d, refusal=event.reason, private=private)


def _cancelled(d: Live, event: e.Cancelled, _at: datetime) -> Live:
    return replace(d, cause=event.cause)


_APPLY: dict[type[e.DeploymentEvent], Apply] = {
    e.Accepted: _accepted,
    e.Refused: _refused,
    e.Failed: _refused,
    e.Pinned: _pinned,
    e.HostsPutRight: _put_right,
    e.HostsSynced: _synced,
    e.HostsRestored: _restored,
    e.Progressed: _progressed,
    e.Checked: _checked,
    e.VerificationAsked: _asked,
    e.Answer: _answer,
    e.Reminded: _reminded,
    e.StillStaged: _still_staged,
    e.NoLongerStaged: _no_longer_staged,
    e.CanariesStarted: _canaries,
    e.BakeStarted: _bake,
    e.FleetStarted: _fleet,
    e.Held: _held,
    e.Continued: _continued,
    e.RollbackStarted: _rollback,
    e.Parked: _parked,
    e.Rejoined: _rejoined,
    e.Cancelled: _cancelled,
}
