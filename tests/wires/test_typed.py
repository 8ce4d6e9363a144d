"""A request that was hardly typed as it is meant: nothing is dropped in silence."""

from pathlib import Path

import pytest

from tests.wires.tree_world import FIRST, TreeWorld, tree_story

ONE, TWO = {"static/logo.svg": "1\n"}, {"dblists/all.dblist": "x\n"}


def two_things(world: TreeWorld) -> None:
    """Two changes by two people, each in a directory of its own."""
    world.tree.commit("submitter", "Hide uploads", ONE)
    world.tree.commit("other", "Wikis", TWO)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "dblists then static x",
            'step 1 would ship nothing: nothing differs in dblists. Say "!sync-dir static x".',
        ),
        (
            "static then dblists x",
            'step 2 would ship nothing: nothing differs in dblists. Say "!sync-dir static x".',
        ),
        (
            "static/logo.svg then static x",
            (
                "step 2 would ship nothing: what differs in static is in the steps before it."
                ' Say "!sync-dir static/logo.svg x".'
            ),
        ),
        (
            "static then static/logo.svg x",
            (
                "step 2 would ship nothing: the steps before it cover static/logo.svg. Say"
                ' "!sync-dir static x", or "!sync-dir static/logo.svg then static x" if that is to go first.'
            ),
        ),
        (
            "static then static x",
            'step 2 would ship nothing: the steps before it cover static. Say "!sync-dir static x".',
        ),
        ("static, static x", 'static is named twice. Say "!sync-dir static x".'),
        (
            ". then static, dblists",
            (
                "step 2 would ship nothing: the steps before it cover static and dblists. Say"
                ' "!sync-dir .", or "!sync-dir static, dblists then ." if that is to go first.'
            ),
        ),
        (
            "--partial dblists, static then wmf-config x",
            (
                "step 2 would ship nothing: nothing differs in wmf-config."
                ' Say "!sync-dir --partial dblists, static x".'
            ),
        ),
    ],
)
def test_a_step_that_ships_nothing_is_refused(tmp_path: Path, typed: str, said: str) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Logo", ONE)
        world.chat.says("deployer", f"!sync-dir {typed}")
        world.chat.expect(f"deployer: not queued: {said}")


def test_a_step_that_somebody_else_has_shipped_meanwhile_does_not_stop_the_others(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        two_things(world)
        world.chat.says("deployer", "!sync-dir static Logo")
        world.chat.says("deployer", "!sync-dir static then dblists Both")
        world.chat.says("submitter", "verified 1")
        assert any("#2 is on mwdebug1001" in line for line in world.chat.skip())


def test_a_path_in_which_nothing_differs_is_told(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Logo", ONE)
        world.chat.says("deployer", "!sync-dir static, dblists, wmf-config Logo")
        assert "1 file (+1 −1). Nothing differs in dblists, wmf-config. Nothing is" in world.chat.skip()[0]


def test_a_directory_without_a_file_is_a_fault_and_one_that_lost_its_files_is_not(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        (world.tree.path / "empty" / "tests").mkdir(parents=True)
        (world.tree.path / "empty" / "tests" / "x").touch()
        for command in ("!sync-dir empty x", "!sync-dir static, empty x", "!sync-dir empty then static x"):
            world.chat.says("deployer", command)
            world.chat.expect("deployer: I can not ship empty: nothing in it is deployed.")
        world.tree.commit("submitter", "Gone", {"dblists/all.dblist": None})
        (world.tree.path / "dblists").mkdir(exist_ok=True)
        world.deployed("!sync-dir dblists Gone", "submitter")
        assert world.holds("dblists/all.dblist")


@pytest.mark.parametrize(
    ("typed", "path", "right"),
    [
        ("static dblists Two things", "dblists", "static, dblists Two things"),
        ("dblists and static Two things", "static", "dblists, static Two things"),
        ("dblists first then static Two things", "static", "dblists then static Two things"),
        ("dblists and then static Two things", "static", "dblists then static Two things"),
        ("dblists -> static Two things", "static", "dblists then static Two things"),
    ],
)
def test_a_forgotten_comma_is_asked_about(tmp_path: Path, typed: str, path: str, right: str) -> None:
    with tree_story(tmp_path) as world:
        two_things(world)
        world.chat.says("deployer", f"!sync-dir {typed}")
        why, ways = world.chat.skip()
        assert why.startswith(f"deployer: not queued. {path} ")
        assert f'say "!sync-dir {right}", ' in ways
        world.chat.says("deployer", f"!sync-dir {right}")
        assert set(world.engine.status.live[2].plan.paths) == {"static", "dblists"}
        world.chat.skip()


def test_it_ships_as_it_was_typed_when_it_is_only_said(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        two_things(world)
        world.chat.says("deployer", "!sync-dir --for submitter static dblists are next")
        world.chat.expect(
            "deployer: not queued. dblists is a path, and would not ship: without a comma it is a part of the"
            " message.",
            'deployer: say "!sync-dir --for submitter static, dblists are next", for an order'
            ' "!sync-dir --for submitter static then dblists MESSAGE", or'
            ' "!sync-dir --for submitter static "dblists are next"" if it is only said.',
        )
        world.deployed('!sync-dir static "dblists are next"', "submitter")
        assert world.holds("static/logo.svg")
        assert not world.holds("dblists/all.dblist")


def test_a_path_that_only_the_fleet_has_counts_and_one_that_is_not_deployed_does_not(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        world.tree.commit("submitter", "Gone", {"dblists/all.dblist": None})
        world.tree.commit("submitter", "Logo", ONE | {"tests/a.php": "<?php\n"})
        world.chat.says("deployer", "!sync-dir static dblists Two")
        assert "dblists is a path" in world.chat.skip()[0]
        for word in ("tests", "README.md", "../etc", "/etc", "empty"):
            (world.tree.path / "empty").mkdir(exist_ok=True)
            world.chat.says("deployer", f"!sync-dir static {word} Two")
            assert " static: 1 change by submitter, 1 file " in world.chat.skip()[0], word


def test_a_retry_asks_no_more_than_the_first_time(tmp_path: Path) -> None:
    with tree_story(tmp_path, FIRST) as world:
        two_things(world)
        world.chat.says("deployer", '!sync-dir static "dblists are next"')
        world.chat.says("deployer", "!cancel 1")
        world.chat.skip()
        world.chat.says("deployer", "!retry 1")
        assert world.chat.skip()[0].startswith("deployer: #2 static: 1 change by submitter, 1 file ")
