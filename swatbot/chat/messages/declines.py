"""Why something is not done, and what to type instead: one sentence or two for each reason."""

from typing import assert_never

from swatbot.chat.messages.again import again
from swatbot.chat.messages.names import plan_words
from swatbot.chat.messages.notes import cancelled, links, untold
from swatbot.chat.messages.text import both, count, fit, hhmm, quoted, some, spelled, typed, whole
from swatbot.chat.messages.unheeded import about_people, about_words
from swatbot.chat.messages.unshipped import ROOM, about_changes, listed_files
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
_FEW = 3


def why(reason: r.Reason) -> str:
    """The reason in words, with the next thing to type."""
    match reason:
        case r.NoSuchDeployment() | r.NothingTo() | r.WhichOne() | r.WrongState():
            return _about_numbers(reason)
        case r.LaterDeployment() | r.BeforeBaseline() | r.LockState() | r.OutOfSeason():
            return _not_now(reason)
        case r.NotAsked() | r.Relayed() | r.NotProven() | r.NotKnown() | r.NeedsRole() | r.SelfVerifyDenied():
            return about_people(reason)
        case (
            r.SayNumber()
            | r.NearlyAWord()
            | r.WhyNeeded()
            | r.AlreadySaid()
            | r.UnknownPerson()
            | r.OtherCard()
            | r.OtherThread()
            | r.TooEarly()
        ):
            return about_words(reason)
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
            return about_changes(reason)
    assert_never(reason)


Numbers = r.NoSuchDeployment | r.NothingTo | r.WhichOne | r.WrongState


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


def _not_undone(reason: r.LaterDeployment | r.BeforeBaseline) -> str:
    """Why what is there now is not to be put back."""
    match reason:
        case r.BeforeBaseline(number=n):
            return (
                f"a baseline was taken since #{n}, so what it replaced is not what the fleet had then:"
                " revert its changes in the tree, and sync that."
            )
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


def _not_now(reason: r.LaterDeployment | r.BeforeBaseline | r.LockState | r.OutOfSeason) -> str:
    match reason:
        case r.LaterDeployment() | r.BeforeBaseline():
            return _not_undone(reason)
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
    if reason.left:
        new.append(f"{listed_files(reason.left, private=reason.private)} would be left behind, too")
    text = f"the tree has changed since you asked: {'; '.join(new)}."
    if not reason.edits:
        return f'{text} "!retry {reason.number}" asks anew.'
    return whole((f"{text} To ship them say {command}." for command in again("--dirty", reason)), ROOM)


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
        return whole((f"there is no {path} in the tree. {hint}{more}" for hint in hints), ROOM)
    near = typed(first.suggestion)
    hints = [f" Did you mean {near}?", ""] if near else [""]
    fault = fit(first.fault, 120)
    verb = "look at" if reason.command else "ship"
    return whole((f"I can not {verb} {path}: {fault}.{hint}{more}" for hint in hints), ROOM)
