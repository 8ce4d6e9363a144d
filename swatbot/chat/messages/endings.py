"""How a deployment ends, in words; its `!log` line says what hosts prove and nothing better."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from swatbot.chat.handler import Site
from swatbot.chat.messages.names import called, concerned, message_of, plan_of, plan_words
from swatbot.chat.messages.text import both, count, duration, fit, hhmm, quoted, some
from swatbot.domain import events as e
from swatbot.domain.coverage import Change
from swatbot.domain.deployment import CauseKind, Deployment, Kind
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.stage import Stage

Sentences = tuple[str, ...]


def completed(event: e.Completed, d: Past, at: datetime, site: Site) -> Sentences:
    """Live, with the hosts that are not named; for a rollback, undone."""
    proven = len(d.hosts()) - len(_missed(event, d))
    rest = _stale(event.stale, d)
    if d.kind is Kind.ROLLBACK:
        log = _log(
            d, at - (d.stage_at or at), f"Rolled back {plan_of(d, 80)} (#{d.of}): {message_of(d)}", site
        )
        undone = f"#{d.of} is undone on {count(proven, 'host')} ({d.previous}).{rest}"
        return log, f"{_concerned(d, site)}: {undone} {_still(d)}"
    span = at - (d.shipping_at or at)
    log = _log(
        d, span, f"Synchronized {plan_of(d, 80)}: {message_of(d) or 'no message'}{_partly(event, d)}", site
    )
    live = f"{_everyone(d, site)}: #{d.number} is live on {count(proven, 'host')} ({d.digest}).{rest}"
    return log, live + (_newer(d) if event.newer else "")


def _newer(d: Past) -> str:
    """What shipped is the snapshot; the tree went on."""
    what = "its paths" if d.private else plan_words(str(d.plan), 80)
    return f" The tree holds another version of {what} by now: it waits for the next sync."


def _partly(event: e.Completed, d: Past) -> str:
    """A `!log` line never says more than hosts prove."""
    total = len(d.hosts())
    missed = len(_missed(event, d))
    return f" [{total - missed} of {total} hosts]" if missed else ""


def _missed(event: e.Completed, d: Past) -> set[str]:
    """Its hosts that do not prove it."""
    return set(event.stale).intersection(d.hosts())


def _stale(stale: tuple[str, ...], d: Past) -> str:
    if not stale:
        return ""
    they, answer = ("it is", "it answers") if len(stale) == 1 else ("they are", "they answer")
    return f" NOT on {_why_not(stale, d)}: {they} caught up when {answer} again."


def _why_not(hosts: tuple[str, ...], d: Past) -> str:
    """The hosts, with the first one's reason."""
    reason = d.failed.get(hosts[0], "")
    return fold(hosts) + (f" ({fit(reason, 100)})" if reason else "")


def rollback_started(event: e.RollbackStarted, d: Live, at: datetime, site: Site) -> Sentences:
    """Why it is undone; what is said in one line at the end is not said here."""
    cause, n = event.cause, d.number
    by = called(cause.by, site) if cause.by else ""
    place = " (in private)" if event.private else ""
    match cause.kind:
        case CauseKind.CHECK | CauseKind.BUDGET:
            where = d.stage.value if d.stage else "checks"
            step = f" step {d.step + 1} of {len(d.plan.steps)}" if len(d.plan.steps) > 1 else ""
            fail = "fails" if step or where == "fleet" else "fail"
            return (f"#{n} {where}{step} {fail}{_after(d, at)}: {fit(cause.why, 220)}. Rolling back.",)
        case CauseKind.UNDECIDED:
            return (f"#{n} nobody decided in time: {fit(cause.why, 160)}. Rolling back.",)
        case CauseKind.DEMANDED | CauseKind.CANCELLED if d.kind is Kind.SYNC:
            words = f": {quoted(cause.why)}" if cause.why else ""
            verb = "cancelled" if cause.kind is CauseKind.CANCELLED else "is rolled back"
            return (f"#{n} {verb} by {by}{place}{words}. Putting back what it touched.",)
        case CauseKind.DEMANDED:
            return (f"#{n} rolls back #{d.of} for {by}: {count(len(d.touched), 'host')}.",)
    return ()


def _after(d: Live, at: datetime) -> str:
    seconds = int((at - d.shipping_at).total_seconds()) if d.shipping_at else 0
    return f" after {seconds} s" if seconds else ""


def rolled_back(_event: e.RolledBack, d: Past, at: datetime, site: Site) -> Sentences:
    """Everything proves what it held before; production that was touched gets its `!log` line."""
    return _undone(d, (), at, site)


def rollback_incomplete(event: e.RollbackIncomplete, d: Past, at: datetime, site: Site) -> Sentences:
    """Some hosts do not; they are named."""
    return _undone(d, event.hosts, at, site)


def _undone(d: Past, left: tuple[str, ...], at: datetime, site: Site) -> Sentences:
    """What has the old state again; `left` are the hosts that this deployment may still be on."""
    tests, cause = d.hosts(Stage.TESTSERVERS), d.cause
    production = [h for h in d.back if h not in tests]
    log = ""
    if production or any(h not in tests for h in left):
        where = f" on {count(len(production), 'host')}" + (" (incomplete)" if left else "")
        why = fit(cause.why, 150) if cause and cause.why else "on request"
        log = _log(d, at - (d.stage_at or at), f"Rolled back {plan_of(d, 80)}{where}: {why}", site)
    if not (d.back or left) and d.cause and d.cause.kind is CauseKind.BUDGET:
        return (_off(d, site),)
    has = "has" if len(d.back) == 1 else "have"
    have = [f"{_names(d, d.back)} {has} {d.previous} again."] if d.back else []
    if left:
        have.append(f'NOT put back: {_why_not(left, d)}; stale, see them with "!status {d.number}".')
    return log, " ".join((_opening(d, site), *have, _next(d, site)))


def _off(d: Past, site: Site) -> str:
    """Hosts failed before anything of it was on them: the change is not at fault."""
    are = "is" if len(d.failed) == 1 else "are"
    well = f" when {fit(fold(d.failed), 100)} {are} well" if d.failed else ""
    return f'#{d.number} is off: it was on no host. {called(d.actor.name, site)}: "!retry {d.number}"{well}.'


def _opening(d: Past, site: Site) -> str:
    cause = d.cause
    if cause and cause.kind is CauseKind.BROKEN:
        return f"#{d.number} rejected by {called(cause.by, site)}: {quoted(cause.why)}."
    if cause and cause.kind is CauseKind.EXPIRED:
        names = both(called(p, site) for p in d.waits_for)
        return f"#{d.number} expired: no word from {names}."
    return f"#{d.number} rolled back:"


def _next(d: Past, site: Site) -> str:
    """The change is still in the tree; what to do about that, and who."""
    cause, n = d.cause, d.number
    if cause and cause.kind is CauseKind.EXPIRED:
        return f'{called(d.actor.name, site)}: "!retry {n}" when they are here.'
    if cause and cause.kind is CauseKind.BROKEN:
        own = [c for c in d.changes if c.person == cause.by] or d.changes
        deployer = called(d.actor.name, site)
        return f'{deployer}: revert {_named(d, own)} in the tree, or mend it, then "!retry {n}".'
    if cause and cause.kind is CauseKind.BUDGET and d.failed:
        hosts = fit(fold(d.failed), 60)
        return f'{_everyone(d, site)}: "!exclude {hosts} WHY", then "!retry {n}". {_still(d)}'
    if cause and cause.kind in (CauseKind.CANCELLED, CauseKind.DEMANDED):
        return f'{_everyone(d, site)}: {_still(d)} "!retry {n}" asks again.'
    other = " Perhaps they go in another order." if _in_between(d) else ""
    return f"{_everyone(d, site)}: {_still(d)}{other} More: !status {n}"


def _in_between(d: Past) -> bool:
    """Whether it ended on the test servers though its plan has steps, whose order may be wrong."""
    check = d.cause is not None and d.cause.kind is CauseKind.CHECK
    return check and len(d.plan.steps) > 1 and d.stage is Stage.TESTSERVERS


def _named(d: Deployment, changes: Sequence[Change]) -> str:
    return "the change" if d.private or not changes else some([c.short for c in changes])


def _still(d: Deployment) -> str:
    """What a rollback leaves in the tree, and what becomes of it."""
    if not d.changes:
        return "The edits are still in the tree; undo them, or commit them."
    are, them = ("are", "them") if len(d.changes) > 1 else ("is", "it")
    text = f"{_named(d, d.changes)} {are} still in the tree; revert {them}, or the next sync ships {them}."
    return f"{text[0].upper()}{text[1:]}" if text.startswith("the ") else text


def parked(event: e.Parked, d: Live, _at: datetime, site: Site) -> Sentences:
    """The test servers are free for the next."""
    names = both(called(p, site) for p in d.waits_for)
    return (
        (
            f"#{d.number} is parked: no word from {names}, and others wait."
            f" {fold(d.hosts(Stage.TESTSERVERS))} has {d.previous} again."
            f' "here {d.number}" by {hhmm(event.deadline)} lets it rejoin.'
        ),
    )


def rejoined(event: e.Rejoined, d: Live, _at: datetime, site: Site) -> Sentences:
    """It is looked at anew."""
    return (f"#{d.number} rejoins: {called(event.actor.name, site)} is here.",)


def cancelled(event: e.Cancelled, d: Past, _at: datetime, site: Site) -> Sentences:
    """It ended before any host was touched."""
    if event.cause.kind is CauseKind.EXPIRED:
        return (f'#{d.number} was parked and nobody came: it is off. "!retry {d.number}" asks anew.',)
    words = f": {quoted(event.cause.why)}" if event.cause.why else ""
    place = " (in private)" if event.private else ""
    by = f" by {called(event.cause.by, site)}" if event.cause.by else ""
    return (f"#{d.number} cancelled{by}{place}{words}. No host was touched.",)


def _log(d: Past, span: timedelta, what: str, site: Site) -> str:
    return f"!log {d.actor.nick}@{site.deploy_host} {what} (duration: {duration(span)})"


def _names(d: Past, hosts: tuple[str, ...]) -> str:
    """Folded by kind: production first, then the test servers."""
    test = [h for h in hosts if h in d.hosts(Stage.TESTSERVERS)]
    production = [h for h in hosts if h not in test]
    return both(fold(part) for part in (production, test) if part)


def _everyone(d: Deployment, site: Site) -> str:
    return ", ".join(dict.fromkeys(called(p, site) for p in d.people))


def _concerned(d: Deployment, site: Site) -> str:
    return ", ".join(dict.fromkeys(called(p, site) for p in concerned(d)))
