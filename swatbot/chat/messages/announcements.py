"""What the bot says unasked: lines made from an event and the status after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from swatbot.chat.handler import Site
from swatbot.chat.messages.declines import alternatives, why
from swatbot.chat.messages.endings import (
    cancelled,
    completed,
    parked,
    rejoined,
    rollback_incomplete,
    rollback_started,
    rolled_back,
)
from swatbot.chat.messages.names import called, owners, testers
from swatbot.chat.messages.text import ago, both, clock_span, count, fit, hhmm, quoted, some
from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment, HoldKind, Place, State, Word
from swatbot.domain.hosts import fold
from swatbot.domain.stage import Stage, failures
from swatbot.domain.status import Status
from swatbot.domain.verdict import Finding


@dataclass(frozen=True, slots=True)
class Line:
    """One line, for the place it answers, or without a place for every channel."""

    text: str
    place: Place | None = None


def tell(event: e.Event, after: Status, at: datetime, site: Site) -> tuple[Line, ...]:
    """The lines for an event; none for what nobody needs to read.

    Args:
        event: what happened.
        after: the status that the event led to.
        at: when (UTC).
        site: names and rules.
    """
    if isinstance(event, e.GlobalEvent):
        return _global(event, after, site)
    d = after.deployment(event.number)
    if d is None:
        return ()
    sentence = _SENTENCES.get(type(event))
    lines = sentence(event, d, at, site) if sentence else ()
    place = d.place if isinstance(event, e.Refused) else None
    return tuple(Line(fit(text), place) for text in lines if text)


def _global(event: e.GlobalEvent, after: Status, site: Site) -> tuple[Line, ...]:
    match event:
        case e.Answered():
            to = "" if event.place.private else f"{event.nick}: "
            return tuple(Line(fit(to + text), event.place) for text in event.lines)
        case e.EngineStarted():
            return tuple(Line(fit(text)) for text in _back(event, after))
        case e.BaselineTaken():
            text = f"{event.by} took over what {count(event.hosts, 'host')} hold"
            return (Line(fit(f"{text} ({event.holdings.manifest[:6]}): deployments may begin.")),)
        case e.Locked():
            return (Line(fit(_locked(event, after, site))),)
        case e.Unlocked():
            by = f" by {event.by}" if event.by else ": its time is over"
            return (Line(fit(f"Deployments are unlocked{by}.")),)


def _back(event: e.EngineStarted, after: Status) -> tuple[str, ...]:
    if event.away_since is None:
        return ()
    goes_on = ""
    if (d := after.active) is not None:
        goes_on = f" #{d.number} goes on: {_holders(d)} {d.digest}." if d.states else ""
        goes_on = f" #{d.number} is still held." if d.state is State.HELD else goes_on
    span = clock_span(event.away_since, event.away_since + timedelta(seconds=event.away_for))
    return (
        (
            f"I was away for {ago(timedelta(seconds=event.away_for))} (restarted).{goes_on}"
            f" What was said between {span} I may not have heard: if you got no answer, please repeat it."
        ),
    )


def _holders(d: Deployment) -> str:
    hosts = d.of_stage(d.stage) if d.stage else ()
    proven = sum(d.proves(h, len(d.states) - 1) for h in hosts)
    return f"{proven} of {count(len(hosts), 'host')} {'has' if len(hosts) == 1 else 'have'}"


def _locked(event: e.Locked, after: Status, site: Site) -> str:
    del site
    end = f" until {hhmm(event.until)}" if event.until else ""
    active = f" #{after.active.number} may finish" if after.active else ""
    waits = some([f"#{n}" for n in after.queue])
    queue = f"{'; ' if active else ' '}{waits} wait{'s' if len(after.queue) == 1 else ''}" if waits else ""
    tail = f"{active}{queue}." if active or queue else ""
    return f"Deployments are locked by {event.by}{end}: {quoted(event.why)}.{tail}"


Sentences = tuple[str, ...]


def _accepted(event: e.Accepted, d: Deployment, _at: datetime, site: Site) -> Sentences:
    ahead = "Nothing is ahead of it."
    if event.ahead:
        ahead = f"{len(event.ahead)} ahead of it: {some([f'#{n}' for n in event.ahead])}."
    lines = f" (+{event.added} −{event.removed})" if event.added or event.removed else ""
    steps = ""
    if len(d.plan.steps) > 1:
        numbered = [f"({i}) {', '.join(step.paths)}" for i, step in enumerate(d.plan.steps, 1)]
        steps = f" in {len(d.plan.steps)} steps: {' '.join(numbered)}."
    what = f"{steps} " if steps else f" {fit(str(d.plan), 100)}: "
    first = f"{called(d.actor.name, site)}: #{d.number}{what}{_what(event, d, site)}"
    asked = f" {_asked(event, d, site)}" if _asked(event, d, site) else ""
    text = f"{first}, {count(event.files, 'file')}{lines}.{asked} {ahead}"
    retry = f" (again #{d.of})" if d.of else ""
    urgent = f" EMERGENCY: {quoted(d.options.emergency)}." if d.options.emergency else ""
    return (text + retry + urgent, *(why(w) for w in event.warnings))


def _what(event: e.Accepted, d: Deployment, site: Site) -> str:
    if not event.changes:
        return "edits that are in no commit"
    foreign = [c for c in event.changes if c.person != d.actor.person and len(event.changes) > 1]
    listed = f"{count(len(event.changes), 'change')} by {both(owners(event.changes, site))}"
    if event.private or not foreign:
        return listed
    dated = some([f"{c.short} merged {c.when:%Y-%m-%d}" for c in foreign], f"!diff {event.number}")
    return f"{listed} ({dated})"


def _asked(event: e.Accepted, d: Deployment, site: Site) -> str:
    if d.options.verifiers:
        return f"{both(called(p, site) for p in event.asked)} will be asked."
    if len(event.asked) < 2:
        return ""
    return "Both will be asked." if len(event.asked) == 2 else "All of them will be asked."


def _refused(event: e.Refused, d: Deployment, _at: datetime, site: Site) -> Sentences:
    to = "" if d.place.private else f"{called(d.actor.name, site)}: "
    more = alternatives(event.reason)
    return (f"{to}{why(event.reason)}", f"{to}{more}" if more else "")


def _failed(event: e.Failed, d: Deployment, _at: datetime, site: Site) -> Sentences:
    return (
        f"{called(d.actor.name, site)}: #{d.number} stopped before any host was touched: {why(event.reason)}",
    )


def _synced(event: e.HostsSynced, d: Deployment, _at: datetime, site: Site) -> Sentences:
    del site
    lines = []
    mended = {r.host: r.put_right for r in event.results if r.put_right}
    for files in dict.fromkeys(mended.values()):
        hosts = fold(h for h, theirs in mended.items() if theirs == files)
        names = count(len(files), "file") + ("" if d.private else f" ({some([fit(f, 60) for f in files])})")
        lines.append(f"#{d.number} {hosts} had {names} not as the fleet has it: put right, then synced.")
    bad = failures(event.results)
    if bad and d.cause is None:
        lines.append(
            f"#{d.number} {fold(r.host for r in bad)} failed: {fit(bad[0].reason, 160)}. It goes on."
        )
    return tuple(lines)


def _progressed(event: e.Progressed, d: Deployment, _at: datetime, _site: Site) -> Sentences:
    if not event.told:
        return ()
    t = event.tally
    tally = f"(in-flight: {t.in_flight}; ok: {t.ok}; fail: {t.fail}; left: {t.left})"
    return (f"#{d.number} {d.stage.value if d.stage else 'sync'}: {t.percent:3d}% {tally}",)


def _verification(event: e.VerificationAsked, d: Deployment, _at: datetime, site: Site) -> Sentences:
    hosts = d.hosts(Stage.TESTSERVERS)
    hint = site.rules.test_hint.replace("{host}", hosts[0] if hosts else "")
    where = fold(hosts)
    steps = ""
    if len(d.plan.steps) > 1:
        numbers = both(f"step {i}" for i in range(1, len(d.plan.steps) + 1))
        steps = f" ({numbers} pass their checks)"
    digest = "" if steps else f" ({d.digest})"
    return (
        (
            f"{testers(d.waits_for, site)}: #{d.number} is on {where}{digest}{steps}. Test with {hint},"
            f' then say "verified", or "broken" and why, by {hhmm(event.deadline)}.'
        ),
    )


def _answer(event: e.Answer, d: Deployment, _at: datetime, site: Site) -> Sentences:
    if event.word is Word.BROKEN:
        return ()
    who = called(event.actor.name, site)
    own = " (own change)" if event.actor.person == d.actor.person and not event.override else ""
    place = " (in private)" if event.private else ""
    if event.override:
        others = both(called(p, site) for p in event.persons)
        said = f"#{d.number} verified by {who} in place of {others}: {quoted(event.why)}"
    elif event.word is Word.UNTESTABLE:
        said = f"#{d.number} untestable, says {who}{own}: {quoted(event.why)}"
    else:
        said = f"#{d.number} verified by {who}{own or f' ({d.digest})'}"
    return (f"{said}{place}{_then(d, site)}",)


def _then(d: Deployment, site: Site) -> str:
    if d.waits_for:
        until = f", until {hhmm(d.deadline)}" if d.deadline else ""
        return f"; still waiting for {both(called(p, site) for p in d.waits_for)}{until}."
    if d.state is State.HELD:
        return f'. It is held: "!resume {d.number}" lets it go on.'
    return f". Syncing canaries {fold(d.hosts(Stage.CANARIES))}."


def _reminded(_event: e.Reminded, d: Deployment, at: datetime, site: Site) -> Sentences:
    if d.hold is not None:
        by = f" by {called(d.hold.by, site)}" if d.hold.by else ""
        since = ago(at - d.hold.since)
        return (
            (
                f"{called(d.actor.name, site)}: #{d.number} has been held{by} for {since}:"
                f' "!resume {d.number}" or "!rollback {d.number}".'
            ),
        )
    until = f" by {hhmm(d.deadline)}" if d.deadline else ""
    return (
        f'{testers(d.waits_for, site)}: #{d.number} still waits: "verified", or "broken" and why{until}.',
    )


def _bake(_event: e.BakeStarted, d: Deployment, _at: datetime, _site: Site) -> Sentences:
    hosts = d.hosts(Stage.CANARIES)
    proven = sum(d.proves(h, len(d.states) - 1) for h in hosts)
    answers = [v.reason for v in d.verdicts if v.finding is Finding.PASS]
    said = f", {fit(answers[0], 120)}" if answers else ""
    return (f"#{d.number} canaries: {proven}/{len(hosts)} have {d.digest}{said}. Watching logs.",)


def _fleet(_event: e.FleetStarted, d: Deployment, _at: datetime, _site: Site) -> Sentences:
    reasons = [v.reason for v in d.verdicts if v.check == "logs"] or [v.reason for v in d.verdicts]
    said = f" {fit(reasons[0], 200)}" if reasons else ""
    return (f"#{d.number} canaries pass{said}. Syncing {count(len(d.of_stage(Stage.FLEET)), 'host')}.",)


def _held(event: e.Held, d: Deployment, _at: datetime, site: Site) -> Sentences:
    deployer, n = called(d.actor.name, site), d.number
    if event.kind is HoldKind.STUMBLE:
        return (
            (
                f"{deployer}: I stumbled over #{n} and hold it: {fit(event.why, 160)}."
                f' The log has more. "!resume {n}" or "!cancel {n}".'
            ),
        )
    if event.kind is HoldKind.QUESTION:
        where = d.stage.value if d.stage else "checks"
        until = f"; rolls back at {hhmm(event.deadline)}" if event.deadline else ""
        return (
            (
                f"#{n} {where}: can not judge: {fit(event.why, 160)}. {deployer}:"
                f' "!recheck {n}", "!continue {n} WHY" or "!rollback {n}"{until}.'
            ),
        )
    words = f": {quoted(event.why)}" if event.why else ""
    place = " (in private)" if event.private else ""
    have = f" {_have(d)}" if d.stage and d.touched else ""
    end = f'"!resume {n}" or "!rollback {n}"' if d.touched else f'"!resume {n}" or "!cancel {n}"'
    return (f"#{n} held by {called(event.by, site)}{place}{words}.{have} {deployer}: {end}.",)


def _have(d: Deployment) -> str:
    hosts = d.of_stage(d.stage) if d.stage else ()
    done = d.tally.ok if d.tally else sum(d.proves(h, len(d.states) - 1) for h in hosts)
    return f"{done} of {count(len(hosts), 'host')} have it."


def _resumed(event: e.Resumed, d: Deployment, _at: datetime, site: Site) -> Sentences:
    if event.recheck:
        return (f"#{d.number} is checked again for {called(event.by, site)}.",)
    return (f"#{d.number} resumed by {called(event.by, site)}: {d.state.words}.",)


def _continued(event: e.Continued, d: Deployment, _at: datetime, site: Site) -> Sentences:
    return (f"#{d.number} goes on without a verdict, says {called(event.by, site)}: {quoted(event.why)}.",)


Sentence = Callable[[Any, Deployment, datetime, Site], Sentences]
_SENTENCES: dict[type[e.DeploymentEvent], Sentence] = {
    e.Accepted: _accepted,
    e.Refused: _refused,
    e.Failed: _failed,
    e.HostsSynced: _synced,
    e.Progressed: _progressed,
    e.VerificationAsked: _verification,
    e.Answer: _answer,
    e.Reminded: _reminded,
    e.BakeStarted: _bake,
    e.FleetStarted: _fleet,
    e.Completed: completed,
    e.Held: _held,
    e.Resumed: _resumed,
    e.Continued: _continued,
    e.RollbackStarted: rollback_started,
    e.RolledBack: rolled_back,
    e.RollbackIncomplete: rollback_incomplete,
    e.Parked: parked,
    e.Rejoined: rejoined,
    e.Cancelled: cancelled,
}
