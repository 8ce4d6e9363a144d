"""Who asks may vanish in the midst of a request, or ask for what is none: others are not kept waiting."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.fleet import wire
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Store, order, read_files, write_file
from tests.contracts.helper_process import HelperProcess, hello_to

OLD = {"conf/a": (0o644, b"old")}
NEW = {"conf/a": (0o644, os.urandom(100_000)), "conf/in/b": (0o644, b"b")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, (mode, data) in OLD.items():
        write_file(tmp_path / "tree", path, data, mode)
    return tmp_path / "tree"


@pytest.fixture
def helper(root: Path) -> Iterator[HelperProcess]:
    made = HelperProcess(root, sys.executable, hello=False)
    made.ask({**hello_to(root), "answer_timeout": 1.0})
    yield made
    made.close()


@pytest.fixture
def push() -> bytes:
    store = Store()
    base, target = store.take(["conf"], OLD), store.take(["conf"], NEW)
    return Payload(order(["h"], base, target), store, durable=True).request(base, ())


def test_one_that_waits_in_vain_for_contents_lets_others_in(
    root: Path, helper: HelperProcess, push: bytes
) -> None:
    helper.write(push[:-1000])
    assert helper.process.wait(15) == 0
    assert read_files(root) == OLD
    other = HelperProcess(root, sys.executable)
    assert "done" in other.ask_raw(push)
    assert (read_files(root), other.look(["conf"])[1]) == (NEW, None)
    other.close()


def test_who_sends_slowly_is_heard_to_the_end(root: Path, helper: HelperProcess, push: bytes) -> None:
    pieces = [push[:-4], *(push[n : n + 1] or b"" for n in range(len(push) - 4, len(push)))]
    for piece in pieces:
        assert helper.is_silent(0.5)
        helper.write(piece)
    assert "done" in helper.answer()
    assert read_files(root) == NEW


def test_who_asks_for_nothing_is_waited_for(helper: HelperProcess) -> None:
    assert helper.is_silent(2.0)
    assert helper.ask({"op": "ping"}) == {}


def test_a_request_that_is_too_large_is_refused_in_a_sentence(helper: HelperProcess) -> None:
    helper.write((65 << 20).to_bytes(4, "big") + b"x" * 300_000)
    assert helper.answer() == {"error": "a request of 65 MiB without its contents is too large for a host"}
    assert helper.close() == 0


@pytest.mark.parametrize(("afresh", "stops"), [(True, True), (False, False)])
def test_only_a_proof_afresh_gives_way(afresh: bool, stops: bool, root: Path, helper: HelperProcess) -> None:
    with (root / "large").open("wb") as file:
        file.truncate(300 << 20)
    proof = {"op": "prove", "roots": ["."], "afresh": afresh}
    helper.write(wire.request(proof) + wire.request({"op": "ping"}))
    assert helper.answer().get("stopped", False) is stops
    assert helper.answer() == {}
