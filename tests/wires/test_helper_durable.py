"""What the disk was told to keep, and when: a power cut leaves each file old or new, and a step noted."""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.fleet import helper
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Files, Store, order, read_files, write_file
from tests.contracts.helper_process import hello_to

BEFORE: Files = {
    "conf/changes": (0o644, b"old"),
    "conf/goes/last": (0o644, b"the directory goes with it"),
    "conf/part/goes": (0o644, b"beside what is ignored"),
    "conf/stays/as-it-is": (0o644, b"untouched"),
}
AFTER: Files = {
    "conf/changes": (0o644, b"new"),
    "conf/deep/down/comes": (0o644, b"also new"),
    "conf/stays/as-it-is": (0o644, b"untouched"),
}
IGNORED = "conf/part/notes.md"
CHANGES = 4
TOUCHED = {"", "conf", "conf/deep", "conf/deep/down", "conf/part"}


class Disk:
    """A helper in this process, and in order what it had the disk keep, what it moved, and which note ended.

    An event is (what, where): a path inside the root, or the bytes of a file that was not in place yet.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.store = root, Store()
        self.events: list[tuple[str, object]] = []
        self.changes_left = -1
        end, self._to = os.pipe()
        self._source = io.BufferedReader(io.FileIO(end), 1)
        self._real = {name: getattr(os, name) for name in ("fsync", "rename", "unlink")}
        for path, (mode, data) in BEFORE.items():
            write_file(root, path, data, mode)
        write_file(root, IGNORED, b"ignored")
        self.host = self.start()
        for name in self._real:
            monkeypatch.setattr(os, name, getattr(self, f"_{name}"))

    def start(self) -> helper.Host:
        """Another helper, which knows nothing."""
        self.host = helper.Host(helper.Frames(self._source, io.BytesIO()))
        self.host.serve(hello_to(self.root, ignore=["*.md"]))
        return self.host

    def push(self, before: Files = BEFORE, *, durable: bool = True) -> dict[str, object]:
        base, target = self.store.take(["conf"], before), self.store.take(["conf"], AFTER)
        os.write(
            self._to, Payload(order(["h"], base, target), self.store, durable=durable).request(base, set())
        )
        return self.host.serve(self.host.frames.read())

    def when(self, what: str, where: object) -> int:
        """The place of an event among all; there is exactly one of it."""
        assert self.events.count((what, where)) == 1
        return self.events.index((what, where))

    def synced(self) -> set[object]:
        """The directories, as paths inside the root."""
        return {where for what, where in self.events if what == "sync directory"}

    def close(self) -> None:
        self._source.close()
        os.close(self._to)

    def _fsync(self, fd: int) -> None:
        self._real["fsync"](fd)
        place = Path(f"/proc/self/fd/{fd}").readlink()
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            self.events.append(("sync file", place.read_bytes()))
        elif place.is_relative_to(self.root):
            self.events.append(("sync directory", str(place.relative_to(self.root)).removeprefix(".")))

    def _rename(self, source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        place = Path(f"/proc/self/fd/{dst_dir_fd}").readlink() / target
        self._real["rename"](source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        if place.is_relative_to(self.root) and place.is_file():
            self._happened("move", place.read_bytes())

    def _unlink(self, name: str, *, dir_fd: int) -> None:
        self._real["unlink"](name, dir_fd=dir_fd)
        place = Path(f"/proc/self/fd/{dir_fd}").readlink() / name
        if name.startswith("step-"):
            self._happened("end", "step")
        elif place.is_relative_to(self.root):
            self._happened("remove", str(place.relative_to(self.root)))

    def _happened(self, what: str, where: object) -> None:
        self.events.append((what, where))
        self.changes_left -= 1
        if self.changes_left == 0:
            raise KeyboardInterrupt  # nothing else is moved or noted after that


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(tmp_path / "tree", monkeypatch)
    yield made
    made.close()


def test_the_disk_keeps_a_file_before_it_is_moved_and_its_directory_before_the_step_has_ended(
    disk: Disk,
) -> None:
    assert "done" in disk.push()
    for path in ("conf/changes", "conf/deep/down/comes"):
        assert disk.when("sync file", AFTER[path][1]) < disk.when("move", AFTER[path][1])
    changed = [n for n, (what, _) in enumerate(disk.events) if what in ("move", "remove")]
    assert len(changed) == CHANGES
    assert disk.synced() == TOUCHED
    for directory in TOUCHED:
        assert changed[-1] < disk.when("sync directory", directory) < disk.when("end", "step")


def test_a_disk_that_need_not_keep_it_is_not_waited_for(disk: Disk) -> None:
    assert "done" in disk.push(durable=False)
    assert not [what for what, _ in disk.events if what.startswith("sync")]
    assert disk.when("end", "step")


def test_who_finds_all_done_after_a_crash_has_the_disk_keep_it_before_saying_so(disk: Disk) -> None:
    """All was moved; what was killed had not come to the directories, nor to removing its note."""
    disk.changes_left = CHANGES
    with pytest.raises(KeyboardInterrupt):
        disk.push()
    held = read_files(disk.root)
    assert held == {**AFTER, IGNORED: held[IGNORED]}
    assert disk.synced() == set()
    disk.events.clear()
    assert disk.start().serve({"op": "prove", "roots": ["conf"]})["unfinished"] is not None
    assert "done" in disk.push(AFTER)
    there = {
        str(place.relative_to(disk.root))
        for place in (disk.root / "conf").rglob("*")
        if place.is_dir() and any(place.iterdir())
    }
    assert disk.synced() == {"", "conf", *there} >= {"conf/part", "conf/stays"}
    assert max(n for n, (what, _) in enumerate(disk.events) if what == "sync directory") < disk.when(
        "end", "step"
    )
