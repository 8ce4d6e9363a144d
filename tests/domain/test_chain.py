"""The chain finds whatever was changed, lost, put in or moved."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swatbot.app.chain import GENESIS, Walk, encode, link, settle, verify
from swatbot.ports import Entry, Record, RecordKind

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)

any_text = st.text(st.characters(codec=None), max_size=8)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
entries = st.builds(
    Entry,
    kind=st.sampled_from(RecordKind),
    type=any_text,
    body=st.dictionaries(any_text, any_json, max_size=3),
    time=st.datetimes(timezones=st.timezones(), min_value=datetime(2000, 1, 1), allow_imaginary=False),  # noqa: DTZ001 - hypothesis wants naive bounds
    number=st.none() | st.integers(1, 99),
    account=st.none() | any_text,
    source=st.none() | any_text,
    version=st.integers(1, 3),
)


def chain_of(some: Iterable[Entry]) -> list[Record]:
    records: list[Record] = []
    for entry in some:
        previous = records[-1].hash if records else GENESIS
        records.append(link(previous, len(records) + 1, settle(entry)))
    return records


def plain(count: int) -> list[Record]:
    return chain_of(Entry(RecordKind.HEARD, "Thing", {"i": i}, NOON) for i in range(count))


def test_canonical_json_is_one_way_to_say_a_thing() -> None:
    assert (
        encode({"b": [1, 2.5, None], "a": {"ä": "\udcff\n"}}) == '{"a":{"ä":"\\udcff\\n"},"b":[1,2.5,null]}'
    )


def test_the_hash_stays_what_it_was_when_journals_were_first_written() -> None:
    entry = Entry(RecordKind.DECIDED, "Thing", {"a": 1}, NOON, 42, "irc:net/alice", "net/#c", 1)
    record = link(GENESIS, 1, settle(entry))
    assert record.hash == "94091c14eb3951b078d9b8a0a0b82a4fdf0b13d71a9a76e51301f909daf9d587"


@given(entries)
def test_a_settled_entry_survives_a_round_trip(entry: Entry) -> None:
    settled = settle(entry)
    assert settle(settled) == settled
    assert json.loads(encode(settled.body).encode()) == settled.body
    # In the hour that a zone repeats, Python calls no time of it equal to one of another zone.
    assert settled.time == entry.time.astimezone(UTC)
    assert verify([link(GENESIS, 1, settled)]) is None


@given(st.lists(entries, max_size=5))
def test_a_chain_as_it_was_made_has_no_fault(some: list[Entry]) -> None:
    assert verify(chain_of(some)) is None


CHANGES: dict[str, Any] = {
    "kind": RecordKind.SAID,
    "type": "Other",
    "body": {"i": "x"},
    "time": NOON + timedelta(microseconds=1),
    "number": 1,
    "account": "irc:net/eve",
    "source": "net/#other",
    "version": 2,
}


@given(st.sampled_from(sorted(CHANGES)), st.integers(0, 9))
def test_an_altered_record_is_named(key: str, place: int) -> None:
    records = plain(10)
    altered = replace(records[place].entry, **{key: CHANGES[key]})
    records[place] = replace(records[place], entry=altered)
    assert verify(records) == f"record {place + 1} was altered: its content does not fit its hash"


@given(st.integers(0, 9))
def test_a_record_that_was_written_anew_breaks_the_next(place: int) -> None:
    records = plain(11)
    forged = settle(replace(records[place].entry, body={"forged": True}))
    records[place] = link(records[place].previous, place + 1, forged)
    found = verify(records)
    assert (
        found
        == f"record {place + 2} does not follow record {place + 1}: one of the two was altered or replaced"
    )


@given(st.integers(0, 8))
def test_a_lost_record_is_named(place: int) -> None:
    records = plain(10)
    del records[place]
    assert (verify(records) or "").startswith(
        f"record {place + 1} is missing: record {place + 2} comes after"
    )


@given(st.lists(st.integers(0, 9), min_size=2, max_size=2, unique=True))
def test_two_swapped_records_are_found(places: list[int]) -> None:
    records, (a, b) = plain(10), sorted(places)
    records[a], records[b] = records[b], records[a]
    assert (verify(records) or "").startswith(f"record {a + 1} is missing")


def test_a_record_told_twice_is_out_of_order() -> None:
    records = plain(3)
    assert verify([*records, records[1]]) == "record 2 is out of order: it comes after record 3"


def test_a_chain_with_another_beginning_is_found() -> None:
    first = plain(1)[0]
    assert "does not follow the beginning" in (verify([link("f" * 64, 1, first.entry)]) or "")


def test_odd_versions_and_times_are_found_and_a_clock_set_back_is_not() -> None:
    entry = plain(1)[0].entry
    assert verify([link(GENESIS, 1, replace(entry, version=0))]) == "record 1 has the odd version 0"
    naive = replace(plain(1)[0], entry=replace(entry, time=entry.time.replace(tzinfo=None)))
    assert verify([naive]) == "record 1 has a time without a zone"
    assert verify(chain_of([entry, replace(entry, time=NOON - timedelta(hours=1))])) is None


def test_a_walk_knows_how_far_the_chain_is_proven() -> None:
    records, walk = plain(5), Walk()
    assert [walk.fault(record) for record in records[:3]] == [None, None, None]
    assert walk.fault(records[4]) is not None
    assert (walk.count, walk.head) == (3, records[2].hash)
