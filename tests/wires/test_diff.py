"""`!diff` on a real tree: an answer to everything that can differ, and none that is untrue."""

import os
from pathlib import Path

from tests.wires.tree_world import FIRST, TreeWorld, tree_story


def told(world: TreeWorld, command: str = "!diff static") -> list[str]:
    """The answer."""
    world.chat.says("other", command)
    return [line.removeprefix("other: ") for line in world.chat.skip()]


def test_whatever_differs_is_named(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        logo, new = world.tree.path / "static/logo.svg", world.tree.path / "static/new"
        logo.chmod(0o755)
        assert told(world) == told(world, "!diff") == ["static/logo.svg (mode 644 -> 755)"]
        logo.chmod(0o644)
        assert told(world) == ["static: nothing differs."]
        assert told(world, "!diff") == ["everything: nothing differs."]
        new.write_bytes(b"")
        assert told(world) == ["static/new (new, empty)"]
        new.write_bytes(b"\0\1\2")
        assert told(world) == ["static/new (new, binary)"]
        new.unlink()
        new.symlink_to("logo.svg")
        assert told(world) == ["static/new (new, a link to logo.svg)"]
        new.unlink()
        logo.write_text("<svg/>")
        assert told(world) == ["static/logo.svg", "-<svg/>", "+<svg/> (no newline at its end)"]
        logo.unlink()
        assert told(world) == ["static/logo.svg (deleted)", "-<svg/>"]
        logo.symlink_to("icon.svg")
        assert told(world) == ["static/logo.svg (now a link to icon.svg)"]


def test_a_renamed_file_is_on_both_sides(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.git("mv", "dblists/all.dblist", "dblists/every.dblist")
        assert told(world, "!diff dblists") == [
            "dblists/all.dblist (deleted)",
            "-enwiki",
            "-frwiki",
            "dblists/every.dblist (new)",
            "+enwiki",
            "+frwiki",
        ]


def test_private_files_are_counted_and_nothing_else_is_called_private(tmp_path: Path) -> None:
    with tree_story(tmp_path, FIRST | {"private/keys.php": "<?php // secret\n"}) as world:
        world.tree.write({"dblists/all.dblist": "enwiki\n"})
        assert told(world, "!diff") == ["dblists/all.dblist", "-frwiki"]
        assert told(world, "!diff private") == ["private: nothing differs."]
        world.tree.write({"private/keys.php": "<?php // new\n"})
        assert told(world, "!diff private") == ["private: 1 private file differs, which I do not show here."]
        assert told(world, "!diff private/keys.php")[0].endswith(
            "1 private file differs, which I do not show here."
        )
        assert told(world, "!diff") == [
            "dblists/all.dblist",
            "-frwiki",
            "and 1 private file, which I do not show here.",
        ]


def test_of_a_private_deployment_only_the_number_of_files_is_told(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Keys", {"private/k.php": "1\n", "static/logo.svg": "new\n"})
        world.chat.says("deployer", "!sync-dir private, static Keys")
        world.chat.skip()
        assert told(world, "!diff 1") == ["#1: 2 private files differ, which I do not show here."]


def test_a_name_that_is_not_text_is_told(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        Path(os.fsdecode(os.fsencode(world.tree.path) + b"/static/\xff\xfe.svg")).write_text("x\n")
        assert told(world) == ["static/\\xff\\xfe.svg (new)", "+x"]
