"""The answer to `!diff`: each file with what happened to it, and as many of its lines as there is room."""

from collections.abc import Iterator, Sequence

from swatbot.chat.messages.names import plan_words
from swatbot.chat.messages.text import both, count, fit, spelled, typed
from swatbot.domain.changed import Changed, Changes
from swatbot.domain.manifest import Entry, Kind

DIFF_LINES = 6
_NAME, _LINE = 160, 200


def diff(found: Changes, name: str, *, private: bool) -> tuple[str, ...]:
    """What differs, in at most `DIFF_LINES` lines of chat; of private files only how many.

    Args:
        found: what differs.
        name: what was asked about.
        private: whether all of it is private.
    """
    hidden = found.private + (len(found.files) if private else 0)
    files = () if private else found.files
    if files:
        return tuple(_shown(files, hidden))
    if hidden:
        differ = "differs" if hidden == 1 else "differ"
        return (
            f"{plan_words(name, 100)}: {count(hidden, 'private file')} {differ}, which I do not show here.",
        )
    return (f"{plan_words(name, 100)}: nothing differs.",)


def _shown(files: Sequence[Changed], hidden: int) -> Iterator[str]:
    """Files first: a file that is not named is worse than a line that is not shown."""
    total = sum(f.lines.total for f in files)
    room = DIFF_LINES if len(files) + total <= DIFF_LINES and not hidden else DIFF_LINES - 1
    named = files[:room]
    shares = _shares([len(f.lines.first) for f in named], room - len(named))
    for file, share in zip(named, shares, strict=True):
        yield _head(file, share)
        yield from (fit(line, _LINE) for line in file.lines.first[:share])
    left = [
        *_left(len(files) - len(named), "more file"),
        *_left(total - sum(shares), "more line"),
        *_left(hidden, "private file"),
    ]
    if left:
        cut = next((f.path for f, share in zip(named, shares, strict=True) if share < f.lines.total), "")
        narrow = f': "!diff {typed(cut)}" shows more of it' if cut and typed(cut) and len(files) > 1 else ""
        yield f"and {both(left)}{', which I do not show here' if hidden else narrow}."


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """How many lines each file shows: one after the other gets one more, while there is room."""
    shares = [0] * len(wanted)
    while room and shares != list(wanted):
        for n, most in enumerate(wanted):
            if room and shares[n] < most:
                shares[n] += 1
                room -= 1
    return shares


def _left(number: int, noun: str) -> list[str]:
    return [count(number, noun)] if number else []


def _head(file: Changed, shown: int) -> str:
    """The file, what happened to it, and how many of its lines follow if these are not all."""
    cut = [f"{shown} of {count(file.lines.total, 'line')}"] if shown < file.lines.total else []
    what = ", ".join([*_what(file), *cut])
    return f"{spelled(file.path, _NAME)}{f' ({what})' if what else ''}"


def _what(file: Changed) -> Iterator[str]:
    """What happened to the file, beside changed lines."""
    old, new = file.old, file.new
    if new is None:
        yield "deleted"
    elif old is None:
        yield "new"
        yield from _as_new(new)
    else:
        yield from _as_changed(old, new)
    if file.lines.binary:
        yield "binary"


def _as_new(new: Entry) -> Iterator[str]:
    if new.kind is Kind.LINK:
        yield f"a link to {spelled(new.content, 60)}"
    elif not new.size:
        yield "empty"
    if new.mode & 0o111:
        yield f"mode {new.mode:o}"


def _as_changed(old: Entry, new: Entry) -> Iterator[str]:
    if new.kind is Kind.LINK:
        yield f"now a link to {spelled(new.content, 60)}"
    elif old.kind is Kind.LINK:
        yield "a link no more"
    elif old.mode != new.mode:
        yield f"mode {old.mode:o} -> {new.mode:o}"
    if new.kind is Kind.FILE and not new.size:
        yield "now empty"
