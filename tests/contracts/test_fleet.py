"""What any implementation of the Fleet port does; the names of the tests are the contract."""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from swatbot.adapters.memory_fleet import MemoryFleet
from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Outcome, Tally
from swatbot.errors import OperationalError
from swatbot.fleet import program
from swatbot.ports import Stop
from swatbot.tree.patterns import Patterns
from tests.contracts.fleet_lab import IGNORE, Lab, Store, order
from tests.contracts.helper_process import altered
from tests.wires.rsync_lab import PullLab
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import sshd  # noqa: F401 - a fixture

ROOTS = ("conf",)
OLD = {"conf/a": (0o644, b"old a"), "conf/b": (0o644, b"b"), "conf/gone": (0o644, b"gone")}
NEW = {
    "conf/a": (0o600, b"new a"),
    "conf/b": (0o644, b"b"),
    "conf/sub/c": (0o755, b"c" * 5000),
    "conf/l": (0, b"a"),
}


def _ssh(request: pytest.FixtureRequest, tmp_path: Path) -> SshLab:
    return SshLab(request.getfixturevalue("sshd"), tmp_path)


def _pull(request: pytest.FixtureRequest, tmp_path: Path) -> PullLab:
    return PullLab(request.getfixturevalue("sshd"), tmp_path)


class MemoryLab:
    """The fleet in memory, which is its own laboratory."""

    hosts = ("m1", "m2", "m3", "m4")

    def __init__(self) -> None:
        self.fleet = MemoryFleet(self.hosts, ignore=Patterns(IGNORE).match)
        self.put, self.read = self.fleet.put, self.fleet.read
        self.break_, self.mend = self.fleet.unreachable.add, self.fleet.mend

    def back_door(self, host: str, path: str) -> Callable[[bytes], None]:
        return lambda data: self.put(host, path, data)

    def close(self) -> None:
        self.fleet.close()


def _memory(_request: pytest.FixtureRequest, _path: Path) -> MemoryLab:
    return MemoryLab()


LABS: dict[str, Callable[[pytest.FixtureRequest, Path], Lab]] = {
    "memory": _memory,
    "pull": _pull,
    "ssh": _ssh,
}


@pytest.fixture(params=sorted(LABS))
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    made = LABS[request.param](request, tmp_path)
    yield made
    made.close()


def quiet(_: Tally) -> None:
    """Progress that nobody watches."""


def never() -> Stop:
    return threading.Event()


def fill(lab: Lab, files: dict[str, tuple[int, bytes]]) -> None:
    for host in lab.hosts:
        for path, (mode, data) in files.items():
            lab.put(host, path, data, mode)


def test_hosts_prove_the_target_and_hold_exactly_its_files(lab: Lab) -> None:
    fill(lab, {**OLD, "elsewhere/x": (0o644, b"x")})
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert [(r.host, r.outcome, r.digest, r.reason) for r in results] == [
        (host, Outcome.OK, target.digest, "") for host in lab.hosts
    ]
    assert all(r.put_right.names == () and r.seconds > 0 for r in results)
    for host in lab.hosts:
        assert lab.read(host) == {**NEW, "elsewhere/x": (0o644, b"x")}


def test_proof_is_of_bytes_modes_and_links(lab: Lab) -> None:
    fill(lab, NEW)
    lab.put(lab.hosts[1], "conf/a", b"neW a", 0o600)
    store = Store()
    target = store.take(ROOTS, NEW)
    proofs = lab.fleet.prove(lab.hosts, ROOTS)
    assert [p.host for p in proofs] == list(lab.hosts)
    assert [p.manifest == target for p in proofs] == [True, False, True, True]
    assert proofs[1].manifest is not None
    assert proofs[1].manifest.differences(target) == ("conf/a",)


def test_roots_without_files_prove_empty(lab: Lab) -> None:
    proof = lab.fleet.prove(lab.hosts[:1], ["nothing/here"])[0]
    assert proof.manifest is not None
    assert proof.manifest.roots == ("nothing/here",)
    assert proof.manifest.entries == ()


def test_no_roots_prove_nothing_but_that_the_host_answers(lab: Lab) -> None:
    lab.break_(lab.hosts[1])
    answering, silent = lab.fleet.prove(lab.hosts[:2], ())
    assert answering.manifest == Manifest.of((), ())
    assert silent.manifest is None


def test_rollback_is_a_push_of_the_base(lab: Lab) -> None:
    fill(lab, OLD)
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    results = lab.fleet.push(order(lab.hosts, target, base, step=0), store, quiet, never())
    assert {r.digest for r in results} == {base.digest}
    assert lab.read(lab.hosts[0]) == OLD


def test_a_host_that_holds_the_target_is_ok_without_change(lab: Lab) -> None:
    fill(lab, NEW)
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert {(r.outcome, r.digest, r.put_right.names) for r in results} == {(Outcome.OK, target.digest, ())}


def test_what_differed_from_the_base_is_put_right_and_named(lab: Lab) -> None:
    fill(lab, OLD)
    drifted = lab.hosts[2]
    lab.put(drifted, "conf/b", b"edited on the host")
    lab.put(drifted, "conf/debug.php", b"<?php")
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert {r.outcome for r in results} == {Outcome.OK}
    assert [r.put_right.names for r in results] == [(), (), ("conf/b", "conf/debug.php"), ()]
    assert lab.read(drifted) == NEW


def test_who_is_a_state_behind_comes_to_the_target_and_had_nothing_to_be_put_right(lab: Lab) -> None:
    fill(lab, OLD)
    store, files = Store(), {**OLD, "conf/z": (0o644, b"first")}
    states = (store.take(ROOTS, OLD), store.take(ROOTS, files), store.take(ROOTS, {**files, **NEW}))
    lab.fleet.push(order(lab.hosts[1:], *states[:2]), store, quiet, never())
    lab.put(lab.hosts[2], "conf/stray", b"edited on the host")
    ahead = replace(order(lab.hosts, *states[1:], step=2), states=states)
    results = lab.fleet.push(ahead, store, quiet, never())
    assert {(r.outcome, r.digest) for r in results} == {(Outcome.OK, states[2].digest)}
    assert [r.put_right.names for r in results] == [(), (), ("conf/stray",), ()]
    back = replace(order(lab.hosts, *states[:2]), states=states, since=2)
    assert {r.put_right.names for r in lab.fleet.push(back, store, quiet, never())} == {()}
    assert lab.read(lab.hosts[0]) == files


def test_a_push_of_the_base_repairs(lab: Lab) -> None:
    fill(lab, OLD)
    lab.put(lab.hosts[0], "conf/a", b"edited")
    store = Store()
    base = store.take(ROOTS, OLD)
    results = lab.fleet.push(order(lab.hosts, base, base), store, quiet, never())
    assert results[0].put_right.names == ("conf/a",)
    assert lab.read(lab.hosts[0]) == OLD


def test_an_unreachable_host_is_named_and_the_others_go_on(lab: Lab) -> None:
    fill(lab, OLD)
    lab.break_(lab.hosts[1])
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target, budget=1), store, quiet, never())
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.UNREACHABLE, Outcome.OK, Outcome.OK]
    assert results[1].reason
    assert results[1].digest == ""
    assert lab.fleet.prove(lab.hosts[1:2], ROOTS)[0].manifest is None
    lab.mend(lab.hosts[1])
    again = lab.fleet.push(order(lab.hosts[1:2], base, target), store, quiet, never())
    assert again[0].outcome is Outcome.OK


def test_an_unknown_host_is_unreachable(lab: Lab) -> None:
    store = Store()
    base = store.take(ROOTS, OLD)
    result = lab.fleet.push(order(["stranger"], base, base), store, quiet, never())[0]
    assert result.outcome is Outcome.UNREACHABLE
    assert lab.fleet.prove(["stranger"], ROOTS)[0].manifest is None


class StopAtPause:
    """Somebody says `!hold` in the first pause."""

    def __init__(self) -> None:
        self.waited: list[float | None] = []

    def is_set(self) -> bool:
        return bool(self.waited)

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return True


def test_a_batch_is_done_before_the_pause_and_a_stop_in_it_begins_no_other(lab: Lab) -> None:
    fill(lab, OLD)
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    stop = StopAtPause()
    wanted = replace(order(lab.hosts, base, target, batch=2), pause=3600.0)
    results = lab.fleet.push(wanted, store, quiet, stop)
    assert stop.waited == [3600.0]
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.OK, Outcome.NOT_STARTED, Outcome.NOT_STARTED]


def test_past_the_budget_no_host_is_begun(lab: Lab) -> None:
    fill(lab, OLD)
    lab.break_(lab.hosts[0])
    lab.break_(lab.hosts[1])
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target, batch=1, budget=1), store, quiet, never())
    assert [r.outcome for r in results] == [
        Outcome.UNREACHABLE,
        Outcome.UNREACHABLE,
        Outcome.NOT_STARTED,
        Outcome.NOT_STARTED,
    ]
    assert lab.read(lab.hosts[2]) == OLD


def test_after_a_stop_no_host_is_begun(lab: Lab) -> None:
    fill(lab, OLD)
    store, stop, tallies = Store(), threading.Event(), list[Tally]()
    stop.set()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    results = lab.fleet.push(order(lab.hosts, base, target), store, tallies.append, stop)
    assert {r.outcome for r in results} == {Outcome.NOT_STARTED}
    assert tallies[-1] == Tally(0, 0, 0, len(lab.hosts))
    assert lab.read(lab.hosts[0]) == OLD


def test_the_last_tally_counts_every_host(lab: Lab) -> None:
    fill(lab, OLD)
    lab.break_(lab.hosts[3])
    store, tallies = Store(), list[Tally]()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    lab.fleet.push(order(lab.hosts, base, target, budget=2), store, tallies.append, never())
    assert tallies[-1] == Tally(0, 3, 1, 0)
    assert all(t.in_flight + t.ok + t.fail + t.left == len(lab.hosts) for t in tallies)


def test_a_lower_token_is_refused_and_changes_nothing(lab: Lab) -> None:
    fill(lab, OLD)
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    assert (
        lab.fleet.push(order(lab.hosts, base, base, token=7), store, quiet, never())[0].outcome is Outcome.OK
    )
    results = lab.fleet.push(order(lab.hosts, base, target, token=6, budget=9), store, quiet, never())
    assert {r.outcome for r in results} == {Outcome.FAILED}
    assert all("another engine has taken over" in r.reason for r in results)
    assert lab.read(lab.hosts[0]) == OLD
    again = lab.fleet.push(order(lab.hosts, base, target, token=7), store, quiet, never())
    assert {r.outcome for r in again} == {Outcome.OK}


def test_a_damaged_store_is_told_before_any_host_is_begun(lab: Lab) -> None:
    fill(lab, OLD)
    store = Store()
    base, target = store.take(ROOTS, OLD), store.take(ROOTS, NEW)
    store.forget(b"new a")
    with pytest.raises(OperationalError):
        lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert lab.read(lab.hosts[0]) == OLD


ODD_NAMES = ("-rf", "a b", "new\nline", "\"q' `$(reboot)`", "\udcff\udcfe", "ü/ÿ", ".hidden", "a/b/c/d/e")


def test_odd_names_and_empty_files_travel(lab: Lab) -> None:
    files = {f"conf/{name}": (0o644, b"") for name in ODD_NAMES}
    files["conf/link"] = (0, "\udcff -> \n".encode("utf-8", "surrogateescape"))
    store = Store()
    base, target = store.take(ROOTS, {}), store.take(ROOTS, files)
    results = lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert {r.reason for r in results} == {""}
    assert lab.read(lab.hosts[0]) == files


SHAPES = [
    {"conf": (0o644, b"a file")},
    {"conf/x": (0o644, b"x")},
    {"conf/x/y": (0o644, b"y"), "conf/x/z/w": (0o644, b"w")},
    {"conf/x": (0, b"x/y")},
    {"conf/x/y/v": (0o644, b"v")},
    {},
]


def test_files_links_and_directories_take_each_others_places(lab: Lab) -> None:
    store, host = Store(), lab.hosts[:1]
    for before in SHAPES:
        for after in SHAPES:
            base, target = store.take(ROOTS, before), store.take(ROOTS, after)
            lab.fleet.push(order(host, base, base), store, quiet, never())
            result = lab.fleet.push(order(host, base, target), store, quiet, never())[0]
            assert (result.outcome, result.reason) == (Outcome.OK, "")
            assert lab.read(lab.hosts[0]) == after


def test_the_whole_tree_can_be_the_root(lab: Lab) -> None:
    fill(lab, OLD)
    store = Store()
    base, target = store.take(["."], OLD), store.take(["."], {"top": (0o644, b"top")})
    result = lab.fleet.push(order(lab.hosts[:1], base, target), store, quiet, never())[0]
    assert result.outcome is Outcome.OK
    assert lab.read(lab.hosts[0]) == {"top": (0o644, b"top")}


LEFT_ALONE = {
    "conf/README.md": (0o644, b"read me"),
    "conf/tests/a": (0o600, b"a test"),
    "conf/deep/x.sample": (0o644, b"sample"),
    "conf/.git/HEAD": (0o644, b"ref"),
    "conf/latest.md": (0, b"README.md"),
}


@pytest.mark.parametrize("root", ["conf", "."])
def test_what_is_ignored_is_left_alone(root: str, lab: Lab) -> None:
    fill(lab, {**OLD, **LEFT_ALONE})
    store = Store()
    base, target = store.take([root], OLD), store.take([root], {"conf/a": (0o644, b"new a")})
    assert {p.manifest for p in lab.fleet.prove(lab.hosts, [root])} == {base}
    results = lab.fleet.push(order(lab.hosts, base, target), store, quiet, never())
    assert {(r.outcome, r.put_right.names) for r in results} == {(Outcome.OK, ())}
    assert lab.read(lab.hosts[0]) == {"conf/a": (0o644, b"new a"), **LEFT_ALONE}
    assert lab.fleet.prove(lab.hosts[:1], ["conf/tests", "conf/README.md"])[0].manifest == store.take(
        ["conf/tests", "conf/README.md"], {}
    )


def test_a_directory_that_holds_what_is_ignored_gives_way_to_no_file(lab: Lab) -> None:
    before = {"conf/d/a": (0o644, b"a"), "conf/d/in/README.md": (0o644, b"read me")}
    fill(lab, before)
    store = Store()
    base = store.take(ROOTS, {"conf/d/a": (0o644, b"a")})
    target = store.take(ROOTS, {"conf/b": (0o644, b"b"), "conf/d": (0o644, b"a file")})
    result = lab.fleet.push(order(lab.hosts[:1], base, target), store, quiet, never())[0]
    assert result.outcome is Outcome.FAILED
    assert "'conf/d' is a directory that holds" in result.reason
    assert lab.read(lab.hosts[0]) == before


def test_everything_on_a_host_is_put_right_and_named(lab: Lab) -> None:
    held = {f"d{n // 50}/f{n}": (0o644, b"%d" % n) for n in range(500)}
    fill(lab, held)
    odd, lost = lab.hosts[0], lab.hosts[1]
    for path, mode in (("d1/f77", 0o644), ("d3/f155", 0o600), ("top", 0o644)):
        lab.put(odd, path, b"edited" if path != "d3/f155" else b"155", mode)
    store = Store()
    base = store.take(["."], held)
    right = order(lab.hosts, base, base, step=0)
    assert [r.put_right.names for r in lab.fleet.push(right, store, quiet, never())] == [
        ("d1/f77", "d3/f155", "top"),
        (),
        (),
        (),
    ]
    assert {p.manifest for p in lab.fleet.prove(lab.hosts, ["."])} == {base}
    less = store.take(["."], {p: f for p, f in held.items() if p != "d1/f77"})
    assert lab.fleet.push(order([lost], base, less), store, quiet, never())[0].put_right.names == ()
    assert lab.fleet.push(right, store, quiet, never())[1].put_right.names == ("d1/f77",)
    assert lab.read(lost) == held


def test_a_proof_afresh_reads_every_file_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # The helper remembers files that did not change lately; here it does so at once.
    monkeypatch.setattr(program, "HELPER", altered(b"SETTLED_SECONDS = 2.0", b"SETTLED_SECONDS = -9."))
    fill(lab, OLD)
    change = lab.back_door(lab.hosts[0], "conf/a")
    store = Store()
    assert lab.fleet.prove(lab.hosts[:1], ROOTS)[0].manifest == store.take(ROOTS, OLD)
    change(b"rot a")
    rotten = store.take(ROOTS, {**OLD, "conf/a": (0o644, b"rot a")})
    assert lab.fleet.prove(lab.hosts[:1], ROOTS, afresh=True)[0].manifest == rotten
    assert lab.fleet.prove(lab.hosts[:1], ROOTS)[0].manifest == rotten


def test_who_watches_is_told_once_when_a_host_can_be_asked_again(lab: Lab) -> None:
    returned: queue.SimpleQueue[str] = queue.SimpleQueue()
    lab.fleet.watch(returned.put)
    fill(lab, OLD)
    store = Store()
    base = store.take(ROOTS, OLD)
    everywhere = order(lab.hosts, base, base, budget=9)
    lab.fleet.push(everywhere, store, quiet, never())
    assert returned.empty()
    host = lab.hosts[1]
    for _ in range(2):
        lab.break_(host)
        assert lab.fleet.push(everywhere, store, quiet, never())[1].outcome is not Outcome.OK
        assert returned.empty()
        lab.mend(host)
        lab.fleet.warm([host])
        assert returned.get(timeout=10) == host
        lab.fleet.push(everywhere, store, quiet, never())
        assert returned.empty()
