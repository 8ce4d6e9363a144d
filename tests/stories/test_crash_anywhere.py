"""A power cut at any append of any story, and the end is the same: promise 8."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from swatbot.adapters.memory_journal import MemoryJournal
from swatbot.app.records import Heard
from swatbot.domain.deployment import State
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding
from swatbot.ports import Entry, Record
from tests.stories.test_away_and_back import PowerCutError
from tests.world import FLEET, World

SOAK = os.environ.get("SOAK") == "1"
EVERY = 1 if SOAK else 7


class BrittleJournal(MemoryJournal):
    """A journal at whose n-th append the power goes: before it, or right after it."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._on_disk: tuple[int, dict[str, int]] = (0, {})
        self.cut_at: int | None = None
        self.cut_before = False

    def arm(self, cut_at: int, *, before: bool) -> None:
        """From now on count appends, and cut the power at this one."""
        self.count, self.cut_at, self.cut_before = 0, cut_at, before

    def append(
        self,
        entries: Sequence[Entry],
        *,
        expect: int | None = None,
        token: int | None = None,
        cursor: tuple[str, int] | None = None,
        durable: bool = True,
    ) -> tuple[Record, ...]:
        self.count += 1
        cut = self.count == self.cut_at
        if cut and self.cut_before:
            self._lose()
            raise PowerCutError
        records = super().append(entries, expect=expect, token=token, cursor=cursor, durable=durable)
        if durable:
            self._on_disk = (len(self._records), dict(self._cursors))
        if cut:
            raise PowerCutError
        return records

    def _lose(self) -> None:
        """The machine goes, and with it what had not reached the disk."""
        length, cursors = self._on_disk
        del self._records[length:]
        self._cursors = dict(cursors)


@dataclass(frozen=True)
class Move:
    """What a person says, and how to see that it was heard: if it was not, it is said again."""

    nick: str
    text: str
    heeded: Callable[[World], bool]
    first: Callable[[World], None] = lambda _: None


def past(*states: State) -> Callable[[World], bool]:
    """Whether the deployment is there and in none of these states."""

    def seen(world: World) -> bool:
        d = world.engine.status.deployment(1)
        return d is not None and d.state not in states

    return seen


def edit(world: World) -> None:
    """One change, over two files."""
    files: dict[str, str | None] = {
        "wmf-config/InitialiseSettings.php": "2",
        "wmf-config/CommonSettings.php": "2",
    }
    world.tree.change("submitter", "New variable", files)


def bad(world: World) -> None:
    """The second step does not do on the fleet."""
    edit(world)
    world.checker.answer(Stage.FLEET, Finding.FAIL, "mw1300 answers 500", step=2)


def undecided(world: World) -> None:
    """The logs are silent."""
    edit(world)
    world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "logs are stalled", step=2, baking=True)


def held_on_the_way(world: World) -> None:
    """Somebody holds when a part of the fleet has it, and says so until it is heard."""
    edit(world)

    def heard() -> bool:
        bodies = (r.entry.body for r in world.journal.read(0) if r.entry.type == Heard.__name__)
        return any(body["incoming"]["text"].startswith("!hold") for body in bodies)

    def brake() -> None:
        if not heard():
            world.chat.settle = world.meanwhile
            world.chat.says("submitter", "!hold seeing 503s")
            world.chat.settle = world.settle

    world.fleet.before.update(dict.fromkeys(FLEET[20:], brake))


def logs_flow_again(world: World) -> None:
    """The logs are back."""
    world.checker.prepared.clear()


SYNC = Move(
    "deployer",
    "!sync-dir wmf-config/InitialiseSettings.php then wmf-config/CommonSettings.php New variable",
    lambda w: w.engine.status.deployment(1) is not None,
)
VERIFIED = Move("submitter", "verified 1", past(State.AWAITING_VERIFICATION))
HOLD = Move("submitter", "!hold wait", past(State.AWAITING_VERIFICATION))
RESUME = Move("deployer", "!resume 1", past(State.HELD))
RECHECK = Move("deployer", "!recheck 1", past(State.HELD), logs_flow_again)
STORIES: dict[str, tuple[Callable[[World], None], tuple[Move, ...]]] = {
    "good": (edit, (SYNC, VERIFIED)),
    "bad": (bad, (SYNC, VERIFIED)),
    "held before it is verified": (edit, (SYNC, HOLD, RESUME, VERIFIED)),
    "held in the middle of the fleet": (held_on_the_way, (SYNC, VERIFIED, RESUME)),
    "undecided, then asked again": (undecided, (SYNC, VERIFIED, RECHECK)),
}


def play(name: str, cut_at: int | None = None, *, before: bool = False) -> tuple[World, BrittleJournal]:
    """Play a story, with one power cut somewhere; who was not heard says it again."""
    journal = BrittleJournal()
    world = World(journal=journal)
    prepare, moves = STORIES[name]
    world.chat.says("other", "!queue")
    prepare(world)
    journal.arm(cut_at or 0, before=before)
    for move in moves:
        move.first(world)
        for _ in range(2):
            try:
                world.chat.says(move.nick, move.text)
                world.settle()
            except PowerCutError:
                world.restart()
            if move.heeded(world):
                break
        assert move.heeded(world), f"nobody heard {move.text}"
    return world, journal


def plain(line: str) -> str:
    """A line without what a crash may change: marks of lateness, times, and how far a sync was."""
    line = re.sub(r"^(\(perhaps again\) )?(\[\d\d:\d\d UTC\] )?", "", line)
    line = re.sub(r"\d\d:\d\d UTC|\d\dm \d\ds", "TIME", line)
    line = re.sub(r" (fails?) after \d+ s:", r" \1:", line)
    return re.sub(r"\d+ of (\d+) hosts have it", r"some of \1", line)


def told(world: World) -> set[str]:
    """What was announced, but for how far a sync was when it was asked or held."""
    passing = ("in-flight", "stands still")
    return {plain(line) for line in world.chat.all if not any(words in line for words in passing)}


def end(world: World) -> tuple[object, ...]:
    """Everything that must not depend on whether there was a crash."""
    status = world.engine.status
    d = status.past[1]
    return (d.state, d.states, d.asked[0].word, status.holdings, status.stale, status.live, world.fleet.holds)


@pytest.mark.parametrize("before", [False, True], ids=["after an append", "before an append"])
@pytest.mark.parametrize("name", STORIES)
def test_the_end_is_the_same(name: str, *, before: bool) -> None:
    whole, journal = play(name)
    appends, wanted, lines = journal.count, end(whole), told(whole)
    points = range(1, appends + 1, EVERY)
    for point in points:
        world, _ = play(name, point, before=before)
        where = f"{name}: cut {'before' if before else 'after'} append {point} of {appends}"
        assert end(world) == wanted, where
        assert len({str(sorted(held.items())) for held in world.fleet.holds.values()}) == 1, where
        missing = lines - told(world)
        assert not missing, f"{where}: never told: {sorted(missing)}\nbut: {world.chat.all}"
        assert any("I was away for 41 s (restarted)" in line for line in world.chat.all), where
    print(f"{name}: {len(points)} crash points of {appends} appends")  # noqa: T201 - the figure is wanted


def test_the_stories_end_as_they_should() -> None:
    ends = {name: play(name)[0].engine.status.past[1].state for name in STORIES}
    assert ends.pop("bad") is State.ROLLED_BACK
    assert set(ends.values()) == {State.COMPLETED}
