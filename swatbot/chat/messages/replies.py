"""Answers to questions: help, status, queue, history, who you are."""

from collections.abc import Sequence
from datetime import datetime

from swatbot.chat.handler import Handler, Site, View
from swatbot.chat.messages.declines import why
from swatbot.chat.messages.hosts import folded
from swatbot.chat.messages.inventory import excluded
from swatbot.chat.messages.names import called, message_of, owners, plan_of
from swatbot.chat.messages.text import LINE_BYTES, ago, both, fit, hhmm, quoted, some
from swatbot.domain.deployment import Kind, State
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live
from swatbot.domain.past import Past
from swatbot.domain.person import Actor
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status

# Bytes for who is addressed, and those that a fault gets however long the usage is.
_ADDRESS, _LEAST = 60, 40


def help_all(site: Site) -> tuple[str, ...]:
    """Every command, in few lines."""
    names = " ".join(f"!{name}" for name in sorted(site.handlers))
    return (
        f'{names}. "!help COMMAND" tells more.',
        'Asked to test? Say "verified", "untestable WHY" or "broken WHY". "!hold WHY" stops everything.',
    )


def help_one(handler: Handler) -> tuple[str, ...]:
    """One command."""
    others = f" (also {', '.join('!' + a for a in handler.aliases)})" if handler.aliases else ""
    who = {0: "anyone", 1: "anyone in people.toml", 2: "deployers", 3: "admins"}[int(handler.least)]
    return (f"{handler.usage}{others}: {handler.about} For {who}.",)


def unknown_command(name: str, suggestion: str) -> str:
    """A command that does not exist."""
    hint = f"Did you mean !{suggestion}?" if suggestion else '"!help" lists the commands.'
    return f"I do not know !{fit(name, 40)}. {hint}"


def usage(text: str, usage_line: str) -> str:
    """Something is wrong with what followed a command."""
    room = max(_LEAST, LINE_BYTES - _ADDRESS - len(usage_line.encode()))
    return f"{fit(text, room)} Usage: {usage_line}"


def whoami(actor: Actor, site: Site) -> tuple[str, ...]:
    """What the bot can prove of the speaker."""
    if actor.account is None and not actor.provable:
        return ("nobody's account is proven on this network, so I can not tell who you are.",)
    if actor.account is None:
        return ("I can not tell who you are: /msg NickServ identify, then ask again.",)
    if actor.person is None:
        return (f"you are {actor.account}, whom I do not know: ask an admin to add it to people.toml.",)
    role = actor.role.name.lower()
    return (f"you are {called(actor.person, site)} ({actor.account}), role {role}.",)


def queue(view: View, actor: Actor) -> tuple[str, ...]:
    """What is active and what comes then."""
    status, site = view.status, view.site
    active = status.active
    parts = [_active(active, view.now)] if active else ["nothing is active."]
    waiting = [_queued(d, actor) for d in status.waiting]
    parked = [f"#{d.number}" for d in status.in_state(State.PARKED)]
    inspecting = [f"#{d.number}" for d in status.in_state(State.INSPECTING)]
    if waiting:
        parts.append(f"Then {some(waiting)}.")
    if inspecting:
        parts.append(f"Being looked at: {some(inspecting)}.")
    if parked:
        parts.append(f"Parked: {some(parked)}.")
    if status.mending is not None:
        parts.append(f"Being put right: {folded(status.mending.hosts)}.")
    if status.lock is not None:
        end = f" until {hhmm(status.lock.until)}" if status.lock.until else ""
        parts.append(f"Locked by {called(status.lock.by, site)}{end}: {quoted(status.lock.why, 80)}.")
    return (" ".join(parts),)


def _active(d: Live, now: datetime) -> str:
    return f"active #{d.number} {plan_of(d, 60)}, {_where(d, now)}."


def _queued(d: Live, actor: Actor) -> str:
    own = " (yours)" if actor.person in (*(c.person for c in d.changes), d.actor.person) else ""
    return f"#{d.number} {plan_of(d, 60)}{own}"


def _where(d: Live | Past, now: datetime) -> str:
    """The state, with what is known of its hosts or whom it waits for."""
    if isinstance(d, Past):
        return f"{d.state.words}{_hosts(d)}"
    if d.state is State.AWAITING_VERIFICATION and d.waits_for:
        until = f" until {hhmm(d.deadline)}" if d.deadline else ""
        return f"waiting for {both(d.waits_for)}{until}"
    held = ""
    if d.hold:
        by = f" by {d.hold.by}" if d.hold.by else ""
        held = f" for {ago(now - d.hold.since)}{by}"
    return f"{d.state.words}{held}{_hosts(d)}"


def _hosts(d: Live | Past) -> str:
    """How far it is on the stage, if it touched a host; while the fleet is synced, by what was last told."""
    done, total = d.reached
    if isinstance(d, Live) and d.tally and d.stage is Stage.FLEET and d.cause is None:
        done = d.tally.ok
    kind = "test servers" if d.stage is Stage.TESTSERVERS else "hosts"
    return f", {done}/{total} {kind}" if total else ""


def status_all(view: View, actor: Actor) -> tuple[str, ...]:
    """The queue, and hosts that are behind."""
    return queue(view, actor) + _stale(view.status)


def _stale(status: Status) -> tuple[str, ...]:
    lines = []
    if status.stale:
        numbers = dict.fromkeys(n for missed in status.stale.values() for n in missed)
        since = f" (see {some([f'#{n}' for n in numbers])})" if numbers else ""
        lines.append(f"Stale: {fold(status.stale)}{since}.")
    if status.drift:
        lines.append(f"Drifted: {fold(status.drift)} (see !drift).")
    lines += excluded(status)
    return tuple(lines)


def status_one(d: Live | Past, view: View) -> tuple[str, ...]:
    """One deployment, in at most three lines."""
    site, now = view.site, view.now
    whose = both(owners(() if d.private else d.changes, site))
    changes = f" (changes by {whose})" if whose else ""
    head = f"#{d.number} {plan_of(d, 80)} by {called(d.actor.name, site)}{changes}: "
    digest = f", {d.digest}" if d.digest else ""
    lines = [f"{head}{_where(d, now)}{digest}."]
    if d.refusal and not d.private:
        lines.append(f"Because: {why(d.refusal)}")
    elif d.cause and d.cause.why:
        lines.append(f"Undone because: {quoted(d.cause.why, 250)}.")
    elif isinstance(d, Live) and d.hold and d.hold.why:
        lines.append(f"Held because: {quoted(d.hold.why, 250)}.")
    said = [
        f"{a.person} {a.word.value}{' (by ' + a.by + ')' if a.by != a.person else ''}"
        for a in d.asked
        if a.word
    ]
    lines += _failed(d, view.status)
    if said:
        lines.append(f"Said: {some(said)}.")
    return tuple(lines)


def _failed(d: Live | Past, status: Status) -> list[str]:
    """Hosts that failed, with the first one's reason; and those that were caught up since."""
    since = [h for h in d.failed if isinstance(d, Past) and d.number not in status.stale.get(h, ())]
    left = {h: reason for h, reason in d.failed.items() if h not in since}
    lines = [f"{fold(left)}: {fit(next(iter(left.values())), 200)}."] if left else []
    if since and d.state is State.COMPLETED:
        have = "has" if len(since) == 1 else "have"
        lines.append(f"It was not on {fold(since)} at first, which {have} it since.")
    return lines


def _ended(d: Past) -> str:
    done = d.kind is Kind.ROLLBACK and d.state is State.COMPLETED
    return f"rolled back #{d.of}" if done else d.state.words


def history(found: Sequence[Past], now: datetime, site: Site) -> tuple[str, ...]:
    """Past deployments, newest first."""
    if not found:
        return ("nothing was deployed yet that fits.",)
    return tuple(
        f"#{d.number} {plan_of(d, 60)} by {called(d.actor.name, site)}, {_ended(d)}"
        f" {ago(now - (d.ended_at or d.requested_at))} ago{': ' + message_of(d, 80) if d.message else ''}"
        for d in found
    )
