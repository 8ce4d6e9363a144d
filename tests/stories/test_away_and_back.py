"""A process that dies, and the one that takes over."""

from collections.abc import Callable

import pytest

from swatbot.app.engine import Engine
from swatbot.domain.commands import Tick
from swatbot.domain.deployment import State
from swatbot.ports import StaleWriterError
from tests.stories.test_who_may_say_it import staged
from tests.world import story


class PowerCutError(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches a kill."""


def test_a_late_answer_does_not_have_requests_carried_out_twice() -> None:
    with story() as world:
        world.tree.change("submitter", "x", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config x")
        world.chat.says("submitter", "verified")
        late: list[Callable[[], None]] = []
        at_once = world.workers.run

        def run(name: str, job: Callable[[], None]) -> None:
            if name == "query":
                late.append(job)
            else:
                at_once(name, job)

        world.workers.run = run  # type: ignore[method-assign]  # what the story is about
        world.chat.says("submitter", "!diff 1")
        world.chat.says("deployer", "!rollback 1 bad")
        world.chat.says("deployer", "!retry 1")
        (answer,) = late
        answer()
        world.restart(seconds=5)
        assert world.engine.status.latest == 3
        world.chat.skip()


def test_killed_in_the_middle_of_the_fleet() -> None:
    with story() as world:
        staged(world)

        def cut() -> None:
            raise PowerCutError

        world.fleet.before["mw1315"] = cut
        with pytest.raises(PowerCutError):
            world.chat.says("submitter", "verified")
        world.chat.skip()
        world.restart(seconds=41)
        lines = world.chat.skip()
        digest = world.engine.status.past[1].digest
        assert lines[0] == (
            f"I was away for 41 s (restarted). #1 goes on: 0 of 97 hosts have {digest}. What was said between"
            " 14:02:00 and 14:02:41 UTC I may not have heard: if you got no answer, please repeat it."
        )
        assert "#1 is live on 101 hosts" in lines[-1]
        assert [h for h, _, _ in world.fleet.writes].count("mw1300") == 1


def test_downtime_is_credited_to_those_who_are_asked() -> None:
    with story() as world:
        staged(world)
        world.restart(seconds=3600)
        (line,) = world.chat.skip()
        assert line.startswith("I was away for 60 min (restarted). #1 goes on: 1 of 1 host has ")
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION
        world.chat.says("submitter", "verified")
        assert "#1 is live" in world.chat.skip()[-1]


def test_a_held_deployment_is_still_held() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "!hold wait")
        world.chat.skip()
        world.restart()
        (line,) = world.chat.skip()
        assert line.startswith("I was away for 41 s (restarted). #1 is still held. What was said between ")


def test_what_may_have_been_said_just_before_a_crash_is_marked() -> None:
    """One line was, and nobody knows which: lines that are more urgent go before others."""
    with story() as world:
        staged(world)
        world.chat.confirms = False
        world.chat.says("other", "!queue")
        world.chat.says("submitter", "!hold wait")
        world.chat.says("other", "!status 1")
        said = world.chat.skip()
        assert [line for line in said if "again" in line] == []
        world.chat.confirms = True
        world.restart(seconds=300)
        *repeated, back = world.chat.skip()
        assert [line.removeprefix("(perhaps again) ") for line in repeated] == [
            f"[14:02 UTC] {x}" for x in said
        ]
        answer, held, *others = repeated
        assert answer.startswith("(perhaps again) [14:02 UTC] other: active #1")
        assert held.startswith("(perhaps again) [14:02 UTC] #1 held by submitter")
        assert others
        assert not [line for line in [*others, back] if "again" in line]


def drain(engine: Engine) -> None:
    """Take everything from its inbox."""
    while engine.work():
        pass


def test_an_old_engine_that_wakes_up_can_not_decide() -> None:
    with story() as world:
        staged(world)
        old = world.engine
        world.restart()
        world.chat.skip()
        world.clock.advance(minutes=30)
        world.settle()
        world.chat.skip()
        old.report(Tick())
        with pytest.raises(StaleWriterError):
            drain(old)


def test_what_was_said_while_nobody_listened_is_not_done_late() -> None:
    with story() as world:
        staged(world)
        world.crash()
        world.chat.settle = lambda: None
        world.chat.says("submitter", "verified 1")
        world.clock.advance(minutes=5)
        world.boot()
        lines = world.chat.skip()
        assert "submitter: I was away when you said that, and have not done it: please say it again." in lines
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION
