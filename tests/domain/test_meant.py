"""A comma that was forgotten is found in the message, and told with what to type instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.app.intake import worded
from swatbot.chat.grammar import read_sync
from swatbot.domain.meant import Doubt, doubt, maybe_paths
from swatbot.domain.plan import Options
from swatbot.domain.reasons import DeclinedError, PathInMessage
from tests.domain.safe_lines import hostile_text

KNOWN = ("dblists", "static", "wmf-config", "wmf-config/a b.php")
LOOKED_UP = st.sampled_from((*KNOWN, "then", ",", "and", "->", "first", '"', "x/y")) | hostile_text


def found(message: str, *plan: str) -> Doubt | None:
    """What is doubtful beside a plan, looked up as the bot does."""
    return doubt(message, plan or ("private",), [word for word in maybe_paths(message) if word in KNOWN])


@pytest.mark.parametrize(
    ("message", "path", "more", "rest"),
    [
        ("dblists Two things", "dblists", ", dblists", "Two things"),
        ("dblists", "dblists", ", dblists", ""),
        ("dblists/ Two", "dblists", ", dblists/", "Two"),
        ("dblists static Two things", "dblists", ", dblists, static", "Two things"),
        ("and dblists, then static Two", "dblists", ", dblists then static", "Two"),
        ("&& dblists x", "dblists", ", dblists", "x"),
        ("-> dblists x", "dblists", " then dblists", "x"),
        ("and then dblists x", "dblists", " then dblists", "x"),
        ("first then static Two things", "static", " then static", "Two things"),
        ("First this, then static", "static", " then static", ""),
        ("is first then no/such/path Two", "no/such/path", " then no/such/path", "Two"),
        ('"wmf-config/a b.php" x', "wmf-config/a b.php", ', "wmf-config/a b.php"', "x"),
        ("now then then static x", "static", " then static", "x"),
    ],
)
def test_a_path_is_found_where_it_goes_on_with_the_plan(
    message: str, path: str, more: str, rest: str
) -> None:
    ordered = more.startswith(" then")
    assert found(message) == Doubt(path, more, rest, ordered)
    typed = f"private{more} {rest}"
    plan, left, _ = read_sync(typed, "usage")
    assert (plan.paths[:2], left) == (("private", path), rest)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Two things",
        "dblists: remove enwiki",
        "Remove enwiki from dblists and static",
        '"dblists Two things"',
        '"first then static"',
        "and then some",
        "now and then",
        "then",
        "fix the and/or",
    ],
)
def test_a_message_is_a_message(message: str) -> None:
    assert found(message) is None


def test_what_the_plan_covers_is_not_lost() -> None:
    assert found("wmf-config first then static", ".") is None
    assert doubt("wmf-config/x New", ("wmf-config",), ("wmf-config/x",)) is None
    assert doubt("wmf-config New", ("wmf-config/x",), ("wmf-config",)) is not None


@given(st.lists(LOOKED_UP, max_size=8).map(" ".join))
def test_whatever_is_typed_is_looked_up_in_few_words_and_told_in_whole_lines(message: str) -> None:
    assert len(maybe_paths(message)) <= 8 + message.lower().count("then")
    if not (doubtful := found(message)):
        return
    reason = PathInMessage(doubt=doubtful, plan="private", message=message, options=Options(partial=True))
    why, ways = worded(DeclinedError(reason))
    assert "would not ship" in why
    assert len(ways.encode("utf-8", "replace")) <= 350
    assert "--partial" in ways or "!sync-dir" not in ways


def test_a_long_message_is_replaced_in_the_commands_and_a_quoted_word_is_told_in_words() -> None:
    lines = {}
    for message in (f"dblists {'w' * 400}", 'dblists "so called" things'):
        doubtful = found(message)
        assert doubtful is not None
        reason = PathInMessage(doubt=doubtful, plan="static", message=message)
        lines[message] = worded(DeclinedError(reason))[1]
    long, quoted = lines.values()
    assert long == (
        'say "!sync-dir static, dblists MESSAGE", for an order "!sync-dir static then dblists MESSAGE", or'
        ' "!sync-dir static "MESSAGE"" if it is only said.'
    )
    assert quoted.startswith('type it again with a comma or "then" between the paths, or with the message in')
