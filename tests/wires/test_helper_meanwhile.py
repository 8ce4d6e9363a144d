"""A host changes while swatbot is not looking, or while a sync is under way: that is told, never run over."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Files, Store, order, read_files, write_file
from tests.contracts.helper_process import HelperProcess

# So many that a change of one is little: what else is there is not looked at before the sync.
OLD: Files = {f"conf/f{n}": (0o644, b"%d" % n) for n in range(20)}
# More than a pipe takes, so that who sends the rest knows that the helper has begun.
LARGE = Random(1).randbytes(400_000)  # noqa: S311 - no secret


class Host:
    """A root, and the helper that has looked at it."""

    def __init__(self, directory: Path) -> None:
        self.root, self.store = directory / "tree", Store()
        for path, (mode, data) in OLD.items():
            write_file(self.root, path, data, mode)
        self.directory, self.spared = self.root / "conf/d", self.root / "conf/d/x.md"
        self.directory.mkdir()
        self.helper = HelperProcess(self.root, sys.executable, ignore=["*.md"])

    def look(self) -> None:
        self.helper.look(["conf"])

    def request(self, after: Files) -> bytes:
        base, target = self.store.take(["conf"], OLD), self.store.take(["conf"], after)
        return Payload(order(["h"], base, target), self.store, durable=True).request(base, set(), set())

    def push(self, **more: bytes) -> dict[str, object]:
        return self.helper.ask_raw(self.request({**OLD, **added(more)}))


def added(more: dict[str, bytes]) -> Files:
    return {f"conf/{name.replace('_', '/')}": (0o644, data) for name, data in more.items()}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.helper.close()


@pytest.mark.parametrize("what", ["file", "link"])
def test_a_directory_that_became_something_else_is_told(what: str, host: Host) -> None:
    host.look()
    host.directory.rmdir()
    if what == "file":
        host.directory.write_bytes(b"a file now")
    else:
        host.directory.symlink_to("/etc")
    assert "other" in host.push(d_new=b"n")


def test_an_ignored_file_that_is_gone_is_in_nobodys_way(host: Host) -> None:
    host.spared.write_bytes(b"ignored")
    host.look()
    assert "is ignored: remove it" in str(host.push(d=b"a file")["error"])
    shutil.rmtree(host.directory)
    assert "done" in host.push(d=b"a file")


def test_an_ignored_file_that_came_is_in_the_way(host: Host) -> None:
    host.look()
    host.spared.write_bytes(b"ignored")
    assert "is ignored: remove it" in str(host.push(d=b"a file")["error"])
    assert host.spared.read_bytes() == b"ignored"


def edit(place: Path) -> None:
    place.write_bytes(b"a fix by hand")


def replace_by_directory(place: Path) -> None:
    place.unlink()
    place.mkdir()


@pytest.mark.parametrize(
    ("edited", "how"),
    [("f1", edit), ("large", edit), ("f1", Path.unlink), ("f1", replace_by_directory)],
    ids=["edited", "came", "gone", "became a directory"],
)
def test_an_edit_that_is_made_during_the_transfer_is_told(
    edited: str, how: Callable[[Path], None], host: Host
) -> None:
    """One to a file that is to change, and one where there is to be a file."""
    host.look()
    request = host.request({**OLD, "conf/f1": (0o644, b"wanted"), "conf/large": (0o644, LARGE)})
    # The helper reads what follows the header only after it has looked.
    host.helper.write(request[:-1])
    how(host.root / "conf" / edited)
    held = read_files(host.root)
    host.helper.write(request[-1:])
    assert "other" in host.helper.answer()
    assert read_files(host.root) == held != OLD


def test_what_somebody_else_sweeps_away_does_not_keep_a_helper_from_starting(host: Host) -> None:
    """A link that leads nowhere is listed, and is not there, as what is removed between the two."""
    assert host.helper.close() == 0
    pulled = host.root.parent / ".swatbot-tree" / "pulled"
    (pulled / "gone").symlink_to("nowhere")
    host.helper = HelperProcess(host.root, sys.executable)
    assert "error" not in host.helper.hello
