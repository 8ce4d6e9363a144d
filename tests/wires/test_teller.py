"""How a network is gets told once, in so many words, and it is well only when nothing is wrong with it."""

from datetime import UTC, datetime

import pytest

from swatbot.adapters.teller import HEARING, SPEAKING, Teller
from swatbot.adapters.watch import Watch

START = datetime(2024, 1, 1, 14, 2, 3, tzinfo=UTC)


class Told:
    """A teller, and what it has told: words, and the channels that need not hear them."""

    def __init__(self) -> None:
        self.all: list[tuple[str, frozenset[str]]] = []
        self.teller = Teller("Net:", "well again", ("#a", "#b"), Watch(lambda *told: self.all.append(told)))

    def words(self) -> list[str]:
        found, self.all = self.all, []
        return [text for text, _ in found]


def test_a_trouble_is_told_once_until_it_is_over() -> None:
    told = Told()
    for text in ("it rains", "it snows", "it rains"):
        told.teller.trouble(text)
    assert told.words() == ["Net: it rains", "Net: it snows"]
    told.teller.well()
    told.teller.well()
    assert told.words() == ["Net: well again"]
    told.teller.trouble("it rains")
    assert told.words() == ["Net: it rains"]


def test_where_it_is_nobody_need_be_told() -> None:
    told = Told()
    told.teller.trouble("it rains", "#a")
    told.teller.well("#a")
    told.teller.trouble("it rains")
    assert told.all == [
        ("Net: it rains", frozenset({"#a"})),
        ("Net: #a is well again", frozenset({"#a"})),
        ("Net: it rains", frozenset({"#a", "#b"})),
    ]


@pytest.mark.parametrize(("first", "last"), [(HEARING, SPEAKING), (SPEAKING, HEARING)])
def test_it_is_well_only_when_it_is_well_both_ways(first: str, last: str) -> None:
    told = Told()
    told.teller.trouble("deaf", way=HEARING)
    told.teller.trouble("mute", way=SPEAKING)
    assert told.words() == ["Net: deaf", "Net: mute"]
    told.teller.well(way=first)
    assert told.words() == []
    told.teller.well(way=last)
    assert told.words() == ["Net: well again"]


def test_what_is_wrong_in_one_channel_keeps_no_other_from_being_well() -> None:
    told = Told()
    told.teller.trouble("mute", "#a")
    told.teller.trouble("deaf", way=HEARING)
    told.words()
    told.teller.well(way=HEARING)
    assert told.words() == ["Net: well again"]
    told.teller.well("#a")
    assert told.words() == ["Net: #a is well again"]


def test_who_leaves_has_no_troubles() -> None:
    told = Told()
    told.teller.hush()
    told.teller.trouble("gone")
    told.teller.well()
    assert told.words() == []


def test_whoever_stumbles_over_what_is_told_does_not_end_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("the journal is shut")

    teller = Teller("Net:", "well again", ("#a",), Watch(stumble, gap=stumble, split=stumble))
    teller.trouble("it rains")
    teller.gap(START, START)
    teller.split(START, START)
    assert len(caplog.records) == 3
