"""What was seen of hosts outside of deployments is known from then on: repairs, drift, hosts old and new."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from swatbot.domain.commands import HostReturned
from swatbot.domain.findings import StageHosts
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from swatbot.ports import HostProof, Stop
from tests.stories.test_what_hosts_hold import (
    CAUGHT_UP,
    FILE,
    ONE_MAY_FAIL,
    other_change,
    submit,
    with_one_down,
)
from tests.world import CANARIES, FLEET, TEST, World, story

LISTED = "dblists/uploadsdisabled.dblist, static/logo.png, wmf-config/CommonSettings.php and 1 more"
EVIL = "static/evil.php"
PUT_BACK = "not as the fleet has it: put back to what the fleet has, then synced."


def live(world: World) -> list[str]:
    """#N of the submitter's goes live; what the bot said."""
    world.chat.says("submitter", "verified")
    return world.chat.skip()


def of_fleet(*hosts: str) -> tuple[StageHosts, ...]:
    """The stages, with these hosts as the fleet."""
    return (
        StageHosts(Stage.TESTSERVERS, tuple(TEST)),
        StageHosts(Stage.CANARIES, tuple(CANARIES)),
        StageHosts(Stage.FLEET, hosts),
    )


def with_hosts(world: World, *hosts: str) -> None:
    """The config has these hosts as the fleet, and the bot is started with it."""
    world.rules = replace(world.rules, stages=of_fleet(*hosts))
    world.restart()


def test_a_host_that_could_not_be_repaired_is_put_right_by_the_next_deployment() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.spoil("mw1300", EVIL)
        world.fleet.fail("mw1300")
        world.chat.says("deployer", "!repair mw1300")
        assert "mw1300 could not be put right" in world.chat.skip()[-1]
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Drifted: mw1300 (see !drift).")
        world.fleet.heal("mw1300")
        submit(world)
        assert f"#1 mw1300 had 1 file ({EVIL}) {PUT_BACK}" in live(world)
        assert EVIL not in world.fleet.holds["mw1300"]
        assert world.engine.status.drift == {}


def test_a_host_that_can_not_be_put_right_counts_against_the_budget_of_the_sync() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.spoil("mw1300", EVIL)
        world.chat.says("other", "!drift")
        world.fleet.fail("mw1300", "mw1301")
        submit(world)
        assert any("mw[1300-1301]" in line and "Rolling back" in line for line in live(world))


def test_a_repair_that_was_stopped_is_done_by_the_next_deployment() -> None:
    with story() as world:
        world.fleet.spoil("mw1300", EVIL)

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("other", "!hold")
            world.chat.settle = world.settle

        world.fleet.before["mw1299"] = meanwhile
        world.chat.says("deployer", "!repair mw1299, mw1300")
        world.chat.skip()
        submit(world)
        assert f"#1 mw1300 had 1 file ({EVIL}) {PUT_BACK}" in live(world)


def test_what_drift_names_is_put_right_by_the_next_deployment() -> None:
    with story() as world:
        world.fleet.spoil("mw1262", EVIL)
        world.chat.says("other", "!drift")
        world.chat.skip()
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Drifted: mw1262 (see !drift).")
        submit(world)
        assert f"#1 mw1262 had 1 file ({EVIL}) {PUT_BACK}" in live(world)
        world.fleet.spoil("mw1262", EVIL)
        world.chat.says("other", "!drift static")
        del world.fleet.holds["mw1262"][EVIL]
        world.chat.says("other", "!drift")
        world.chat.skip()
        assert world.engine.status.drift == {}


def test_drift_that_a_deployment_has_overtaken_accuses_nobody() -> None:
    with story() as world:
        prove = world.fleet.prove

        def meanwhile(hosts: Sequence[str], roots: Sequence[str], **_: object) -> tuple[HostProof, ...]:
            world.fleet.prove = prove  # type: ignore[method-assign]  # once
            seen = prove(hosts, roots)
            submit(world)
            world.chat.says("submitter", "verified")
            world.chat.skip()
            return seen

        world.fleet.prove = meanwhile  # type: ignore[method-assign]  # what the story is about
        world.chat.says("other", "!drift")
        world.chat.expect(
            'other: #1 is under way, and hosts are between two states: "!drift" again when it is over.'
        )
        world.chat.says("other", "!drift")
        world.chat.expect("other: 101 hosts prove what the fleet has: everything ~.")


def test_files_that_a_deployment_put_right_on_production_hosts_are_logged() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.watch(lambda _: None)
        other_change(world)
        world.fleet.heal("mw1300")
        world.chat.says("other", "verified")
        logged = "!log swatbot@deploy1001 Put right for #2 on mw1300: 1 file put back to what the fleet has"
        assert logged in world.chat.skip()


def test_a_catch_up_that_gave_way_tells_what_it_had_done() -> None:
    with story(budgets={Stage.FLEET: Budget(hosts=2)}) as world:
        world.fleet.fail("mw1300", "mw1301", outcome=Outcome.UNREACHABLE)
        submit(world)
        live(world)
        other_change(world)
        world.fleet.watch(lambda _: None)
        world.fleet.heal("mw1300", "mw1301")

        def meanwhile() -> None:
            world.chat.settle = world.meanwhile
            world.chat.says("other", "!hold")
            world.chat.settle = world.settle

        world.fleet.before["mw1301"] = meanwhile
        world.advance(minutes=2)
        lines = world.chat.skip()
        assert CAUGHT_UP in lines
        assert f"mw1300 is caught up: 1 file ({FILE}) had not been as the fleet has it." in lines
        assert set(world.engine.status.stale) == {"mw1301"}


def test_a_dead_host_does_not_keep_the_patrol_from_its_end() -> None:
    with story(budgets=ONE_MAY_FAIL, patrol_every=timedelta(hours=1)) as world:
        with_one_down(world)
        world.fleet.spoil("mw1262", EVIL)
        prove, stopped = world.fleet.prove, []

        def slowly(
            hosts: Sequence[str], roots: Sequence[str], *, afresh: bool = False, stop: Stop | None = None
        ) -> tuple[HostProof, ...]:
            for _ in range(15):
                world.clock.advance(minutes=1)
                world.meanwhile()
            assert stop is not None
            stopped.append(stop.is_set())
            return prove(hosts, roots, afresh=afresh, stop=stop)

        world.fleet.prove = slowly  # type: ignore[method-assign]  # what the story is about
        world.advance(hours=2)
        assert not any(stopped)
        assert [line for line in world.chat.skip() if line.startswith("Drift: mw1262 has 1 file")]


def test_a_patrol_that_was_stopped_has_found_nothing() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        world.fleet.spoil("mw1262", EVIL)
        prove, asked = world.fleet.prove, []

        def meanwhile(
            hosts: Sequence[str], roots: Sequence[str], *, afresh: bool = False, stop: Stop | None = None
        ) -> tuple[HostProof, ...]:
            asked.append(len(hosts))
            if len(asked) == 1:
                submit(world)
                world.chat.says("deployer", "!cancel 1 not today")
                world.chat.skip()
            return prove(hosts, roots, afresh=afresh, stop=stop)

        world.fleet.prove = meanwhile  # type: ignore[method-assign]  # what the story is about
        world.advance(hours=6)
        world.advance(minutes=1)
        assert asked == [101, 101]
        assert world.chat.skip()[-1].startswith("Drift: mw1262 has 1 file")


def test_hosts_that_the_patrol_could_not_ask_are_named_once() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        world.fleet.fail("mw1262", "mw1263", outcome=Outcome.UNREACHABLE)
        world.advance(hours=6)
        world.chat.expect('The patrol could not ask mw[1262-1263]: "!drift" says why.')
        world.advance(hours=6)
        world.chat.silent()


def test_a_return_is_noticed_also_after_a_catch_up_that_failed() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        world.fleet.heal("mw1300")
        world.fleet.fail("mw1300")
        world.advance(minutes=10)
        world.chat.skip()
        world.fleet.heal("mw1300")
        world.engine.report(HostReturned("mw1300"))
        world.settle()
        world.advance(minutes=1)
        assert CAUGHT_UP in world.chat.skip()


def test_a_host_that_is_new_in_the_config_is_caught_up_before_anything_else() -> None:
    with story() as world:
        submit(world)
        live(world)
        world.fleet.holds["mw1361"] = {}
        with_hosts(world, *FLEET, "mw1361")
        lines = world.chat.skip()
        assert lines[1:] == [
            "New, or back, among the hosts: mw1361. First it has to prove what the fleet has.",
            "!log swatbot@deploy1001 Caught up mw1361: 4 files put back to what the fleet has",
            f"mw1361 is caught up: 4 files ({LISTED}) had not been as the fleet has them.",
        ]
        world.chat.says("deployer", "!rollback 1 it is bad")
        assert "#1 is undone on 102 hosts" in world.chat.skip()[-1]
        assert world.fleet.holds["mw1361"] == world.fleet.holds["mw1300"]


def test_a_new_host_that_can_not_be_reached_is_stale() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        world.fleet.holds["mw1361"] = {}
        world.fleet.fail("mw1361", outcome=Outcome.UNREACHABLE)
        with_hosts(world, *FLEET, "mw1361")
        world.chat.skip()
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Stale: mw1361.")
        submit(world)
        assert "live on 101 hosts" in live(world)[-1]
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Stale: mw1361 (see #1).")


def test_a_stale_host_that_is_no_longer_in_the_config_is_forgotten() -> None:
    with story(budgets=ONE_MAY_FAIL) as world:
        with_one_down(world)
        with_hosts(world, *(h for h in FLEET if h != "mw1300"))
        assert world.chat.skip()[1:] == ["No longer among the hosts: mw1300."]
        before = world.journal.head()
        world.advance(hours=4)
        assert world.journal.head() == before
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.")


def test_marks_of_what_was_undone_do_not_come_back() -> None:
    with story() as world:
        world.tree.change("submitter", "Logo", {"static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir static Logo")
        live(world)
        submit(world)
        live(world)
        for number in (1, 2):
            world.chat.says("deployer", f"!rollback {number} bad")
        world.chat.skip()
        holdings = world.engine.status.holdings
        assert holdings is not None
        assert [mark.path for mark in holdings.marks] == ["."]


def test_each_host_is_told_with_its_own_reason() -> None:
    with story() as world:

        def silent(hosts: Sequence[str], roots: Sequence[str], **_: object) -> tuple[HostProof, ...]:
            del roots
            return tuple(HostProof(h, None, "no answer" if h == "mw1262" else "it is off") for h in hosts)

        world.fleet.prove = silent  # type: ignore[method-assign]  # what the story is about
        world.chat.says("other", "!drift")
        lines = world.chat.skip()
        assert 'other: mw1262 can not be asked: no answer. "!exclude mw1262 WHY" leaves it out.' in lines
        assert any(line.endswith("can not be asked: it is off.") for line in lines)
        world.checker.answer(Stage.CANARIES, Finding.FAIL, "they answer 500", step=0, once=True)
        world.fleet.fail("mw1300")
        world.chat.says("deployer", "!repair mw[1262,1300]")
        lines = world.chat.skip()
        assert any("mw1262 could not be put right: front page: they answer 500." in line for line in lines)
        assert any("mw1300 could not be put right: No space left on device." in line for line in lines)
