"""What a host keeps goes back to as many places as need it, and is not lost when a rollback fails."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Files, Store, order, read_files, write_file
from tests.contracts.helper_process import HelperProcess

A, B = b"A" * 5000, b"B" * 5000
OLD = {"conf/a": (0o644, A), "conf/a2": (0o755, A), "conf/a3": (0o644, A), "conf/b": (0o644, B)}
NEW = {path: (0o644, path.encode()) for path in OLD}


class Host:
    """A root, and the helper that looks after it."""

    def __init__(self, directory: Path) -> None:
        self.root, self.kept = directory / "tree", directory / ".swatbot-tree" / "kept"
        self.store = Store()
        for path, (mode, data) in OLD.items():
            write_file(self.root, path, data, mode)
        self.helper = HelperProcess(self.root, sys.executable)

    def push(self, before: Files, after: Files, *kept: bytes) -> dict[str, object]:
        """What is answered when all is sent but these contents."""
        base, target = self.store.take(["conf"], before), self.store.take(["conf"], after)
        payload = Payload(order(["h"], base, target), self.store, durable=True)
        return self.helper.ask_raw(payload.request(base, {sha(data) for data in kept}))

    def place(self, data: bytes) -> Path:
        """Where a content is kept."""
        (place,) = self.kept.glob(f"*.{sha(data)}")
        return place


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    assert "done" in made.push(OLD, NEW)
    yield made
    made.helper.close()


def test_a_content_goes_back_to_every_place_without_being_sent(host: Host) -> None:
    assert "done" in host.push(NEW, OLD, A, B)
    assert read_files(host.root) == OLD
    places = [host.root / path for path in OLD]
    assert {place.stat().st_nlink for place in places} == {1}, "each file is one of its own"


@pytest.mark.parametrize("harm", ["linked", "damaged"])
def test_what_is_kept_stays_when_something_else_is_no_good(harm: str, host: Host) -> None:
    bad = host.place(B)
    if harm == "linked":
        os.link(bad, host.root.parent / "backup")
    else:
        bad.write_bytes(b"C" * 5000)
    assert host.push(NEW, OLD, A, B)["need"] == [sha(B)]
    assert read_files(host.root) == NEW
    assert host.place(A).read_bytes() == A
    assert not bad.exists()
    assert "done" in host.push(NEW, OLD, A)
    assert read_files(host.root) == OLD


def test_all_that_is_linked_is_told_at_once(host: Host) -> None:
    """A backup made of hard links has them all; to be told of one after the other takes too many rounds."""
    for data in (A, B):
        os.link(host.place(data), host.root.parent / sha(data))
    assert host.push(NEW, OLD, A, B)["need"] == sorted([sha(A), sha(B)])
    assert "done" in host.push(NEW, OLD)
    assert read_files(host.root) == OLD


def test_what_is_kept_outlives_a_helper_that_is_killed(host: Host) -> None:
    assert host.helper.close() == 0
    base, target = host.store.take(["conf"], NEW), host.store.take(["conf"], OLD)
    request = Payload(order(["h"], base, target), host.store, durable=True).request(base, {sha(A), sha(B)})
    # Its moves are two contents that go back, the note, and then a file.
    host.helper = HelperProcess(host.root, sys.executable, dies=("3", "moves"))
    with pytest.raises(EOFError):
        host.helper.ask_raw(request)
    assert host.helper.close() == 9
    assert read_files(host.root) == NEW
    host.helper = HelperProcess(host.root, sys.executable)
    assert "done" in host.helper.ask_raw(request)
    assert read_files(host.root) == OLD
