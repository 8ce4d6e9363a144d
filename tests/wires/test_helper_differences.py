"""A file is sent as how it differs from what is there: small, and never taken on trust."""

import hashlib
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.errors import OperationalError
from swatbot.fleet import helper
from swatbot.fleet.packing import Packing, delta
from swatbot.fleet.payload import Payload
from tests.contracts.fleet_lab import Files, Store, order, read_files, write_file
from tests.contracts.helper_process import HelperProcess

# A seed makes a failure repeatable; nothing here is a secret.
SEEDED = random.Random
NOISE = SEEDED(7).randbytes(200_000)
EDITED = NOISE[:100_000] + b"one more line" + NOISE[100_000:]


class OddStore(Store):
    """Some contents are not what they should be, or not there (None)."""

    def __init__(self, **instead: bytes | None) -> None:
        super().__init__()
        self.instead = instead

    def content(self, sha256: str) -> bytes:
        found = self.instead.get(sha256, b"")
        if found is None:
            raise OperationalError("it is not there")
        return found or super().content(sha256)


class Host:
    """A root, and the helper that looks after it."""

    def __init__(self, directory: Path) -> None:
        self.root, self.store = directory / "tree", Store()
        write_file(self.root, "conf/file", NOISE)
        write_file(self.root, "conf/other", b"as it is")
        self.helper = HelperProcess(self.root, sys.executable)

    def push(
        self, before: Files, after: Files, missed: tuple[str, ...] = ()
    ) -> tuple[int, dict[str, object]]:
        """The size of the request, and what is answered."""
        base, target = self.store.take(["conf"], before), self.store.take(["conf"], after)
        request = Payload(order(["h"], base, target), self.store, durable=True).request(base, set(), missed)
        return len(request), self.helper.ask_raw(request)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.helper.close()


def files(data: bytes, **more: bytes) -> Files:
    """The tree with this in its file."""
    also = {f"conf/{name}": (0o644, content) for name, content in more.items()}
    return {"conf/file": (0o644, data), "conf/other": (0o644, b"as it is"), **also}


@pytest.mark.parametrize(
    "after",
    [
        EDITED,
        NOISE[5:],
        NOISE + NOISE,
        NOISE[: helper.CHUNK],
        b"x",
        NOISE[::-1],
    ],
    ids=["a line more", "moved up", "longer", "one piece", "a byte", "nothing alike"],
)
def test_a_file_becomes_what_was_sent_as_a_difference(after: bytes, host: Host) -> None:
    before = files(NOISE)
    wanted = files(after, an_earlier_one=NOISE, new=NOISE)
    _, answer = host.push(before, wanted)
    assert "done" in answer
    assert read_files(host.root) == wanted
    _, answer = host.push(wanted, before)
    assert "done" in answer
    assert read_files(host.root) == before


def test_what_is_alike_is_not_sent(host: Host) -> None:
    size, answer = host.push(files(NOISE), files(EDITED))
    assert "done" in answer
    assert size < 3000


def test_a_difference_from_what_was_damaged_unseen_asks_for_the_whole(host: Host) -> None:
    host.helper.look(["conf"])
    wrong = OddStore(**{sha(NOISE): EDITED})  # what we make the difference from is not what the host has
    base, target = wrong.take(["conf"], files(NOISE)), wrong.take(["conf"], files(EDITED))
    request = Payload(order(["h"], base, target), wrong, durable=True).request(base, set())
    wanted = target.by_path["conf/file"].content
    assert host.helper.ask_raw(request)["need"] == [wanted]
    assert read_files(host.root) == files(NOISE)
    size, answer = host.push(files(NOISE), files(EDITED), (wanted,))
    assert "done" in answer
    assert size > len(EDITED)


def test_a_base_that_is_not_in_the_store_costs_no_more_than_bytes() -> None:
    store = OddStore(**{sha(NOISE): None})
    base, target = store.take(["conf"], files(NOISE)), store.take(["conf"], files(EDITED))
    packing = Packing(store, base, ())
    assert packing.add(target.by_path["conf/file"]) is True
    assert len(packing.blob()) > len(EDITED)


@given(
    st.binary(max_size=100).map(lambda data: data * 999),
    st.binary(max_size=100).map(lambda data: data * 999),
)
def test_every_piece_is_short_and_they_are_as_many_as_it_takes(content: bytes, base: bytes) -> None:
    pieces = delta(content, base)
    assert len(pieces) == -(-len(content) // helper.CHUNK)


@pytest.mark.parametrize("drifts", ["elsewhere", "where it is to change"])
def test_drift_is_found_though_only_what_is_to_change_was_looked_at_before(drifts: str, host: Host) -> None:
    held = files(NOISE, **{f"f{n}": b"%d" % n for n in range(9)})
    for path, (mode, data) in held.items():
        write_file(host.root, path, data, mode)
    host.helper.look(["conf"])
    drifted = "conf/f5" if drifts == "elsewhere" else "conf/file"
    write_file(host.root, drifted, b"edited by hand")
    after = {**held, "conf/file": (0o644, EDITED)}
    _, answer = host.push(held, after)
    changed = dict(held if drifted == "conf/file" else after)
    changed[drifted] = (0o644, b"edited by hand")
    assert answer == {"other": host.store.take(["conf"], changed).digest}
    assert "done" in host.push(changed, after)[1]
    assert read_files(host.root) == after


def sha(data: bytes) -> str:
    """As contents are named."""
    return hashlib.sha256(data).hexdigest()
