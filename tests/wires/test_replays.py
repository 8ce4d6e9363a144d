"""What went wrong elsewhere, replayed on small real trees: nothing is left behind in silence."""

from pathlib import Path

import pytest

from tests.wires.tree_world import FIRST, IGNORE, tree_story

ASKED = (
    "Test with X-Wikimedia-Debug: backend=mwdebug1001,"
    ' then say "verified", or "broken" and why, by 14:22 UTC.'
)
READS = "<?php\n$hidden = file( 'dblists/hidden.dblist' );\n"


def test_a_new_list_and_the_code_that_reads_it_ship_in_order(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        files = {"dblists/hidden.dblist": "dewiki\n", "wmf-config/CommonSettings.php": READS}
        commit = world.tree.commit("submitter", "Hide uploads", files)
        world.chat.says("deployer", "!sync-dir wmf-config Hide uploads")
        world.chat.expect(
            f"deployer: not queued. Change {commit} by submitter also touches dblists/hidden.dblist, which"
            " wmf-config does not cover: the sync would ship half of it.",
            'deployer: say "!sync-dir dblists/hidden.dblist, wmf-config Hide uploads", or for an order'
            ' "!sync-dir dblists/hidden.dblist then wmf-config MESSAGE", or "!sync-dir --partial wmf-config'
            ' MESSAGE" if you mean it.',
        )
        world.chat.says("deployer", "!sync-dir dblists then wmf-config Hide uploads")
        world.chat.expect(
            "deployer: #2 in 2 steps: (1) dblists (2) wmf-config. 1 change by submitter, 2 files (+2 −1)."
            " Nothing is ahead of it.",
            f"submitter: #2 is on mwdebug1001 (step 1 and step 2 pass their checks). {ASKED}",
        )
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1] == "deployer, submitter: #2 is live on 101 hosts (~).".replace(
            "~", world.engine.status.past[2].digest
        )
        assert [step for host, _, step in world.fleet.writes if host == "mw1300"] == [1, 2]
        assert all(world.holds(path) for path in files)


@pytest.mark.parametrize(("typed", "left"), [("static", "w/logo.svg"), ("w", "static/logo.svg")])
def test_a_file_renamed_across_directories_ships_with_both_or_not(
    tmp_path: Path, typed: str, left: str
) -> None:
    with tree_story(tmp_path) as world:
        commit = world.tree.commit(
            "submitter", "Move", {"static/logo.svg": None, "w/logo.svg": FIRST["static/logo.svg"]}
        )
        order = f"{left} then {typed}" if left == "w/logo.svg" else f"{typed} then {left}"
        world.chat.says("deployer", f"!sync-dir {typed} Move")
        world.chat.expect(
            f"deployer: not queued. Change {commit} by submitter also touches {left}, which {typed} does not"
            " cover: the sync would ship half of it.",
            f'deployer: say "!sync-dir {left}, {typed} Move", or for an order "!sync-dir {order}'
            f' MESSAGE", or "!sync-dir --partial {typed} MESSAGE" if you mean it.',
        )
        world.deployed(f"!sync-dir {left}, {typed} Move", "submitter")
        assert world.holds("static/logo.svg")
        assert world.holds("w/logo.svg")


def test_what_somebody_merged_and_never_deployed_is_named_and_asked(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        old = world.tree.commit("other", "Raise the limit", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        settings = "<?php\n$settings = 2;\n"
        world.tree.commit(
            "submitter", "New setting (T12345)", {"wmf-config/InitialiseSettings.php": settings}
        )
        world.chat.says("deployer", "!sync-dir wmf-config New setting (T12345)")
        world.chat.expect(
            f"deployer: #1 wmf-config: 2 changes, by submitter and by other ({old}, merged 2 days ago, not"
            " deployed yet), 2 files (+2 −3). Both will be asked. Nothing is ahead of it.",
            f"submitter, other: #1 is on mwdebug1001 (~). {ASKED}",
        )
        world.chat.says("submitter", "verified")
        world.chat.expect("#1 verified by submitter (~); still waiting for other, until 14:22 UTC.")
        assert not world.fleet.writes[1:], "production is untouched until both have said so"
        world.chat.says("other", "verified")
        assert " is live on 101 hosts" in world.chat.skip()[-1]


def test_a_file_that_can_not_be_shipped_is_left_behind(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        (world.tree.path / "static" / "etc").symlink_to("/etc")
        commit = world.tree.commit("submitter", "Link", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.chat.says("deployer", "!sync-dir wmf-config Link")
        left, typed = world.chat.skip()
        assert (
            f"Change {commit} by submitter also touches static/etc, which wmf-config does not cover" in left
        )
        world.chat.says("deployer", typed.partition('"')[2].partition('"')[0])
        assert "I can not ship static/etc: it is a link that leaves the tree" in world.chat.skip()[0]


def test_a_merge_that_took_an_older_version_is_no_edit_and_is_not_shipped_in_silence(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree = world.tree
        tree.git("branch", "side")
        tree.commit("other", "Live fix", {"static/logo.svg": "<svg>fixed</svg>\n"})
        world.deployed("!sync-dir static Live fix", "other")
        tree.git("checkout", "-q", "side")
        tree.commit("submitter", "Side work", {"wmf-config/CommonSettings.php": "<?php // side\n"})
        tree.git("merge", "-q", "-s", "ours", "-m", "Merge main", "main")
        tree.git("checkout", "-q", "main")
        tree.git("merge", "-q", "--ff-only", "side")
        world.chat.says("deployer", "!sync-dir . Side work")
        (line,) = world.chat.skip()
        assert line == (
            "deployer: not queued. No change that waits explains what differs in static/logo.svg: a merge may"
            ' have taken another version. See !diff, or say "!sync-dir --dirty . Side work" if you mean that.'
        )
        world.chat.says("deployer", "!sync-dir --dirty . Side work")
        assert "With 1 edit in no commit: static/logo.svg (unexplained)." in world.chat.skip()[0]


def test_an_empty_diff_is_refused_with_how_far_the_upstream_is(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree = world.tree
        for n in range(2):
            tree.commit("submitter", f"Change {n}", {"static/logo.svg": f"<svg>{n}</svg>\n"})
        tree.git("push", "-q")
        tree.git("reset", "-q", "--hard", "HEAD~2")
        tree.git("fetch", "-q")
        world.chat.says("deployer", "!sync-dir static New logo")
        (line,) = world.chat.skip()
        assert line.startswith("deployer: nothing to sync: the fleet has static as it is in the tree (")
        assert "Its upstream is 2 commits ahead as of " in line
        assert line.endswith(": pull first?")
        tree.git("pull", "-q", "--ff-only")
        world.deployed("!sync-dir static New logo", "submitter")
        assert world.holds("static/logo.svg")


def test_an_emptied_tree_is_refused(tmp_path: Path) -> None:
    many = {f"static/{n}.svg": f"<svg>{n}</svg>\n" for n in range(20)}
    with tree_story(tmp_path, FIRST | many) as world:
        world.tree.commit("submitter", "Oops", dict.fromkeys([f for f in FIRST | many if f != "README.md"]))
        world.chat.says("deployer", "!sync-dir static Clean up")
        world.chat.expect(
            "deployer: not queued. It would delete 22 of 22 files on every host. Nothing is left of static."
            ' If that is meant: "!sync-dir --delete-many static Clean up".'
        )
        world.chat.says("deployer", "!sync-dir . Clean up")
        assert "It would delete 25 of 25 files" in world.chat.skip()[0]
        assert not world.fleet.writes


def test_a_directory_that_lost_all_its_files_is_refused_however_few_they_are(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        gone = dict.fromkeys(("static/logo.svg", "static/icon.svg"))
        world.tree.commit("submitter", "Gone", gone)
        world.chat.says("deployer", "!sync-dir static Clean up")
        world.chat.expect(
            "deployer: not queued. It would delete 2 of 2 files on every host. Nothing is left of static."
            ' If that is meant: "!sync-dir --delete-many static Clean up".'
        )
        world.deployed("!sync-dir --delete-many static Clean up", "submitter")
        assert not any(path.startswith("static/") for path in world.fleet.holds["mw1300"])


def test_a_file_deleted_beside_a_synced_one(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        commit = world.tree.commit(
            "submitter", "One logo", {"static/icon.svg": None, "static/logo.svg": "<svg>2</svg>\n"}
        )
        world.chat.says("deployer", "!sync-dir static/logo.svg One logo")
        world.chat.expect(
            f"deployer: not queued. Change {commit} by submitter also touches static/icon.svg, which"
            " static/logo.svg does not cover: the sync would ship half of it.",
            'deployer: say "!sync-dir static/icon.svg, static/logo.svg One logo", or for an order "!sync-dir'
            ' static/logo.svg then static/icon.svg MESSAGE", or "!sync-dir --partial static/logo.svg MESSAGE"'
            " if you mean it.",
        )
        world.deployed("!sync-dir static One logo", "submitter")
        for host in ("mwdebug1001", "mw1261", "mw1300"):
            assert "static/icon.svg" not in world.fleet.holds[host]
            assert world.holds("static/logo.svg", host)


def test_a_change_and_its_revert_are_not_shipped_and_a_revert_of_the_revert_is(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree = world.tree
        bad = tree.commit("other", "Raise the limit", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        undo = tree.revert("other", bad)
        tree.commit("submitter", "New logo", {"wmf-config/InitialiseSettings.php": "<?php // 2\n"})
        world.chat.says("deployer", "!sync-dir wmf-config New logo")
        world.chat.expect(
            "deployer: #1 wmf-config: 1 change by submitter, 1 file (+1 −2)."
            f" {bad} and its revert {undo} cancel out. Nothing is ahead of it.",
            f"submitter: #1 is on mwdebug1001 (~). {ASKED}",
        )
        world.chat.says("deployer", "!cancel 1")
        world.chat.skip()
        again = tree.revert("other", undo)
        world.chat.says("deployer", "!sync-dir wmf-config Both")
        first, _ = world.chat.skip()
        assert "2 changes, by submitter (" in first
        assert f"and by other ({bad}, merged" in first
        assert f"{undo} and its revert {again} cancel out." in first


def test_a_revert_of_what_the_fleet_holds_is_a_change_of_its_own(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        bad = world.tree.commit("other", "Bad", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.deployed("!sync-dir wmf-config Bad", "other")
        world.tree.revert("submitter", bad)
        world.chat.says("deployer", "!sync-dir wmf-config Take it back")
        assert "1 change by submitter, 1 file" in world.chat.skip()[0]


def test_a_revert_that_was_edited_is_no_revert(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        bad = world.tree.commit("other", "Bad", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.tree.revert("submitter", bad, "--no-commit")
        message = f'Revert "Bad"\n\nThis reverts commit {world.tree.git("rev-parse", "HEAD")}.'
        world.tree.commit("submitter", message, {"wmf-config/CommonSettings.php": "<?php // 3\n"})
        world.chat.says("deployer", "!sync-dir wmf-config Mend it")
        first, _ = world.chat.skip()
        assert "cancel out" not in first
        assert "Both will be asked." in first


SETTINGS_PHP = "wmf-config/CommonSettings.php"
ONE, TWO, THREE = "$one = 1;\n", "$two = 2;\n", "$three = 3;\n"


@pytest.mark.parametrize(("left", "cancels"), [("", True), (TWO, False)])
def test_what_a_revert_leaves_of_a_change_is_asked_about_though_a_third_one_explains_the_file(
    tmp_path: Path, left: str, cancels: bool
) -> None:
    with tree_story(tmp_path) as world:
        before = (world.tree.path / SETTINGS_PHP).read_text()
        world.tree.commit("other", "Raise the limit", {SETTINGS_PHP: before + ONE + TWO})
        message = f'Revert "Raise the limit"\n\nThis reverts commit {world.tree.git("rev-parse", "HEAD")}.'
        world.tree.commit("other", message, {SETTINGS_PHP: before + left})
        world.tree.commit("submitter", "Three", {SETTINGS_PHP: before + left + THREE})
        world.chat.says("deployer", "!sync-dir wmf-config Three")
        first = world.chat.skip()[0]
        assert ("cancel out" in first) == cancels
        assert ("by other" in first) != cancels


@pytest.mark.parametrize("kind", ["mode", "binary"])
def test_modes_and_what_is_no_text_are_no_revert_unless_they_are_back(tmp_path: Path, kind: str) -> None:
    with tree_story(tmp_path) as world:
        file = "static/logo.svg"
        old = (world.tree.path / file).read_text()
        bad = {"mode": old, "binary": "\0\1"}[kind]
        (world.tree.path / file).chmod(0o755 if kind == "mode" else 0o644)
        world.tree.commit("other", "Bad", {file: bad + "<!-- 1 -->\n"})
        message = f'Revert "Bad"\n\nThis reverts commit {world.tree.git("rev-parse", "HEAD")}.'
        world.tree.commit("other", message, {file: old})
        assert bool((world.tree.path / file).stat().st_mode & 0o100) == (kind == "mode"), "it is left so"
        world.tree.commit("submitter", "Icon", {file: old + "<!-- 2 -->\n"})
        world.chat.says("deployer", "!sync-dir static Icon")
        assert "cancel out" not in world.chat.skip()[0]


def test_after_a_rebase_a_revert_is_still_one_and_nothing_waits_twice(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree = world.tree
        tree.commit("submitter", "Live", {"wmf-config/InitialiseSettings.php": "<?php // 2\n"})
        world.deployed("!sync-dir wmf-config Live", "submitter")
        tree.revert("other", tree.commit("other", "Bad", {"wmf-config/CommonSettings.php": "<?php // 2\n"}))
        tree.commit("submitter", "More", {"wmf-config/More.php": "<?php\n"})
        tree.git("rebase", "-q", "--force-rebase", "HEAD~4")
        bad, undo = tree.git("rev-parse", "HEAD~2")[:7], tree.git("rev-parse", "HEAD~1")[:7]
        world.chat.says("deployer", "!sync-dir wmf-config More")
        world.chat.expect(
            "deployer: #2 wmf-config: 1 change by submitter, 1 file (+1 −0)."
            f" {bad} and its revert {undo} cancel out. Nothing is ahead of it.",
            f"submitter: #2 is on mwdebug1001 (~). {ASKED}",
        )


def test_many_changes_that_ship_along_are_counted(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        for n in range(5):
            world.tree.commit("other", f"Number {n}", {f"static/{n}.svg": "<svg/>\n"})
        ids = [line[:7] for line in world.tree.git("rev-list", "-3", "HEAD").splitlines()]
        world.chat.says("deployer", "!sync-dir static New logo")
        assert (
            f"5 changes by other ({', '.join(ids)} and 2 more, merged up to 2 days ago, not deployed yet:"
            " !diff 1)"
        ) in world.chat.skip()[0]


def test_a_merge_that_was_reverted_cancels_out_with_all_that_it_merged(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree = world.tree
        tree.git("checkout", "-q", "-b", "side")
        one = tree.commit("other", "One", {"static/one.svg": "1\n"})
        two = tree.commit("other", "Two", {"static/two.svg": "2\n", "README.md": "more\n"})
        tree.git("checkout", "-q", "main")
        tree.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
        undo = tree.revert("other", "HEAD", "-m", "1")
        tree.commit("submitter", "New logo", {"static/logo.svg": "new\n"})
        world.chat.says("deployer", "!sync-dir static New logo")
        first, _ = world.chat.skip()
        assert f"and their revert {undo} cancel out." in first
        assert one in first
        assert two in first


def test_a_tree_that_was_set_back_says_what_it_takes_back(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        gone = world.tree.commit("other", "New", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.deployed("!sync-dir wmf-config New", "other")
        world.tree.git("reset", "-q", "--hard", "HEAD~1")
        world.chat.says("deployer", "!sync-dir wmf-config Back")
        world.chat.expect(
            f"deployer: #2 wmf-config: nothing new, 1 file (+2 −1). It takes back {gone}, which the fleet"
            " holds and the tree has no more. Nothing is ahead of it.",
            f"other: #2 is on mwdebug1001 (~). {ASKED}",
        )


def test_half_of_a_commit_that_a_tree_was_set_back_from_is_not_taken_back(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        files = {SETTINGS_PHP: "<?php // 2\n", "static/logo.svg": "two\n"}
        gone = world.tree.commit("other", "New", files)
        world.deployed("!sync-dir wmf-config, static New", "other")
        world.tree.git("reset", "-q", "--hard", "HEAD~1")
        world.chat.says("deployer", "!sync-dir wmf-config Back")
        told = "\n".join(world.chat.skip())
        assert f"not queued. The tree has no more {gone} by other, which also touches static/logo.svg" in told
        world.chat.says("deployer", "!sync-dir static/logo.svg, wmf-config Back")
        assert f"It takes back {gone}" in world.chat.skip()[0]


def test_a_directory_that_was_renamed_is_left_behind_and_not_deleted(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.git("mv", "static", "assets")
        world.tree.commit("submitter", "Rename", {})
        world.chat.says("deployer", "!sync-dir static Rename")
        assert "which static does not cover: the sync would ship half of it" in world.chat.skip()[0]
        world.chat.says("deployer", "!sync-dir static, assets Rename")
        assert "1 change by submitter, 4 files, 2 of them deleted" in world.chat.skip()[0]


def test_an_amended_commit_takes_back_what_the_fleet_holds_and_ships_the_new_one(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        old = world.tree.commit("other", "New", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.deployed("!sync-dir wmf-config New", "other")
        world.tree.write({"wmf-config/CommonSettings.php": "<?php // 3\n"})
        world.tree.git("commit", "-q", "-a", "--amend", "--no-edit", who="other")
        world.chat.says("deployer", "!sync-dir wmf-config New")
        first, _ = world.chat.skip()
        assert "1 change by other, 1 file (+1 −1)." in first
        assert f"It takes back {old}, which the fleet holds" in first


def test_a_history_that_lost_what_the_fleet_holds_says_what_to_do(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        lost = world.tree.commit("other", "New", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.deployed("!sync-dir wmf-config New", "other")
        world.tree.git("reset", "-q", "--hard", "HEAD~1")
        world.tree.git("-c", "gc.reflogExpireUnreachable=now", "reflog", "expire", "--expire=now", "--all")
        world.tree.git("prune", "--expire=now")
        world.tree.commit("submitter", "Logo", {"static/logo.svg": "new\n"})
        world.chat.says("deployer", "!sync-dir static Logo")
        assert (
            f"the tree's history was rewritten: it does not have {lost}, which the fleet holds;"
            ' run "swatbot baseline" on the deployment host to take that over anew'
        ) in world.chat.skip()[-1]


def test_a_link_ships_as_a_link_and_says_so(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Link", {"current": b"wmf-config"})
        world.chat.says("deployer", "!sync-dir current Link")
        first, _ = world.chat.skip()
        assert first.endswith(
            "1 file (+1 −0). current is a symbolic link: it ships, not wmf-config. Nothing is ahead of it."
        )
        world.chat.says("submitter", "verified")
        world.chat.skip()
        assert world.holds("current")
        world.tree.commit("submitter", "More", {"wmf-config/CommonSettings.php": "<?php // 2\n"})
        world.chat.says("deployer", "!sync-dir current More")
        world.chat.expect(
            "deployer: nothing to sync: the fleet has current as it is in the tree (~)."
            " current is a symbolic link: it ships, not wmf-config."
        )
        world.tree.commit("submitter", "Out", {"out": b"../../etc"})
        world.chat.says("deployer", "!sync-dir out Out")
        world.chat.expect("deployer: I can not ship out: it is a link that leaves the tree (to ../../etc).")


def test_edits_are_named_with_whose_they_are_and_ship_when_that_is_meant(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.write({"static/logo.svg": None, "static/by-hand.svg": "<svg/>\n"})
        owner = (world.tree.path / "static/by-hand.svg").owner()
        world.chat.says("deployer", "!sync-dir static Quick")
        world.chat.expect(
            "deployer: not queued. There are edits in the tree that are in no commit: static/by-hand.svg"
            f' ({owner}), static/logo.svg (deleted). Commit or undo them, or say "!sync-dir --dirty static'
            ' Quick" if you mean them.'
        )
        world.deployed("!sync-dir --dirty static Quick", "deployer")
        assert world.holds("static/logo.svg")
        assert world.holds("static/by-hand.svg")


def test_a_file_becomes_a_directory_and_a_directory_a_file(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.write({"static/logo.svg": None})
        world.tree.commit("submitter", "Apart", {"static/logo.svg/small": "s\n"})
        world.deployed("!sync-dir static/logo.svg Apart", "submitter")
        assert sorted(p for p in world.fleet.holds["mw1300"] if "logo" in p) == ["static/logo.svg/small"]
        world.tree.git("rm", "-q", "-r", "static/logo.svg")
        commit = world.tree.commit("submitter", "Together", {"static/logo.svg": "<svg/>\n"})
        world.chat.says("deployer", "!sync-dir static/logo.svg/small Together")
        assert f"Change {commit} by submitter also touches static/logo.svg, which" in world.chat.skip()[0]
        world.deployed("!sync-dir static/logo.svg Together", "submitter")
        assert sorted(p for p in world.fleet.holds["mw1300"] if "logo" in p) == ["static/logo.svg"]
        world.chat.says("deployer", "!sync-dir static/logo.svg/small Again")
        world.chat.expect(
            "deployer: I can not ship static/logo.svg/small: the fleet holds static/logo.svg, which is no"
            " directory there. Did you mean static/logo.svg?"
        )


def test_a_path_that_the_config_ignores_is_refused(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.chat.says("deployer", "!sync-dir README.md Docs")
        world.chat.expect("deployer: I can not ship README.md: it is not deployed: the config ignores it.")


def test_a_pattern_that_is_new_in_ignore_breaks_nothing(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.configure((*IGNORE, "*.svg"))
        world.restart()
        world.fleet.spoil("mw1300", "static/logo.svg")
        world.chat.skip()
        world.chat.says("deployer", "!drift")
        world.chat.expect("deployer: 101 hosts prove what the fleet has: everything ~.")
        world.tree.commit("submitter", "More wikis", {"dblists/all.dblist": "enwiki\n"})
        lines = world.deployed("!sync-dir dblists More wikis", "submitter")
        assert not any("not as the fleet" in line for line in lines)
        assert not any("newer" in line for line in lines), lines
        world.chat.says("deployer", "!sync-dir . All")
        assert "nothing to sync" in world.chat.skip()[0]
        assert "static/icon.svg" in world.fleet.holds["mw1299"]


def test_drift_of_a_path_that_no_host_can_hold_is_declined(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        (world.tree.path / "empty" / "tests").mkdir(parents=True)
        (world.tree.path / "wmf-config" / "gone.php").unlink(missing_ok=True)
        for path, said in (
            ("wmf-confg", "there is no wmf-confg in the tree. Did you mean wmf-config?"),
            ("README.md", "I can not look at README.md: it is not deployed: the config ignores it."),
            ("tests/", "I can not look at tests: it is not deployed: the config ignores it."),
            ("empty", "I can not look at empty: nothing in it is deployed."),
        ):
            world.chat.says("deployer", f"!drift {path}")
            (line,) = world.chat.skip()
            assert line.startswith(f"deployer: {said}"), line
        (world.tree.path / "dblists" / "all.dblist").unlink()
        world.chat.says("deployer", "!drift dblists")
        assert world.chat.skip()[0].startswith("deployer: 101 hosts prove what the fleet has: dblists")


def test_an_edit_that_nobody_was_told_of_is_not_shipped(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.write({"static/logo.svg": "mine"})
        world.chat.says("deployer", "!lock Wait")
        world.chat.says("deployer", "!sync-dir --dirty static Logo")
        assert "With 1 edit in no commit: static/logo.svg (" in world.chat.skip()[1]
        (world.tree.path / "static" / "logo.svg").chmod(0o755)
        world.chat.says("deployer", "!unlock")
        assert "1 edit in no commit is changed again: static/logo.svg (" in world.chat.skip()[-1]


def test_a_submodule_is_one_path_to_git_and_its_files_are_left_behind_or_shipped(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree, library = world.tree, tmp_path / "library"
        library.mkdir()
        tree.git("init", "-q", "-b", "main", cwd=library)
        (library / "code.php").write_text("<?php // 1\n")
        tree.git("add", "-A", cwd=library)
        tree.git("commit", "-q", "-m", "One", cwd=library)
        tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "vendor/lib")
        commit = tree.commit("submitter", "Library", {"wmf-config/CommonSettings.php": "<?php // lib\n"})
        world.chat.says("deployer", "!sync-dir wmf-config Library")
        first = world.chat.skip()[0]
        assert f"Change {commit} by submitter also touches .gitmodules, vendor/lib, which" in first
        world.deployed("!sync-dir vendor, .gitmodules, wmf-config Library", "submitter")
        assert world.holds("vendor/lib/code.php")
        tree.write({"vendor/lib/code.php": "<?php // by hand\n"})
        world.chat.says("deployer", "!sync-dir vendor Quick")
        assert "in no commit: vendor/lib/code.php (" in world.chat.skip()[0]


def test_faults_and_near_misses_do_not_name_private_files(tmp_path: Path) -> None:
    with tree_story(tmp_path, FIRST | {"private/keys.php": "<?php // secret\n"}) as world:
        world.tree.write({"private/hidden.php": b"/etc/passwd"})
        for typed in ("private", "private/kesy.php", "keys.php"):
            world.chat.says("deployer", f"!sync-dir {typed} Rotate")
            (line,) = world.chat.skip()
            assert "hidden" not in line
            assert "keys" not in line.replace(typed, "")
            assert "passwd" not in line
