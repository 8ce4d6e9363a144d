"""What hosts really hold: test servers that differ from the fleet, hosts that were down, drift, repairs."""

from swatbot.domain.stage import Budget, Outcome, Stage
from tests.world import World, story

ONE_MAY_FAIL = {Stage.FLEET: Budget(hosts=1)}
FILE = "wmf-config/InitialiseSettings.php"


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
            "#1 mwdebug1001 had 4 files (static/test.png, w/debug.php, w/x.php, 1 private) not as the fleet has"
            " it: put back to what the fleet has, then staged.",
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
        assert world.chat.skip()[0].startswith("#1 rolled back:")
        assert world.fleet.writes == []


def test_a_host_that_was_down_is_caught_up_before_it_gets_the_next_deployment() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        submit(world)
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1].endswith(
            "is live on 100 hosts (" + world.engine.status.past[1].digest + "). NOT on mw1300"
            " (no answer in 10 s): stale until they prove it."
        )
        world.tree.change("other", "New logo", {"static/logo.svg": "new"})
        world.fleet.heal("mw1300")
        world.chat.says("deployer", "!sync-dir static New logo")
        world.chat.says("other", "verified")
        lines = world.chat.skip()
        assert (
            f"#2 mw1300 had 1 file ({FILE}) not as the fleet has it: put back to what the fleet has, then synced."
            in lines
        )
        assert lines[-1].startswith("deployer, other: #2 is live on 101 hosts")
        assert world.engine.status.stale == {}
