"""Prints a survey of a history while it is made: as a table for people, or as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from swatbot.chat.messages.text import clean, count, fit
from swatbot.domain.coverage import Covered, Share
from swatbot.tree.survey import Survey, Totals

_AUTHOR, _LEFT = 20, 3
_ROW = "{:8}  {:10}  {:20}  {:5}  {}"


def table(survey: Survey) -> Iterator[str]:
    """One line for each commit, and the totals at the end."""
    yield _ROW.format("commit", "date", "author", "share", "left behind").rstrip()
    for found in survey.rows():
        yield _line(found)
    yield from ("", *_totals(survey.totals))


def document(survey: Survey) -> Iterator[str]:
    """One JSON object, in lines: `commits`, one on each line, and `totals`."""
    before = '{"commits": ['
    for found in survey.rows():
        yield before + json.dumps(_values(found))
        before = ","
    if before != ",":
        yield before
    yield f'], "totals": {json.dumps(_counts(survey.totals))}}}'


def _line(found: Covered) -> str:
    change, left = found.change, found.left_behind
    listed = ", ".join(clean(path) for path in left[:_LEFT])
    more = f" and {len(left) - _LEFT} more" if len(left) > _LEFT else ""
    author = clean(change.author)
    author = author if len(author) <= _AUTHOR else author[: _AUTHOR - 1] + "…"
    named = fit(listed, 200) + more if found.share is Share.PART else ""
    return _ROW.format(change.short, f"{change.when:%Y-%m-%d}", author, found.share.value, named).rstrip()


def _totals(totals: Totals) -> Iterator[str]:
    if not totals.commits and not totals.unknown:
        yield "no commit is in that range"
        return
    whole, part, apart = (totals.shares[share] for share in (Share.WHOLE, Share.PART, Share.APART))
    yield f"{count(totals.commits, 'commit')}, {totals.deployable} of them deployable:"
    yield f"{whole} whole, {part} in part, {apart} apart"
    if totals.unknown:
        yield f"{totals.unknown} more, where this shallow clone begins: what it touches can not be told"
    yield f"of {totals.touching} that touch the paths, {part} need others too ({totals.need_more:.1%})"


def _values(found: Covered) -> dict[str, Any]:
    change = found.change
    return {
        "commit": change.commit,
        "date": change.when.isoformat(),
        "author": change.author,
        "email": change.email,
        "subject": change.subject,
        "share": found.share.value,
        "files": _readable(change.files),
        "left_behind": _readable(found.left_behind) if found.share is Share.PART else [],
    }


def _readable(paths: tuple[str, ...]) -> list[str]:
    """Bytes that are not UTF-8 replaced: JSON can not hold them."""
    return [path.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for path in paths]


def _counts(totals: Totals) -> dict[str, Any]:
    return {
        "commits": totals.commits,
        "unknown": totals.unknown,
        "deployable": totals.deployable,
        "whole": totals.shares[Share.WHOLE],
        "part": totals.shares[Share.PART],
        "apart": totals.shares[Share.APART],
        "touching": totals.touching,
        "need_more": round(totals.need_more, 4),
    }
