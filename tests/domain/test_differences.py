"""`!diff` answers always, names each file, and stays short."""

from hypothesis import given
from hypothesis import strategies as st

from swatbot.chat.messages.differences import DIFF_LINES, diff
from swatbot.chat.messages.text import fit
from swatbot.domain.changed import Changed, Changes, Lines
from swatbot.domain.manifest import Entry, Kind
from tests.domain.made import any_of
from tests.domain.safe_lines import assert_safe, hostile_text


def file(path: str = "static/a", mode: int = 0o644, size: int = 1, content: str = "f") -> Entry:
    return Entry(path, Kind.FILE, mode, size, content)


def link(to: str) -> Entry:
    return Entry("static/a", Kind.LINK, 0, len(to), to)


def one(old: Entry | None, new: Entry | None, *lines: str, binary: bool = False) -> tuple[str, ...]:
    """What is said of one file."""
    found = Changed("static/a", old, new, Lines(lines, len(lines), binary))
    return diff(Changes((found,)), "static", private=False)


def many(*totals: int) -> Changes:
    """Files named a, b, c with so many lines each."""
    texts = (tuple(f"+{n}" for n in range(min(total, 20))) for total in totals)
    named = zip("abcdefghijklmnop", totals, texts, strict=False)
    return Changes(tuple(Changed(p, file(p), file(p, size=2), Lines(text, n)) for p, n, text in named))


def test_what_happened_to_a_file_is_said_even_without_a_line() -> None:
    assert one(file(), file(mode=0o755)) == ("static/a (mode 644 -> 755)",)
    assert one(file(mode=0o755), file(size=0), "-x") == ("static/a (mode 755 -> 644, now empty)", "-x")
    assert one(file(), None, "-x") == ("static/a (deleted)", "-x")
    assert one(file(), None, binary=True) == ("static/a (deleted, binary)",)
    assert one(None, file(size=0)) == ("static/a (new, empty)",)
    assert one(None, file(mode=0o755), "+x") == ("static/a (new, mode 755)", "+x")
    assert one(None, file(), binary=True) == ("static/a (new, binary)",)
    assert one(file(), file(content="g"), binary=True) == ("static/a (binary)",)
    assert one(file(), file(content="g"), "-x", "+y") == ("static/a", "-x", "+y")
    assert one(None, link("b")) == ("static/a (new, a link to b)",)
    assert one(link("b"), link("c")) == ("static/a (now a link to c)",)
    assert one(file(), link("c")) == ("static/a (now a link to c)",)
    assert one(link("b"), file()) == ("static/a (a link no more)",)
    assert one(link("b"), None) == ("static/a (deleted)",)


def test_every_file_is_named_before_a_second_line_is_shown() -> None:
    assert diff(many(5), "x", private=False) == ("a", "+0", "+1", "+2", "+3", "+4")
    cut = ("a (4 of 6 lines)", "+0", "+1", "+2", "+3", "and 2 more lines.")
    assert diff(many(6), "x", private=False) == cut
    more = '"!diff a" shows more of it.'
    two = ("a (2 of 500 lines)", "+0", "+1", "b", "+0", f"and 498 more lines: {more}")
    assert diff(many(500, 1), "x", private=False) == two
    four = ("a (1 of 9 lines)", "+0", "b (0 of 9 lines)", "c", "d (0 of 1 line)")
    assert diff(many(9, 9, 0, 1), "x", private=False) == (*four, f"and 18 more lines: {more}")
    assert diff(many(*[1] * 8), "x", private=False) == (
        *(f"{name} (0 of 1 line)" for name in "abcde"),
        f"and 3 more files and 8 more lines: {more}",
    )


def test_private_files_are_counted_in_the_singular_too() -> None:
    assert diff(Changes((), 1), "private", private=False) == (
        "private: 1 private file differs, which I do not show here.",
    )
    assert diff(many(1, 1), "#4", private=True) == ("#4: 2 private files differ, which I do not show here.",)
    assert diff(Changes(many(1).files, 1), ".", private=False) == (
        "a",
        "+0",
        "and 1 private file, which I do not show here.",
    )
    assert diff(Changes(), ".", private=False) == ("everything: nothing differs.",)


@given(any_of(Changes), hostile_text, st.booleans())
def test_there_is_always_an_answer_that_is_short_and_safe(found: Changes, name: str, private: bool) -> None:
    lines = diff(found, name, private=private)
    assert 0 < len(lines) <= DIFF_LINES
    for line in lines:
        assert_safe(fit(line))
