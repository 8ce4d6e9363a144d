"""What a sync would leave behind, or take along; and what else stops it before anything is staged."""

import pytest

from tests.world import World, story


def test_a_change_that_the_paths_cover_in_part_is_refused_with_what_to_type() -> None:
    with story() as world:
        commit = world.tree.change(
            "submitter",
            "Hide uploads",
            {"wmf-config/InitialiseSettings.php": "2", "dblists/uploadsdisabled.dblist": "two"},
        )
        world.chat.says("deployer", "!sync-dir wmf-config Hide uploads where they are disabled")
        world.chat.expect(
            f"deployer: not queued. Change {commit} by submitter also touches dblists/uploadsdisabled.dblist,"
            " which wmf-config does not cover: the sync would ship half of it.",
            'deployer: say "!sync-dir dblists/uploadsdisabled.dblist, wmf-config Hide uploads where they are'
            ' disabled", or for an order "!sync-dir dblists/uploadsdisabled.dblist then wmf-config'
            ' MESSAGE", or "!sync-dir --partial wmf-config MESSAGE" if you mean it.',
        )
        world.chat.says("deployer", "!sync-dir --partial wmf-config Half of it, knowingly")
        assert "#2 wmf-config: 1 change by submitter" in world.chat.skip()[0]


def test_a_half_that_was_meant_once_is_asked_about_when_it_is_tried_again() -> None:
    with story() as world:
        files: dict[str, str | None] = {"wmf-config/CommonSettings.php": "2", "dblists/closed.dblist": "2"}
        world.tree.change("submitter", "Both", files)
        world.chat.says("deployer", "!sync-dir --partial wmf-config Both")
        world.chat.says("submitter", "broken Not yet")
        world.chat.skip()
        world.chat.says("deployer", "!retry 1")
        first, *rest = world.chat.skip()
        assert "also touches dblists/closed.dblist, which wmf-config does not cover" in first
        assert '"!sync-dir --partial wmf-config ' in "".join(rest)


@pytest.mark.parametrize(
    ("paths", "order"),
    [
        ("wmf-config", "wmf-config then dblists/closed.dblist"),
        ("dblists", "wmf-config/closed.dblist then dblists"),
    ],
)
def test_of_a_file_that_was_moved_the_new_place_goes_first(paths: str, order: str) -> None:
    with story() as world:
        world.tree.files["dblists/closed.dblist"] = "closed"
        world.take_baseline()
        moved = {"dblists/closed.dblist": None, "wmf-config/closed.dblist": "closed"}
        world.tree.change("submitter", "Move the list", moved)
        world.chat.says("deployer", f"!sync-dir {paths} Move the list")
        assert f'or for an order "!sync-dir {order} MESSAGE"' in world.chat.skip()[1]


DEEP = "extensions/RelatedArticles/resources/ext.relatedArticles.readMore.bootstrap"
LONG = f"{DEEP}/{'x' * 120}.js"


def test_many_files_are_told_by_their_directory_so_that_the_command_is_whole() -> None:
    with story() as world:
        files: dict[str, str | None] = {f"{DEEP}/{n}.js": "new" for n in range(5)}
        world.tree.change("submitter", "Read more", {"wmf-config/CommonSettings.php": "2", **files})
        message = "Show related articles below the article on all projects of the family (T12345)"
        world.chat.says("deployer", f"!sync-dir wmf-config {message}")
        assert "also touches extensions/" in world.chat.unread.popleft()[1]
        world.chat.expect(
            f'deployer: say "!sync-dir {DEEP}, wmf-config MESSAGE", or for an order "!sync-dir {DEEP} then'
            ' wmf-config MESSAGE", or "!sync-dir --partial wmf-config MESSAGE" if you mean it.'
        )
        world.chat.says("deployer", f"!sync-dir {DEEP} then wmf-config {message}")
        assert "#2 in 2 steps: " in world.chat.skip()[0]


def test_where_no_command_fits_the_paths_are_told_whole() -> None:
    with story() as world:
        files = (LONG, "static/logo.png", "dblists/a b.dblist", f"dblists/{'y' * 200}")
        commit = world.tree.change("submitter", "Read more", dict.fromkeys(files, "2"))
        world.chat.says("deployer", f"!sync-dir {LONG} Read more")
        world.chat.unread.popleft()
        world.chat.expect(
            'deployer: type it again with static/logo.png, "dblists/a b.dblist" and 1 more (see "git show'
            f' --name-only {commit}") beside your paths: after a comma they ship together, before "then" they'
            " go first; or with --partial before the paths if you mean it."
        )


def test_private_files_that_are_left_behind_are_not_named() -> None:
    with story() as world:
        files = ("private/keys.php", "private/other.php")
        commit = world.tree.change("submitter", "x", dict.fromkeys(files, "2"))
        world.chat.says("deployer", "!sync-dir private/keys.php Fix", private=True)
        first, second = world.chat.skip()
        assert "also touches 1 private file" in first
        assert second.startswith(f'type it again with 1 file (see "git show --name-only {commit}") beside')
        assert "other.php" not in first + second


def test_edits_under_a_plan_that_is_too_long_to_repeat() -> None:
    with story() as world:
        paths = [LONG, LONG.replace("x", "y")]
        world.tree.files |= dict.fromkeys(paths, "by hand")
        world.tree.edits += paths
        world.chat.says("deployer", f"!sync-dir {paths[0]} then {paths[1]} Quick fix")
        (line,) = world.chat.skip()
        assert line.endswith("or say the same with --dirty before the paths if you mean them.")


def test_somebody_elses_change_ships_along_and_both_are_asked() -> None:
    with story() as world:
        old = world.tree.change("other", "Old", {"wmf-config/CommonSettings.php": "common 2"})
        new = world.tree.change("submitter", "New", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")
        world.chat.expect(
            f"deployer: #1 wmf-config: 2 changes, by submitter ({new}, merged 3 days ago, not deployed yet)"
            f" and by other ({old}, merged 3 days ago, not deployed yet), 2 files (+2 −1)."
            " Both will be asked. Nothing is ahead of it.",
            "submitter, other: #1 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001,"
            ' then say "verified", or "broken" and why, by 14:22 UTC.',
        )
        world.chat.says("submitter", "verified")
        world.chat.expect("#1 verified by submitter (~); still waiting for other, until 14:22 UTC.")
        world.chat.says("other", "broken that one must not go out before Thursday")
        world.chat.expect(
            '#1 rejected by other: "that one must not go out before Thursday". mwdebug1001 has ~ again.'
            f' deployer: revert {old} in the tree, or mend it, then "!retry 1".'
        )
        assert world.fleet.holds["mwdebug1001"] == world.fleet.holds["mw1300"]


@pytest.mark.parametrize(
    "message", ["Enable related articles (T12345)", "see T12345", "ENABLE related Articles"]
)
def test_only_what_the_message_does_not_speak_of_is_told_as_along(message: str) -> None:
    with story() as world:
        old = world.tree.change("other", "Old", {"wmf-config/CommonSettings.php": "common 2"})
        subject = "Enable related articles on frwiki (T12345)"
        world.tree.change("submitter", subject, {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", f"!sync-dir wmf-config {message}")
        assert (
            f"2 changes, by submitter and by other ({old}, merged 3 days ago, not deployed yet), 2 files"
            in world.chat.skip()[0]
        )


def test_a_change_and_its_revert_cancel_out_and_nobody_is_asked() -> None:
    with story() as world:
        tree = world.tree
        bad = tree.change("other", "Bad", {"wmf-config/CommonSettings.php": "common 2"})
        undo = tree.change(
            "other",
            'Revert "Bad"',
            {"wmf-config/CommonSettings.php": "common 1"},
            reverts=(tree.commits[0].commit,),
        )
        world.chat.says("deployer", "!sync-dir wmf-config Again")
        world.chat.expect(
            "deployer: nothing to sync: the fleet has wmf-config as it is in the tree (~)."
            f" {bad} and its revert {undo} cancel out."
        )
        tree.change("submitter", "New", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config New")
        world.chat.expect(
            "deployer: #2 wmf-config: 1 change by submitter, 1 file (+1 −0)."
            f" {bad} and its revert {undo} cancel out. Nothing is ahead of it.",
            "submitter: #2 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001,"
            ' then say "verified", or "broken" and why, by 14:22 UTC.',
        )


def test_what_was_typed_is_in_the_command_that_is_told() -> None:
    with story() as world:
        files: dict[str, str | None] = {"wmf-config/CommonSettings.php": "2", "static/logo.png": "2"}
        world.tree.change("submitter", "Logo", files)
        world.tree.edits.append("wmf-config/CommonSettings.php")
        before = '!sync-dir --for other --emergency "site is down"'
        world.chat.says("deployer", f"{before} wmf-config Fix")
        assert world.chat.skip()[0].endswith(f'or say "{before} --dirty wmf-config Fix" if you mean them.')
        typed = '!sync-dir --for other --dirty --emergency "site is down"'
        world.chat.says("deployer", f"{before} --dirty wmf-config Fix")
        assert world.chat.skip()[1] == (
            f'deployer: say "{typed} static/logo.png, wmf-config Fix", or for an order'
            f' "{typed} static/logo.png then wmf-config MESSAGE", or "{typed} --partial wmf-config MESSAGE"'
            " if you mean it."
        )
        world.chat.says("deployer", f"{typed} --partial wmf-config Fix")
        assert f"Of {world.tree.commits[0].short} it leaves static/logo.png behind." in world.chat.skip()[0]


def test_of_a_private_change_only_its_number_is_told() -> None:
    with story() as world:
        world.tree.change("other", "Rotate the keys", {"private/keys.php": "2", "static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir private, static Secret")
        first, _asked = world.chat.skip()
        assert "1 change, 2 files" in first
        world.chat.says("deployer", "!cancel 1")
        world.chat.skip()
        world.chat.says("deployer", "!sync-dir private Secret")
        lines = " ".join(world.chat.skip())
        assert "also touches 1 private file" in lines
        assert not any(word in lines for word in ("other", "Rotate", "keys", "logo"))


def test_nothing_to_sync_says_how_far_the_upstream_is() -> None:
    with story() as world:
        world.tree.upstream_ahead = 2
        world.chat.says("deployer", "!sync-dir wmf-config Again")
        world.chat.expect(
            "deployer: nothing to sync: the fleet has wmf-config as it is in the tree (~)."
            " Its upstream is 2 commits ahead as of 09:00 UTC: pull first?"
        )


def test_edits_in_no_commit_are_named_and_need_dirty() -> None:
    with story() as world:
        world.tree.files["wmf-config/CommonSettings.php"] = "by hand"
        world.tree.edits.append("wmf-config/CommonSettings.php")
        world.chat.says("deployer", "!sync-dir wmf-config Quick fix")
        world.chat.expect(
            "deployer: not queued. There are edits in the tree that are in no commit:"
            " wmf-config/CommonSettings.php (deployer). Commit or undo them, or say"
            ' "!sync-dir --dirty wmf-config Quick fix" if you mean them.'
        )
        world.chat.says("deployer", "!sync-dir --dirty wmf-config Quick fix")
        world.chat.expect(
            "deployer: #2 wmf-config: 1 file (+1 −0). With 1 edit in no commit:"
            " wmf-config/CommonSettings.php (deployer). Nothing is ahead of it.",
            "deployer: #2 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001,"
            ' then say "verified", or "broken" and why, by 14:22 UTC.',
        )


def queued_with_an_edit(world: World) -> None:
    """#1 waits for words, #2 was asked for with one edit in no commit, which was told."""
    world.tree.change("submitter", "Fix", {"wmf-config/CommonSettings.php": "common 2"})
    world.chat.says("deployer", "!sync-dir wmf-config Fix")
    world.tree.change("other", "New logo", {"static/logo.png": "logo 2", "static/a.png": "a"})
    world.tree.edits.append("static/a.png")
    world.chat.skip()
    world.chat.says("deployer", "!sync-dir --dirty static New logo")
    world.chat.expect(
        "deployer: #2 static: 1 change by other, 2 files (+2 −1). With 1 edit in no commit: static/a.png"
        " (deployer). 1 ahead of it: #1."
    )


def test_an_edit_that_nobody_was_told_of_is_not_shipped() -> None:
    with story() as world:
        queued_with_an_edit(world)
        world.tree.files["static/secretwork.php"] = "half done by somebody"
        world.tree.edits.append("static/secretwork.php")
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[-1] == (
            "deployer: #2 stopped before any host was touched: the tree has changed since you asked: 1 edit"
            " in no commit is new: static/secretwork.php (deployer). To ship them say"
            ' "!sync-dir --dirty static New logo".'
        )
        assert "static/secretwork.php" not in world.fleet.holds["mwdebug1001"]
        world.chat.says("deployer", "!retry 2")
        assert "static/a.png (deployer), static/secretwork.php (deployer)." in world.chat.skip()[0]
        world.chat.says("deployer", "!sync-dir --dirty static New logo")
        named = "With 2 edits in no commit: static/a.png (deployer), static/secretwork.php (deployer)."
        assert named in world.chat.skip()[0]
        assert "static/secretwork.php" in world.fleet.holds["mwdebug1001"]


@pytest.mark.parametrize("text", ["edited again", None])
def test_an_edit_that_changed_since_it_was_told_is_not_shipped(text: str | None) -> None:
    with story() as world:
        world.tree.files["static/a.png"] = "of the fleet"
        world.take_baseline()
        queued_with_an_edit(world)
        if text is None:
            del world.tree.files["static/a.png"]
        else:
            world.tree.files["static/a.png"] = text
        world.chat.says("submitter", "verified")
        assert "1 edit in no commit is changed again: static/a.png" in world.chat.skip()[-1]


def test_an_edit_that_is_as_it_was_told_ships_after_a_restart_too() -> None:
    with story() as world:
        queued_with_an_edit(world)
        world.restart()
        world.chat.says("submitter", "verified")
        assert "static/a.png" in world.fleet.holds["mwdebug1001"]
        assert world.engine.status.live[2].edits[0].path == "static/a.png"
        world.chat.says("other", "verified")
        assert " is live on 101 hosts" in world.chat.skip()[-1]


def test_private_edits_are_counted_and_not_named() -> None:
    with story() as world:
        world.tree.files["private/key.php"] = "secret"
        world.tree.edits.append("private/key.php")
        world.chat.says("deployer", "!sync-dir --dirty private Key")
        lines = " ".join(world.chat.skip())
        assert "With 1 edit in no commit." in lines
        assert "key.php" not in lines


def test_a_private_edit_that_is_new_is_counted_and_not_named() -> None:
    with story() as world:
        queued_with_an_edit(world)
        world.chat.says("deployer", "!sync-dir --dirty . All")
        world.tree.files["private/key.php"] = "secret"
        world.tree.edits.append("private/key.php")
        world.chat.says("deployer", "!cancel 2")
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert "1 edit in no commit is new. " in lines[-1], lines
        assert not any("key.php" in line for line in lines)


def test_an_unknown_author_is_a_question_to_the_deployer() -> None:
    with story() as world:
        commit = world.tree.change("Zoe", "Fix", {"static/logo.png": "logo 2"}, mail="zoe@elsewhere.example")
        world.chat.says("deployer", "!sync-dir static Fix")
        world.chat.expect(
            f"deployer: not queued. I do not know Zoe <zoe@elsewhere.example>, who wrote {commit}."
            ' Who tests it? Say "!sync-dir --for NAME static Fix".'
        )
        world.chat.says("deployer", "!sync-dir --for othr static Fix")
        world.chat.expect('deployer: I do not know "othr" in people.toml. Did you mean other?')
        world.chat.says("deployer", "!sync-dir --for other static Fix")
        world.chat.expect(
            "deployer: #2 static: 1 change by Zoe, 1 file (+1 −0). other will be asked."
            " Nothing is ahead of it."
        )
        assert world.chat.skip()[0].startswith("other: #2 is on mwdebug1001")


def test_an_emptied_tree_is_refused() -> None:
    with story() as world:
        for n in range(20):
            world.tree.files[f"static/{n}.png"] = str(n)
        world.take_baseline()
        world.tree.change("submitter", "Oops", dict.fromkeys([f"static/{n}.png" for n in range(20)]))
        world.chat.says("deployer", "!sync-dir static Clean up")
        world.chat.expect(
            "deployer: not queued. It would delete 20 of 21 files on every host."
            ' If that is meant: "!sync-dir --delete-many static Clean up".'
        )


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/etc/passwd", "it is absolute, and paths begin at the top of the tree: wmf-config/file.php"),
        ("../other", "it has .. in it"),
        ("wmf-config/../../x", "it has .. in it"),
        (".git/config", "it has .git in it"),
        ('"a\x07b"', "it has control characters in it"),
    ],
)
def test_paths_that_can_not_be_inside_a_tree(path: str, fault: str) -> None:
    with story() as world:
        world.chat.says("deployer", f"!sync-dir {path} Try")
        shown = path.strip('"').replace("\x07", "\\x07")
        world.chat.expect(f"deployer: I can not ship {shown}: {fault}.")


def test_a_path_that_is_not_there_and_a_command_that_is_none() -> None:
    with story() as world:
        world.chat.says("deployer", "!sync-dir wmf-confg New logo")
        world.chat.expect("deployer: there is no wmf-confg in the tree. Did you mean wmf-config?")
        world.chat.says("deployer", "!sycn-dir static")
        world.chat.expect("deployer: I do not know !sycn-dir. Did you mean !sync-dir?")
        world.chat.says("deployer", "!sync-dir")
        assert "which path?" in world.chat.skip()[0]
        world.chat.says("deployer", "!sync-dir --partal wmf-config x")
        assert "I do not know --partal. Did you mean --partial?" in world.chat.skip()[0]


def test_the_tree_changed_between_request_and_snapshot() -> None:
    with story() as world:
        tree = world.tree
        tree.change("submitter", "One", {"wmf-config/CommonSettings.php": "2"})

        def someone_commits() -> None:
            tree.during_snapshot = lambda: None
            tree.change("other", "Two", {"wmf-config/InitialiseSettings.php": "3"})

        tree.during_snapshot = someone_commits
        world.chat.says("deployer", "!sync-dir wmf-config One")
        world.chat.skip()
        assert world.engine.status.past[1].state.value == "failed"
        world.chat.says("deployer", "!retry 1")
        assert "2 changes, by other (" in world.chat.skip()[0]


def test_the_tree_can_not_be_read() -> None:
    with story() as world:
        world.tree.fails = OSError("disk on fire")
        world.chat.says("deployer", "!sync-dir wmf-config x")
        world.chat.expect(
            "deployer: I stumbled over #1 and hold it: OSError: disk on fire. The log has more."
            ' "!resume 1" or "!cancel 1".'
        )
        world.tree.fails = None
        world.tree.change("submitter", "One", {"wmf-config/CommonSettings.php": "2"})
        world.chat.says("deployer", "!resume 1")
        assert "#1 resumed by deployer" in world.chat.skip()[0]


def two_in_one_directory(world: World) -> tuple[str, str]:
    """#1 is tested, and #2, asked for meanwhile, covers what #1 ships, too."""
    one = world.tree.change("other", "Old", {"wmf-config/CommonSettings.php": "common 2"})
    world.chat.says("deployer", "!sync-dir wmf-config Old")
    two = world.tree.change("submitter", "New", {"wmf-config/InitialiseSettings.php": "2"})
    world.chat.says("deployer", "!sync-dir wmf-config New")
    assert "#2 wmf-config: 2 changes" in world.chat.skip()[-1]
    return one, two


def test_a_second_patch_in_the_same_directory_ships_what_the_first_has_left() -> None:
    with story() as world:
        one, two = two_in_one_directory(world)
        world.chat.says("other", "verified")
        lines = world.chat.skip()
        assert f"#2 is without {one}: live by now, or no more in the tree." in lines
        assert lines[-1].startswith("submitter: #2 is on mwdebug1001")
        assert [c.short for c in world.engine.status.live[2].changes] == [two]
        world.chat.says("submitter", "verified")
        assert "#2 is live on 101 hosts" in world.chat.skip()[-1]


def test_a_change_that_is_new_at_the_snapshot_is_asked_about() -> None:
    with story() as world:
        two_in_one_directory(world)
        new = world.tree.change("submitter", "Newer", {"wmf-config/InitialiseSettings.php": "3"})
        world.chat.says("other", "verified")
        assert world.chat.skip()[-1] == (
            "deployer: #2 stopped before any host was touched: the tree has changed since you asked:"
            f' {new} would ship, too. "!retry 2" asks anew.'
        )


def test_a_change_that_would_be_taken_back_at_the_snapshot_is_asked_about() -> None:
    with story() as world:
        two_in_one_directory(world)
        world.tree.undone = ["af50209"]
        world.chat.says("other", "verified")
        assert world.chat.skip()[-1] == (
            "deployer: #2 stopped before any host was touched: the tree has changed since you asked:"
            ' af50209 would be taken back. "!retry 2" asks anew.'
        )
        world.chat.says("deployer", "!retry 2")
        assert "It takes back af50209" in world.chat.skip()[0]
