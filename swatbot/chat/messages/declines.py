"""Why something is not done, and what to type instead: one sentence or two for each reason."""

import re
from typing import assert_never

from swatbot.chat.messages.again import again, instead
from swatbot.chat.messages.names import plan_words
from swatbot.chat.messages.notes import cancelled, links, untold
from swatbot.chat.messages.text import both, count, fit, hhmm, quoted, some, spelled, typed, whole
from swatbot.chat.messages.unheeded import about_people, about_words
from swatbot.domain import reasons as r
from swatbot.domain.findings import MISSING
from swatbot.domain.hosts import fold

_VERBS = {
    "cancelled": "cancel",
    "demanded": "roll back",
    "rollback": "roll back",
    "verified": "verify",
    "untestable": "say that of",
    "broken": "reject",
    "here": "be here for",
}
# Bytes of a line that are left beside who is addressed, and that a deployment has stopped.
_ROOM = 300
_FEW = 3


def why(reason: r.Reason) -> str:
    """The reason in words, with the next thing to type."""
    match reason:
        case r.NoSuchDeployment() | r.NothingTo() | r.WhichOne() | r.WrongState() | r.LaterDeployment():
            return _about_numbers(reason)
        case r.NotAsked() | r.Relayed() | r.NotProven() | r.NotKnown() | r.NeedsRole() | r.SelfVerifyDenied():
            return about_people(reason)
        case (
            r.SayNumber()
            | r.NearlyAWord()
            | r.WhyNeeded()
            | r.AlreadySaid()
            | r.UnknownPerson()
            | r.OtherCard()
            | r.TooEarly()
        ):
            return about_words(reason)
        case r.LockState() | r.OutOfSeason():
            return _about_time(reason)
        case r.NoBaseline() | r.LookupFailed() | r.TreeChanged() | r.NothingToSync() | r.BadPaths():
            return _about_tree(reason)
        case r.UnknownHost() | r.ExclusionState() | r.NoHostLeft() | r.UnderWay() | r.AtWork():
            return _about_hosts(reason)
        case (
            r.LeftBehind()
            | r.Dirty()
            | r.ManyDeletions()
            | r.UnknownAuthor()
            | r.PathInMessage()
            | r.IdleStep()
        ):
            return _about_changes(reason)
    assert_never(reason)


Numbers = r.NoSuchDeployment | r.NothingTo | r.WhichOne | r.WrongState | r.LaterDeployment


def _about_numbers(reason: Numbers) -> str:
    match reason:
        case r.NoSuchDeployment(number=n):
            return f'there is no #{n}: "!queue" and "!history" list the ones there are.'
        case r.NothingTo(command=command):
            return f'there is nothing to {_verb(command)} now: "!queue" says what there is.'
        case r.WhichOne(command=command, numbers=numbers):
            marked = [f"#{n}" for n in numbers]
            listed = both(marked, "or") if len(marked) <= _FEW else some(marked)
            return f'I can not tell whether you mean {listed}: say "!{command} {numbers[0]}".'
        case r.WrongState(number=n, state=state, command=command):
            return f'#{n} is {state}, so I can not {_verb_it(command)}: "!status {n}" tells more.'
        case r.LaterDeployment(number=n, later=later, active=True):
            return f'#{later} is under way over what #{n} shipped: "!rollback {later}" first.'
        case r.LaterDeployment(number=n, later=later):
            return f'#{later} shipped over #{n} since: "!rollback {later}" first.'


def _verb(command: str) -> str:
    return _VERBS.get(command, command)


def _verb_it(command: str) -> str:
    """What a command does to a deployment."""
    return "roll it back" if _verb(command) == "roll back" else f"{_verb(command)} it"


Hosts = r.UnknownHost | r.ExclusionState | r.NoHostLeft | r.UnderWay | r.AtWork


def _about_hosts(reason: Hosts) -> str:
    match reason:
        case r.UnknownHost(host=host):
            return f"there is no host {quoted(host, 60)} in the fleet: see fleet.toml for their names."
        case r.ExclusionState(host=host, excluded=True):
            return f'{fit(host, 60)} is excluded already: "!include {fit(host, 60)}" lets it take part again.'
        case r.ExclusionState(host=host):
            return f'{fit(host, 60)} is not excluded: "!status" says who is.'
        case r.NoHostLeft(stage=stage):
            left = f"then {stage.value} would have no host left to deploy to"
            return f'{left}: "!lock WHY" stops deploying.'
        case r.UnderWay(number=n, command=command):
            return f'#{n} is under way, and hosts are between two states: "!{command}" again when it is over.'
        case r.AtWork(hosts=hosts):
            are = "is" if len(hosts) == 1 else "are"
            return f"{fit(fold(hosts), 100)} {are} being worked on: please ask again in a moment."


def _about_time(reason: r.LockState | r.OutOfSeason) -> str:
    match reason:
        case r.LockState(by=""):
            return 'deployments are not locked: "!queue" says what is going on.'
        case r.LockState(by=by, until=until, reason=words):
            end = f" until {hhmm(until)}" if until else ""
            return f"deployments are locked by {by}{end}: {quoted(words)}. It waits; !unlock lets it go."
        case r.OutOfSeason(freeze=freeze, until=until) if freeze:
            end = f" until {until:%Y-%m-%d} {hhmm(until)}" if until else ""
            return f'deploying is frozen{end}: {quoted(freeze)}. If it can not wait: --emergency "WHY".'
        case r.OutOfSeason(upcoming=upcoming, opens=opens):
            start = f" at {opens:%Y-%m-%d} {hhmm(opens)}" if opens else ""
            following = f"{fit(upcoming, 120)}{start}"
            return f'no window is open. Next: {following}. If it can not wait: --emergency "WHY".'


Tree = r.NoBaseline | r.LookupFailed | r.TreeChanged | r.NothingToSync | r.BadPaths


def _about_tree(reason: Tree) -> str:
    match reason:
        case r.NoBaseline():
            return 'I do not know what the fleet holds yet: run "swatbot baseline" on the deployment host.'
        case r.LookupFailed(error=error):
            return f"I could not look: {fit(error, 200)}."
        case r.TreeChanged():
            return _changed(reason)
        case r.NothingToSync():
            return _nothing(reason)
        case r.BadPaths(faults=faults):
            return _bad_paths(reason) if faults else "no path was named."


def _changed(reason: r.TreeChanged) -> str:
    new = [untold(reason.edits, reason.known, private=reason.private)] if reason.edits else []
    for verb, ids in (("would ship, too", reason.new), ("would be taken back", reason.undone)):
        if ids:
            new.append(f"{count(len(ids), 'change') if reason.private else some(ids)} {verb}")
    text = f"the tree has changed since you asked: {'; '.join(new)}."
    if not reason.edits:
        return f'{text} "!retry {reason.number}" asks anew.'
    return whole((f"{text} To ship them say {command}." for command in again("--dirty", reason)), _ROOM)


def _nothing(reason: r.NothingToSync) -> str:
    ahead = ""
    if reason.upstream_ahead:
        when = f" as of {hhmm(reason.fetched_at)}" if reason.fetched_at else ""
        ahead = f" Its upstream is {count(reason.upstream_ahead, 'commit')} ahead{when}: pull first?"
    notes = fit(" ".join((*links(reason.notes), *cancelled(reason.notes))), 140)
    return (
        f"nothing to sync: the fleet has {plan_words(reason.plan, 120)} as it is in the tree"
        f" ({reason.digest}).{' ' if notes else ''}{notes}{ahead}"
    )


def _bad_paths(reason: r.BadPaths) -> str:
    first = reason.faults[0]
    path = spelled(first.path, 80) or "(empty)"
    more = f" ({count(len(reason.faults) - 1, 'more path')} with faults)" if len(reason.faults) > 1 else ""
    if first.fault == MISSING:
        near = typed(first.suggestion)
        hints = [f"Did you mean {near}?"] if near else []
        hints.append("Paths are relative to it.")
        return whole((f"there is no {path} in the tree. {hint}{more}" for hint in hints), _ROOM)
    near = typed(first.suggestion)
    hints = [f" Did you mean {near}?", ""] if near else [""]
    fault = fit(first.fault, 120)
    verb = "look at" if reason.command else "ship"
    return whole((f"I can not {verb} {path}: {fault}.{hint}{more}" for hint in hints), _ROOM)


def _path_in_message(reason: r.PathInMessage) -> str:
    path = spelled(reason.doubt.path, 80)
    if reason.doubt.ordered:
        return f"not queued. {path} would not ship: the message begins at the first word that is no path."
    return f"not queued. {path} is a path, and would not ship: without a comma it is a part of the message."


def _idle(reason: r.IdleStep) -> str:
    paths = "its paths" if reason.private else both(spelled(path, 60) for path in reason.paths)
    empty = f"step {reason.step} would ship nothing"
    whats = {
        r.Idle.TWICE: f"{paths} is named twice",
        r.Idle.COVERED: f"{empty}: the steps before it cover {paths}",
        r.Idle.BEFORE: f"{empty}: what differs in {paths} is in the steps before it",
        r.Idle.SAME: f"{empty}: nothing differs in {paths}",
    }
    return whole((f"not queued: {whats[reason.idle]}. Say {way}." for way in instead(reason)), _ROOM)


Changes = r.LeftBehind | r.Dirty | r.ManyDeletions | r.UnknownAuthor | r.PathInMessage | r.IdleStep


def _about_changes(reason: Changes) -> str:
    match reason:
        case r.LeftBehind():
            return _left_behind(reason)
        case r.Dirty():
            return _dirty(reason)
        case r.ManyDeletions():
            return _deletions(reason)
        case r.UnknownAuthor():
            return _unknown_author(reason)
        case r.PathInMessage():
            return _path_in_message(reason)
        case r.IdleStep():
            return _idle(reason)


def _files(files: tuple[str, ...], *, private: bool, width: int = 60) -> str:
    """File names of at most so many bytes each; of private paths only how many."""
    return count(len(files), "private file") if private else some([spelled(f, width) for f in files])


def _left_behind(reason: r.LeftBehind) -> str:
    change = reason.change
    by = "" if reason.private else f" by {change.owner}"
    files = _files(reason.left, private=reason.private)
    more = f" The same goes for {_others(reason)}." if reason.more else ""
    does = "do" if re.search(r", | then ", reason.plan) else "does"
    return (
        f"not queued. Change {change.short}{by} also touches {files}, which"
        f" {fit(reason.plan, 60)} {does} not cover: the sync would ship half of it.{more}"
    )


def _others(reason: r.LeftBehind) -> str:
    if reason.also is None or reason.private:
        return count(reason.more, "more change")
    return f"{reason.also.short} by {fit(reason.also.owner, 40)}"


def _dirty(reason: r.Dirty) -> str:
    def said(command: str, width: int) -> str:
        owners = reason.owners if len(reason.owners) == len(reason.files) else ("",) * len(reason.files)
        edits = [f"{spelled(f, width)} ({_whose(o)})" for f, o in zip(reason.files, owners, strict=True)]
        files = _files(reason.files, private=True) if reason.private else some(edits)
        return (
            f"not queued. There are edits in the tree that are in no commit: {files}. Commit or undo them,"
            f" or say {command} if you mean them."
        )

    ways = again("--dirty", reason)
    return whole((said(command, width) for command in ways for width in (60, 30)), _ROOM)


def _whose(owner: str) -> str:
    return fit(owner, 20) if owner else "deleted"


def _deletions(reason: r.ManyDeletions) -> str:
    emptied = " It looks emptied." if reason.deletions == reason.held else ""
    text = (
        f"not queued. It would delete {reason.deletions} of {count(reason.held, 'file')} on every host."
        f"{emptied} If that is meant: "
    )
    return whole((f"{text}{command}." for command in again("--delete-many", reason)), _ROOM)


def _unknown_author(reason: r.UnknownAuthor) -> str:
    change = reason.change
    who = "its author" if reason.private else f"{fit(change.author, 40)} <{fit(change.email, 60)}>"
    text = f"not queued. I do not know {who}, who wrote {change.short}. Who tests it? Say "
    return whole((f"{text}{command}." for command in again("--for NAME", reason)), _ROOM)
