"""A deployment that is over costs little for ever, and is still known by what may be asked of it."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from swatbot.app.records import body_of
from swatbot.domain.deployment import State
from swatbot.domain.events import Event
from swatbot.domain.evolve import evolve
from swatbot.domain.status import Status
from swatbot.ports import RecordKind
from tests.world import CANARIES, FLEET, TEST, World, story

MOST = 10_000  # bytes of one deployment at 101 hosts that all did well
PATHS = ("wmf-config/CommonSettings.php", "static/logo.png", "dblists/uploadsdisabled.dblist")


def deploy(world: World, number: int) -> None:
    path = PATHS[number % len(PATHS)]
    world.tree.change("submitter", f"Change {number}", {path: f"content {number}"})
    world.chat.says("deployer", f"!sync-dir {path} Change {number} (T12345)")
    world.chat.says("submitter", f"verified {number}")
    assert world.engine.status.latest == number
    world.chat.skip()


def recorded(world: World) -> Iterator[tuple[Event, datetime]]:
    """What was decided, as a process that starts reads it: nothing is shared between two records."""
    for record in world.journal.read(0, 100_000):
        if record.entry.kind is RecordKind.DECIDED:
            entry = replace(record.entry, body=json.loads(json.dumps(record.entry.body)))
            body = body_of(replace(record, entry=entry))
            assert isinstance(body, Event)
            yield body, record.entry.time


def folded(world: World, *counts: int) -> tuple[Status, list[int]]:
    """The status, and how many bytes it took when there were these many deployments."""
    status, sizes = Status(), []
    tracemalloc.start()
    for event, at in recorded(world):
        before, status = len(status.past), evolve(status, event, at)
        if len(status.past) in counts and len(status.past) > before:
            del event
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return status, sizes


def test_a_deployment_that_is_over_is_small_and_a_replay_gives_the_same() -> None:
    with story() as world:
        for number in range(1, 25):
            deploy(world, number)
        status, (few, many) = folded(world, 8, 24)
        assert status == world.engine.status
        assert (many - few) / 16 < MOST
        assert {d.state for d in status.past.values()} == {State.COMPLETED}
        assert len({id(d.stages) for d in status.past.values()}) == 1
        assert status.past[1].hosts() == (*TEST, *CANARIES, *FLEET)


def test_what_may_be_asked_of_it_is_still_known() -> None:
    with story() as world:
        deploy(world, 1)
        world.chat.says("other", "!status 1")
        world.chat.expect(
            f"other: #1 {PATHS[1]} by deployer (changes by submitter): completed, 97/97 hosts, ~.",
            "other: Said: submitter verified.",
        )
        world.chat.says("other", "!history 1")
        world.chat.expect(
            f"other: #1 {PATHS[1]} by deployer, completed 0 s ago: Change 1 (T12345)",
        )
        world.chat.says("deployer", "!rollback 1 broke the logo")
        world.chat.expect(
            "#2 rolls back #1 for deployer: 101 hosts.",
            f"!log deployer@deploy1001 Rolled back {PATHS[1]} (#1): broke the logo (duration: 00m 00s)",
            "deployer, submitter: #1 is undone on 101 hosts (~). ~ is still in the tree; revert it,"
            " or the next sync ships it.",
        )


def test_a_word_about_a_deployment_that_is_over_comes_too_late() -> None:
    with story() as world:
        deploy(world, 1)
        for nick, words in (("submitter", "broken 1"), ("other", "broken 1 my change is missing")):
            world.chat.says(nick, words)
            world.chat.expect(f'{nick}: #1 is completed, so I can not reject it: "!status 1" tells more.')


def test_how_far_it_came_is_told_by_proofs_and_not_by_the_last_progress() -> None:
    with story() as world:
        world.fleet.progress_at = {FLEET[40]: 5.0}
        deploy(world, 1)
        world.chat.says("other", "!status 1")
        assert "completed, 97/97 hosts" in world.chat.skip()[0]


def test_a_number_is_never_swallowed() -> None:
    with story() as world:
        world.tree.commit("submitter", "Logo", static__logo="logo 2")
        world.chat.says("deployer", "!sync-dir static Logo")
        world.chat.says("submitter", "verified")
        world.chat.skip()
        for typed in ("!drift 1", "!drift #1"):
            world.chat.says("other", typed)
            (line,) = world.chat.skip()
            assert line.startswith("other: 101 hosts prove what the fleet has: static ")
            assert " (from #1, commit " in line
        world.chat.says("other", "!drift 1 wmf-config")
        assert " static " in (line := world.chat.skip()[0])
        assert " wmf-config " in line
        world.chat.says("other", "!drift 7")
        world.chat.expect('other: there is no #7: "!queue" and "!history" list the ones there are.')
        world.chat.says("deployer", "!repair 1")
        world.chat.expect('deployer: there is no host "1" in the fleet: see fleet.toml for their names.')
        world.chat.says("deployer", "!repair 1, mw1300")
        assert 'there is no host "1"' in world.chat.skip()[0]


def test_which_of_two_is_asked_with_an_or() -> None:
    with story() as world:
        for number, path in ((1, "static__logo"), (2, "dblists__x")):
            world.tree.commit("submitter", f"Change {number}", **{path: "x"})
            world.chat.says("deployer", f"!sync-dir {path.split('__')[0]} Change {number}")
        world.chat.skip()
        world.chat.says("deployer", "!cancel")
        world.chat.expect('deployer: I can not tell whether you mean #1 or #2: say "!cancel 1".')
