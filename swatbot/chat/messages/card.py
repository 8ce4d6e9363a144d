"""The card of a deployment in words: what a line would tell one after the other, at one glance."""

from swatbot.chat.card import Bar, Button, Card, Tone, Weight
from swatbot.chat.handler import Site
from swatbot.chat.messages.names import called, message_of, plan_of
from swatbot.chat.messages.text import both, count, fit, hhmm, quoted
from swatbot.domain.deployment import Asked, CauseKind, HoldKind, Kind, State
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status
from swatbot.domain.verdict import Finding

_MOST = 5
_TITLE, _STATE, _LINE = 120, 400, 200
_TONES = {
    State.AWAITING_VERIFICATION: Tone.WAITING,
    State.QUEUED: Tone.WAITING,
    State.PARKED: Tone.WAITING,
    State.HELD: Tone.HELD,
    State.COMPLETED: Tone.GOOD,
    State.ROLLING_BACK: Tone.BAD,
}

_VERIFIED = Button("verify", "Verified", Weight.GO)
_BROKEN = Button("broken", "Broken…", Weight.STOP, "What is broken?")
_HOLD = Button("hold", "Hold")
_RESUME = Button("resume", "Resume", Weight.GO)
_RECHECK = Button("recheck", "Check again", Weight.GO)
_CONTINUE = Button("continue", "Go on…", reason="Why may it go on without a verdict?")
_HERE = Button("here", "I am here", Weight.GO)
_DIFF = Button("diff", "Diff")
_VERBS = {
    CauseKind.BROKEN: " rejected",
    CauseKind.CANCELLED: " cancelled",
    CauseKind.DEMANDED: " asked for",
    CauseKind.CHECK: " a check failed,",
    CauseKind.BUDGET: " hosts failed,",
    CauseKind.UNDECIDED: " nobody decided,",
}
_WORKING = (State.SNAPSHOTTING, State.STAGING, State.CANARIES, State.BAKING, State.FLEET)
_PRODUCTION = (State.CANARIES, State.BAKING, State.FLEET)


def card(d: Live | Past, status: Status, site: Site) -> Card:
    """What is shown of a deployment.

    Args:
        d: the deployment.
        status: how things stand.
        site: names and rules.
    """
    kind = f" (rolls back #{d.of})" if d.kind is Kind.ROLLBACK else ""
    return Card(
        d.number,
        fit(f"#{d.number} {plan_of(d, 100)}{kind}", _TITLE),
        _tone(d),
        fit(_state(d, status, site), _STATE),
        _message(d, site),
        _changes(d, site),
        tuple(_said(asked, d, site) for asked in d.asked),
        _checks(d),
        _bars(d),
        _buttons(d, status),
        d.state.terminal,
        d.requested_at,
    )


def _tone(d: Live | Past) -> Tone:
    if d.kind is Kind.ROLLBACK and d.state is State.ROLLING_BACK:
        return Tone.WORKING
    return _TONES.get(d.state, Tone.BAD if isinstance(d, Past) else Tone.WORKING)


def _message(d: Live | Past, site: Site) -> str:
    words = message_of(d)
    return f"{called(d.actor.name, site)}: {words}" if words else f"asked for by {called(d.actor.name, site)}"


def _changes(d: Live | Past, site: Site) -> tuple[str, ...]:
    if d.private:
        return (count(len(d.changes), "change"),)
    lines = [
        fit(f"{c.short} by {called(c.person, site) if c.person else fit(c.author, 40)}: {c.subject}", _LINE)
        for c in d.changes
    ]
    more = len(lines) - _MOST
    return (*lines[:_MOST], f"and {count(more, 'more change')}") if more > 0 else tuple(lines)


def _said(asked: Asked, d: Live | Past, site: Site) -> str:
    """Whose word it is, and what it was."""
    name = called(asked.person, site)
    if asked.word is None:
        over = "no answer" if d.asked_at else "was not asked"
        on = "no answer yet" if d.asked_at else "will be asked"
        return f"{name}: {over if d.state.terminal else on}"
    by = f", says {called(asked.by, site)}" if asked.by != asked.person else ""
    why = f" {quoted(asked.why, 100)}" if asked.why else ""
    return f"{name}: {asked.word.value}{by}{why}"


def _checks(d: Live | Past) -> tuple[str, ...]:
    verdicts = d.verdicts if isinstance(d, Live) else ()
    marks = {Finding.PASS: "pass", Finding.FAIL: "FAIL", Finding.UNKNOWN: "can not tell"}
    return tuple(fit(f"{v.check}: {marks[v.finding]}, {v.reason}", _LINE) for v in verdicts[:_MOST])


def _bars(d: Live | Past) -> tuple[Bar, ...]:
    """Each stage of one that is on its way."""
    if isinstance(d, Past) or d.kind is Kind.ROLLBACK or not d.states or d.cause:
        return ()
    return tuple(_bar(d, found.stage) for found in d.stages)


def _bar(d: Live, stage: Stage) -> Bar:
    """While hosts are synced, by what was last told."""
    hosts = d.hosts(stage)
    done = sum(d.proves(h, len(d.states) - 1) for h in hosts)
    if d.tally and d.stage is stage and len(d.plan.steps) == 1:
        done = max(done, min(d.tally.ok, len(hosts)))
    return Bar(stage.value, done, len(hosts))


def _state(d: Live | Past, status: Status, site: Site) -> str:
    if isinstance(d, Past):
        return _ended(d, status, site)
    if d.hold is not None:
        return _held(d, site)
    if d.kind is Kind.ROLLBACK and d.state in (State.ROLLING_BACK, State.FINISHING):
        did = "puts back" if d.state is State.ROLLING_BACK else "has put back"
        return f"{did} what was there before #{d.of}{_because(d, site)}"
    words = {
        State.INSPECTING: "is being looked at",
        State.QUEUED: _queued(d, status),
        State.SNAPSHOTTING: "its snapshot is being taken",
        State.STAGING: f"is being put on {fold(d.hosts(Stage.TESTSERVERS))}",
        State.AWAITING_VERIFICATION: _waits(d, site),
        State.CANARIES: f"goes to the canaries {fold(d.hosts(Stage.CANARIES))}",
        State.BAKING: f"is watched under traffic on {fold(d.hosts(Stage.CANARIES))}",
        State.FLEET: f"goes to {count(len(d.of_stage(Stage.FLEET)), 'host')}",
        State.FINISHING: "is on all hosts; what they hold is noted",
        State.PARKED: f"is parked until {hhmm(d.deadline)}: say that you are here" if d.deadline else "",
        State.ROLLING_BACK: f"is being put back{_because(d, site)}",
    }
    digest = f" ({d.digest})" if d.digest else ""
    return f"{words.get(d.state, d.state.words)}{digest}"


def _queued(d: Live, status: Status) -> str:
    ahead = [o.number for o in status.live.values() if o.active and o.number != d.number]
    ahead += list(status.queue[: status.queue.index(d.number)]) if d.number in status.queue else []
    if not ahead:
        return "waits: deployments are locked" if status.lock else "is next"
    return f"waits for {both(f'#{n}' for n in ahead[:_MOST])}"


def _waits(d: Live, site: Site) -> str:
    if not d.waits_for:
        return f"is verified; it is made sure that it is still on {fold(d.hosts(Stage.TESTSERVERS))}"
    until = f" until {hhmm(d.deadline)}" if d.deadline else ""
    return f"is on {fold(d.hosts(Stage.TESTSERVERS))} and waits for {_names(d, site)}{until}"


def _names(d: Live | Past, site: Site) -> str:
    return both(called(p, site) for p in d.waits_for) or "nobody"


def _held(d: Live, site: Site) -> str:
    hold = d.hold
    if hold is None or hold.kind is HoldKind.PERSON:
        by = f" by {called(hold.by, site)}" if hold and hold.by else ""
        return f"is held{by}{f': {quoted(hold.why)}' if hold and hold.why else ''}"
    if hold.kind is HoldKind.STUMBLE:
        return f"is held, since I stumbled over it: {hold.why}"
    until = f"; it is rolled back at {hhmm(hold.deadline)}" if hold.deadline else ""
    return f"is held: the checks can not judge, {hold.why}{until}"


def _ended(d: Past, status: Status, site: Site) -> str:
    done, total = d.reached
    undone = _undone_by(d, status)
    match d.state:
        case State.COMPLETED if undone:
            return f"was live, undone by #{undone.number}{_missing(undone)}"
        case State.COMPLETED if d.kind is Kind.ROLLBACK:
            return f"#{d.of} is undone ({d.previous}){_missing(d)}"
        case State.COMPLETED:
            return f"is live on {count(len(d.hosts()) - len(d.failed), 'host')} ({d.digest}){_missing(d)}"
        case State.FAILED:
            return "stopped before any host was touched: its thread says why"
        case State.CANCELLED:
            return f"is off{_because(d, site)}; no host was touched"
        case State.ROLLBACK_INCOMPLETE:
            where = fold(d.failed) or f"{done} of {total}"
            return f"was put back, NOT on all hosts ({where}){_because(d, site)}"
    return f"was put back{_because(d, site)}"


def _undone_by(d: Past, status: Status) -> Past | None:
    """The rollback that has put back what it had shipped."""
    rollbacks = (p for p in status.past.values() if p.kind is Kind.ROLLBACK and p.of == d.number)
    return next((p for p in rollbacks if p.state is State.COMPLETED), None)


def _missing(d: Past) -> str:
    return f", NOT on {fold(d.failed)}" if d.failed else ""


def _because(d: Live | Past, site: Site) -> str:
    cause = d.cause
    if cause is None:
        return ""
    if cause.kind is CauseKind.EXPIRED:
        return f": no word from {_names(d, site)}"
    by = f" by {called(cause.by, site)}" if cause.by else ""
    why = f" {quoted(cause.why)}" if cause.why else ""
    return f":{_VERBS.get(cause.kind, '')}{by}{why}" if by or why else ""


def _buttons(d: Live | Past, status: Status) -> tuple[Button, ...]:
    """What makes sense in its state; who may is found out when somebody clicks."""
    diff = () if d.private or not (d.states or d.changes) else (_DIFF,)
    if isinstance(d, Past):
        live = d.state is State.COMPLETED and d.kind is Kind.SYNC and not _undone_by(d, status)
        return (*((_rollback(d),) if live else ()), *diff)
    if d.hold is not None:
        return (*_while_held(d), *diff)
    match d.state:
        case State.AWAITING_VERIFICATION:
            return (_VERIFIED, _BROKEN, _HOLD, _rollback(d), *diff)
        case State.PARKED:
            return (_HERE, *diff)
        case State.QUEUED | State.INSPECTING:
            return (_HOLD, *diff)
        case state if state in _WORKING:
            broken = (_BROKEN,) if state in _PRODUCTION else ()
            undo = (_rollback(d),) if d.states else ()
            return (*broken, _HOLD, *undo, *diff)
    return diff


def _while_held(d: Live) -> tuple[Button, ...]:
    hold = d.hold
    if hold is not None and hold.kind is HoldKind.QUESTION:
        return (_RECHECK, _CONTINUE, _rollback(d))
    words = (_VERIFIED, _BROKEN) if hold and hold.resume_to is State.AWAITING_VERIFICATION else ()
    return (*words, _RESUME, *((_rollback(d),) if d.states and not d.cause else ()))


def _rollback(d: Live | Past) -> Button:
    where = "all hosts" if isinstance(d, Past) else "whatever it touched"
    sure = f"Put back what was on {where} before #{d.number}?"
    return Button("rollback", "Roll back", Weight.STOP, sure=sure)
