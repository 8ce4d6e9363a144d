"""Folded host names must come back as the same set: a name lost in folding is a host lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.domain.hosts import fold, unfold

_NAMES = st.from_regex(
    r"[a-z]{1,3}[0-9]{0,4}(-[a-z]{1,2}[0-9]{0,3})?(\.[a-z]{1,3}[0-9]{0,2})?", fullmatch=True
)


@given(st.sets(_NAMES, max_size=30))
def test_unfold_undoes_fold(names: set[str]) -> None:
    assert set(unfold(fold(names))) == names


@given(st.sets(st.integers(0, 2000), min_size=1), st.sampled_from(["{}", "{:04}", "{:02}"]))
def test_unfold_undoes_fold_of_numbered_names(numbers: set[int], form: str) -> None:
    names = {f"mw{form.format(n)}" for n in numbers}
    assert set(unfold(fold(names))) == names


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("mw1261", "mw1262", "mw1263"), "mw[1261-1263]"),
        (("db1", "mw1", "mw2", "mw4"), "db1,mw[1-2,4]"),
        (("cp08", "cp09"), "cp[08-09]"),
        (("cp08", "cp09", "cp10"), "cp[08-10]"),
        (("cp09", "cp10", "cp11", "cp99", "cp100", "cp101"), "cp[09-11,99],cp[100-101]"),
        (("cp09", "cp009", "cp10", "cp100", "cp7"), "cp7,cp[009,100],cp[09-10]"),
        (("db0", "db1", "db10"), "db[0-1,10]"),
        ((), ""),
    ],
)
def test_fold_reads_as_deployers_write_it(names: tuple[str, ...], text: str) -> None:
    assert fold(names) == text


@pytest.mark.parametrize(
    "text",
    ["mw[1-", "mw[3-1]", "mw[1-200000]", "mw[a-b]", "mw[1,,2]", "mw[1-]", "mw]", "db1, mw[1 -2", "mw[1]x[2]"],
)
def test_a_malformed_range_is_refused_and_quoted_as_it_was_typed(text: str) -> None:
    with pytest.raises(ValueError, match=f"host range.*: {re.escape(repr(text))}$"):
        unfold(text)


def test_of_a_long_malformed_range_the_beginning_is_quoted() -> None:
    with pytest.raises(ValueError, match=r"host range: 'mw\[1{57}…'$"):
        unfold("mw[" + "1" * 500)
