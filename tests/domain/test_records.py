"""What goes into the journal comes out of it as it was: a fact that changed on the way would be a lie."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swatbot.app.chain import GENESIS, encode, link, settle
from swatbot.app.records import Said, body_of, decided, heard, said
from swatbot.ports import Incoming, RecordKind
from tests.domain.made import EVENTS, any_of
from tests.domain.paper import START
from tests.domain.walk import walk

patient = settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)


def through_text(entry: Any) -> Any:
    """The record as it is read again: by way of canonical JSON and UTF-8."""
    settled = settle(entry)
    body = json.loads(encode(settled.body).encode("utf-8"))
    assert body == settled.body
    return link(GENESIS, 1, settled)


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda t: t.__name__)
@patient
@given(data=st.data())
def test_an_event_is_the_same_after_its_journey(event_type: type[Any], data: st.DataObject) -> None:
    event = data.draw(any_of(event_type))
    record = through_text(decided(event, START, 3))
    assert record.entry.type == event_type.__name__
    assert record.entry.kind is RecordKind.DECIDED
    assert body_of(record) == event
    assert record.entry.number == getattr(event, "number", None)


@patient
@given(any_of(Incoming), any_of(Said))
def test_what_was_heard_and_said_is_the_same_after_its_journey(line: Incoming, told: Said) -> None:
    assert getattr(body_of(through_text(heard("net", line, START))), "incoming", None) == line
    assert body_of(through_text(said(told, 1, START))) == told


def everything_that_happened() -> Iterator[Any]:
    for seed in range(4):
        yield from walk(seed, 150).log


def test_what_really_happens_is_the_same_after_its_journey() -> None:
    seen = 0
    for event, at in everything_that_happened():
        record = through_text(decided(event, at))
        assert body_of(record) == event
        assert record.entry.time == at
        seen += 1
    assert seen > 100
