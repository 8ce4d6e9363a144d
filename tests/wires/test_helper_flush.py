"""The disk keeps what was written before a host says so; while it is slow, there are signs of life."""

import os
import threading
from pathlib import Path

import pytest

from swatbot.fleet import helper


class Disk:
    """Files, and which of them were synced; one that is slow waits for a sign of life."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        self.directory, self.names = directory, [f"f{n}" for n in range(count)]
        for name in self.names:
            (directory / name).write_bytes(b"x")
        self.synced: list[str] = []
        self.sign, self.slow = threading.Event(), False
        self._real = os.fsync
        monkeypatch.setattr(os, "fsync", self._fsync)

    def opened(self, name: str) -> int:
        return os.open(self.directory / name, os.O_RDONLY)

    def flush(self, size: int = 0) -> None:
        helper.flush_all(self.names, self.opened, self.sign.set, size)

    def _fsync(self, fd: int) -> None:
        if self.slow:
            assert self.sign.wait(10), "there was no sign of life"
        self._real(fd)
        self.synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)


@pytest.mark.parametrize("count", [1, helper.MANY, 100])
@pytest.mark.parametrize("allowed", [0, 3, 99])
def test_all_are_synced_however_many_threads_a_host_allows(
    count: int, allowed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, begun, start = Disk(tmp_path, monkeypatch, count), [0], threading.Thread.start

    def begin(thread: threading.Thread) -> None:
        begun[0] += 1
        if begun[0] > allowed:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", begin)
    disk.flush()
    assert sorted(disk.synced) == sorted(disk.names)


@pytest.mark.parametrize("count", [1, helper.MANY])
def test_what_is_large_or_much_gives_signs_of_life(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch, count)
    disk.slow = True
    disk.flush(size=helper.LARGE)
    assert sorted(disk.synced) == sorted(disk.names)


@pytest.mark.parametrize("count", [1, 100])
def test_what_the_disk_can_not_keep_is_an_error(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, monkeypatch, count)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        disk.flush()
