"""The bots and servers of the IRC wire tests, ended when a test is over; a plugin of those tests."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.irc.chat import IrcSettings
from swatbot.practice.ircd import PracticeIrcd
from tests.wires.irc_bot import ACCOUNTS, QUICK, Bot
from tests.wires.irc_client import FakeServer


@pytest.fixture
def bots() -> Iterator[Callable[..., Bot]]:
    made: list[Bot] = []

    def make(port: int, **changes: object) -> Bot:
        plain = IrcSettings("practice", "127.0.0.1", port, False, "swatbot", ("#swat",))
        made.append(Bot(replace(plain, **{**QUICK, **changes})))  # type: ignore[arg-type]  # tests know the fields
        return made[-1]

    yield make
    for bot in made:
        bot.chat.stop()


@pytest.fixture
def practice() -> Iterator[PracticeIrcd]:
    server = PracticeIrcd(accounts=ACCOUNTS, clock=SystemClock())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with closing(FakeServer()) as server:
        yield server
