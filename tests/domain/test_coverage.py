"""What a plan ships of each change, and what cancels out, whatever waits."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from swatbot.domain.coverage import Cancelled, Change, Share, against, cancel, coverage, missing, shipped
from swatbot.domain.manifest import covered
from swatbot.domain.plan import Plan, Step
from tests.domain.paper import START

FILES = ("a/1", "a/2", "ab", "b/1", "b/c/1")


def change(number: int, *files: str, reverts: tuple[int, ...] = (), who: str = "alice") -> Change:
    ids = tuple(_id(n) for n in reverts)
    return Change(_id(number), who, f"{who}@x", f"Subject {number}", START, files, who, ids)


def _id(number: int) -> str:
    return f"{number:07x}" + "0" * 33


@st.composite
def histories(draw: st.DrawFn) -> tuple[Change, ...]:
    """Newest first; some of them revert an earlier one, and touch what that did, or not quite."""
    made: list[Change] = []
    for number in range(draw(st.integers(1, 8))):
        files = draw(st.sets(st.sampled_from(FILES), min_size=1))
        reverted = draw(st.sampled_from([None, *range(number)]))
        if reverted is not None and draw(st.booleans()):
            files = set(made[reverted].files)
        made.append(change(number, *sorted(files), reverts=() if reverted is None else (reverted,)))
    return tuple(reversed(made))


paths = st.sets(st.sampled_from(["a", "a/1", "ab", "b", "b/c", ".", "c"]), min_size=1)


@given(histories(), paths)
def test_every_file_of_every_change_ships_or_is_told_to_be_left_behind(
    changes: tuple[Change, ...], roots: set[str]
) -> None:
    for one in coverage(changes, Plan((Step(tuple(roots)),))):
        ships = {f for f in one.change.files if covered(f, roots)}
        if one.share is Share.APART:
            assert not ships
        else:
            assert ships
            assert ships | set(one.left_behind) == set(one.change.files)
            assert bool(one.left_behind) == (one.share is Share.PART)


@given(histories(), st.sets(st.sampled_from(FILES)))
def test_what_cancels_out_leaves_no_file_that_differs_unexplained(
    changes: tuple[Change, ...], differing: set[str]
) -> None:
    left, out = cancel(changes, differing.__contains__, wholly)
    gone = {short for pair in out for short in (*pair.changes, pair.revert)}
    assert {c.short for c in left} | gone >= {c.short for c in changes}
    assert len(left) + sum(len(pair.changes) + 1 for pair in out) == len(changes)
    explained = {f for c in left for f in c.files}
    assert all(f in explained for files in out.values() for f in files & differing)
    touched = {f for c in changes for f in c.files}
    assert differing & touched <= explained


def wholly(_commits: tuple[str, ...], _path: str) -> bool:
    """Each revert leaves nothing of what it reverts."""
    return True


def names(changes: tuple[Change, ...]) -> list[int]:
    return [int(c.short, 16) for c in changes]


def test_a_revert_of_a_revert_leaves_the_change() -> None:
    first, undo, redo = change(1, "a/1"), change(2, "a/1", reverts=(1,)), change(3, "a/1", reverts=(2,))
    left, out = cancel((redo, undo, first), lambda _: True, wholly)
    assert names(left) == [1]
    assert list(out) == [Cancelled((undo.short,), redo.short)]
    again = change(4, "a/1", reverts=(3,))
    left, out = cancel((again, redo, undo, first), lambda _: False, wholly)
    assert (names(left), len(out)) == ([], 2)


def test_a_revert_that_leaves_something_of_a_file_that_differs_cancels_nothing() -> None:
    asked: list[tuple[tuple[str, ...], str]] = []

    def leaves(commits: tuple[str, ...], path: str) -> bool:
        asked.append((commits, path))
        return path != "a/2"

    whole, undo = change(1, "a/1", "a/2"), change(2, "a/1", "a/2", reverts=(1,))
    later = change(3, "a/1", "a/2")
    assert names(cancel((later, undo, whole), lambda _: True, leaves)[0]) == [3, 2, 1]
    assert asked == [((undo.commit, whole.commit), path) for path in ("a/1", "a/2")]
    assert names(cancel((later, undo, whole), lambda path: path == "a/1", leaves)[0]) == [3]


def test_a_revert_of_half_a_change_cancels_nothing() -> None:
    whole, half = change(1, "a/1", "b/1"), change(2, "a/1", reverts=(1,))
    assert cancel((half, whole), lambda _: False, wholly) == ((half, whole), {})


def test_a_revert_of_several_cancels_all_or_nothing() -> None:
    one, two = change(1, "a/1"), change(2, "b/1")
    both = change(3, "a/1", "b/1", reverts=(2, 1))
    assert cancel((both, two, one), lambda _: False, wholly)[0] == ()
    assert names(cancel((both, two), lambda _: False, wholly)[0]) == [3, 2]


def test_only_somebody_elses_whole_change_is_along() -> None:
    plan = Plan((Step(("a",)),))
    own, other, half, apart = change(1, "a/1"), change(2, "a/2"), change(3, "a/1", "b/1"), change(4, "b/1")
    own, other = replace(own, person="dana"), replace(other, person="olaf")
    shares = [c.share for c in coverage((apart, half, other, own), plan, "dana", "New logo")]
    assert shares == [Share.APART, Share.PART, Share.ALONG, Share.WHOLE]
    assert [c.share for c in coverage((apart, other), plan, "dana", "New logo")] == [Share.APART, Share.WHOLE]
    assert len(shipped(coverage((apart, half, other, own), plan))) == 3


def test_a_message_speaks_of_a_change_by_task_id_or_subject() -> None:
    plan = Plan((Step(("a",)),))
    meant = replace(change(1, "a/1"), subject="Enable related articles (T123)", commit="fa92d78" + "0" * 33)
    other = change(2, "a/2")
    for message in ("T123", "ship fa92d78 please", "enable related articles", meant.subject + " on frwiki"):
        shares = [c.share for c in coverage((meant, other), plan, "dana", message)]
        assert shares == [Share.WHOLE, Share.ALONG], message
    for message in ("", "T1234", "enable", "fa92d79"):
        shares = [c.share for c in coverage((meant, other), plan, "dana", message)]
        assert shares == [Share.ALONG, Share.ALONG], message


def test_a_path_in_a_submodule_ships_a_part_of_its_change() -> None:
    bump = change(1, "vendor/lib")
    found = against(bump, ["vendor/lib/code.php"])
    assert (found.share, found.left_behind) == (Share.PART, ("vendor/lib",))
    assert against(bump, ["vendor/other"]).share is Share.APART
    assert against(bump, ["vendor"]).share is Share.WHOLE


def test_what_is_missing_is_all_that_one_file_brings_along() -> None:
    chain = [change(1, "a", "b"), change(2, "b", "c"), change(3, "c", "d"), change(4, "x", "y")]
    assert sorted(missing(chain, ["a"])) == ["b", "c", "d"]
    assert missing(chain, ["a", "b", "c", "d"]) == ()
