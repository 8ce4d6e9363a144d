"""An edit that is in no commit is named, however the tree's own settings tell git to look away from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wires.tree_world import Checkout, TreeWorld, tree_story

LOGO = "static/logo.svg"
Hide = Callable[[Checkout], object]


def flagged(flag: str, text: str | None) -> Hide:
    def hide(tree: Checkout) -> None:
        tree.git("update-index", flag, LOGO)
        tree.write({LOGO: text})

    return hide


def executable(tree: Checkout) -> None:
    tree.git("config", "core.fileMode", "false")
    (tree.path / LOGO).chmod(0o755)


def linked(tree: Checkout) -> None:
    tree.git("update-index", "--skip-worktree", LOGO)
    tree.write({LOGO: None})
    tree.write({LOGO: b"icon.svg"})


def sparse(tree: Checkout) -> None:
    tree.git("sparse-checkout", "set", "--no-cone", "/*", f"!{LOGO}")
    assert not (tree.path / LOGO).exists()


def by_line_ends(tree: Checkout) -> None:
    tree.git("config", "core.autocrlf", "true")
    tree.write({LOGO: None})
    tree.git("checkout", "--", LOGO)
    assert (tree.path / LOGO).read_bytes().endswith(b"\r\n")


HIDDEN: dict[str, tuple[Hide, bool]] = {
    "skip-worktree": (flagged("--skip-worktree", "by hand\n"), False),
    "assume-unchanged": (flagged("--assume-unchanged", "by hand\n"), False),
    "a deletion, skipped": (flagged("--skip-worktree", None), True),
    "a deletion, assumed": (flagged("--assume-unchanged", None), True),
    "fileMode": (executable, False),
    "a link": (linked, False),
    "a sparse checkout": (sparse, True),
    "line ends": (by_line_ends, False),
}


def said(world: TreeWorld, hidden: str, *, command: str = "!sync-dir --dirty static Icon") -> str:
    """What the bot says of the edit when it does not ship it."""
    owner = "deleted" if HIDDEN[hidden][1] else (world.tree.path / LOGO).owner()
    return (
        f"not queued. There are edits in the tree that are in no commit: {LOGO} ({owner}). Commit or undo"
        f' them, or say "{command}" if you mean them.'
    )


@pytest.mark.parametrize("hidden", HIDDEN)
def test_an_edit_that_git_does_not_tell_of_is_named(tmp_path: Path, hidden: str) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Icon", {"static/icon.svg": "new\n"})
        HIDDEN[hidden][0](world.tree)
        assert LOGO not in world.tree.git("status", "--short")
        world.chat.says("deployer", "!sync-dir static Icon")
        world.chat.expect(f"deployer: {said(world, hidden)}")
        assert not world.fleet.writes
        world.chat.says("deployer", "!sync-dir --dirty static Icon")
        assert f"With 1 edit in no commit: {LOGO} (" in world.chat.skip()[0]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_nor_does_it_ship_when_it_comes_before_the_snapshot(tmp_path: Path, hidden: str) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Icon", {"static/icon.svg": "new\n"})
        world.chat.says("deployer", "!lock Wait")
        world.chat.says("deployer", "!sync-dir static Icon")
        HIDDEN[hidden][0](world.tree)
        world.chat.says("deployer", "!unlock")
        why = said(world, hidden).removeprefix("not queued. ")
        assert world.chat.skip()[-1] == f"deployer: #1 stopped before any host was touched: {why}"
        assert not world.fleet.writes


def test_a_file_that_is_staged_and_in_no_commit_is_an_edit(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.write({LOGO: "staged\n", "static/new.svg": "new\n"})
        world.tree.git("add", "-A")
        world.chat.says("deployer", "!sync-dir static Icon")
        assert f"in no commit: {LOGO} (" in (line := world.chat.skip()[0])
        assert "), static/new.svg (" in line


HALF = {LOGO: "committed\n", "static/new.svg": "new\n", "wmf-config/CommonSettings.php": "<?php // both\n"}


def test_half_a_change_is_left_behind_also_where_an_edit_undoes_the_other_half(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        before = (world.tree.path / LOGO).read_text()
        world.tree.commit("submitter", "Both", HALF)
        world.tree.write({LOGO: before, "static/new.svg": None})
        world.chat.says("deployer", "!sync-dir wmf-config Both")
        files = f"{LOGO}, static/new.svg"
        assert f"also touches {files}, which wmf-config does not cover" in world.chat.skip()[0]
        world.chat.says("deployer", "!sync-dir static, wmf-config Both")
        owner = (world.tree.path / LOGO).owner()
        named = f"{LOGO} ({owner}), static/new.svg (deleted)"
        assert f"edits in the tree that are in no commit: {named}." in world.chat.skip()[0]
        world.tree.git("checkout", "--", ".")
        world.chat.says("deployer", "!sync-dir static, wmf-config Both")
        assert "1 change by submitter, 3 files" in world.chat.skip()[0]


def test_a_submodule_that_is_not_checked_out_as_committed_is_left_behind(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        top = library(world)
        (top / "code.php").write_text("<?php // 2\n")
        world.tree.git("commit", "-q", "-am", "Second", cwd=top)
        newest = world.tree.git("rev-parse", "HEAD", cwd=top)
        world.tree.git("checkout", "-q", "HEAD~1", cwd=top)
        world.tree.git("update-index", "--cacheinfo", f"160000,{newest},vendor/lib")
        world.tree.write({"wmf-config/CommonSettings.php": "<?php // uses 2\n"})
        world.tree.git("add", "wmf-config")
        world.tree.git("commit", "-q", "-m", "Use the second", who="submitter")
        world.chat.says("deployer", "!sync-dir wmf-config Use the second")
        assert "also touches vendor/lib, which wmf-config does not cover" in world.chat.skip()[0]
        world.chat.says("deployer", "!sync-dir vendor, wmf-config Use the second")
        assert "edits in the tree that are in no commit: vendor/lib (" in world.chat.skip()[0]
        world.tree.git("-c", "protocol.file.allow=always", "submodule", "update", "-q")
        world.chat.says("deployer", "!sync-dir vendor, wmf-config Use the second")
        assert "1 change by submitter, 2 files" in world.chat.skip()[0]


def library(world: TreeWorld) -> Path:
    """A submodule that is live: `vendor/lib`, itself with one in `deep`."""
    tree, top = world.tree, world.tree.path.parent
    for name in ("deep", "library"):
        (top / name).mkdir()
        tree.git("init", "-q", "-b", "main", cwd=top / name)
        (top / name / "code.php").write_text("<?php // 1\n")
        if name == "library":
            added(tree, top / "deep", "deep", top / name)
        tree.git("add", "-A", cwd=top / name)
        tree.git("commit", "-q", "-m", "One", cwd=top / name)
    added(tree, top / "library", "vendor/lib", tree.path)
    tree.git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init", "--recursive")
    tree.commit("submitter", "Library", {})
    world.deployed("!sync-dir vendor, .gitmodules Library", "submitter")
    assert world.holds("vendor/lib/deep/code.php")
    return tree.path / "vendor/lib"


def added(tree: Checkout, what: Path, where: str, cwd: Path) -> None:
    tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(what), where, cwd=cwd)


@pytest.mark.parametrize("file", ["code.php", "deep/code.php"])
@pytest.mark.parametrize("hidden", ["nothing", "submodule.ignore", "skip-worktree"])
def test_an_edit_in_a_submodule_is_named(tmp_path: Path, file: str, hidden: str) -> None:
    with tree_story(tmp_path) as world:
        place = library(world)
        if hidden == "submodule.ignore":
            world.tree.git("config", "submodule.vendor/lib.ignore", "all")
        if hidden == "skip-worktree":
            top = (place / file).parent
            world.tree.git("update-index", "--skip-worktree", "code.php", cwd=top)
        (place / file).write_text("by hand\n")
        world.chat.says("deployer", "!sync-dir vendor Quick")
        assert f"in no commit: vendor/lib/{file} (" in world.chat.skip()[0]


def test_a_submodule_that_was_removed_or_is_no_checkout_any_more_is_named(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        place = library(world)
        (place / ".git").rename(tmp_path / "git")
        (place / "code.php").write_text("by hand\n")
        world.chat.says("deployer", "!sync-dir vendor Quick")
        assert "in no commit: vendor/lib/code.php (" in world.chat.skip()[0]
        (tmp_path / "git").rename(place / ".git")
        world.tree.git("submodule", "deinit", "-q", "-f", "vendor/lib")
        world.chat.says("deployer", "!sync-dir --delete-many vendor Quick")
        assert (
            "in no commit: vendor/lib/.gitmodules (deleted), vendor/lib/code.php (deleted),"
            in world.chat.skip()[0]
        )


def test_a_submodule_at_another_commit_than_the_tree_has_is_an_edit(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        place = library(world)
        (place / "code.php").write_text("<?php // 2\n")
        world.tree.git("commit", "-q", "-a", "-m", "Two", cwd=place)
        world.chat.says("deployer", "!sync-dir vendor Quick")
        assert "in no commit: vendor/lib/code.php (" in world.chat.skip()[0]
        world.tree.commit("submitter", "Two", {})
        world.deployed("!sync-dir vendor Two", "submitter")
        assert world.holds("vendor/lib/code.php")
