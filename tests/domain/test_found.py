"""Sequences that once broke a promise, kept as short as they can be told."""

from datetime import timedelta

import pytest

from swatbot.domain import commands as c
from swatbot.domain.deployment import HoldKind, State
from swatbot.domain.effects import Mend, effects
from swatbot.domain.events import RollbackStarted
from swatbot.domain.plan import Plan, Step
from swatbot.domain.verdict import Finding
from tests.domain.desk import Desk, Running
from tests.domain.paper import ACTORS, PLACE, Fate, plan_options, rules

ALICE = ACTORS[0]
A, B = Plan((Step(("a",)),)), Plan((Step(("b",)),))
AB = Plan((Step(("a", "b")),))


def desk_with(plan: Plan = AB, *, steps: int, spare: int = 0, rolls_back: bool = True) -> Desk:
    """One deployment, `steps` effects and words on its way."""
    desk = Desk(rules(spare=spare, rolls_back=rolls_back))
    ask(desk, plan)
    desk.go_on(steps)
    return desk


def ask(desk: Desk, plan: Plan) -> None:
    desk.tree.commit("bob", plan.paths)
    assert desk.do(c.Sync(ALICE, PLACE, plan, "a change", plan_options(partial=True)))


def running(desk: Desk) -> Running:
    (found,) = desk.running.values()
    return found


def test_cancelling_a_rollback_that_waits_does_not_begin_it() -> None:
    desk = desk_with(steps=20)
    ask(desk, Plan((Step(("c",)),)))
    desk.go_on(3)
    assert desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))
    assert desk.do(c.Cancel(ALICE, PLACE, 3, "after all"))
    assert desk.status.past[3].state is State.CANCELLED
    assert not any(isinstance(event, RollbackStarted) for event, _ in desk.log)


def test_a_rollback_that_does_not_reach_all_hosts_leaves_them_stale() -> None:
    desk = desk_with(steps=20)
    desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))
    desk.end(running(desk), [Fate.OK, Fate.UNREACHABLE])
    desk.go_on()
    assert desk.status.stale == {"web1": (2,)}
    desk.promises.at_rest(desk.status)


@pytest.mark.parametrize("fate", [Fate.UNREACHABLE, Fate.HALF])
def test_a_hold_does_not_lift_the_budget(fate: Fate) -> None:
    desk = desk_with(steps=3)
    desk.do(c.PutHold(ALICE, PLACE, 1, "wait"))
    desk.end(running(desk), [fate])
    desk.do(c.Resume(ALICE, PLACE, 1))
    desk.end(running(desk), [fate])
    assert desk.status.live[1].state is State.ROLLING_BACK


def test_a_host_that_failed_and_is_then_unreachable_is_put_back() -> None:
    desk = desk_with(steps=6, spare=1)
    desk.do(c.PutHold(ALICE, PLACE, 1, "wait"))
    desk.end(running(desk), [Fate.HALF, Fate.STOP])
    desk.do(c.Resume(ALICE, PLACE, 1))
    desk.end(running(desk), [Fate.UNREACHABLE])
    desk.do(c.Cancel(ALICE, PLACE, 1, "enough"))
    desk.go_on()
    assert desk.status.past[1].state is State.ROLLED_BACK
    assert desk.hosts.truth["web1"] == {"a": 0, "b": 0, "c": 0}


def test_a_canary_that_was_left_out_of_a_later_step_is_put_back() -> None:
    desk = Desk(rules(spare=1))
    ask(desk, Plan((Step(("a",)), Step(("b",)))))
    desk.go_on(11)
    desk.end(running(desk), [Fate.UNREACHABLE])
    desk.go_on(2)
    assert desk.status.live[1].state is State.FLEET
    desk.end(running(desk), [Fate.HALF, Fate.HALF])
    desk.go_on()
    assert desk.status.past[1].state is State.ROLLED_BACK
    assert desk.hosts.truth["web1"] == {"a": 0, "b": 0, "c": 0}


@pytest.mark.parametrize("held", [False, True])
def test_a_host_that_is_unreachable_after_a_stumble_is_put_back(*, held: bool) -> None:
    desk = desk_with(steps=3)
    if held:
        desk.do(c.PutHold(ALICE, PLACE, 1, "wait"))
    desk.breaks(running(desk), [Fate.HALF], bug=True)
    desk.do(c.Resume(ALICE, PLACE, 1))
    desk.end(running(desk), [Fate.UNREACHABLE])
    desk.go_on()
    assert desk.hosts.truth["debug1"] == {"a": 0, "b": 0, "c": 0}


def test_a_host_that_is_unreachable_after_a_crash_under_a_hold_is_put_back() -> None:
    desk = desk_with(steps=3)
    desk.do(c.PutHold(ALICE, PLACE, 1, "wait"))
    desk.crash([Fate.HALF], timedelta(seconds=41))
    desk.do(c.Resume(ALICE, PLACE, 1))
    desk.end(running(desk), [Fate.UNREACHABLE])
    desk.go_on()
    assert desk.hosts.truth["debug1"] == {"a": 0, "b": 0, "c": 0}


def test_a_rollback_does_not_take_away_what_is_being_shipped_over_it() -> None:
    desk = desk_with(A, steps=20)
    ask(desk, AB)
    desk.go_on(3)
    assert not desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))


def test_a_rollback_that_was_held_in_the_queue_is_off_when_another_shipped_over_it() -> None:
    desk = desk_with(A, steps=20)
    ask(desk, B)
    desk.go_on(3)
    desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))
    desk.do(c.PutHold(ALICE, PLACE, 3, "not yet"))
    ask(desk, A)
    desk.go_on()
    assert desk.status.past[4].state is State.COMPLETED
    desk.do(c.Resume(ALICE, PLACE, 3))
    desk.go_on()
    assert desk.status.past[3].state is State.CANCELLED
    assert {held["a"] for held in desk.hosts.truth.values()} == {2}


def test_a_deployment_is_not_rolled_back_twice() -> None:
    desk = desk_with(steps=20)
    assert desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))
    assert not desk.do(c.Rollback(ALICE, PLACE, 1, "broke search"))


def test_a_check_that_breaks_when_nobody_wants_it_does_not_stop_the_rollback() -> None:
    desk = desk_with(steps=4)
    desk.do(c.Cancel(ALICE, PLACE, 1, "wrong branch"))
    desk.breaks(running(desk), [], bug=True)
    desk.go_on()
    assert desk.status.past[1].state is State.ROLLED_BACK


def test_continuing_beyond_the_budget_still_runs_the_checks() -> None:
    desk = desk_with(steps=7, rolls_back=False)
    desk.end(running(desk), [Fate.OK, Fate.UNREACHABLE])
    hold = desk.status.live[1].hold
    assert hold is not None
    assert hold.kind is HoldKind.QUESTION
    desk.do(c.Continue(ALICE, PLACE, 1, "web2 is being repaired"))
    desk.end(running(desk), [], Finding.FAIL)
    assert desk.status.live[1].state is State.HELD
    desk.do(c.Rollback(ALICE, PLACE, 1, "it is bad"))
    desk.go_on()
    assert desk.status.past[1].state is State.ROLLED_BACK


def test_time_away_under_a_hold_is_credited_once() -> None:
    desk = desk_with(steps=5)
    left = (desk.status.live[1].deadline or desk.now) - desk.now
    desk.do(c.PutHold(ALICE, PLACE, 1, "wait"))
    desk.crash([], timedelta(hours=1))
    desk.do(c.Resume(ALICE, PLACE, 1))
    d = desk.status.live[1]
    assert d.deadline == desk.now + left
    assert d.asked_at is not None
    assert d.asked_at <= desk.now


def test_putting_right_that_breaks_while_a_deployment_is_undone_does_not_hold_it_up() -> None:
    desk = desk_with(steps=2)
    desk.do(c.Cancel(ALICE, PLACE, 1, "enough"))
    assert desk.status.live[1].state is State.ROLLING_BACK
    desk.breaks(running(desk), [], bug=False)
    assert desk.status.past[1].state is State.ROLLED_BACK


def test_a_patrol_that_fails_late_does_not_end_the_repair_that_took_its_place() -> None:
    desk = Desk(rules(patrol=1))
    desk.wait(timedelta(hours=1))
    patrol = running(desk)
    assert desk.do(c.Repair(ALICE, PLACE, ("web1",)))
    desk.breaks(patrol, [], bug=False)
    assert desk.status.upkeep is not None
    assert isinstance(running(desk).effect, Mend)


def test_a_baseline_begins_no_repair_that_was_left_over() -> None:
    desk = Desk(rules())
    desk.do(c.Repair(ALICE, PLACE, ("web1",)))
    desk.do(c.TakeBaseline(desk.tree.holdings(), 6, "dan"))
    assert effects(desk.status) == ()
