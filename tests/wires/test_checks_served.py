"""The `served` check against real web servers on loopback, and a real snapshot store."""

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from swatbot.checks.checker import Checks
from swatbot.checks.reading import UnreadableError, at_pointer, captured, same
from swatbot.checks.served import check_served
from swatbot.checks.settings import ServedCheck, WebAddress
from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask
from swatbot.tree.snapshots import SnapshotStore
from tests.wires.test_checks_http import FixedClock, in_turn, says, server

STAGES = (Stage.CANARIES,)
FILE = "wmf-config/version.json"
NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
NEW = b'{"version": 8, "name": "new"}'
POINTERS = {"pointer": "/settings/version", "file_pointer": "/version"}


class Shipped:
    """A snapshot with one file in it, and the hosts that should serve it."""

    def __init__(self, directory: Path) -> None:
        self.store = SnapshotStore(directory)
        self.state = ""
        self.ship(NEW)

    def ship(self, data: bytes, path: str = FILE, roots: tuple[str, ...] = ("wmf-config",)) -> None:
        entry = Entry(path, Kind.FILE, 0o644, len(data), self.store.put(data))
        self.state = self.store.put_manifest(Manifest.of(roots, [entry]))

    def task(self, *hosts: str, baking: bool = False) -> CheckTask:
        return CheckTask(42, Stage.CANARIES, 1, hosts, (), NOW, baking, self.state)

    def ask(self, addresses: dict[str, WebAddress], **settings: Any) -> Verdict:
        given: dict[str, Any] = {"path": "/version.json", "file": FILE, "tries": 1} | settings
        check = ServedCheck("served value", STAGES, **given)
        return check_served(check, self.task(*addresses), addresses, self.store, threading.Event())

    def told(self, body: bytes, **settings: Any) -> tuple[Finding, str]:
        """What is found of one host that says this."""
        with server(says(200, body)) as web:
            verdict = self.ask({"mw1262": web}, **settings)
        return verdict.finding, verdict.reason


@pytest.fixture
def shipped(tmp_path: Path) -> Shipped:
    return Shipped(tmp_path / "snapshots")


def version(value: object) -> bytes:
    return json.dumps({"settings": {"version": value}}).encode()


def test_hosts_that_serve_the_snapshot_pass(shipped: Shipped) -> None:
    with server(says(200, version(8))) as web:
        verdict = shipped.ask({"mw1261": web, "mw1262": web}, **POINTERS)
    assert verdict == Verdict(
        "served value", Finding.PASS, "2/2 serve what the snapshot has", ("mw1261", "mw1262")
    )


def test_a_host_that_serves_the_old_value_is_named_with_both(shipped: Shipped) -> None:
    with server(says(200, version(8))) as new, server(says(200, version(7))) as old:
        verdict = shipped.ask({"mw1261": new, "mw1262": old}, **POINTERS)
        several = shipped.ask({"mw1261": old, "mw1262": old, "mw1263": new}, **POINTERS)
    assert (verdict.finding, verdict.hosts) == (Finding.FAIL, ("mw1262",))
    assert verdict.reason == (
        "mw1262 serves 7 where the snapshot has 8 (/version.json /settings/version); try a reload"
    )
    assert several.reason == (
        "mw[1261-1262] serve 7 where the snapshot has 8 (/version.json /settings/version); try a reload"
    )


def test_hosts_that_differ_in_other_ways_are_counted(shipped: Shipped) -> None:
    with server(says(200, version(7))) as old, server(says(200, version(6))) as older:
        verdict = shipped.ask({"mw1261": old, "mw1262": older}, **POINTERS)
    assert verdict.reason.startswith("mw1261 serves 7 where the snapshot has 8")
    assert verdict.reason.endswith("; 1 more fails otherwise")
    assert verdict.hosts == ("mw1261", "mw1262")


@pytest.mark.parametrize(
    ("served", "fault"),
    [
        ("8", 'serves "8" where the snapshot has 8'),
        (True, "serves true where the snapshot has 8"),
        (None, "serves null where the snapshot has 8"),
        ("\x1b[31m<b>x" * 30, 'serves "\\u001b[31m x'),
    ],
)
def test_values_are_compared_with_their_type_and_told_harmlessly(
    shipped: Shipped, served: object, fault: str
) -> None:
    finding, reason = shipped.told(version(served), **POINTERS)
    assert finding is Finding.FAIL
    assert reason.startswith(f"mw1262 {fault}")
    assert len(reason) < 200


def test_values_that_look_alike_where_they_are_cut_are_not_told(shipped: Shipped) -> None:
    shipped.ship(json.dumps({"version": [*range(100), 1]}).encode())
    _, reason = shipped.told(version([*range(100), 2]), **POINTERS)
    assert reason == (
        "mw1262 serves another value than the snapshot has (/version.json /settings/version); try a reload"
    )


@pytest.mark.parametrize(
    ("body", "finding", "reason"),
    [
        (NEW, Finding.PASS, "1/1 serve what the snapshot has"),
        (
            NEW + b"\n",
            Finding.FAIL,
            "mw1262 serves other bytes than the snapshot has (/version.json); try a reload",
        ),
        (b"", Finding.FAIL, "mw1262 serves other bytes than the snapshot has (/version.json); try a reload"),
    ],
)
def test_without_another_way_the_body_is_the_file(
    shipped: Shipped, body: bytes, finding: Finding, reason: str
) -> None:
    assert shipped.told(body) == (finding, reason)


def test_a_file_of_more_than_a_megabyte_is_compared_to_its_last_byte(shipped: Shipped) -> None:
    large = b"x" * 2_500_000
    shipped.ship(large)
    assert shipped.told(large)[0] is Finding.PASS
    assert shipped.told(large[:-1] + b"y")[0] is Finding.FAIL
    assert shipped.told(large + b"x")[1] == "mw1262 answers with more than 2500000 bytes (/version.json)"


def test_patterns_find_a_value_on_both_sides(shipped: Shipped) -> None:
    shipped.ship(b"<?php\n$wgVersion = 'eight';\n")
    patterns = {"pattern": "<meta version='([a-z]+)'>", "file_pattern": r"\$wgVersion = '([a-z]+)'"}
    assert shipped.told(b"<p><meta version='eight'>", **patterns)[0] is Finding.PASS
    assert shipped.told(b"<p><meta version='seven'>", **patterns) == (
        Finding.FAIL,
        'mw1262 serves "seven" where the snapshot has "eight" (/version.json); try a reload',
    )
    assert shipped.told(b"<p>", **patterns) == (
        Finding.FAIL,
        "mw1262 serves what has no match of \"<meta version='([a-z]+)'>\" (/version.json)",
    )


@pytest.mark.parametrize(
    ("settings", "form"),
    [
        ({}, "{}"),
        ({}, " {}\n"),
        ({"pointer": "/files/a~1b"}, '{{"files": {{"a/b": "{}"}}}}'),
        ({"pattern": "sum: ([0-9A-Fa-f]+)"}, "sum: {}, all well"),
    ],
)
def test_a_digest_is_that_of_the_file(shipped: Shipped, settings: dict[str, str], form: str) -> None:
    right, wrong = hashlib.sha256(NEW).hexdigest(), hashlib.sha256(b"old").hexdigest()
    for digest in (right, right.upper()):
        assert shipped.told(form.format(digest).encode(), digest="sha256", **settings)[0] is Finding.PASS
    finding, reason = shipped.told(form.format(wrong).encode(), digest="sha256", **settings)
    assert finding is Finding.FAIL
    assert f"serves {wrong[:12]} where the snapshot has {right[:12]} (/version.json" in reason


def test_a_digest_that_is_no_text_is_none(shipped: Shipped) -> None:
    finding, reason = shipped.told(b'{"sum": null}', digest="sha256", pointer="/sum")
    assert finding is Finding.FAIL
    assert reason.startswith("mw1262 serves null where the snapshot has ")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"PHP Fatal error: x", "mw1262 answers 500: PHP Fatal error: x"),
        (404, version(8), 'mw1262 answers 404: {"settings": {"version": 8}}'),
        (200, b"<html>", "mw1262 serves what is no JSON (/version.json)"),
        (200, b"[" * 100_000, "mw1262 serves what is no JSON (/version.json)"),
        (200, b'{"settings": {"version": NaN}}', "mw1262 serves what is no JSON (/version.json)"),
        (
            200,
            b'{"settings": [8]}',
            "mw1262 serves what has nothing at /settings/version (/version.json)",
        ),
        (200, b" " * 1_000_001, "mw1262 answers with more than 1000000 bytes (/version.json)"),
    ],
)
def test_an_answer_that_can_not_be_judged_fails(
    shipped: Shipped, status: int, body: bytes, reason: str
) -> None:
    with server(says(status, body)) as web:
        verdict = shipped.ask({"mw1262": web}, **POINTERS)
    assert (verdict.finding, verdict.reason) == (Finding.FAIL, reason)


def test_a_host_that_does_not_answer_fails_and_one_without_address_is_unknown(shipped: Shipped) -> None:
    verdict = shipped.ask({"mw1262": WebAddress("127.0.0.1", 1)}, **POINTERS)
    assert (verdict.finding, verdict.reason) == (Finding.FAIL, "mw1262 does not answer: connection refused")
    check = ServedCheck("served value", STAGES, file=FILE)
    nowhere = check_served(check, shipped.task("mw1262"), {}, shipped.store, threading.Event())
    assert (nowhere.finding, nowhere.reason) == (Finding.UNKNOWN, "no web address of mw1262 is known")


def test_a_host_that_needs_a_moment_gets_its_next_try(shipped: Shipped) -> None:
    with server(in_turn(says(200, version(7)), says(200, version(8)))) as web:
        assert shipped.ask({"mw1262": web}, tries=2, **POINTERS).finding is Finding.PASS


def test_a_deployment_that_does_not_ship_the_file_passes_and_asks_nobody(shipped: Shipped) -> None:
    shipped.ship(b"x", "dblists/all.dblist", ("dblists", "wmf-configuration"))
    verdict = shipped.ask({"mw1262": WebAddress("127.0.0.1", 1)}, **POINTERS)
    assert (verdict.finding, verdict.reason) == (
        Finding.PASS,
        "this deployment does not ship wmf-config/version.json",
    )


def without_the_file(shipped: Shipped) -> None:
    shipped.ship(b"x", "wmf-config/other.php")


def with_a_link(shipped: Shipped) -> None:
    entry = Entry(FILE, Kind.LINK, 0, 5, "other")
    shipped.state = shipped.store.put_manifest(Manifest.of(("wmf-config",), [entry]))


def without_a_value(shipped: Shipped) -> None:
    shipped.ship(b'{"name": "new"}')


def with_broken_json(shipped: Shipped) -> None:
    shipped.ship(b'{"version": 8')


def test_a_file_that_a_later_step_brings_is_not_missed_yet(shipped: Shipped) -> None:
    shipped.ship(NEW, "wmf-config/other.json")
    check = ServedCheck("served value", STAGES, path="/version.json", file=FILE, tries=1)
    early, late = shipped.task("mw1262"), replace(shipped.task("mw1262"), step=2)
    for task, finding, reason in (
        (replace(early, last=False), Finding.PASS, f"{FILE} comes with a later step"),
        (late, Finding.UNKNOWN, f"in the snapshot {FILE} is not there"),
    ):
        verdict = check_served(check, task, {}, shipped.store, threading.Event())
        assert (verdict.finding, verdict.reason) == (finding, reason)


def without_a_manifest(shipped: Shipped) -> None:
    shipped.state = "0" * 64


def without_its_bytes(shipped: Shipped) -> None:
    shipped.store.place(hashlib.sha256(NEW).hexdigest()).unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without_the_file, "in the snapshot wmf-config/version.json is not there"),
        (with_a_link, "in the snapshot wmf-config/version.json is a symbolic link"),
        (without_a_value, "in the snapshot wmf-config/version.json has nothing at /version"),
        (with_broken_json, "in the snapshot wmf-config/version.json is no JSON"),
        (without_a_manifest, "the snapshot store does not have "),
        (without_its_bytes, "the snapshot store does not have "),
    ],
)
def test_a_snapshot_that_can_not_be_judged_is_unknown(
    shipped: Shipped, spoil: Callable[[Shipped], None], reason: str
) -> None:
    spoil(shipped)
    verdict = shipped.ask({"mw1262": WebAddress("127.0.0.1", 1)}, **POINTERS)
    assert (verdict.finding, verdict.hosts) == (Finding.UNKNOWN, ("mw1262",))
    assert verdict.reason.startswith(reason)


def test_of_a_private_file_nothing_is_told(shipped: Shipped) -> None:
    _, reason = shipped.told(version(7), private=True, **POINTERS)
    assert reason == "mw1262 serves another value than the snapshot has (/version.json); try a reload"
    without_a_value(shipped)
    _, missing = shipped.told(version(7), private=True, **POINTERS)
    shipped.ship(b"x", "static/x", ("static",))
    _, passed = shipped.told(version(7), private=True, **POINTERS)
    assert FILE not in missing + passed
    assert passed == "this deployment does not ship its file"


def test_it_is_asked_again_when_the_canaries_have_baked(shipped: Shipped) -> None:
    check = ServedCheck("served value", STAGES, file=FILE, tries=1, **POINTERS)  # type: ignore[arg-type]
    with server(in_turn(says(200, version(8)), says(200, version(7)))) as web:
        checker = Checks([check], {"mw1262": web}, FixedClock(), shipped.store)
        (verdict,) = checker.check(shipped.task("mw1262", baking=True), threading.Event())
    assert verdict.finding is Finding.FAIL


DOCUMENT = json.dumps(
    {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, 'k"l': 6, " ": 7, "m~n": 8, "~1": 9}
).encode()


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/foo/1", "baz"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/~01", 9),
    ],
)
def test_pointers_lead_where_the_standard_says(pointer: str, value: object) -> None:
    assert at_pointer(DOCUMENT, pointer) == value
    assert at_pointer(DOCUMENT, "") == json.loads(DOCUMENT)


@pytest.mark.parametrize("pointer", ["/nope", "/foo/2", "/foo/-", "/foo/01", "/foo/-1", "/foo/0/0", "/foo/x"])
def test_pointers_into_nothing(pointer: str) -> None:
    with pytest.raises(UnreadableError, match=f"has nothing at {pointer}"):
        at_pointer(DOCUMENT, pointer)


def test_a_group_that_took_no_part_is_no_match() -> None:
    with pytest.raises(UnreadableError):
        captured(b"b", "(a)?b")


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ([1, {"a": [True]}], [1.0, {"a": [True]}], True),
        ([True], [1], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
        ("1", 1, False),
        (None, False, False),
        ({}, [], False),
    ],
)
def test_values_are_the_same_as_json_means_it(one: object, other: object, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal
