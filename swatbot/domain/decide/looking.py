"""What was looked up is judged: may this be queued, and is the snapshot what the deployer was told?"""

from dataclasses import replace

from swatbot.domain import commands as c
from swatbot.domain.coverage import Change, Covered, Share, against, coverage, missing, shipped
from swatbot.domain.decide.typed import mistyped
from swatbot.domain.deployment import State
from swatbot.domain.events import Accepted, Event, Failed, Pinned, Refused
from swatbot.domain.findings import NO_NOTES, Findings, Pin, Season
from swatbot.domain.live import Live
from swatbot.domain.reasons import (
    BadPaths,
    Dirty,
    LeftBehind,
    LockState,
    ManyDeletions,
    NothingToSync,
    OutOfSeason,
    Reason,
    TreeChanged,
    UnknownAuthor,
)
from swatbot.domain.rules import Outside, Rules
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status


def on_inspected(status: Status, d: Live, command: c.Inspected, rules: Rules) -> tuple[Event, ...]:
    """Queued with what it would ship, or refused with the first reason that a person can mend."""
    if d.state is not State.INSPECTING:
        return ()
    found, season = command.findings, command.season
    covered = coverage(found.changes, d.plan, d.actor.person or "", d.message)
    refusal = mistyped(d, command) or _refusal(d, found, covered, rules)
    refusal = refusal or _season(d, season, Outside.REFUSE, rules)
    if refusal is not None:
        return (Refused(d.number, refusal, found.private),)
    ships = shipped(covered)
    ahead = tuple(o.number for o in status.live.values() if o.active) + status.queue
    return (
        Accepted(
            d.number,
            ships,
            len(found.files),
            found.added,
            found.removed,
            _asked(d, found, ships),
            ahead,
            found.private,
            _warnings(status, d, season, rules),
            found.notes,
            found.dirty,
            found.deletions,
            _left(covered),
        ),
    )


def on_snapshotted(status: Status, d: Live, command: c.Snapshotted, rules: Rules) -> tuple[Event, ...]:
    """Pinned, unless the tree changed in a way that the deployer was not told."""
    if d.state is not State.SNAPSHOTTING:
        return ()
    found = command.pin.findings
    covered = coverage(found.changes, d.plan, d.actor.person or "", d.message)
    ships = shipped(covered)
    reason = _refusal(d, found, covered, rules) or _untold(d, found, ships, _left(covered))
    if reason is not None:
        return (Failed(d.number, reason),)
    left = {change.short for change in ships}
    gone = tuple(change.short for change in d.changes if change.short not in left)
    asked = _asked(d, found, ships) if gone else ()
    pin, behind = _slim(command), _behind(status)
    return (Pinned(d.number, pin, status.stages, command.effect.holdings, behind, gone, asked),)


def _left(covered: tuple[Covered, ...]) -> tuple[str, ...]:
    """The files that are left behind, each once."""
    return tuple(dict.fromkeys(f for one in covered if one.share is Share.PART for f in one.left_behind))


def _untold(d: Live, found: Findings, ships: tuple[Change, ...], left: tuple[str, ...]) -> Reason | None:
    """What would ship, and was not there when the deployer asked; what is no more there needs no question."""
    told = {change.short for change in d.changes}
    known = {(edit.path, edit.sha256) for edit in d.edits}
    changed = TreeChanged(
        number=d.number,
        new=tuple(change.short for change in ships if change.short not in told),
        undone=tuple(short for short in found.notes.undone if short not in d.undone),
        edits=tuple(edit for edit in found.dirty if (edit.path, edit.sha256) not in known),
        private=found.private,
        left=tuple(f for f in left if f not in d.left),
        known=tuple(edit.path for edit in found.dirty if edit.path in {path for path, _ in known}),
        plan=str(d.plan),
        message=d.message,
        options=replace(d.options, dirty=False),
    )
    return changed if changed.new or changed.undone or changed.edits or changed.left else None


def _behind(status: Status) -> tuple[str, ...]:
    """Test servers must hold what the fleet does before anything is tested there; stale hosts too."""
    tests = {h for found in status.stages if found.stage is Stage.TESTSERVERS for h in found.hosts}
    return tuple(h for h in status.hosts if h in tests or h in status.stale or h in status.drift)


def _slim(command: c.Snapshotted) -> Pin:
    """Without the findings' lists: the journal holds them already, in what was accepted."""
    findings = replace(command.pin.findings, changes=(), files=(), dirty=(), notes=NO_NOTES, absent=())
    return replace(command.pin, findings=findings)


def _refusal(d: Live, found: Findings, covered: tuple[Covered, ...], rules: Rules) -> Reason | None:
    plan = str(d.plan)
    if found.faults:
        return BadPaths(faults=found.faults)
    if not found.files:
        held = d.states[-1][:6] if d.states else found.head[:7]
        return NothingToSync(
            plan=plan,
            digest=held,
            upstream_ahead=found.upstream_ahead,
            fetched_at=found.fetched_at,
            notes=NO_NOTES if found.private else found.notes,
        )
    return _guarded(d, found, rules) or _unknown_author(d, found, shipped(covered))


def _guarded(d: Live, found: Findings, rules: Rules) -> Reason | None:
    """What is shipped only if it is meant; what was moved out of the plan is deleted only with the rest."""
    left = _halves(d, found, found.changes, back=False) or _halves(d, found, found.taken_back, back=True)
    limit = max(rules.delete_floor, int(rules.delete_share * found.held))
    many = found.deletions > limit or found.emptied
    moved = left is not None and left.gone != left.lacking and not found.dirty
    if many and not moved and not d.options.delete_many:
        return _deletions(d, found)
    return _dirty(d, found) if found.dirty and not d.options.dirty else left


def _deletions(d: Live, found: Findings) -> Reason:
    return ManyDeletions(
        deletions=found.deletions,
        held=found.held,
        plan=str(d.plan),
        message=d.message,
        options=d.options,
        emptied=() if found.private else found.emptied,
    )


def _dirty(d: Live, found: Findings) -> Reason:
    return Dirty(
        files=tuple(edit.path for edit in found.dirty),
        owners=tuple(edit.owner for edit in found.dirty),
        plan=str(d.plan),
        message=d.message,
        private=found.private,
        options=d.options,
    )


def _halves(d: Live, found: Findings, changes: tuple[Change, ...], *, back: bool) -> LeftBehind | None:
    """Changes that would ship in part; or commits that the tree has no more and that would go so (`back`)."""
    covered = [against(change, d.plan.paths) for change in changes]
    parts = [one for one in covered if one.share is Share.PART]
    if not parts or d.options.partial:
        return None
    first = parts[0]
    lacking = missing(changes, d.plan.paths)
    return LeftBehind(
        change=first.change,
        left=first.left_behind,
        plan=str(d.plan),
        more=len(parts) - 1,
        message=d.message,
        private=found.private,
        options=d.options,
        gone=tuple(f for f in lacking if f in found.absent),
        lacking=lacking,
        also=parts[1].change if len(parts) == 2 else None,
        back=back,
    )


def _unknown_author(d: Live, found: Findings, ships: tuple[Change, ...]) -> Reason | None:
    if d.options.verifiers:
        return None
    for change in ships:
        if not change.person:
            return UnknownAuthor(
                change=change,
                plan=str(d.plan),
                message=d.message,
                private=found.private,
                options=d.options,
            )
    return None


def _asked(d: Live, found: Findings, ships: tuple[Change, ...]) -> tuple[str, ...]:
    """Those named by `--for`, else the authors of what ships and of what is taken back, if they are known.

    For edits without a commit it is the deployer.
    """
    back = (c for c in found.taken_back if against(c, d.plan.paths).share is not Share.APART)
    authors = (change.person for change in (*ships, *back) if change.person)
    return tuple(dict.fromkeys(d.options.verifiers or authors)) or (d.actor.name,)


def _season(d: Live, season: Season, outside: Outside, rules: Rules) -> Reason | None:
    """Why not now: a freeze always, and being outside a window if the site treats that as `outside`."""
    if d.options.emergency:
        return None
    shut = not season.window and rules.outside is outside and bool(season.upcoming)
    if not shut and not (season.freeze and outside is Outside.REFUSE):
        return None
    until = season.thaws if season.freeze else None
    return OutOfSeason(freeze=season.freeze, until=until, upcoming=season.upcoming, opens=season.opens)


def _warnings(status: Status, d: Live, season: Season, rules: Rules) -> tuple[Reason, ...]:
    found = [_season(d, season, Outside.WARN, rules)]
    lock = status.lock
    if lock is not None and not d.options.emergency:
        found.append(LockState(by=lock.by, until=lock.until, reason=lock.why))
    return tuple(reason for reason in found if reason is not None)
