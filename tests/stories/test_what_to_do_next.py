"""The next thing to type is one that works, and blames nobody whose fault it is not."""

import pytest

from swatbot.domain.deployment import State
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from tests.world import World, story

SETTINGS = "wmf-config/InitialiseSettings.php"
COMMON = "wmf-config/CommonSettings.php"


def submit(world: World, path: str = SETTINGS) -> str:
    return world.tree.change("submitter", "Enable related articles", {path: "2"})


def sync(world: World, rest: str = "wmf-config Enable related articles") -> None:
    world.chat.says("deployer", f"!sync-dir {rest}")
    world.chat.skip()


def test_one_command_covers_all_that_a_sync_would_leave_behind() -> None:
    """Also what a change brings along that only comes in because another was not to be halved."""
    with story() as world:
        world.tree.change("other", "Third", {"static/logo.png": "2", "w/a.php": "2"})
        second = world.tree.change("other", "Second", {COMMON: "2", "static/logo.png": "3"})
        first = world.tree.change(
            "submitter", "First", {SETTINGS: "2", "dblists/uploadsdisabled.dblist": "2"}
        )
        world.chat.says("deployer", "!sync-dir wmf-config All of it")
        left, typed = world.chat.skip()
        assert f"Change {first} by submitter also touches dblists/uploadsdisabled.dblist, which" in left
        assert left.endswith(f" The same goes for {second} by other.")
        command = "!sync-dir dblists/uploadsdisabled.dblist, static/logo.png, w/a.php, wmf-config All of it"
        assert f'say "{command}"' in typed
        world.chat.says("deployer", command)
        assert "#2 " in world.chat.skip()[0]
        assert world.engine.status.live[2].state is State.AWAITING_VERIFICATION


def test_several_paths_do_not_cover() -> None:
    with story() as world:
        world.tree.change("submitter", "x", {SETTINGS: "2", "my dir/a.php": "2", "w/a.php": "2"})
        world.chat.says("deployer", '!sync-dir wmf-config, "my dir" x')
        left, typed = world.chat.skip()
        assert 'which wmf-config, "my dir" do not cover' in left
        assert 'say "!sync-dir w/a.php, wmf-config, "my dir" x"' in typed
        world.chat.says("deployer", '!sync-dir w/a.php, wmf-config, "my dir" x')
        assert world.chat.skip()[0].startswith('deployer: #2 w/a.php, wmf-config, "my dir": 1 change')


def test_an_edit_that_changed_is_shipped_by_the_command_that_is_told() -> None:
    with story() as world:
        world.tree.files["static/a.png"] = "half done"
        world.tree.edits = ["static/a.png"]
        submit(world)
        sync(world)
        sync(world, "--dirty static New logo")
        world.tree.files["static/a.png"] = "done"
        world.chat.says("submitter", "verified 1")
        told = world.chat.skip()[-1]
        command = told.partition('"')[2].partition('"')[0]
        assert command == "!sync-dir --dirty static New logo"
        world.chat.says("deployer", command)
        assert world.chat.skip()[0].startswith("deployer: #3 static: 1 file")


def test_hosts_that_failed_are_to_be_left_out_and_the_change_is_not_blamed() -> None:
    with story(budgets={Stage.FLEET: Budget()}) as world:
        commit = submit(world)
        sync(world)
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        world.chat.says("submitter", "verified")
        last = world.chat.skip()[-1]
        assert (
            f'deployer, submitter: "!exclude mw1300 WHY", then "!retry 1". {commit} is still in the tree'
            in last
        )
        world.chat.says("deployer", "!exclude mw1300 broken disk")
        world.chat.says("deployer", "!retry 1")
        world.chat.skip()
        assert world.engine.status.live[2].state is State.AWAITING_VERIFICATION


def test_who_cancels_is_told_how_to_ask_again() -> None:
    with story() as world:
        commit = submit(world)
        sync(world)
        world.chat.says("deployer", "!cancel")
        last = world.chat.skip()[-1]
        assert f"{commit} is still in the tree; revert it, or the next sync ships it." in last
        assert last.endswith('"!retry 1" asks again.')


def test_of_edits_nobody_is_told_to_revert_a_change() -> None:
    with story() as world:
        world.tree.files["static/a.png"] = "half done"
        world.tree.edits = ["static/a.png"]
        sync(world, "--dirty static New logo")
        world.chat.says("deployer", "!rollback")
        assert "The edits are still in the tree; undo them, or commit them." in world.chat.skip()[-1]


def test_steps_that_fail_on_the_test_servers_may_be_in_the_wrong_order() -> None:
    with story() as world:
        submit(world)
        submit(world, "static/logo.png")
        world.checker.answer(Stage.TESTSERVERS, Finding.FAIL, "500: Undefined setting", step=1)
        sync(world, "wmf-config then static x")
        world.chat.says("deployer", "!status 1")
        world.chat.skip()
        assert any("Perhaps they go in another order." in line for line in world.chat.all)


def test_a_rollback_is_asked_for_by_number_while_another_ships_over_it() -> None:
    with story() as world:
        submit(world)
        sync(world)
        world.chat.says("submitter", "verified")
        world.advance(minutes=5)
        submit(world, COMMON)
        sync(world)
        world.chat.says("deployer", "!rollback 1")
        assert '#2 is under way over what #1 shipped: "!rollback 2" first.' in world.chat.skip()[-1]


def test_the_status_of_what_was_refused_says_why_and_names_nobody_elses_changes() -> None:
    with story() as world:
        world.chat.says("deployer", "!sync-dir wmf-confg New logo")
        world.chat.skip()
        world.chat.says("other", "!status 1")
        world.chat.expect(
            "other: #1 wmf-confg by deployer: refused.",
            "other: Because: there is no wmf-confg in the tree. Did you mean wmf-config?",
        )


def test_a_refused_request_for_private_files_is_not_repeated_to_everybody() -> None:
    with story() as world:
        files: dict[str, str | None] = {"private/secret.php": "2", "private/other.php": "2", "w/a.php": "2"}
        world.tree.change("submitter", "Hush", files)
        world.chat.says("deployer", "!sync-dir private/secret.php hush the hole")
        world.chat.skip()
        world.chat.says("other", "!history")
        assert "secret" not in "".join(world.chat.skip())
        world.chat.says("other", "!status 1")
        assert "secret" not in "".join(world.chat.skip())


def test_hosts_that_were_caught_up_are_not_told_as_missing_any_more() -> None:
    with story(budgets={Stage.FLEET: Budget(1)}) as world:
        submit(world)
        sync(world)
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        world.chat.says("submitter", "verified")
        world.chat.says("other", "!status 1")
        assert "mw1300: no answer" in " ".join(world.chat.skip())
        world.fleet.heal("mw1300")
        world.advance(minutes=5)
        world.chat.skip()
        world.chat.says("other", "!status 1")
        assert "other: It was not on mw1300 at first, which has it since." in world.chat.skip()


@pytest.mark.parametrize("option", ["--partial", "--dirty", "--for"])
def test_an_option_that_came_too_late_is_no_message(option: str) -> None:
    with story() as world:
        submit(world)
        world.chat.says("deployer", f"!sync-dir wmf-config {option} x")
        assert f"options come before the paths: !sync-dir {option} ..." in world.chat.skip()[0]


def test_deletions_are_counted_in_the_first_reply() -> None:
    with story() as world:
        world.tree.change("submitter", "Go", {COMMON: None, SETTINGS: "2"})
        world.chat.says("deployer", "!sync-dir wmf-config Go")
        assert "2 files, 1 of them deleted (" in world.chat.skip()[0]


def test_what_a_baseline_took_over_is_not_rolled_back_to_what_was_before() -> None:
    with story() as world:
        submit(world)
        sync(world)
        world.chat.says("submitter", "verified")
        world.take_baseline()
        world.chat.says("deployer", "!rollback 1")
        (line,) = world.chat.skip()
        assert line.startswith("deployer: a baseline was taken since #1, so what it replaced is not what")
        assert world.engine.status.queue == ()


@pytest.mark.parametrize(("deleted", "refused"), [(21, True), (19, False)])
def test_more_than_a_share_of_the_files_is_not_deleted_by_accident(deleted: int, refused: bool) -> None:
    with story(delete_share=0.2, delete_floor=1) as world:
        files = {f"static/{n}.png": str(n) for n in range(99)}  # and one that is there anyway
        world.tree.files |= files
        world.take_baseline()
        gone = dict.fromkeys(list(files)[:deleted])
        world.tree.change("submitter", "Clean up", {**gone})
        world.chat.says("deployer", "!sync-dir static Clean up")
        told = world.chat.skip()[0]
        assert (f"It would delete {deleted} of 100 files on every host." in told) is refused
        assert (f"{deleted} files, {deleted} of them deleted" in told) is not refused


def test_what_is_left_behind_only_at_the_snapshot_is_told_with_what_to_type() -> None:
    with story() as world:
        world.tree.change("other", "Logo", {"static/logo.png": "2"})
        sync(world, "static Logo")
        submit(world)
        sync(world)
        both = {"wmf-config/CommonSettings.php": "3", "dblists/uploadsdisabled.dblist": "3"}
        world.tree.change("submitter", "More", {**both})
        world.chat.says("other", "verified 1")
        *_, left, typed = world.chat.skip()
        assert "#2 stopped before any host was touched: Change" in left
        assert 'say "!sync-dir dblists/uploadsdisabled.dblist, wmf-config Enable related articles"' in typed


def test_a_partial_one_that_would_leave_more_behind_than_was_told_stops() -> None:
    with story() as world:
        world.tree.change("other", "Logo", {"static/logo.png": "2"})
        sync(world, "static Logo")
        both = {SETTINGS: "2", "dblists/uploadsdisabled.dblist": "2"}
        world.tree.change("submitter", "Both", {**both})
        world.tree.files["dblists/uploadsdisabled.dblist"] = "one"
        sync(world, "--partial wmf-config Both")
        world.tree.files["dblists/uploadsdisabled.dblist"] = "2"
        world.chat.says("other", "verified 1")
        last = world.chat.skip()[-1]
        assert "dblists/uploadsdisabled.dblist would be left behind, too." in last


def test_what_the_tree_has_no_more_is_taken_back_whole_and_its_author_is_asked() -> None:
    with story() as world:
        both = {SETTINGS: "live", "dblists/uploadsdisabled.dblist": "live"}
        world.tree.change("other", "Went live", {**both})
        (gone,) = world.tree.commits
        world.take_baseline()
        world.tree.commits.clear()
        world.tree.files |= {SETTINGS: "settings 1", "dblists/uploadsdisabled.dblist": "one"}
        world.tree.taken_back = [gone]
        world.chat.says("deployer", "!sync-dir wmf-config Back")
        left, typed = world.chat.skip()
        assert left == (
            f"deployer: not queued. The tree has no more {gone.short} by other, which also touches"
            " dblists/uploadsdisabled.dblist: wmf-config does not cover that, and the sync would take back"
            " half of it."
        )
        command = typed.partition('"')[2].partition('"')[0]
        world.chat.says("deployer", command)
        world.chat.skip()
        assert world.engine.status.live[2].waits_for == ("other",)


def test_a_directory_of_several_that_lost_all_its_files_is_told() -> None:
    with story() as world:
        world.tree.change("submitter", "Oops", {SETTINGS: None, COMMON: None, "static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir static, wmf-config Oops")
        told = world.chat.skip()[0]
        assert "It would delete 2 of 3 files on every host. Nothing is left of wmf-config." in told


def test_what_a_check_says_of_private_files_is_not_repeated() -> None:
    with story() as world:
        why = "500: PHP Fatal error: Uncaught Error in private/key.php:3"
        world.checker.answer(Stage.TESTSERVERS, Finding.FAIL, why, step=1)
        submit(world)
        sync(world)
        world.chat.says("other", "!status 1")
        world.chat.skip()
        assert not [line for line in world.chat.all if "key.php" in line]
        assert [line for line in world.chat.all if "in a private file" in line]
