"""An error of the helper's names the whole path: a name alone does not tell where it is."""

import hashlib
import io
import os
import resource
import sys
from pathlib import Path

import pytest

from swatbot.fleet.helper import Frames, Host, Tree
from swatbot.fleet.payload import Payload
from swatbot.fleet.pulling import ANYTHING
from tests.contracts.fleet_lab import Store, order, read_files
from tests.contracts.helper_process import HelperProcess


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/key.php").write_text("x")
    return Tree(str(tmp_path), ())


def told(tree: Tree, error: OSError) -> str:
    """The sentence in the answer."""
    host = Host(Frames(io.BufferedReader(io.BytesIO()), io.BytesIO()))
    host.tree = tree
    return str(host.explain(error)["error"])


def test_a_file_is_named_with_its_directory(tree: Tree) -> None:
    with pytest.raises(FileNotFoundError) as caught, tree.parent("private/gone.php") as (fd, name):
        os.unlink(name, dir_fd=fd)
    assert told(tree, caught.value) == "No such file or directory: 'private/gone.php'"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("private/none/x", "No such file or directory"),
        ("private/key.php/x", "Not a directory, or a link, which is not followed"),
    ],
)
def test_a_directory_on_the_way_is_named_with_the_path(path: str, why: str, tree: Tree) -> None:
    with pytest.raises(OSError, match="director") as caught, tree.parent(path):
        pass
    assert told(tree, caught.value) == f"{why}: {path!r}"


def test_what_can_not_be_read_is_named_with_its_directory(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "key.php")

    monkeypatch.setattr(tree, "_entry", deny)
    for root in (".", "private", "private/key.php"):
        with pytest.raises(PermissionError) as caught:
            tree.prove([root])
        assert told(tree, caught.value) == "Permission denied: 'private/key.php'"


def test_a_file_where_a_directory_is_to_be_written_through_changes_nothing(tmp_path: Path) -> None:
    """The roots of the plan lie under it, so that it is not the plan's to remove."""
    root, store = tmp_path / "tree", Store()
    root.mkdir()
    (root / "conf").write_bytes(b"a file")
    base, target = store.take(["conf/in"], {}), store.take(["conf/in"], {"conf/in/x": (0o644, b"x")})
    process = HelperProcess(root, sys.executable)
    answer = process.ask_raw(Payload(order(["h"], base, target), store, durable=False).request(base, ()))
    assert answer["error"] == "Not a directory, or a link, which is not followed: 'conf/in/x'"
    assert (answer["unfinished"], (root / "conf").read_bytes()) == (None, b"a file")
    process.close()


def test_more_files_can_be_pulled_than_may_be_open_at_once(tmp_path: Path) -> None:
    store, contents = Store(), [b"%d" % n for n in range(200)]
    (tmp_path / "tree/conf").mkdir(parents=True)
    process = HelperProcess(tmp_path / "tree", sys.executable)
    resource.prlimit(process.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    files = {f"conf/{data.decode()}": (0o644, data) for data in contents}
    base, target = store.take(["conf"], {}), store.take(["conf"], files)
    for data in contents:
        sha = hashlib.sha256(data).hexdigest()
        place = tmp_path / ".swatbot-tree/pulled" / target.digest[:16] / sha[:2] / sha[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    payload = Payload(order(["h"], base, target), store, durable=True)
    assert "done" in process.ask_raw(payload.request(base, ANYTHING, (), serves=False))
    assert read_files(tmp_path / "tree") == files
    process.close()
