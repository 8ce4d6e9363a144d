"""Why something is not done, and what to type instead: one sentence or two for each reason."""

import re
from collections.abc import Iterator
from typing import assert_never

from swatbot.chat.messages.text import both, count, fit, hhmm, quoted, some, typed, whole
from swatbot.domain import reasons as r
from swatbot.domain.findings import MISSING
from swatbot.domain.hosts import fold
from swatbot.domain.person import Role

_VERBS = {
    "cancelled": "cancel",
    "demanded": "roll back",
    "rollback": "roll back",
    "verified": "verify",
    "untestable": "say that of",
    "broken": "reject",
    "here": "be here for",
}
# Bytes of a line that are left beside who is addressed, with and without a deployment that stopped.
_ROOM, _ROOM_ALONE = 300, 350
_FEW = 3
_NAMED = 120
# A plan that can be typed as it is told: a path with a space in it would read as path and message.
_PATH = r"""(?:"[^"]+"|(?!-)[^\s,"]+)"""
_PLAN = re.compile(rf"{_PATH}(?:(?:,| then) {_PATH})*")
_ROLE = {Role.PERSON: "people in people.toml", Role.DEPLOYER: "deployers", Role.ADMIN: "admins"}


def why(reason: r.Reason) -> str:
    """The reason in words, with the next thing to type."""
    match reason:
        case r.NoSuchDeployment() | r.NothingTo() | r.WhichOne() | r.WrongState() | r.LaterDeployment():
            return _about_numbers(reason)
        case r.NotAsked() | r.NotProven() | r.NotKnown() | r.NeedsRole() | r.SelfVerifyDenied():
            return _about_people(reason)
        case r.SayNumber() | r.NearlyAWord() | r.WhyNeeded() | r.AlreadySaid() | r.UnknownPerson():
            return _about_words(reason)
        case r.LockState() | r.OutOfSeason():
            return _about_time(reason)
        case r.NoBaseline() | r.LookupFailed() | r.TreeChanged() | r.NothingToSync() | r.BadPaths():
            return _about_tree(reason)
        case r.UnknownHost() | r.UnderWay() | r.AtWork():
            return _about_hosts(reason)
        case r.LeftBehind() | r.Dirty() | r.ManyDeletions() | r.UnknownAuthor():
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
            listed = both(marked) if len(marked) <= _FEW else some(marked)
            return f'I can not tell whether you mean {listed}: say "!{command} {numbers[0]}".'
        case r.WrongState(number=n, state=state, command=command):
            return f'#{n} is {state}, so I can not {_verb(command)} it: "!status {n}" tells more.'
        case r.LaterDeployment(number=n, later=later):
            return f'#{later} shipped over #{n} since: "!rollback {later}" first.'


def _verb(command: str) -> str:
    return _VERBS.get(command, command)


People = r.NotAsked | r.NotProven | r.NotKnown | r.NeedsRole | r.SelfVerifyDenied


def _about_people(reason: People) -> str:
    match reason:
        case r.NotAsked(number=n, waits_for=names, known=known):
            stranger = "" if known else ", and I do not know your account"
            return f"#{n} waits for {both(names) or 'nobody'}{stranger}."
        case r.NotProven():
            return "I can not tell that it is you: /msg NickServ identify, then say it again."
        case r.NotKnown(account=account):
            return f"I do not know the account {account}: ask an admin to add it to people.toml."
        case r.NeedsRole(command=command, role=role, holders=holders):
            hint = " Put the patch on a window, or ask one" if command == "sync-dir" else " Ask one"
            return f"!{command} is for {_ROLE[role]}.{hint}: {some(holders) or 'there is none yet'}."
        case r.SelfVerifyDenied(number=n):
            return (
                f"#{n} is your own change, and here somebody else has to look: ask another deployer for"
                f' "!verify {n} --override WHY".'
            )


Words = r.SayNumber | r.NearlyAWord | r.WhyNeeded | r.AlreadySaid | r.UnknownPerson


def _about_words(reason: Words) -> str:
    match reason:
        case r.SayNumber(word=word, over=over, over_ended=ended, staged=staged):
            first = f"#{over} is over" if ended else f"#{over} waits for you too"
            return (
                f'{first} and #{staged} has just been staged. If you tested #{staged}, say "{word} {staged}".'
            )
        case r.NearlyAWord(text=text, number=n):
            return f'I take {quoted(text, 60)} as neither. Say "verified {n}", or "broken {n}" and why.'
        case r.WhyNeeded(usage=usage):
            return f'please say why: "{usage}".'
        case r.AlreadySaid(number=n, word=word):
            return f'you have said "{word}" about #{n}. If it is not so: "broken {n}" and why.'
        case r.UnknownPerson(name=name, suggestion=near):
            hint = f" Did you mean {near}?" if near else ' "!help sync-dir" shows how to name a person.'
            return f"I do not know {quoted(name, 40)} in people.toml.{hint}"


def _about_hosts(reason: r.UnknownHost | r.UnderWay | r.AtWork) -> str:
    match reason:
        case r.UnknownHost(host=host):
            return f"there is no host {quoted(host, 60)} in the fleet: see fleet.toml for their names."
        case r.UnderWay(number=n, command=command):
            return f'#{n} is under way, and hosts are between two states: "!{command}" again when it is over.'
        case r.AtWork(hosts=hosts):
            return f"{fit(fold(hosts), 100)} are being worked on: please ask again in a moment."


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
        case r.TreeChanged(number=n, told=told, found=found):
            return (
                f"the tree has changed since you asked: {some(told) or 'no change'} then,"
                f' {some(found) or "no change"} now. "!retry {n}" takes it as it is.'
            )
        case r.NothingToSync():
            return _nothing(reason)
        case r.BadPaths(faults=faults):
            return _bad_paths(reason) if faults else "no path was named."


def _nothing(reason: r.NothingToSync) -> str:
    ahead = ""
    if reason.upstream_ahead:
        when = f" as of {hhmm(reason.fetched_at)}" if reason.fetched_at else ""
        ahead = f" Its upstream is {count(reason.upstream_ahead, 'commit')} ahead{when}: pull first?"
    return (
        f"nothing to sync: the fleet has {fit(reason.plan, 120)} as it is in the tree"
        f" ({reason.digest}).{ahead}"
    )


def _bad_paths(reason: r.BadPaths) -> str:
    first = reason.faults[0]
    path = fit(first.path, 80) or "(empty)"
    more = f" ({count(len(reason.faults) - 1, 'more path')} with faults)" if len(reason.faults) > 1 else ""
    if first.fault == MISSING:
        near = typed(first.suggestion)
        hints = [f"Did you mean {near}?"] if near else []
        hints.append("Paths are relative to it.")
        return whole((f"there is no {path} in the tree. {hint}{more}" for hint in hints), _ROOM)
    return f"I can not ship {path}: {fit(first.fault, 160)}.{more}"


Changes = r.LeftBehind | r.Dirty | r.ManyDeletions | r.UnknownAuthor


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


def _files(files: tuple[str, ...], *, private: bool, width: int = 60) -> str:
    """File names of at most so many bytes each; of private paths only how many."""
    return count(len(files), "private file") if private else some([fit(f, width) for f in files])


def _left_behind(reason: r.LeftBehind) -> str:
    change = reason.change
    files = _files(reason.left, private=reason.private)
    more = f" The same goes for {count(reason.more, 'more change')}." if reason.more else ""
    return (
        f"not queued. Change {change.short} by {change.owner} also touches {files}, which"
        f" {fit(reason.plan, 60)} does not cover: the sync would ship half of it.{more}"
    )


def _dirty(reason: r.Dirty) -> str:
    def said(again: str, width: int) -> str:
        files = _files(reason.files, private=reason.private, width=width)
        return (
            f"not queued. There are edits in the tree that are in no commit: {files}. Commit or remove them,"
            f" or say {again} if you mean them."
        )

    ways = _again("--dirty", reason)
    return whole((said(again, width) for again in ways for width in (60, 30)), _ROOM)


def _deletions(reason: r.ManyDeletions) -> str:
    text = (
        f"not queued. It would delete {reason.deletions} of {count(reason.held, 'file')} on every host."
        " If that is meant: "
    )
    return whole((f"{text}{again}." for again in _again("--delete-many", reason)), _ROOM)


def _unknown_author(reason: r.UnknownAuthor) -> str:
    change = reason.change
    who = "its author" if reason.private else f"{fit(change.author, 40)} <{fit(change.email, 60)}>"
    text = f"not queued. I do not know {who}, who wrote {change.short}. Who tests it? Say "
    return whole((f"{text}{again}." for again in _again("--for NAME", reason)), _ROOM)


def alternatives(reason: r.Reason) -> str:
    """The commands to type next, where they want a line of their own; "" otherwise."""
    if not isinstance(reason, r.LeftBehind):
        return ""
    return whole((*_three_commands(reason), _in_words(reason)), _ROOM_ALONE)


def _three_commands(reason: r.LeftBehind) -> Iterator[str]:
    """Together, in order, or knowingly without: as short as need be, and never cut."""
    if reason.private or not _PLAN.fullmatch(reason.plan):
        return
    first, *rest = _messages(reason.message)
    later = rest[0] if rest else first
    for extra in _extras(reason):
        for message in dict.fromkeys((first, later)):
            yield (
                f'say "{_sync(f"{extra}, {reason.plan}", message)}", or for an order'
                f' "{_sync(f"{extra} then {reason.plan}", later)}",'
                f' or "{_sync(f"--partial {reason.plan}", later)}" if you mean it.'
            )


def _extras(reason: r.LeftBehind) -> Iterator[str]:
    """What to add to the plan: few files by their names, many by directories outside of it."""
    left = reason.left
    above = [path.rpartition("/")[0] or path for path in left]
    top = [path.partition("/")[0] for path in left]
    ways = [list(dict.fromkeys(way)) for way in (left, above, top)]
    for way in sorted(ways, key=lambda way: len(way) > _FEW):
        inside = any(f" {path}/" in f" {reason.plan}" for path in way)
        if all(typed(path) for path in way) and not inside:
            yield ", ".join(typed(path) for path in way)


def _in_words(reason: r.LeftBehind) -> str:
    named: list[str] = []
    for path in () if reason.private else reason.left[:_FEW]:
        if typed(path) and len(", ".join([*named, typed(path)]).encode()) <= _NAMED:
            named.append(typed(path))
    more = len(reason.left) - len(named)
    parts = [", ".join(named)] if named else []
    if more:
        number = f"{more} more" if named else count(more, "file")
        parts.append(f'{number} (see "git show --name-only {fit(reason.change.short, 12)}")')
    return (
        f"type it again with {both(parts)} beside your paths:"
        ' after a comma they ship together, before "then" they go first; or with --partial before the paths'
        " if you mean it."
    )


def _again(option: str, reason: r.Dirty | r.ManyDeletions | r.UnknownAuthor) -> Iterator[str]:
    """The command with one more option; the last way is in words, for a plan that is too long to be told."""
    if _PLAN.fullmatch(reason.plan):
        for message in _messages(reason.message):
            yield f'"{_sync(f"{option} {reason.plan}", message)}"'
    yield f"the same with {option} before the paths"


def _messages(message: str) -> list[str]:
    """The message, then what stands for it where there is no room."""
    return [message, "MESSAGE"] if message else [""]


def _sync(arguments: str, message: str) -> str:
    return f"!sync-dir {arguments} {message}".rstrip()
