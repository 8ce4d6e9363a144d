"""The digest is computed twice, on the deployment host and in the helper: the two must never differ."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.fleet import helper
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Store, order
from tests.contracts.helper_process import HelperProcess, hello_to

_MINORS = range(7, 15)


def _pythons() -> list[str]:
    """Every Python from 3.7 to 3.14 that is installed, each version once."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {sys.version_info[1]: sys.executable}
    for minor in _MINORS:
        places = [shutil.which(f"python3.{minor}"), *(str(p) for p in pyenv.glob(f"3.{minor}.*/bin/python3"))]
        found.update((minor, place) for place in places if place and "shims" not in place)
    return [found[minor] for minor in sorted(found)]


@pytest.fixture(params=_pythons())
def python(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "srv" / "tree"
    directory.mkdir(parents=True)
    return directory


_PARTS = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=8
)
_ODD = st.binary(min_size=1, max_size=6).map(lambda b: b.decode("utf-8", "surrogateescape"))
_PATHS = st.lists(_PARTS | _ODD, min_size=1, max_size=3).map("/".join)
_ENTRIES = st.builds(
    Entry,
    _PATHS,
    st.sampled_from(Kind),
    st.integers(0, 0o7777),
    st.integers(0, 1 << 40),
    _PARTS | _ODD | st.just("a" * 64),
)


@given(st.lists(_PATHS, max_size=3), st.lists(_ENTRIES, max_size=8, unique_by=lambda e: e.path))
def test_both_digests_are_equal(roots: list[str], entries: list[Entry]) -> None:
    rows = {e.path: (e.path, e.kind.value, e.mode, e.size, e.content) for e in entries}
    assert helper.digest(roots, rows) == Manifest.of(roots, entries).digest


def test_a_helper_proves_what_was_applied_under_every_python(python: str, root: Path) -> None:
    store, roots = Store(), ["conf", "a file"]
    base = store.take(roots, {})
    target = store.take(
        roots,
        {
            "conf/a.php": (0o644, b"<?php\n"),
            "conf/sub/empty": (0o600, b""),
            "conf/run me": (0o755, b"#!/bin/sh\n"),
            "conf/link": (0, b"../elsewhere"),
            "conf/-rf \"'\n\udcff".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"): (
                0o644,
                b"odd",
            ),
            "a file": (0o444, os.urandom(600_000)),
        },
    )
    other = HelperProcess(root, python)
    request = Payload(order(["h"], base, target), store, durable=True).request(base, ())
    assert other.ask_raw(request)["done"] == target.digest
    assert other.look(roots) == (target, None)
    assert other.close() == 0
    again = HelperProcess(root, python)
    assert again.ask({"op": "prove", "roots": roots})["digest"] == target.digest
    assert again.close() == 0


@pytest.mark.parametrize(
    "garbage",
    [b"\0\0\0\x04nope", b"\0\0\0\x02[]", b'\0\0\0\x0b{"blob":{}}'],
)
def test_garbage_ends_the_helper(garbage: bytes, root: Path) -> None:
    process = HelperProcess(root, sys.executable)
    with pytest.raises(EOFError):
        process.ask_raw(garbage)
    assert process.close() == 1


def test_a_header_that_is_too_large_is_refused_in_words_and_ends_the_helper(root: Path) -> None:
    process = HelperProcess(root, sys.executable)
    assert "error" in process.ask_raw(b"\xff\xff\xff\xff")
    with pytest.raises((EOFError, BrokenPipeError)):
        process.ask_raw(b"\0\0\0\x02{}")


@pytest.mark.parametrize(
    "header",
    [
        {"op": "boil"},
        {"op": "prove"},
        {"op": "prove", "roots": ["../up"]},
        {"op": "prove", "roots": ["/etc"]},
        {"op": "prove", "roots": ["."], "near": []},
        {"op": "apply", "token": "x"},
        hello_to(Path("/nonexistent/root")),
        {"op": "run", "token": 1, "durable": False, "argv": ["/nonexistent/program"], "seconds": 1},
    ],
)
def test_a_bad_request_is_answered_and_the_next_one_served(header: dict[str, object], root: Path) -> None:
    process = HelperProcess(root, sys.executable)
    assert process.ask(header, b"with some bytes")["error"]
    assert process.ask({"op": "ping"}) == {}
    process.close()


def test_nothing_is_done_before_hello(root: Path) -> None:
    process = HelperProcess(root, sys.executable, hello=False)
    assert process.ask({"op": "prove", "roots": ["a"]})["error"] == "hello comes first"
    process.close()


@pytest.mark.parametrize("inside", ["", "/deeper"])
def test_a_state_directory_inside_the_root_is_refused(inside: str, root: Path) -> None:
    process = HelperProcess(root, sys.executable, f"{root}{inside}")
    assert "inside the root" in process.hello["error"]
    process.close()


def test_a_request_that_leaves_the_roots_is_refused(root: Path) -> None:
    store = Store()
    base, target = store.take(["conf"], {}), store.take(["conf"], {"other/x": (0o644, b"x")})
    process = HelperProcess(root, sys.executable)
    answer = process.ask_raw(Payload(order(["h"], base, target), store, durable=False).request(base, ()))
    assert "does not add up" in answer["error"]
    assert list(root.iterdir()) == []
    process.close()


def test_nothing_outside_the_roots_can_be_dropped(root: Path) -> None:
    (root / "other").write_bytes(b"x")
    store = Store()
    base, target = store.take(["conf"], {}), store.take(["conf"], {"conf/x": (0o644, b"")})
    request = Payload(order(["h"], base, target), store, durable=False).request(base, ())
    size = int.from_bytes(request[:4], "big")
    header = request[4 : 4 + size].replace(b'"drop":[]', b'"drop":["other"]')
    process = HelperProcess(root, sys.executable)
    answer = process.ask_raw(len(header).to_bytes(4, "big") + header + request[4 + size :])
    assert "does not add up" in answer["error"]
    assert (root / "other").read_bytes() == b"x"
    process.close()


def test_a_helper_that_holds_the_lock_is_waited_for(root: Path) -> None:
    store = Store()
    base, target = store.take(["conf"], {}), store.take(["conf"], {"conf/x": (0o644, b"x")})
    request = Payload(order(["h"], base, target), store, durable=False).request(base, ())
    process = HelperProcess(root, sys.executable)
    with (root.parent / ".swatbot-tree" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process.write(request)
        assert process.is_silent(0.3)
    assert process.answer()["done"] == target.digest
    process.close()


@pytest.mark.parametrize("afresh", [False, True])
def test_a_file_that_was_just_synced_is_read_again_for_the_next_proof(afresh: bool, root: Path) -> None:
    store = Store()
    base, target = store.take(["conf"], {}), store.take(["conf"], {"conf/x": (0o644, b"right")})
    process = HelperProcess(root, sys.executable)
    request = Payload(order(["h"], base, target), store, durable=False).request(base, ())
    assert process.ask_raw(request)["done"] == target.digest
    info = (root / "conf" / "x").stat()
    (root / "conf" / "x").write_bytes(b"wrong")
    os.utime(root / "conf" / "x", ns=(info.st_atime_ns, info.st_mtime_ns))
    proof = process.ask({"op": "prove", "roots": ["conf"], "afresh": afresh})
    assert proof["digest"] == store.take(["conf"], {"conf/x": (0o644, b"wrong")}).digest
    process.close()
