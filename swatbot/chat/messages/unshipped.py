"""Why a plan does not ship as it was typed, and the command that does what is meant."""

import re

from swatbot.chat.messages.again import again, instead
from swatbot.chat.messages.text import both, count, fit, some, spelled, whole
from swatbot.domain import reasons as r
from swatbot.domain.findings import UNEXPLAINED

# Bytes of a line that are left beside who is addressed, and that a deployment has stopped.
ROOM = 300

Changes = r.LeftBehind | r.Dirty | r.ManyDeletions | r.UnknownAuthor | r.PathInMessage | r.IdleStep


def about_changes(reason: Changes) -> str:
    """What is wrong with what would ship."""
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
    return whole((f"not queued: {whats[reason.idle]}. Say {way}." for way in instead(reason)), ROOM)


def listed_files(files: tuple[str, ...], *, private: bool, width: int = 60) -> str:
    """File names of at most so many bytes each; of private paths only how many."""
    return count(len(files), "private file") if private else some([spelled(f, width) for f in files])


def _left_behind(reason: r.LeftBehind) -> str:
    change = reason.change
    by = "" if reason.private else f" by {change.owner}"
    files = listed_files(reason.left, private=reason.private)
    more = f" The same goes for {_others(reason)}." if reason.more else ""
    does = "do" if re.search(r", | then ", reason.plan) else "does"
    plan = fit(reason.plan, 60)
    if reason.back:
        return (
            f"not queued. The tree has no more {change.short}{by}, which also touches {files}: {plan}"
            f" {does} not cover that, and the sync would take back half of it.{more}"
        )
    return (
        f"not queued. Change {change.short}{by} also touches {files}, which"
        f" {plan} {does} not cover: the sync would ship half of it.{more}"
    )


def _others(reason: r.LeftBehind) -> str:
    if reason.also is None or reason.private:
        return count(reason.more, "more change")
    return f"{reason.also.short} by {fit(reason.also.owner, 40)}"


def _dirty(reason: r.Dirty) -> str:
    def said(command: str, width: int) -> str:
        owners = reason.owners if len(reason.owners) == len(reason.files) else ("",) * len(reason.files)
        edits = [f"{spelled(f, width)} ({_whose(o)})" for f, o in zip(reason.files, owners, strict=True)]
        files = listed_files(reason.files, private=True) if reason.private else some(edits)
        if set(owners) == {UNEXPLAINED}:
            files = listed_files(reason.files, private=reason.private, width=width)
            return (
                f"not queued. No change that waits explains what differs in {files}: a merge may have taken"
                f" another version. See !diff, or say {command} if you mean that."
            )
        return (
            f"not queued. There are edits in the tree that are in no commit: {files}. Commit or undo them,"
            f" or say {command} if you mean them."
        )

    ways = again("--dirty", reason)
    return whole((said(command, width) for command in ways for width in (60, 30)), ROOM)


def _whose(owner: str) -> str:
    return fit(owner, 20) if owner else "deleted"


def _deletions(reason: r.ManyDeletions) -> str:
    listed = some([spelled(place, 60) for place in reason.emptied])
    emptied = f" Nothing is left of {listed}." if listed else ""
    text = (
        f"not queued. It would delete {reason.deletions} of {count(reason.held, 'file')} on every host."
        f"{emptied} If that is meant: "
    )
    return whole((f"{text}{command}." for command in again("--delete-many", reason)), ROOM)


def _unknown_author(reason: r.UnknownAuthor) -> str:
    change = reason.change
    who = "its author" if reason.private else f"{fit(change.author, 40)} <{fit(change.email, 60)}>"
    text = f"not queued. I do not know {who}, who wrote {change.short}. Who tests it? Say "
    return whole((f"{text}{command}." for command in again("--for NAME", reason)), ROOM)
