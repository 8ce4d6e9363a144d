"""What is ignored is said twice, on the deployment host and in the helper: the two must never differ."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from swatbot.fleet import helper
from swatbot.tree.patterns import Patterns
from swatbot.tree.walk import look

_PARTS = st.sampled_from(
    ["a", "tests", "x.md", ".git", "conf", "[a]", "*", "-n\n", "\udcff", "A", "x.sample"]
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_GLOBS = st.lists(
    st.sampled_from(
        ["*.md", "tests/", "/tests", "conf/*.sample", "tests/**", "[a]", "*", "a?", "", "/", "[!a]/x*"]
    )
    | st.text("a*?[]/!.", max_size=6),
    max_size=4,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def ignores(root: Path, globs: list[str], path: str) -> bool:
    tree = helper.Tree(str(root), globs)
    os.close(tree.fd)
    return tree.ignores(path)


@given(_GLOBS, _PATHS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["tests/"], "a/tests/b")
@example(["conf/*.sample"], "conf/a/b.sample/c")
@example([], "a/.git/config")
def test_both_ignore_the_same(root: Path, globs: list[str], path: str) -> None:
    assert ignores(root, globs, path) == Patterns(globs).match(path)


@pytest.mark.parametrize("globs", [["*.md", "tests/", "conf/*.sample"], ["conf"], ["conf/tests"], []])
def test_both_list_the_same(root: Path, globs: list[str]) -> None:
    for path in (
        "a",
        "conf/x.md",
        "conf/tests/deep/b",
        "conf/d/e.sample",
        "conf/c",
        ".git/HEAD",
        "conf/.git/x",
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    tree = helper.Tree(str(root), globs)
    for where in (".", "conf"):
        seen = look(root, where, Patterns(globs)).files if where not in globs else ()
        assert set(tree.hold([where])) == {file.path for file in seen}
    os.close(tree.fd)
