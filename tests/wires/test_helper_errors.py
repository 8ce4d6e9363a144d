"""An error of the helper's names the whole path: a name alone does not tell where it is."""

import os
from pathlib import Path

import pytest

from swatbot.fleet.helper import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/key.php").write_text("x")
    return Tree(os.fsencode(tmp_path), ())


def test_a_file_is_named_with_its_directory(tree: Tree) -> None:
    with pytest.raises(FileNotFoundError) as caught, tree.parent(b"private/gone.php") as (fd, name):
        os.unlink(name, dir_fd=fd)
    assert caught.value.filename == b"private/gone.php"


@pytest.mark.parametrize("path", [b"private/none", b"private/key.php"])
def test_a_directory_is_named_with_those_above_it(path: bytes, tree: Tree) -> None:
    with pytest.raises(OSError, match="director") as caught:
        tree.directory(path)
    assert caught.value.filename == path


def test_what_can_not_be_read_is_named_with_it(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied", b"key.php")

    monkeypatch.setattr(tree, "_entry", deny)
    for root in (".", "private", "private/key.php"):
        with pytest.raises(PermissionError) as caught:
            tree.prove([root])
        assert caught.value.filename == b"private/key.php"
