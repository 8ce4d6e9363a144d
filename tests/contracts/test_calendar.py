"""What a Calendar says of a moment, held against times worked out by hand."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.adapters.calendars import DAYS, FreezeRule, TomlCalendar, WindowRule
from swatbot.domain.findings import Season

WORKDAYS = ("mon", "tue", "wed", "thu")
UTC_WINDOW = WindowRule("UTC afternoon", WORKDAYS, time(14), 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one(zone: str, start: time, *days: str, minutes: int = 60) -> TomlCalendar:
    return TomlCalendar([WindowRule("it", days or DAYS, start, minutes, zone)])


def test_no_rules_say_nothing() -> None:
    assert TomlCalendar([]).season(at("2025-03-04 12:00")) == Season()


def test_a_window_opens_with_its_first_second_and_is_over_with_its_last() -> None:
    calendar = TomlCalendar([UTC_WINDOW])  # 2025-03-04 is a Tuesday
    before = calendar.season(at("2025-03-04 13:59:59"))
    assert (before.window, before.upcoming, before.opens) == ("", "UTC afternoon", at("2025-03-04 14:00"))
    within = calendar.season(at("2025-03-04 14:00"))
    assert (within.window, within.closes) == ("UTC afternoon", at("2025-03-04 15:00"))
    assert within.opens == at("2025-03-05 14:00")
    assert calendar.season(at("2025-03-04 14:59:59")).window
    assert not calendar.season(at("2025-03-04 15:00")).window


def test_after_thursday_comes_monday() -> None:
    assert TomlCalendar([UTC_WINDOW]).season(at("2025-03-06 15:00")).opens == at("2025-03-10 14:00")


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    calendar = one("UTC", time(23, 30), "sun", minutes=90)  # 2025-03-09 is a Sunday
    assert calendar.season(at("2025-03-10 00:59")).closes == at("2025-03-10 01:00")
    assert not calendar.season(at("2025-03-10 23:45")).window


def test_a_window_of_days() -> None:
    calendar = one("UTC", time(12), "fri", minutes=3 * 24 * 60)
    assert calendar.season(at("2025-03-10 11:59")).closes == at("2025-03-10 12:00")


def test_of_two_open_windows_the_one_that_closes_last_is_told() -> None:
    calendar = TomlCalendar([UTC_WINDOW, WindowRule("long", DAYS, time(13), 180)])
    assert calendar.season(at("2025-03-04 14:30")).window == "long"


@pytest.mark.parametrize(
    ("zone", "start", "day", "opens"),
    [
        ("America/Los_Angeles", time(13), "2025-03-08", "2025-03-08 21:00"),  # the day before it changes
        ("America/Los_Angeles", time(13), "2025-03-09", "2025-03-09 20:00"),
        ("America/Los_Angeles", time(13), "2025-11-01", "2025-11-01 20:00"),
        ("America/Los_Angeles", time(13), "2025-11-02", "2025-11-02 21:00"),
        ("Europe/London", time(14), "2025-03-29", "2025-03-29 14:00"),
        ("Europe/London", time(14), "2025-03-30", "2025-03-30 13:00"),
        ("Europe/London", time(14), "2025-10-26", "2025-10-26 14:00"),
        ("Asia/Kolkata", time(11, 30), "2025-03-30", "2025-03-30 06:00"),
        ("Europe/Berlin", time(2, 30), "2025-03-30", "2025-03-30 01:30"),  # skipped: an hour late
        ("Europe/Berlin", time(2, 30), "2025-10-26", "2025-10-26 00:30"),  # twice: the first
    ],
)
def test_a_window_moves_in_utc_with_the_clocks_of_its_zone(
    zone: str, start: time, day: str, opens: str
) -> None:
    season = one(zone, start).season(at(f"{day} 00:00"))
    assert season.opens == at(opens)
    within = one(zone, start).season(at(opens))
    assert within.closes == at(opens) + timedelta(hours=1)


def test_a_window_is_as_long_as_it_says_while_the_clocks_change() -> None:
    calendar = one("Europe/Berlin", time(1, 30), minutes=120)
    assert calendar.season(at("2025-03-30 00:30")).closes == at("2025-03-30 02:30")


def test_a_window_of_a_far_zone_opens_on_its_own_day_there() -> None:
    calendar = one("Pacific/Kiritimati", time(1), "tue")  # fourteen hours ahead
    assert calendar.season(at("2025-03-03 00:00")).opens == at("2025-03-03 11:00")


def test_a_freeze_is_told_while_it_lasts() -> None:
    freeze = FreezeRule(at("2025-12-20 00:00"), at("2026-01-02 00:00"), "end of the year")
    longer = FreezeRule(at("2025-12-24 00:00"), at("2026-01-07 00:00"), "move of the data centre")
    calendar = TomlCalendar([UTC_WINDOW], [freeze, longer])
    assert calendar.season(at("2025-12-19 23:59:59")).freeze == ""
    first = calendar.season(at("2025-12-20 00:00"))
    assert (first.freeze, first.thaws) == ("end of the year", at("2026-01-02 00:00"))
    assert calendar.season(at("2025-12-25 00:00")).freeze == "move of the data centre"
    assert calendar.season(at("2026-01-07 00:00")).freeze == ""
    assert calendar.season(at("2025-12-22 14:30")).window == "UTC afternoon"


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
    start=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from(["UTC", "America/Los_Angeles", "Europe/London", "Asia/Kolkata", "Pacific/Apia"]),
    minutes=st.integers(1, 7 * 24 * 60),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
)
def test_what_is_open_closes_later_and_what_is_coming_opens_within_eight_days(
    now: datetime, start: time, zone: str, minutes: int, days: list[str]
) -> None:
    calendar = TomlCalendar([WindowRule("it", tuple(days), start, minutes, zone)])
    season = calendar.season(now)
    assert season.closes is None or now < season.closes <= now + timedelta(minutes=minutes)
    assert season.opens is not None
    assert now < season.opens <= now + timedelta(days=8)
    opened = calendar.season(season.opens)
    assert opened.closes == season.opens + timedelta(minutes=minutes)
