"""What to type again: the request that was declined, with what was typed before, and one thing more."""

import re
from collections.abc import Iterator

from swatbot.chat.messages.text import both, count, fit, typed, whole
from swatbot.domain import reasons as r
from swatbot.domain.meant import Doubt
from swatbot.domain.plan import Options

# Bytes of a line that are left beside who is addressed.
_ROOM = 350
_FEW = 3
_NAMED = 120
# A plan that can be typed as it is told: a path with a space in it would read as path and message.
_PATH = r"""(?:"[^"]+"|(?!-|(?i:then)(?:,| |$))[^\s,"]+)"""
_PLAN = re.compile(rf"{_PATH}(?:(?:,| then) {_PATH})*")

Again = r.LeftBehind | r.Dirty | r.ManyDeletions | r.UnknownAuthor | r.TreeChanged


def again(option: str, reason: Again) -> Iterator[str]:
    """The command with one more option, in quotation marks; shorter and shorter, the last way in words."""
    if _PLAN.fullmatch(reason.plan):
        for options in _typed(reason.options):
            for message in _messages(reason.message):
                yield f'"{_sync(options, option, reason.plan, message)}"'
    yield f"the same with {option} before the paths"


def instead(reason: r.IdleStep) -> Iterator[str]:
    """The plans that may be meant, shorter and shorter, the last way in words."""
    if reason.plans and all(_PLAN.fullmatch(plan) for plan in reason.plans):
        for options in _typed(reason.options):
            for message in _messages(reason.message):
                first, *rest = (f'"{_sync(options, plan, message)}"' for plan in reason.plans)
                yield first + "".join(f", or {way} if that is to go first" for way in rest)
    yield "the same without it"


def alternatives(reason: r.Reason) -> str:
    """The commands to type next, where they want a line of their own; "" otherwise."""
    if isinstance(reason, r.PathInMessage):
        return whole(_with_the_path(reason), _ROOM)
    if not isinstance(reason, r.LeftBehind):
        return ""
    return whole((*_three_commands(reason), _in_words(reason)), _ROOM)


def _with_the_path(reason: r.PathInMessage) -> Iterator[str]:
    """The plan with the path that was taken for the message; or the message, so that it is meant as one."""
    doubt, plan = reason.doubt, reason.plan
    if _PLAN.fullmatch(plan) and _PLAN.fullmatch(f"{plan}{doubt.more}") and '"' not in reason.message:
        for options in _typed(reason.options):
            for long in (True, False):
                rest, message = (doubt.rest, reason.message) if long else (_short(doubt.rest), "MESSAGE")
                yield _ways(doubt, options, plan, rest, message)
    yield (
        'type it again with a comma or "then" between the paths, or with the message in quotation marks if it'
        " is only said."
    )


def _ways(doubt: Doubt, options: str, plan: str, rest: str, message: str) -> str:
    together = f'say "{_sync(options, f"{plan}{doubt.more}", rest)}"'
    order = f', for an order "{_sync(options, f"{plan} then{doubt.more[1:]}", _short(rest))}"'
    said = _sync(options, plan, f'"{message}"')
    return f'{together}{"" if doubt.ordered else order}, or "{said}" if it is only said.'


def _short(message: str) -> str:
    return "MESSAGE" if message else ""


def _three_commands(reason: r.LeftBehind) -> Iterator[str]:
    """Together, in order, or knowingly without: as short as need be, and never cut."""
    if reason.private or not _PLAN.fullmatch(reason.plan):
        return
    plan, (first, *rest) = reason.plan, _messages(reason.message)
    later = rest[0] if rest else first
    for options in _typed(reason.options):
        for extra in _extras(reason):
            for message in dict.fromkeys((first, later)):
                yield (
                    f'say "{_sync(options, f"{extra}, {plan}", message)}", or for an order'
                    f' "{_sync(options, _ordered(extra, plan, reason), later)}",'
                    f' or "{_sync(options, "--partial", plan, later)}" if you mean it.'
                )


def _ordered(extra: str, plan: str, reason: r.LeftBehind) -> str:
    """What is new goes before what may need it, and what is taken away after what needed it."""
    vanishes = set(reason.lacking) == set(reason.gone) != set()
    return f"{plan} then {extra}" if vanishes else f"{extra} then {plan}"


def _extras(reason: r.LeftBehind) -> Iterator[str]:
    """What to add to the plan: few files by their names, many by directories outside of it."""
    left = reason.lacking or reason.left
    above = [path.rpartition("/")[0] or path for path in left]
    top = [path.partition("/")[0] for path in left]
    ways = [list(dict.fromkeys(way)) for way in (left, above, top)]
    for way in sorted(ways, key=lambda way: len(way) > _FEW):
        inside = any(f" {path}/" in f" {reason.plan}" for path in way)
        if all(typed(path) for path in way) and not inside:
            yield ", ".join(typed(path) for path in way)


def _in_words(reason: r.LeftBehind) -> str:
    named: list[str] = []
    lacking = reason.lacking or reason.left
    for path in () if reason.private else lacking[:_FEW]:
        if typed(path) and len(", ".join([*named, typed(path)]).encode()) <= _NAMED:
            named.append(typed(path))
    more = len(lacking) - len(named)
    parts = [", ".join(named)] if named else []
    if more:
        number = f"{more} more" if named else count(more, "file")
        parts.append(f'{number} (see "git show --name-only {fit(reason.change.short, 12)}")')
    return (
        f"type it again with {both(parts)} beside your paths:"
        ' after a comma they ship together, before "then" they go first; or with --partial before the paths'
        " if you mean it."
    )


def _typed(options: Options) -> Iterator[str]:
    """The options as they are typed, then with a placeholder for a long reason; none if they can not be."""
    names = [typed(name) for name in options.verifiers]
    flags = {
        "--partial": options.partial,
        "--dirty": options.dirty,
        "--delete-many": options.delete_many,
    }
    words = [*(f"--for {name}" for name in names), *(flag for flag, given in flags.items() if given)]
    reasons = dict.fromkeys((typed(options.emergency), "WHY") if options.emergency else ("",))
    for why in reasons:
        if all(names) and bool(why) == bool(options.emergency):
            yield " ".join([*words, f"--emergency {why}"] if why else words)


def _messages(message: str) -> list[str]:
    """The message, then what stands for it where there is no room."""
    return [message, "MESSAGE"] if message else [""]


def _sync(*words: str) -> str:
    return " ".join(["!sync-dir", *filter(None, words)])
