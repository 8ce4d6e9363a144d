"""What every Clock promises, and how the two move."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from swatbot.adapters.clock import ManualClock, SystemClock
from swatbot.ports import Clock

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)


class Moving(Protocol):
    """A clock, and a way to let a little time pass on it."""

    clock: Clock

    def until(self, event: threading.Event) -> bool:
        """Let time pass until something has happened; whether it has."""
        ...

    def pass_by(self, seconds: float) -> None: ...


class Real:
    def __init__(self) -> None:
        self.clock: Clock = SystemClock()

    def until(self, event: threading.Event) -> bool:
        return event.wait(10)

    def pass_by(self, seconds: float) -> None:
        threading.Event().wait(seconds)


class Manual:
    def __init__(self) -> None:
        self.manual = ManualClock(NOON)
        self.clock: Clock = self.manual

    def until(self, event: threading.Event) -> bool:
        self.manual.advance(seconds=10)
        return event.is_set()

    def pass_by(self, seconds: float) -> None:
        self.manual.advance(seconds=seconds)


KINDS: dict[str, Callable[[], Moving]] = {"system": Real, "manual": Manual}


@pytest.fixture(params=KINDS)
def moving(request: pytest.FixtureRequest) -> Iterator[Moving]:
    found = KINDS[request.param]()
    yield found
    found.clock.stop()


def soon(clock: Clock, milliseconds: float = 50) -> datetime:
    return clock.now() + timedelta(milliseconds=milliseconds)


def test_now_is_utc_and_goes_on(moving: Moving) -> None:
    before = moving.clock.now()
    moving.pass_by(0.01)
    assert before.tzinfo is UTC
    assert moving.clock.now() >= before + timedelta(milliseconds=9)


def test_an_appointment_is_kept_once_and_not_early(moving: Moving) -> None:
    rung, when, calls = threading.Event(), soon(moving.clock), list[datetime]()

    def call() -> None:
        calls.append(moving.clock.now())
        rung.set()

    moving.clock.at(when, call)
    assert not rung.is_set()
    assert moving.until(rung)
    moving.pass_by(0.1)
    assert len(calls) == 1
    assert calls[0] >= when


def test_a_time_that_has_passed_is_kept_at_once(moving: Moving) -> None:
    rung = threading.Event()
    moving.clock.at(moving.clock.now() - timedelta(days=40), rung.set)
    assert rung.wait(10)


def test_a_later_appointment_replaces_the_earlier_one(moving: Moving) -> None:
    first, second = threading.Event(), threading.Event()
    moving.clock.at(soon(moving.clock), first.set)
    moving.clock.at(soon(moving.clock, 100), second.set)
    assert moving.until(second)
    assert not first.is_set()


def test_without_a_time_and_after_stop_nothing_rings(moving: Moving) -> None:
    rung = threading.Event()
    moving.clock.at(soon(moving.clock), rung.set)
    moving.clock.at(None, rung.set)
    moving.pass_by(0.15)
    moving.clock.at(soon(moving.clock), rung.set)
    moving.clock.stop()
    moving.pass_by(0.15)
    assert not rung.is_set()


def test_a_call_may_make_the_next_appointment_even_one_that_is_due(moving: Moving) -> None:
    times, done = list[datetime](), threading.Event()

    def call() -> None:
        times.append(moving.clock.now())
        if len(times) < 5:
            moving.clock.at(moving.clock.now(), call)
        else:
            done.set()

    moving.clock.at(soon(moving.clock), call)
    assert moving.until(done)
    assert times == sorted(times)


@pytest.mark.parametrize("moving", ["system"], indirect=True)
def test_a_call_that_takes_long_does_not_swallow_the_next(moving: Moving) -> None:
    """Only where calls take time."""
    begun, go_on, second = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(10)

    moving.clock.at(moving.clock.now(), slow)
    assert begun.wait(10)
    moving.clock.at(soon(moving.clock, 10), second.set)
    assert not second.wait(0.1)
    go_on.set()
    assert second.wait(10)


def test_a_call_may_stop_the_clock(moving: Moving) -> None:
    stopped = threading.Event()

    def call() -> None:
        moving.clock.stop()
        stopped.set()

    moving.clock.at(soon(moving.clock), call)
    assert moving.until(stopped)


def test_the_manual_clock_shows_each_appointment_its_own_time() -> None:
    clock, seen = ManualClock(NOON), list[int]()

    def call() -> None:
        seen.append(int((clock.now() - NOON).total_seconds() // 60))
        clock.at(clock.now() + timedelta(minutes=5), call)

    clock.at(NOON + timedelta(minutes=5), call)
    clock.advance(minutes=4)
    assert seen == []
    clock.advance(hours=0.5)
    assert seen == [5, 10, 15, 20, 25, 30]
    assert clock.now() == NOON + timedelta(minutes=34)
    clock.move_to(NOON)
    assert clock.now() == NOON + timedelta(minutes=34)


def test_a_call_that_fails_leaves_the_manual_clock_usable() -> None:
    clock, rung = ManualClock(NOON), threading.Event()

    def fail() -> None:
        raise RuntimeError("stumbled")

    clock.at(NOON + timedelta(seconds=1), fail)
    with pytest.raises(RuntimeError, match="stumbled"):
        clock.advance(seconds=2)
    clock.at(clock.now(), rung.set)
    assert rung.is_set()
