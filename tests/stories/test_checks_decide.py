"""A bad change, a step that fails its checks, and checks that can not tell."""

import pytest

from swatbot.domain.deployment import State
from swatbot.domain.stage import Outcome, Stage
from swatbot.domain.verdict import Finding
from tests.stories.test_who_may_say_it import staged
from tests.world import FLEET, World, story

FATAL = 'new message "Call to undefined function arrray()" 212× on 3/3 canaries, 0× in the control group'


def one_state(world: World) -> bool:
    """Whether all hosts hold the same."""
    return len({str(sorted(held.items())) for held in world.fleet.holds.values()}) == 1


def test_a_bad_change_is_stopped_by_the_canaries_and_rolled_back() -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.FAIL, FATAL, baking=True)
        world.checker.takes = 9
        world.chat.says("submitter", "verified")
        commit = world.engine.status.past[1].changes[0].short
        world.chat.expect(
            "#1 verified by submitter (~). Syncing canaries mw[1261-1263].",
            "#1 canaries: 3/3 have ~, 3/3 answer. Watching them under traffic.",
            f"#1 canaries fail after 9 s: {FATAL}. Rolling back.",
            f"!log deployer@deploy1001 Rolled back wmf-config on 3 hosts: {FATAL} (duration: 00m 00s)",
            "#1 rolled back: mw[1261-1263] and mwdebug1001 have ~ again. deployer, submitter:"
            f" {commit} is still in the tree; revert it, or the next sync ships it. More: !status 1",
        )
        assert one_state(world)
        assert not any(host > "mw1263" for host, _, _ in world.fleet.writes if host.startswith("mw1"))


def test_no_data_is_not_health() -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "no log line from mw1262 for 15 s", baking=True)
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1] == (
            "#1 canaries: can not judge: no log line from mw1262 for 15 s. deployer:"
            ' "!recheck 1", "!continue 1 WHY" or "!rollback 1"; rolls back at 14:17 UTC.'
        )
        world.chat.says("deployer", "!continue 1")
        world.chat.expect('deployer: please say why: "!continue [#] WHY".')
        world.chat.says("deployer", "!recheck 1")
        assert "can not judge" in world.chat.skip()[-1]
        world.advance(minutes=15)
        lines = world.chat.skip()
        assert lines[0] == "#1 nobody decided in time: no log line from mw1262 for 15 s. Rolling back."
        assert world.engine.status.past[1].state is State.ROLLED_BACK
        assert one_state(world)


def test_a_deployer_takes_the_decision() -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "logs are stalled", baking=True)
        world.chat.says("submitter", "verified")
        world.chat.skip()
        world.chat.says("deployer", "!continue 1 I watch the dashboards")
        lines = world.chat.skip()
        assert lines[0] == '#1 goes on without a verdict, says deployer: "I watch the dashboards".'
        assert "#1 is live on 101 hosts" in lines[-1]


def test_two_steps_in_order_and_back_in_reverse() -> None:
    with story() as world:
        world.tree.change(
            "submitter",
            "New variable",
            {"wmf-config/InitialiseSettings.php": "2", "wmf-config/CommonSettings.php": "2"},
        )
        world.checker.answer(Stage.FLEET, Finding.FAIL, "mw1300 answers 500", step=2)
        world.chat.says(
            "deployer",
            "!sync-dir wmf-config/InitialiseSettings.php then wmf-config/CommonSettings.php New variable",
        )
        world.chat.expect(
            "deployer: #1 in 2 steps: (1) wmf-config/InitialiseSettings.php"
            " (2) wmf-config/CommonSettings.php."
            " 1 change by submitter, 2 files (+2 −1). Nothing is ahead of it.",
            "submitter: #1 is on mwdebug1001 (step 1 and step 2 pass their checks). Test with"
            " X-Wikimedia-Debug: backend=mwdebug1001, then say"
            ' "verified", or "broken" and why, by 14:22 UTC.',
        )
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert any("fleet step 2 of 2 fails: front page: mw1300 answers 500" in line for line in lines)
        on_one = [step for host, _, step in world.fleet.writes if host == "mw1300"]
        assert on_one == [1, 2, 1, 0]
        steps = [step for host, _, step in world.fleet.writes if host >= "mw1264" and host != "mwdebug1001"]
        assert steps == sorted(steps[:194]) + sorted(steps[194:], reverse=True)
        assert one_state(world)


def test_checks_are_told_which_state_the_hosts_are_in() -> None:
    with story() as world:
        world.tree.change("submitter", "Both", {"wmf-config/CommonSettings.php": "2", "static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config then static Both")
        states = world.engine.status.live[1].states
        world.chat.says("submitter", "verified")
        world.chat.skip()
        assert len(set(states)) == 3
        assert {task.step for task in world.checker.asked} == {1, 2}
        assert {task.state for task in world.checker.asked if task.baking} == {states[2]}
        assert all(task.state == states[task.step] for task in world.checker.asked)


def test_the_control_group_are_the_hosts_of_the_fleet_that_do_not_have_it_yet() -> None:
    with story() as world:
        world.tree.change("submitter", "Both", {"wmf-config/CommonSettings.php": "2", "static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config then static Both")
        world.chat.says("submitter", "verified")
        world.chat.skip()
        by_stage = {task.stage: set(task.control) for task in world.checker.asked}
        assert by_stage[Stage.CANARIES] == set(FLEET), "nobody of the fleet has it yet"
        assert by_stage[Stage.FLEET] == set(), "everybody has it"


def test_a_step_that_fails_on_the_test_server_stops_there() -> None:
    with story() as world:
        world.tree.change("submitter", "Both", {"wmf-config/CommonSettings.php": "2", "static/logo.png": "2"})
        world.checker.answer(Stage.TESTSERVERS, Finding.FAIL, "500: Undefined setting wgNew", step=1)
        world.chat.says("deployer", "!sync-dir wmf-config then static Both")
        lines = world.chat.skip()
        assert lines[1] == (
            "#1 testservers step 1 of 2 fails: front page: 500: Undefined setting wgNew. Rolling back."
        )
        assert {host for host, _, _ in world.fleet.writes} == {"mwdebug1001"}
        assert not any(line.startswith("!log") for line in lines)
        assert one_state(world)


def test_a_spoiled_test_server_is_put_right_and_named() -> None:
    with story() as world:
        world.fleet.spoil("mwdebug1001", "wmf-config/debug.php")
        staged_lines = world.tree.change("submitter", "x", {"wmf-config/CommonSettings.php": "2"})
        assert staged_lines
        world.chat.says("deployer", "!sync-dir wmf-config x")
        assert world.chat.skip()[1] == (
            "#1 mwdebug1001 had 1 file (wmf-config/debug.php) not as the fleet has it:"
            " put back to what the fleet has, then staged."
        )


def test_a_canary_over_the_budget() -> None:
    with story() as world:
        world.fleet.fail("mw1262")
        staged(world)
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert lines[1] == "#1 canaries fail: mw1262: No space left on device. Rolling back."
        assert "NOT put back: mw1262 (No space left on device)" in lines[-1]
        assert world.engine.status.past[1].state is State.ROLLBACK_INCOMPLETE
        assert world.engine.status.stale == {"mw1262": (1,)}
        world.fleet.heal("mw1262")
        world.chat.says("deployer", "!rollback 1")
        assert "#1 is undone" in world.chat.skip()[-1]
        assert one_state(world)


def test_an_unreachable_canary_was_never_touched() -> None:
    with story() as world:
        world.fleet.fail("mw1262", outcome=Outcome.UNREACHABLE)
        staged(world)
        world.chat.says("submitter", "verified")
        assert "#1 rolled back: mw1261 and mwdebug1001 have" in world.chat.skip()[-1]
        assert world.engine.status.past[1].state is State.ROLLED_BACK


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("true passes", "#1 canaries pass: true passes. Syncing 97 hosts."),
        ("after passes", "#1 canaries pass: after passes. Syncing 97 hosts."),
        ("3/3 answer", "#1 canaries pass: 3/3 answer. Syncing 97 hosts."),
        ("after 9 s: 0.1 errors/s", "#1 canaries pass after 9 s: 0.1 errors/s. Syncing 97 hosts."),
    ],
)
def test_whatever_check_is_the_last_the_line_is_a_sentence(reason: str, told: str) -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.PASS, reason, baking=True)
        world.chat.says("submitter", "verified")
        assert told in world.chat.skip()


def test_what_could_not_judge_is_no_reason_why_canaries_pass() -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "logs are stalled", baking=True)
        world.chat.says("submitter", "verified")
        world.chat.skip()
        world.chat.says("deployer", "!continue 1 I watched them")
        assert "#1 canaries pass. Syncing 97 hosts." in world.chat.skip()
