"""What the bot says unasked: lines made from an event and the status after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from swatbot.chat.handler import Site
from swatbot.chat.messages.again import alternatives
from swatbot.chat.messages.declines import why
from swatbot.chat.messages.endings import (
    cancelled,
    completed,
    parked,
    rejoined,
    rollback_incomplete,
    rollback_started,
    rolled_back,
)
from swatbot.chat.messages.names import address, called, owners, plan_of
from swatbot.chat.messages.notes import cancelled as cancelled_out
from swatbot.chat.messages.notes import edits, idle, left_behind, links, undone
from swatbot.chat.messages.text import NOTHING, ago, both, clock_span, count, fit, hhmm, quoted, some, whole
from swatbot.chat.messages.underway import (
    answer,
    bake,
    continued,
    fleet,
    held,
    no_longer_staged,
    progressed,
    put_right,
    reminded,
    resumed,
    synced,
    verification,
)
from swatbot.chat.messages.upkeep import upkeep, waits_for_repair
from swatbot.domain import events as e
from swatbot.domain.coverage import Covered, Share, coverage
from swatbot.domain.deployment import Place, State
from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.reasons import TreeChanged
from swatbot.domain.status import Status

_FEW = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line, for the place it answers, or without a place for every channel."""

    text: str
    place: Place | None = None

    @property
    def is_log(self) -> bool:
        """Whether it is for the server admin log."""
        return self.place is None and self.text.startswith("!log ")


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
    if isinstance(event, e.Accepted | e.Answer) and isinstance(d, Live):
        lines += waits_for_repair(d, after)
    return tuple(Line(fit(text), place) for text in lines if text)


def _global(event: e.GlobalEvent, after: Status, site: Site) -> tuple[Line, ...]:
    if isinstance(event, e.UpkeepEvent):
        return tuple(Line(fit(text)) for text in upkeep(event, after, site))
    match event:
        case e.Answered():
            to = address(event.nick, event.place)
            return tuple(Line(fit(to + (fit(text) or NOTHING)), event.place) for text in event.lines)
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


def _holders(d: Live) -> str:
    hosts = d.of_stage(d.stage) if d.stage else ()
    proven = sum(d.proves(h, len(d.states) - 1) for h in hosts)
    return f"{proven} of {count(len(hosts), 'host')} {'has' if len(hosts) == 1 else 'have'}"


def _locked(event: e.Locked, after: Status, site: Site) -> str:
    del site
    end = f" until {hhmm(event.until)}" if event.until else ', until somebody says "!unlock"'
    active = f" #{after.active.number} may finish" if after.active else ""
    waits = some([f"#{n}" for n in after.queue])
    queue = f"{'; ' if active else ' '}{waits} wait{'s' if len(after.queue) == 1 else ''}" if waits else ""
    tail = f"{active}{queue}." if active or queue else ""
    return f"Deployments are locked by {event.by}{end}: {quoted(event.why)}.{tail}"


Sentences = tuple[str, ...]


def _accepted(event: e.Accepted, d: Live, at: datetime, site: Site) -> Sentences:
    lines = f" (+{event.added} −{event.removed})" if event.added or event.removed else ""
    found = coverage(event.changes, d.plan, d.actor.person or "", d.message)
    to = called(d.actor.name, site)
    what = _what(event, found, at, site)
    first = f"{to}: #{d.number}{_plan(d)}{what}{', ' if what else ''}"
    asked = f" {_asked(event, d, site)}" if _asked(event, d, site) else ""
    deleted = f", {event.deletions} of them deleted" if event.deletions else ""
    text = f"{first}{count(event.files, 'file')}{deleted}{lines}.{asked}"
    retry = f" (again #{d.of})" if d.of else ""
    urgent = f" EMERGENCY: {quoted(d.options.emergency)}." if d.options.emergency else ""
    notes = _notes(event, found)
    rest = f" {_ahead(event)}{retry}{urgent}"
    together = whole((f"{text} {notes}{rest}", "")) if notes else f"{text}{rest}"
    told = (together,) if together else (f"{text}{rest}", f"{to}: #{d.number}: {notes}")
    return (*told, *(why(w) for w in event.warnings))


def _notes(event: e.Accepted, found: tuple[Covered, ...]) -> str:
    """What else to know, in sentences."""
    private = event.private
    return " ".join(
        (
            *edits(event.edits, private=private),
            *left_behind(found, private=private),
            *links(event.notes, private=private),
            *idle(event.notes, private=private),
            *undone(event.notes, private=private),
            *cancelled_out(event.notes, private=private),
        )
    )


def _plan(d: Live) -> str:
    if len(d.plan.steps) < 2 or d.private:
        return f" {plan_of(d)}: "
    numbered = [f"({i}) {', '.join(step.paths)}" for i, step in enumerate(d.plan.steps, 1)]
    return f" in {len(d.plan.steps)} steps: {fit(' '.join(numbered), 200)}. "


def _ahead(event: e.Accepted) -> str:
    if not event.ahead:
        return "Nothing is ahead of it."
    return f"{len(event.ahead)} ahead of it: {some([f'#{n}' for n in event.ahead])}."


def _what(event: e.Accepted, found: tuple[Covered, ...], at: datetime, site: Site) -> str:
    if not event.changes:
        return "nothing new" if event.notes.undone else ""  # its edits are named
    number = count(len(event.changes), "change")
    if event.private:
        return number
    listed = f"{number} by {both(owners(event.changes, site))}"
    along = [one.change for one in found if one.share is Share.ALONG]
    if not along:
        return listed
    if len(along) > _FEW:
        oldest = ago(at - min(change.when for change in along))
        ids = some([change.short for change in along])
        return f"{listed} ({ids}, merged up to {oldest} ago, not deployed yet: !diff {event.number})"
    dated = {c.commit: f"{c.short}, merged {ago(at - c.when)} ago, not deployed yet" for c in along}
    told: dict[str, list[str]] = {owner: [] for owner in owners(event.changes, site)}
    for change in along:
        told[owners([change], site)[0]].append(dated[change.commit])
    return f"{number}, {both(_by(owner, dates) for owner, dates in told.items())}"


def _by(owner: str, along: list[str]) -> str:
    return f"by {owner} ({'; '.join(along)})" if along else f"by {owner}"


def _asked(event: e.Accepted, d: Live, site: Site) -> str:
    if d.options.verifiers:
        return f"{both(called(p, site) for p in event.asked)} will be asked."
    if len(event.asked) < 2:
        return ""
    return "Both will be asked." if len(event.asked) == 2 else "All of them will be asked."


def _refused(event: e.Refused, d: Past, _at: datetime, site: Site) -> Sentences:
    to = address(called(d.actor.name, site), d.place)
    more = alternatives(event.reason)
    return (f"{to}{why(event.reason)}", f"{to}{more}" if more else "")


def _pinned(event: e.Pinned, d: Live, _at: datetime, _site: Site) -> Sentences:
    """What went live with another deployment, or was reverted, is no part of this one any more."""
    if not event.gone:
        return ()
    gone = count(len(event.gone), "change") if d.private else some(event.gone)
    return (f"#{d.number} is without {gone}: live by now, or no more in the tree.",)


def _failed(event: e.Failed, d: Past, _at: datetime, site: Site) -> Sentences:
    counted = isinstance(event.reason, TreeChanged) and event.reason.private
    reason = why(event.reason) if counted or not d.private else "the tree or its files; the log has more."
    reason = reason.removeprefix("not queued. ")  # it was, once
    to, more = called(d.actor.name, site), alternatives(event.reason)
    first = f"{to}: #{d.number} stopped before any host was touched: {reason}"
    return (first, f"{to}: {more}") if more else (first,)


Sentence = Callable[[Any, Any, datetime, Site], Sentences]
_SENTENCES: dict[type[e.DeploymentEvent], Sentence] = {
    e.Accepted: _accepted,
    e.Refused: _refused,
    e.Failed: _failed,
    e.Pinned: _pinned,
    e.HostsPutRight: put_right,
    e.HostsSynced: synced,
    e.Progressed: progressed,
    e.VerificationAsked: verification,
    e.Answer: answer,
    e.Reminded: reminded,
    e.NoLongerStaged: no_longer_staged,
    e.BakeStarted: bake,
    e.FleetStarted: fleet,
    e.Completed: completed,
    e.Held: held,
    e.Resumed: resumed,
    e.Continued: continued,
    e.RollbackStarted: rollback_started,
    e.RolledBack: rolled_back,
    e.RollbackIncomplete: rollback_incomplete,
    e.Parked: parked,
    e.Rejoined: rejoined,
    e.Cancelled: cancelled,
}
