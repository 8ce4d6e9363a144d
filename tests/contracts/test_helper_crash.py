"""Kill the helper at any call: each file is old or new, and the next helper completes or undoes the step."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from swatbot.domain.manifest import Manifest
from swatbot.fleet import wire
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Store, order
from tests.contracts.helper_process import HelperProcess, hello_to

ROOTS = ("conf",)
OLD = {
    "conf/a": (0o644, b"old a"),
    "conf/b": (0o644, b"old b"),
    "conf/was/dir": (0o644, b"x"),
    "conf/d": (0, b"a"),
}
NEW = {
    "conf/a": (0o600, b"new a"),
    "conf/b": (0o644, b"new b"),
    "conf/was": (0o644, b"x"),
    "conf/new/e": (0o644, b""),
}
SOAK = os.environ.get("SOAK") == "1"
CALLS = range(1, 240) if SOAK else range(1, 240, 13)


def _fill(root: Path) -> None:
    root.mkdir(parents=True)
    for name, (mode, data) in OLD.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if mode:
            place.write_bytes(data)
            place.chmod(mode)
        else:
            place.symlink_to(data.decode())


def _directory_modes(root: Path) -> set[int]:
    return {stat.S_IMODE(place.stat().st_mode) for place in root.rglob("*") if place.is_dir()}


def _crash(root: Path, calls: int, request: bytes, *kind: str) -> int:
    hello = wire.request(hello_to(root))
    program = Path(__file__).with_name("crashing_helper.py")
    argv = [sys.executable, "-X", "utf8", str(program), str(calls), *kind]
    return subprocess.run(argv, input=hello + request, capture_output=True, check=False).returncode


def _look(root: Path) -> tuple[Manifest, object]:
    process = HelperProcess(root, sys.executable)
    found = process.look(ROOTS)
    process.close()
    return found


def _apply(root: Path, store: Store, held: Manifest, target: Manifest) -> dict[str, object]:
    process = HelperProcess(root, sys.executable)
    payload = Payload(order(["h"], held, target, step=2), store, durable=False)
    answer = process.ask_raw(payload.request(held, process.hello["kept"]))
    if need := answer.get("need"):  # of what is kept, the file that was about to be replaced is part
        answer = process.ask_raw(payload.request(held, process.hello["kept"], need))
    assert process.ask({"op": "prove", "roots": ROOTS})["unfinished"] is None
    process.close()
    return answer


@pytest.mark.parametrize("calls", CALLS)
@pytest.mark.parametrize("way", ["complete", "undo"])
def test_a_killed_step_is_completed_or_undone(calls: int, way: str, tmp_path: Path) -> None:
    root, store = tmp_path / "tree", Store()
    _fill(root)
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    code = _crash(root, calls, Payload(order(["h"], base, target), store, durable=True).request(base, ()))
    assert code in (0, 9)
    held, unfinished = _look(root)
    for entry in held.entries:
        assert entry in (base.by_path.get(entry.path), target.by_path.get(entry.path))
    if held.digest not in (base.digest, target.digest):
        assert unfinished == {"number": "42", "step": "1", "target": target.digest[:16]}
    assert _directory_modes(root) == {0o755}, "what the helper made is never seen half made"
    wanted = target if way == "complete" else base
    assert _apply(root, store, held, wanted)["done"] == wanted.digest
    assert _look(root) == (wanted, None)
    assert list((tmp_path / ".swatbot-tree" / "new").iterdir()) == []
    assert _directory_modes(root) == {0o755}


# The state directory takes the first four.
@pytest.mark.parametrize("calls", range(4, 9))
def test_no_directory_is_seen_half_made(calls: int, tmp_path: Path) -> None:
    root, store = tmp_path / "tree", Store()
    _fill(root)
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    request = Payload(order(["h"], base, target), store, durable=True).request(base, ())
    assert _crash(root, calls, request, "makes") == 9
    assert _directory_modes(root) == {0o755}
    assert _apply(root, store, _look(root)[0], target)["done"] == target.digest
    assert _directory_modes(root) == {0o755}
    assert list((tmp_path / ".swatbot-tree" / "new").iterdir()) == []


def test_the_sample_reaches_the_end(tmp_path: Path) -> None:
    root, store = tmp_path / "tree", Store()
    _fill(root)
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    assert (
        _crash(root, CALLS[-1], Payload(order(["h"], base, target), store, durable=True).request(base, ()))
        == 0
    )
    assert _look(root)[0] == target
    assert (tmp_path / ".swatbot-tree" / "fence").readlink() == Path("1")
