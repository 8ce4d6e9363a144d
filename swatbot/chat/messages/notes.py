"""What a deployer should know beside what ships: links, changes that cancel out, what is taken back."""

from collections.abc import Collection, Iterator

from swatbot.chat.messages.text import both, count, fit, some, spelled
from swatbot.domain.coverage import Covered, Share
from swatbot.domain.findings import Edit, Notes

_MOST = 3
_EDITS = 4


def cancelled(notes: Notes, *, private: bool = False) -> Iterator[str]:
    """Changes that wait together with their revert."""
    if private and notes.cancelled:
        yield f"{count(len(notes.cancelled), 'revert')} and what they revert cancel out."
        return
    for pair in notes.cancelled[:_MOST]:
        changes = [fit(change, 12) for change in pair.changes]
        listed = both(changes) if len(changes) <= _MOST else some(changes)
        its = "its" if len(changes) == 1 else "their"
        yield f"{listed} and {its} revert {fit(pair.revert, 12)} cancel out."
    if (more := len(notes.cancelled) - _MOST) > 0:
        yield f"{count(more, 'more revert')} cancel{'s' if more == 1 else ''} out too."


def links(notes: Notes, *, private: bool = False) -> Iterator[str]:
    """Paths that are links: whoever types one may believe that what it leads to ships."""
    for link in notes.links[:_MOST]:
        if private:
            yield "A path is a symbolic link: the link ships, not what it leads to."
        else:
            yield f"{spelled(link.path, 60)} is a symbolic link: it ships, not {spelled(link.target, 60)}."


def idle(notes: Notes, *, private: bool = False) -> Iterator[str]:
    """Paths that may have been thought to ship something."""
    if notes.idle:
        listed = count(len(notes.idle), "path") if private else some([spelled(p, 60) for p in notes.idle])
        yield f"Nothing differs in {listed}."


def undone(notes: Notes, *, private: bool = False) -> Iterator[str]:
    """Commits that the fleet holds and the tree has not."""
    if notes.undone:
        ids = [fit(commit, 12) for commit in notes.undone]
        listed = count(len(ids), "change") if private else some(ids)
        yield f"It takes back {listed}, which the fleet holds and the tree has no more."


def edits(found: tuple[Edit, ...], *, private: bool) -> Iterator[str]:
    """What `--dirty` ships: each edit is named, or the deployer would not know of it."""
    if found:
        listed = "" if private else f": {edits_named(found)}"
        yield f"With {count(len(found), 'edit')} in no commit{listed}."


def edits_named(found: tuple[Edit, ...]) -> str:
    """Files and whose they are: `static/a (dana), static/b (deleted)`."""
    named = [
        f"{spelled(edit.path, 60)} ({fit(edit.owner, 20) if edit.owner else 'deleted'})" for edit in found
    ]
    return some(named, most=_EDITS)


def untold(found: tuple[Edit, ...], known: Collection[str], *, private: bool) -> str:
    """Edits that were not there when the deployer asked, or not as they are now."""
    listed = "" if private else f": {edits_named(found)}"
    again = [edit for edit in found if edit.path in known]
    what = "new" if not again else "changed again" if len(again) == len(found) else "new or changed again"
    return f"{count(len(found), 'edit')} in no commit {'is' if len(found) == 1 else 'are'} {what}{listed}"


def left_behind(found: tuple[Covered, ...], *, private: bool) -> Iterator[str]:
    """What `--partial` leaves behind."""
    for one in [one for one in found if one.share is Share.PART][:_MOST]:
        left = one.left_behind
        files = count(len(left), "private file") if private else some([spelled(f, 60) for f in left])
        whose = "a change" if private else fit(one.change.short, 12)
        yield f"Of {whose} it leaves {files} behind."
