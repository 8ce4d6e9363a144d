"""What hosts really hold: test servers that differ from the fleet, hosts that were down, drift, repairs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from swatbot.domain.commands import HostReturned
from swatbot.domain.deployment import State
from swatbot.domain.live import Phase
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from swatbot.ports import HostProof, Stop
from tests.world import World, story

ONE_MAY_FAIL = {Stage.FLEET: Budget(hosts=1)}
FILE = "wmf-config/InitialiseSettings.php"


class CutError(BaseException):
    """The process dies here."""


def submit(world: World, text: str = "2") -> None:
    world.tree.change("submitter", "Enable related articles", {FILE: text})
    world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")


def test_the_test_server_is_not_what_the_fleet_is() -> None:
    with story() as world:
        for path in ("static/test.png", "w/debug.php", "w/x.php", "private/key.php"):
            world.fleet.spoil("mwdebug1001", path)
        submit(world)
        world.chat.expect(
            "deployer: #1 wmf-config: 1 change by submitter, 1 file (+1 −0). Nothing is ahead of it.",
            "#1 mwdebug1001 had 4 files (static/test.png, w/debug.php, w/x.php, 1 private) not as the fleet"
            " has them: put back to what the fleet has, then staged.",
            "submitter: #1 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001, then say"
            ' "verified", or "broken" and why, by 14:22 UTC.',
        )
        assert "w/x.php" not in world.fleet.holds["mwdebug1001"]


def test_a_test_server_that_can_not_be_put_right_is_not_staged_on() -> None:
    with story() as world:
        world.fleet.fail("mwdebug1001")
        submit(world)
        world.chat.expect(
            "deployer: #1 wmf-config: 1 change by submitter, 1 file (+1 −0). Nothing is ahead of it.",
            "#1 testservers fail: mwdebug1001: No space left on device. Rolling back.",
        )
        world.chat.expect('#1 is off: it was on no host. deployer: "!retry 1" when mwdebug1001 is well.')
        assert world.fleet.writes == []


NOT_SYNCED = "#1 is not synced: mwdebug1001"
ANEW = "and that may be what was tested. It is staged anew."


@pytest.mark.parametrize("path", [FILE, "static/logo.svg"])
def test_what_was_edited_on_a_test_server_meanwhile_is_not_what_ships(path: str) -> None:
    put_back = {
        FILE: f"1 file ({FILE}) not as the fleet has it",
        "static/logo.svg": f"2 files (static/logo.svg, {FILE}) not as the fleet has them",
    }
    with story() as world:
        submit(world)
        world.chat.skip()
        world.fleet.spoil("mwdebug1001", path)
        world.chat.says("submitter", "verified")
        world.chat.expect(
            "#1 verified by submitter (~). Syncing canaries mw[1261-1263].",
            f"{NOT_SYNCED} has 1 file ({path}) not as staged, {ANEW}",
            f"#1 mwdebug1001 had {put_back[path]}: put back to what the fleet has, then staged.",
            "submitter: #1 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001, then say"
            ' "verified", or "broken" and why, by 14:22 UTC.',
        )
        assert {host for host, _, _ in world.fleet.writes} == {"mwdebug1001"}
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1].startswith("deployer, submitter: #1 is live on 101 hosts")


def test_a_test_server_that_can_not_be_asked_at_the_end_has_proven_nothing() -> None:
    with story() as world:
        submit(world)
        world.chat.skip()
        world.fleet.fail("mwdebug1001", outcome=Outcome.UNREACHABLE)
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert lines[1] == f"{NOT_SYNCED} can not be asked what is there, {ANEW}"
        assert {host for host, _, _ in world.fleet.writes} == {"mwdebug1001"}
        assert world.engine.status.past[1].state is State.ROLLBACK_INCOMPLETE


def test_a_private_file_that_was_edited_on_a_test_server_meanwhile_is_counted() -> None:
    with story() as world:
        submit(world)
        world.fleet.spoil("mwdebug1001", "private/key.php")
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert any("mwdebug1001 has 1 file (1 private) not as staged" in line for line in lines)
        assert not any("key.php" in line for line in lines)


@pytest.mark.parametrize("then", ["", "!hold 1"])
def test_what_the_test_servers_proved_before_a_repair_or_a_hold_they_prove_again(then: str) -> None:
    with story() as world:
        submit(world)
        plain = world.fleet.prove

        def meanwhile(text: str) -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("deployer", text)
            world.chat.settle = world.settle

        def proven(hosts: Sequence[str], roots: Sequence[str], **how: Any) -> tuple[HostProof, ...]:
            world.fleet.prove = plain  # type: ignore[method-assign]  # once
            meanwhile("!repair mw1300")
            return plain(hosts, roots, **how)

        def repaired() -> None:
            assert world.engine.status.live[1].phase is Phase.PROVEN, "it waits for the repair only"
            if then:
                meanwhile(then)
            world.fleet.spoil("mwdebug1001", FILE)

        world.fleet.prove = proven  # type: ignore[method-assign]
        world.fleet.before["mw1300"] = repaired
        world.chat.says("submitter", "verified")
        if then:
            world.chat.says("deployer", "!resume 1")
        assert any(
            line.startswith(f"{NOT_SYNCED} has 1 file ({FILE}) not as staged") for line in world.chat.skip()
        )
        assert {host for host, number, _ in world.fleet.writes if number} == {"mwdebug1001"}


def test_a_hold_while_the_test_servers_are_asked_is_kept() -> None:
    with story() as world:
        submit(world)
        world.chat.skip()
        plain = world.fleet.prove

        def held(hosts: Sequence[str], roots: Sequence[str], **how: Any) -> tuple[HostProof, ...]:
            world.fleet.prove = plain  # type: ignore[method-assign]  # once
            world.chat.says("submitter", "!hold Wait")
            return plain(hosts, roots, **how)

        world.fleet.prove = held  # type: ignore[method-assign]
        world.chat.says("submitter", "verified")
        assert world.engine.status.live[1].state is State.HELD
        world.chat.says("deployer", "!resume 1")
        assert "#1 is live on 101 hosts" in world.chat.skip()[-1]


def test_what_failed_is_not_told_as_put_right() -> None:
    with story() as world:
        world.fleet.odd = ("static/a", "static/b")
        world.fleet.fail("mwdebug1001", "mw1262")
        submit(world)
        assert not any("put back" in line or "put right" in line for line in world.chat.skip())
        world.chat.says("deployer", "!repair mw1262")
        world.chat.expect(
            "mw1262: repair for deployer, everything back to what the fleet has.",
            'deployer: mw1262 could not be put right: No space left on device. "!repair mw1262" tries again.',
        )


def test_a_host_that_fails_in_a_step_is_not_told_as_put_right() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.odd = ("static/a",)
        world.fleet.fail("mw1300")
        submit(world)
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert "#1 mw1300 failed: No space left on device. It goes on without." in lines
        assert not any("put right" in line for line in lines)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNREACHABLE])
def test_a_host_that_missed_a_step_held_what_the_fleet_did_and_has_nothing_put_right(
    outcome: Outcome,
) -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.tree.change("submitter", "Both", {FILE: "2", "static/logo.png": "2"})
        world.fleet.fail("mw1300", outcome=outcome)
        world.fleet.before["mw1301"] = lambda: world.fleet.heal("mw1300")
        world.chat.says("deployer", "!sync-dir wmf-config then static Both")
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert any("mw1300 failed" in line or "mw1300 could not be reached" in line for line in lines)
        assert not any("as the fleet has" in line for line in lines)
        assert "#1 is live on 101 hosts" in lines[-1]
        assert world.engine.status.stale == {}


def test_a_canary_whose_hook_failed_in_a_later_step_is_not_taken_back_nor_called_put_right() -> None:
    budgets = {Stage.CANARIES: Budget(hosts=1), Stage.FLEET: Budget(hosts=1)}
    with story(budgets=budgets) as world:
        world.tree.change("submitter", "Both", {FILE: "2", "static/logo.png": "2"})
        world.fleet.hook_fails["mw1262"] = 2
        world.chat.says("deployer", "!sync-dir wmf-config then static Both")
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert "#1 mw1262 failed: after sync: reload exited 1. It goes on without." in lines
        assert not any("as the fleet has" in line or "Put right" in line for line in lines)
        assert [step for host, _, step in world.fleet.writes if host == "mw1262"] == [1, 2]
        assert "#1 is live on 101 hosts" in lines[-1]


@pytest.mark.parametrize("host", ["mwdebug1001", "mw1262", "mw1300"])
def test_a_reason_that_names_a_private_file_is_told_without_it(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.says = "'private/key.php' is neither a file, a link nor a directory: remove it"
        world.fleet.fail(host)
        submit(world)
        world.chat.says("submitter", "verified")
        for command in ("status", "status 1", "history"):
            world.chat.says("deployer", f"!{command}")
        world.chat.says("deployer", f"!repair {host}")
        lines = world.chat.skip()
        told = "a private file is neither a file, a link nor a directory: remove it"
        assert sum(told in line for line in lines) > 2
        assert not any("private/" in line or "key.php" in line for line in lines)
        assert "private/key.php" not in repr(world.engine.status)
        assert any(f"{host}: 'private/key.php' is" in line for line in caplog.messages)


def test_a_host_that_can_not_be_asked_because_of_a_private_file_does_not_name_it() -> None:
    with story() as world:
        world.fleet.prove = lambda hosts, _, **__: tuple(  # type: ignore[method-assign]  # what is told
            HostProof(host, None, "Permission denied: 'private/key.php'") for host in hosts
        )
        world.chat.says("deployer", "!drift")
        lines = world.chat.skip()
        assert lines[0].endswith("can not be asked: Permission denied: a private file.")
        assert not any("key.php" in line for line in lines)


def test_a_host_that_was_down_is_caught_up_before_it_gets_the_next_deployment() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        submit(world)
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1].endswith(
            "is live on 100 hosts (" + world.engine.status.past[1].digest + "). NOT on mw1300"
            " (no answer in 10 s): it is caught up when it answers again."
        )
        world.tree.change("other", "New logo", {"static/logo.svg": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.fleet.before["mw1261"] = lambda: world.fleet.heal("mw1300")
        world.chat.says("other", "verified")
        lines = world.chat.skip()
        put_back = "not as the fleet has it: put back to what the fleet has, then synced."
        assert f"#2 mw1300 had 1 file ({FILE}) {put_back}" in lines
        assert lines[-1].startswith("deployer, other: #2 is live on 101 hosts")
        assert world.engine.status.stale == {}


def with_one_down(world: World) -> None:
    """#1 is live on all hosts but mw1300, which is down."""
    world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
    submit(world)
    world.chat.says("submitter", "verified")
    world.chat.skip()
    world.chat.says("other", "!status")
    world.chat.expect("other: nothing is active.", "other: Stale: mw1300 (see #1).")


def test_a_host_that_returns_is_caught_up_at_once_and_that_is_told() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.heal("mw1300")
        world.settle()
        world.chat.expect(
            "!log swatbot@deploy1001 Caught up mw1300: 1 file put back to what the fleet has",
            f"mw1300 is caught up: 1 file ({FILE}) had not been as the fleet has it.",
        )
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.")


CAUGHT_UP = "!log swatbot@deploy1001 Caught up mw1300: 1 file put back to what the fleet has"


def other_change(world: World) -> None:
    """#2 is on the test server and waits for its submitter."""
    world.tree.change("other", "New logo", {"static/logo.svg": "new"})
    world.chat.says("deployer", "!sync-dir static New logo")
    world.chat.skip()


def test_a_host_that_returns_while_a_deployment_waits_for_its_submitter_is_caught_up_at_once() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        other_change(world)
        world.fleet.heal("mw1300")
        world.settle()
        assert world.chat.skip()[0] == CAUGHT_UP
        world.chat.says("other", "verified")
        assert "#2 is live on 101 hosts" in world.chat.skip()[-1]


def test_a_host_that_returns_while_a_deployment_is_in_production_is_caught_up_by_it_or_after_it() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        other_change(world)
        world.fleet.before["mw1262"] = lambda: world.chat.says("other", "!hold wait")
        world.chat.says("other", "verified")
        world.fleet.heal("mw1300")
        world.settle()
        assert not any("Caught up" in line for line in world.chat.skip())
        world.chat.says("deployer", "!cancel 2 not today")
        assert CAUGHT_UP in world.chat.skip()
        assert world.engine.status.stale == {}


def test_production_is_repaired_while_a_deployment_waits_and_the_test_server_is_not() -> None:
    with story() as world:
        world.fleet.spoil("mw1262", "static/logo.svg")
        submit(world)
        world.chat.skip()
        world.chat.says("deployer", "!repair mw1262, mwdebug1001")
        assert "#1 is under way" in world.chat.skip()[0]

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("submitter", "verified")
            world.chat.expect(
                "mw1262: repair for deployer, everything back to what the fleet has.",
                "#1 verified by submitter (~). Syncing canaries mw[1261-1263].",
                "#1 waits until the repair of mw1262 is done.",
            )
            world.chat.settle = world.settle

        world.fleet.before["mw1262"] = meanwhile
        world.chat.says("deployer", "!repair mw1262")
        lines = world.chat.skip()
        assert (
            lines[1]
            == "deployer: mw1262 is repaired: 1 file (static/logo.svg) had not been as the fleet has it."
        )
        assert "#1 is live on 101 hosts" in lines[-1]


def test_the_brake_stops_a_repair_and_a_catch_up() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("other", "!hold let me look at it")
            world.chat.settle = world.settle

        world.fleet.before["mw1300"] = meanwhile
        world.fleet.heal("mw1300")
        world.settle()
        world.chat.expect(
            'The catching up of mw1300 is stopped by other: let me look at it. "!repair mw1300" goes on now;'
            " by itself it is tried again in an hour."
        )
        world.advance(minutes=55)
        world.chat.silent()
        world.fleet.before["mw1262"] = meanwhile
        world.chat.says("deployer", "!repair mw[1262-1300]")
        world.chat.expect(
            "mw[1262-1300]: repair for deployer, everything back to what the fleet has.",
            "The repair of mw[1262-1300] is stopped by other: let me look at it."
            ' "!repair mw[1262-1300]" goes on.',
        )
        world.advance(minutes=61)
        assert world.chat.skip()[0] == CAUGHT_UP


def test_a_host_that_returns_and_can_not_be_caught_up_stays_stale() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.heal("mw1300")
        world.fleet.fail("mw1300")
        world.settle()
        world.chat.expect(
            'mw1300 could not be put right: No space left on device. "!repair mw1300" tries again.'
        )
        world.fleet.heal("mw1300")
        world.chat.says("deployer", "!repair mw1300")
        world.chat.expect(
            "mw1300: repair for deployer, everything back to what the fleet has.",
            "!log deployer@deploy1001 Repaired mw1300: 1 file put back to what the fleet has",
            f"deployer: mw1300 is repaired: 1 file ({FILE}) had not been as the fleet has it.",
        )


def test_a_host_that_comes_and_goes_is_told_once_and_tried_more_and_more_rarely() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.heal("mw1300")
        world.fleet.fail("mw1300")
        world.settle()
        assert "mw1300 could not be put right" in world.chat.skip()[0]
        for _ in range(5):
            world.engine.report(HostReturned("mw1300"))
            world.settle()
        world.advance(minutes=7)
        world.chat.silent()
        world.fleet.heal("mw1300")
        world.advance(minutes=8)
        assert "mw1300 is caught up" in world.chat.skip()[1]


def test_a_host_whose_return_nobody_saw_is_tried_all_the_same() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.watch(lambda _: None)
        world.fleet.heal("mw1300")
        world.settle()
        world.chat.silent()
        world.advance(minutes=1)
        assert "mw1300 is caught up" in world.chat.skip()[1]


def test_hosts_that_are_known_to_be_dead_are_no_failures_of_the_next_deployment() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.fail("mw1301", outcome=Outcome.UNREACHABLE)
        world.tree.change("other", "New logo", {"static/logo.svg": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.chat.says("other", "verified")
        lines = world.chat.skip()
        assert "#2 mw1300 failed: no answer in 10 s. It goes on without." in lines
        assert "#2 mw1301 failed: no answer in 10 s. It goes on without." in lines
        assert "is live on 99 hosts" in lines[-1]
        assert world.engine.status.stale == {"mw1300": (1, 2), "mw1301": (2,)}


def test_a_rollback_waits_for_no_repair() -> None:
    with story() as world:
        submit(world)
        world.chat.says("submitter", "verified")
        world.chat.skip()

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("deployer", "!rollback 1 it is bad")
            world.chat.settle = world.settle

        world.fleet.before["mw1262"] = meanwhile
        world.chat.says("deployer", "!repair mw[1262-1270]")
        lines = world.chat.skip()
        assert lines[1:3] == [
            'The repair of mw[1262-1270] gives way to #2. "!repair mw[1262-1270]" after that.',
            "#2 rolls back #1 for deployer: 101 hosts.",
        ]
        assert world.engine.status.past[2].state is State.COMPLETED


def test_drift_is_asked_for_and_repaired() -> None:
    with story() as world:
        for host in ("mw1262", "mw1263"):
            world.fleet.spoil(host, "static/logo.svg")
        world.fleet.spoil("mw1299", "private/key.php")
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        world.chat.says("other", "!drift")
        world.chat.expect(
            "other: mw[1262-1263] have 1 file (static/logo.svg) not as the fleet has it.",
            "other: mw1299 has 1 file (1 private) not as the fleet has it."
            ' "!repair mw[1262-1263,1299]" puts that right.',
            'other: mw1300 can not be asked: no answer in 10 s. "!exclude mw1300 WHY" leaves it out.',
            "other: 97 hosts prove what the fleet has: everything ~.",
        )
        world.chat.says("other", "!repair mw1262")
        world.chat.expect("other: !repair is for deployers. Ask one: deployer, boss.")
        world.chat.says("deployer", "!repair mw[1262-1263], mw1299")
        assert world.chat.skip()[1].startswith(
            "!log deployer@deploy1001 Repaired mw[1262-1263,1299]: 3 files"
        )
        world.chat.says("other", "!drift static")
        world.chat.expect(
            'other: mw1300 can not be asked: no answer in 10 s. "!exclude mw1300 WHY" leaves it out.',
            "other: 100 hosts prove what the fleet has: static ~ (from the baseline, commit base).",
        )


def test_drift_of_a_path_that_no_host_can_hold_is_no_comfort() -> None:
    with story() as world:
        world.chat.says("other", "!drift wmf-confg")
        world.chat.expect("other: there is no wmf-confg in the tree. Did you mean wmf-config?")
        world.tree.ignored.append("README.md")
        world.chat.says("other", "!drift static, README.md")
        world.chat.expect("other: I can not look at README.md: it is not deployed: the config ignores it.")
        world.chat.says("other", "!drift wmf-config, static then dblists")
        (line,) = world.chat.skip()
        assert line.startswith("other: 101 hosts prove what the fleet has: wmf-config ")
        assert all(f"{path} " in line for path in ("static", "dblists"))
        assert "then" not in line


def test_a_diff_of_a_path_that_is_nowhere_is_no_comfort() -> None:
    with story() as world:
        world.chat.says("other", "!diff wmf-confg")
        world.chat.expect("other: there is no wmf-confg in the tree. Did you mean wmf-config?")
        world.chat.says("other", "!diff ../etc")
        assert world.chat.skip()[0].startswith("other: I can not look at ../etc")
        world.chat.says("other", "!diff static")
        world.chat.expect("other: static: nothing differs.")


def test_a_pattern_that_is_new_in_ignore_breaks_nothing() -> None:
    with story() as world:
        world.tree.files |= {"static/cache.txt": "of the tree", "wmf-config/notes.txt": "n"}
        world.take_baseline()
        submit(world)
        world.chat.says("submitter", "verified")
        world.chat.skip()
        world.tree.ignored += ["static/cache.txt", "wmf-config/notes.txt"]
        world.restart()
        world.fleet.spoil("mw1262", "static/cache.txt")
        world.chat.skip()
        world.chat.says("other", "!drift")
        world.chat.expect("other: 101 hosts prove what the fleet has: everything ~.")
        world.chat.says("deployer", "!repair mw1262")
        assert world.chat.skip()[-1].endswith("mw1262 has everything as the fleet has it.")
        submit(world, "3")
        world.chat.says("submitter", "verified 2")
        lines = world.chat.skip()
        assert " is live on 101 hosts" in lines[-1], lines
        assert not any("not as the fleet" in line for line in lines)
        for number in (2, 1):  # the older one's snapshots have what is ignored now
            world.chat.says("deployer", f"!rollback {number}")
            world.chat.says("deployer", "!drift")
            lines = world.chat.skip()
            assert lines[-1].startswith("deployer: 101 hosts prove"), lines
        assert world.fleet.holds["mw1300"]["wmf-config/notes.txt"].size == 1
        world.chat.skip()


def test_a_host_that_is_repaired_and_does_not_serve_it_is_not_called_repaired() -> None:
    with story() as world:
        world.fleet.spoil("mw1262", "static/logo.svg")
        stale = "mw1262 serves 7 where the snapshot has 8 (/siteinfo); try a reload"
        world.checker.answer(Stage.CANARIES, Finding.FAIL, stale, step=0, once=True)
        world.chat.says("deployer", "!repair mw[1262,1300]")
        world.chat.expect(
            "mw[1262,1300]: repair for deployer, everything back to what the fleet has.",
            "!log deployer@deploy1001 Repaired mw1262: 1 file put back to what the fleet has",
            "deployer: mw1300 has everything as the fleet has it.",
            f'deployer: mw1262 could not be put right: front page: {stale}. "!repair mw1262" tries again.',
        )
        world.chat.says("deployer", "!repair mw1262")
        assert world.chat.skip()[-1] == "deployer: mw1262 has everything as the fleet has it."
        assert [(t.stage, t.hosts) for t in world.checker.asked] == [
            (Stage.CANARIES, ("mw1262",)),
            (Stage.FLEET, ("mw1300",)),
            (Stage.CANARIES, ("mw1262",)),
        ]


def test_a_host_of_which_no_check_can_tell_what_it_serves_is_told_as_such() -> None:
    with story() as world:
        why = "no answer within 5 s"
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, why, step=0, once=True)
        world.chat.says("deployer", "!repair mw1262")
        world.chat.expect(
            "mw1262: repair for deployer, everything back to what the fleet has.",
            "deployer: mw1262 has everything as the fleet has it.",
            f"deployer: mw1262: whether it is served could not be told: front page: {why}.",
        )


def test_a_host_that_was_emptied_does_not_fill_the_journal() -> None:
    with story() as world:
        world.tree.files |= {f"static/{n}.png": str(n) for n in range(2000)}
        world.take_baseline()
        world.chat.skip()
        world.fleet.holds["mw1262"].clear()
        world.chat.says("deployer", "!repair mw1262")
        lines = world.chat.skip()
        assert lines[-1] == (
            "deployer: mw1262 is repaired: 2004 files (dblists/uploadsdisabled.dblist, static/0.png,"
            " static/1.png and 2001 more) had not been as the fleet has them."
        )
        assert max(len(repr(record)) for record in world.journal.read(0)) < 8192


def test_mistakes_about_hosts_are_answered() -> None:
    with story() as world:
        world.chat.says("deployer", "!repair")
        world.chat.expect("deployer: which host? Usage: !repair HOST[,HOST…]")
        world.chat.says("deployer", "!repair mw[1262-")
        assert "Usage: !repair HOST[,HOST…]" in world.chat.skip()[0]
        world.chat.says("deployer", "!repair db1")
        world.chat.expect('deployer: there is no host "db1" in the fleet: see fleet.toml for their names.')
        world.chat.says("deployer", "!drift ../etc")
        assert world.chat.skip()[0].startswith("deployer: I can not look at ../etc")
        submit(world)
        world.chat.skip()
        world.chat.says("deployer", "!repair mwdebug1001")
        world.chat.expect(
            'deployer: #1 is under way, and hosts are between two states: "!repair" again when it is over.'
        )


def test_while_a_deployment_waits_production_can_be_asked_and_is_patrolled() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        submit(world)
        world.chat.says("submitter", "!hold until Monday")
        world.chat.skip()
        world.fleet.spoil("mw1262", "static/logo.svg")
        world.chat.says("other", "!drift")
        world.chat.expect(
            "other: mw1262 has 1 file (static/logo.svg) not as the fleet has it."
            ' "!repair mw1262" puts that right.',
            "other: 99 hosts prove what the fleet has: everything ~.",
            "other: A deployment is on mwdebug1001, which I did not ask.",
        )
        world.fleet.spoil("mw1300", "static/logo.svg")
        world.advance(hours=13)
        assert any(line.startswith("Drift: mw1300 has 1 file") for line in world.chat.skip())
        assert "mw1262" in world.engine.status.drift


def test_the_patrol_names_what_is_new_and_the_next_deployment_puts_it_right() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        world.advance(hours=7)
        world.fleet.spoil("mw1262", "static/logo.svg")
        world.advance(hours=6)
        world.chat.expect(
            "Drift: mw1262 has 1 file (static/logo.svg) not as the fleet has it."
            ' "!repair mw1262", or the next deployment, puts that right.'
        )
        world.advance(hours=6)
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Drifted: mw1262 (see !drift).")
        submit(world)
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert (
            "#1 mw1262 had 1 file (static/logo.svg) not as the fleet has it:"
            " put back to what the fleet has, then synced." in lines
        )
        assert world.engine.status.drift == {}
        world.fleet.spoil("mw1262", "static/logo.svg")
        world.advance(hours=6)
        world.chat.skip()
        holdings = world.engine.status.holdings
        assert holdings is not None
        world.fleet.fill(world.tree.manifest(holdings.manifest))
        world.advance(hours=6)
        world.chat.expect("No more drift: mw1262 has what the fleet has again.")


def test_the_patrol_gives_way_to_a_deployment() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        world.tree.change("submitter", "Enable related articles", {FILE: "2"})
        prove = world.fleet.prove

        def meanwhile(
            hosts: Sequence[str],
            roots: Sequence[str],
            *,
            afresh: bool = False,
            stop: Stop | None = None,
        ) -> tuple[HostProof, ...]:
            assert afresh
            world.fleet.prove = prove  # type: ignore[method-assign]  # once
            world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")
            assert stop is not None
            assert stop.is_set()
            return prove(hosts, roots, stop=stop)

        world.fleet.prove = meanwhile  # type: ignore[method-assign]  # what the story is about
        world.fleet.spoil("mw1262", "static/logo.svg")
        world.advance(hours=6)
        assert world.chat.skip()[-1].startswith("submitter: #1 is on mwdebug1001")
        assert world.engine.status.drift == {}


def test_an_engine_that_dies_while_a_host_is_mended_mends_it_when_it_is_back() -> None:
    with story() as world:
        world.fleet.spoil("mw1262", "static/logo.svg")

        def die() -> None:
            world.crash()
            raise CutError

        world.fleet.before["mw1262"] = die
        with pytest.raises(CutError):
            world.chat.says("deployer", "!repair mw1262")
        world.restart()
        lines = world.chat.skip()
        assert "!log deployer@deploy1001 Repaired mw1262: 1 file put back to what the fleet has" in lines


def test_a_rollback_of_the_whole_tree_is_told_in_words() -> None:
    with story() as world:
        world.tree.change("submitter", "Enable related articles", {FILE: "2"})
        inspect = world.tree.inspect
        world.tree.inspect = (  # type: ignore[method-assign]  # a tree without private files
            lambda plan, holdings: replace(inspect(plan, holdings), private=False)
        )
        world.chat.says("deployer", "!sync-dir . Everything")
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert lines[0].startswith("deployer: #1 everything: 1 change by submitter")
        assert any("Synchronized everything: Everything (" in line for line in lines)
        world.chat.says("deployer", "!sync-dir . Everything")
        assert "the fleet has everything as it is" in world.chat.skip()[0]
        world.chat.says("deployer", "!rollback 1")
        assert any("Rolled back everything (#1): Everything" in line for line in world.chat.skip())


def test_what_waits_for_a_repair_is_told_so() -> None:
    with story() as world:
        world.tree.change("submitter", "Enable related articles", {FILE: "2"})

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("other", "!queue")
            world.chat.settle = world.settle

        world.fleet.before["mw1262"] = meanwhile
        world.chat.says("deployer", "!repair mw1262")
        assert world.chat.skip()[1:] == [
            "other: nothing is active. Being put right: mw1262.",
            "deployer: mw1262 has everything as the fleet has it.",
        ]


def test_what_shipped_is_the_snapshot_and_a_newer_version_is_told() -> None:
    with story() as world:
        submit(world)
        world.tree.change("other", "More", {FILE: "3"})
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1].endswith(
            " The tree holds another version of wmf-config by now: it waits for the next sync."
        )
