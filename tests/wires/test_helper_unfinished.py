"""A step that was begun stays unfinished until its own files are proven, whatever is done elsewhere."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from swatbot.domain.manifest import Manifest
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Files, Store, order, write_file
from tests.contracts.helper_process import HelperProcess

OLD = {"conf/a": (0o644, b"old a"), "conf/b": (0o644, b"old b")}
NEW = {"conf/a": (0o644, b"new a"), "conf/b": (0o644, b"new b")}
PHP = {"php/x": (0o644, b"1")}
BEGUN = {"number": "42", "step": "1"}


class Host:
    """A root on which #42 was killed half-way in conf."""

    def __init__(self, root: Path) -> None:
        self.root, self.store = root, Store()
        for path, (mode, data) in {**OLD, **PHP}.items():
            write_file(root, path, data, mode)

    def push(
        self, roots: Sequence[str], before: Files, after: Files, number: int = 43, dies: Sequence[str] = ()
    ) -> tuple[object, object]:
        """The digest that is answered, and what is unfinished then."""
        base, target = self.store.take(roots, before), self.store.take(roots, after)
        helper = HelperProcess(self.root, sys.executable, dies=dies)
        try:
            request = Payload(order(["h"], base, target, number=number), self.store, durable=True)
            done = helper.ask_raw(request.request(base, ())).get("done") == target.digest
        except EOFError:
            done = False
        helper.close()
        return done, self.unfinished()

    def unfinished(self) -> object:
        helper = HelperProcess(self.root, sys.executable)
        _, found = helper.look(["conf"])
        helper.close()
        return {key: found[key] for key in BEGUN} if isinstance(found, dict) else found

    def held(self) -> Manifest:
        helper = HelperProcess(self.root, sys.executable)
        found, _ = helper.look(["conf"])
        helper.close()
        return found


@pytest.fixture(params=[["conf"], ["conf/a", "conf/b"], ["conf", *(f"{n:0200}" for n in range(20))]])
def begun(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Host, list[str]]:
    """A host, and the roots of the step that was begun there."""
    host, roots = Host(tmp_path / "tree"), request.param
    # Its moves are the fence, the note, and then a file.
    assert host.push(roots, OLD, NEW, 42, dies=("3", "moves")) == (False, BEGUN)
    assert (host.root / "conf/a").read_bytes() == b"new a"
    assert (host.root / "conf/b").read_bytes() == b"old b"
    return host, roots


MIXED = {**OLD, "conf/a": NEW["conf/a"]}


def test_what_is_done_elsewhere_leaves_it_unfinished(begun: tuple[Host, list[str]]) -> None:
    host, _ = begun
    assert host.push(["php"], PHP, PHP) == (True, BEGUN)
    assert host.push(["php"], PHP, {"php/x": (0o644, b"2")}) == (True, BEGUN)
    assert host.push([], {}, {}) == (True, BEGUN)
    assert host.push(["conf/b"], {"conf/b": OLD["conf/b"]}, {"conf/b": NEW["conf/b"]}) == (True, BEGUN)


def test_one_that_fails_elsewhere_leaves_it_unfinished(begun: tuple[Host, list[str]]) -> None:
    host, roots = begun
    assert host.push(["php"], PHP, {"php/x": (0o644, b"2")}, dies=("2", "moves")) == (False, BEGUN)
    assert host.push(roots, MIXED, OLD, 44) == (True, {"number": "43", "step": "1"})
    assert host.push(["php"], PHP, PHP, 45) == (True, None)


@pytest.mark.parametrize("after", [OLD, NEW, MIXED])
def test_a_proof_of_its_roots_ends_it(after: Files, begun: tuple[Host, list[str]]) -> None:
    host, roots = begun
    assert host.push(roots, MIXED, after) == (True, None)


def test_a_proof_of_all_ends_it(begun: tuple[Host, list[str]]) -> None:
    host, _ = begun
    everything = {**MIXED, **PHP}
    assert host.push(["."], everything, everything) == (True, None)
