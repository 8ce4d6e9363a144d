"""The `logs` check against a real HTTP server that answers as a log store, on a clock without waiting."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from swatbot.checks.checker import Checks
from swatbot.checks.logs_rule import Opinion, Terms, judge
from swatbot.checks.logs_source import Errors, LogSource, Sample, query
from swatbot.checks.settings import LogsCheck
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask
from swatbot.practice.log_line import Line
from swatbot.practice.logstore import LogStore
from tests.wires.test_checks_http import NOTHING

SINCE = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
CANARIES = ("mw1261", "mw1262", "mw1263")
CONTROL = tuple(f"mw{n}" for n in range(1264, 1272))
FATAL = "Call to undefined function arrray()"
USUAL = "Timeout of the cache"
STAGES = (Stage.CANARIES,)


class Time:
    """Clock and Stop in one: waiting moves the clock, so a minute of watching takes no time."""

    def __init__(self) -> None:
        self.seconds = 1.0
        self.stop_at = 1e9

    def now(self) -> datetime:
        return SINCE + timedelta(seconds=self.seconds)

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def is_set(self) -> bool:
        return self.seconds >= self.stop_at

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds += timeout or 0.0
        return self.is_set()


@dataclass
class World:
    """What happened in the logs, as rates per second and host, and how the store answers."""

    time: Time
    url: str = ""
    canary: dict[str, float] = field(default_factory=lambda: {USUAL: 0.4})
    control: dict[str, float] = field(default_factory=lambda: {USUAL: 0.5})
    past: dict[str, float] = field(default_factory=lambda: {USUAL: 0.5})
    bad_hosts: tuple[str, ...] = CANARIES
    newest: dict[str, float] = field(default_factory=dict)
    stamps: list[float] | None = None
    status: int = 200
    change: Callable[[dict[str, Any]], Any] = lambda answer: answer
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)

    def answer(self) -> Any:
        if self.status != 200:
            return {"error": {"type": "x", "reason": "no such index [nothing]"}, "status": self.status}
        return self.change(self._whole())

    def _whole(self) -> dict[str, Any]:
        seconds = self.time.seconds
        per_host = {m: int(rate * seconds) for m, rate in self.canary.items() if int(rate * seconds)}
        hosts = self.bad_hosts
        messages = [
            _bucket(m, n * len(hosts), hosts={"buckets": [_bucket(h, n) for h in hosts]})
            for m, n in per_host.items()
        ]
        spread = [_bucket(h, sum(per_host.values())) for h in hosts if per_host]
        lines = [
            _bucket(h, 100, newest={"value": (SINCE.timestamp() + newest) * 1000})
            for h in CANARIES
            if (newest := self._newest(h)) is not None
        ]
        total = sum(per_host.values()) * len(hosts)
        past = _part({m: int(rate * 600 * 11) for m, rate in self.past.items()})
        return {
            "took": 3,
            "timed_out": False,
            "_shards": {"total": 2, "successful": 2, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": 10_000, "relation": "gte"}, "hits": []},
            "aggregations": {
                "lines": {"doc_count": 300, "hosts": {"buckets": lines}},
                "canaries": {
                    "doc_count": total,
                    "hosts": {"buckets": spread},
                    "messages": {"buckets": messages},
                },
                "control": _part({m: int(rate * seconds * len(CONTROL)) for m, rate in self.control.items()}),
                "before": past | {"canaries": {"doc_count": int(sum(self.past.values()) * 600 * 3)}},
            },
        }

    def _newest(self, host: str) -> float | None:
        """Seconds after the sync of the newest line that was asked for."""
        if self.stamps is None:
            newest = self.newest.get(host, self.time.seconds - 1)
            return newest if newest > -1e6 else None
        bounds = self.asked[-1][1]["query"]["bool"]["filter"][0]["range"]["@timestamp"]
        low, high = ((datetime.fromisoformat(bounds[b]) - SINCE).total_seconds() for b in ("gte", "lte"))
        return max((s for s in self.stamps if low <= s <= high), default=None)


def _bucket(key: str, count: int, **more: Any) -> dict[str, Any]:
    return {"key": key, "doc_count": count, **more}


def _part(counts: dict[str, int]) -> dict[str, Any]:
    buckets = [_bucket(message, count) for message, count in counts.items() if count]
    return {"doc_count": sum(counts.values()), "messages": {"buckets": buckets, "sum_other_doc_count": 0}}


@pytest.fixture
def world() -> Iterator[World]:
    made = World(Time())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.path, json.loads(body), dict(self.headers)))
            answer = made.answer()
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        made.url = f"http://127.0.0.1:{httpd.server_port}/"
        yield made
        httpd.shutdown()
        thread.join()


def task(control: tuple[str, ...] = CONTROL) -> CheckTask:
    return CheckTask(42, Stage.CANARIES, 1, CANARIES, control, SINCE, True, "")


def watch(world: World, control: tuple[str, ...] = CONTROL, **settings: Any) -> Verdict:
    check = LogsCheck("logs", STAGES, world.url, "mediawiki-*", **settings)
    (verdict,) = Checks([check], {}, world.time, NOTHING).check(task(control), world.time)
    assert verdict.check == "logs"
    assert verdict.hosts == CANARIES
    return verdict


def test_canaries_like_the_control_group_pass_early(world: World) -> None:
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (
        Finding.PASS,
        "after 13 s: 0.4 errors/s per host, control group 0.5",
    )


def test_a_new_message_on_all_canaries_fails(world: World) -> None:
    world.canary = {USUAL: 0.4, FATAL: 4.0}
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (
        Finding.FAIL,
        f'new message "{FATAL}" 12× on 3/3 canaries, 0× in the control group',
    )
    assert world.time.seconds == 1.0


def test_a_message_that_was_there_before_is_not_new(world: World) -> None:
    world.canary = {FATAL: 0.6}
    world.past = {FATAL: 0.01}
    assert watch(world).finding is Finding.PASS


def test_a_flood_of_a_known_message_fails_by_its_rate(world: World) -> None:
    world.canary = {USUAL: 9.0}
    world.time.seconds = 6.0
    verdict = watch(world)
    assert verdict.finding is Finding.FAIL
    assert verdict.reason == f'9.0 errors/s per host on 3/3 canaries, control group 0.5, most often "{USUAL}"'


def test_one_host_alone_does_not_fail_the_canaries(world: World) -> None:
    world.bad_hosts = ("mw1262",)
    world.canary = {FATAL: 30.0}
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (
        Finding.PASS,
        "after 61 s: 10.0 errors/s per host, control group 0.5 (higher, but not ten times)",
    )


def test_a_silent_canary_is_unknown(world: World) -> None:
    world.newest = {"mw1262": -2e6, "mw1263": 2.0}
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (Finding.UNKNOWN, "no log line from mw1262 for 15 s")
    assert world.time.seconds == 17.0


def every(seconds: float, start: float, end: float) -> list[float]:
    return [start + i * seconds for i in range(int((end - start) / seconds))]


def test_silence_and_then_one_line_is_unknown_for_who_looks_late(world: World) -> None:
    world.time.seconds = 960.0
    world.stamps = [-1.0, 959.0]
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (
        Finding.UNKNOWN,
        "no log line from mw[1261-1263] for 15 s from 14:00:00 UTC on",
    )
    assert len(world.asked) == 1


def test_a_silence_in_the_middle_is_found(world: World) -> None:
    world.time.seconds = 960.0
    world.stamps = [*every(1, 0, 301), *every(1, 316, 1000)]
    assert watch(world).reason == "no log line from mw[1261-1263] for 15 s from 14:05:00 UTC on"
    world.stamps.append(310.0)
    assert watch(world).finding is Finding.PASS


def test_who_looks_late_looks_at_all_that_has_passed_without_waiting(world: World) -> None:
    world.time.seconds = 200.0
    world.stamps = every(14, 0, 300)
    verdict = watch(world, poll=7.0)
    assert (verdict.finding, world.time.seconds) == (Finding.PASS, 200.0)
    assert 13 <= len(world.asked) <= 16


@pytest.mark.parametrize(
    ("seconds", "finding"),
    [(every(2, 0, 300), Finding.PASS), ([0.0, 299.0], Finding.UNKNOWN), ([], Finding.UNKNOWN)],
)
def test_the_practice_log_store_answers_who_looks_late(
    world: World, seconds: list[float], finding: Finding
) -> None:
    store = LogStore(world.time)
    for world.time.seconds in seconds:
        for host in CANARIES:
            store.add(host, Line("INFO", "200 /", "request", "/", "access"))
    world.time.seconds = 300.0
    world.change = lambda _: store.search(world.asked[-1][1])
    assert watch(world).finding is finding


def test_stop_ends_looking_back(world: World) -> None:
    world.time.seconds = 960.0
    world.time.stop_at = 0.0
    world.stamps = every(1, 0, 1000)
    assert watch(world).reason == "stopped before it could tell"
    assert len(world.asked) == 1


def test_old_lines_only_are_unknown_too(world: World) -> None:
    world.newest = dict.fromkeys(CANARIES, -300.0)
    assert watch(world).reason == "no log line from mw[1261-1263] for 15 s"


def test_logs_that_lag_to_the_end_are_unknown(world: World) -> None:
    world.newest = dict.fromkeys(CANARIES, 11.0)
    verdict = watch(world, patience=100.0)
    assert (verdict.finding, verdict.reason) == (
        Finding.UNKNOWN,
        "the logs are complete for 11 s only, 61 s after the sync",
    )


def test_without_a_control_group_the_canaries_own_past_stands_in(world: World) -> None:
    verdict = watch(world, control=())
    assert verdict.finding is Finding.PASS
    assert (
        verdict.reason == "after 13 s: 0.4 errors/s per host, 0.5 in the 10 minutes before (no control group)"
    )
    assert "control" not in world.asked[0][1]["aggs"]
    world.canary = {FATAL: 4.0}
    world.time.seconds = 1.0
    assert watch(world, control=()).reason.endswith("0× in the 10 minutes before (no control group)")


def _set(*path: str, to: Any) -> Callable[[dict[str, Any]], Any]:
    def change(answer: dict[str, Any]) -> Any:
        place = answer
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to
        return answer

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("timed_out", to=True), "it ran out of time and answered in part"),
        (_set("_shards", "failed", to=1), "1 of 2 shards failed"),
        (_set("_shards", "total", to=0), "no index has the name that it was asked for"),
        (_set("aggregations", to={}), "its answer is not understood (KeyError: 'lines')"),
        (_set("aggregations", "canaries", to=None), "its answer is not understood"),
        (lambda _: b"<html>", "its answer is not JSON"),
        (lambda _: [], "its answer is not one of a search"),
        (lambda _: {"took": 1}, "its answer is not one of a search"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(
    world: World, change: Callable[[dict[str, Any]], Any], reason: str
) -> None:
    world.change = change
    verdict = watch(world)
    assert verdict.finding is Finding.UNKNOWN
    assert verdict.reason.startswith(f"the log store can not be asked: {reason}")
    assert world.time.seconds == 17.0


@pytest.mark.parametrize("status", [400, 401, 404, 429, 503])
def test_an_error_is_refused(world: World, status: int) -> None:
    world.status = status
    verdict = watch(world, username="bot", password="hunter2")
    expected = f"the log store can not be asked: it answers {status}: no such index [nothing]"
    assert (verdict.finding, verdict.reason) == (Finding.UNKNOWN, expected)


def test_nobody_at_the_address_is_unknown(world: World) -> None:
    verdict = watch(replace(world, url="http://127.0.0.1:1"))
    assert verdict.finding is Finding.UNKNOWN
    assert verdict.reason.startswith("the log store can not be asked: it does not answer: ")


def test_a_short_refusal_is_forgiven(world: World) -> None:
    def change(answer: dict[str, Any]) -> Any:
        return answer if world.time.seconds > 10 else b"busy"

    world.change = change
    assert watch(world).finding is Finding.PASS


def test_stop_is_unknown(world: World) -> None:
    world.time.stop_at = 5.0
    verdict = watch(world)
    assert (verdict.finding, verdict.reason) == (Finding.UNKNOWN, "stopped before it could tell")
    assert len(world.asked) == 2


def test_one_strict_search_for_each_poll(world: World) -> None:
    watch(world, username="bot", password="hünter2", time_field="time")
    assert len(world.asked) == 7
    path, body, headers = world.asked[0]
    assert urlsplit(path).path == "/mediawiki-*/_search"
    assert parse_qs(urlsplit(path).query) == {
        "allow_no_indices": ["false"],
        "ignore_unavailable": ["false"],
        "allow_partial_search_results": ["false"],
    }
    assert headers["Authorization"] == "Basic " + base64.b64encode("bot:hünter2".encode()).decode()
    assert body["size"] == 0
    bounds = {"gte": "2026-01-05T13:50:00.000Z", "lte": "2026-01-05T14:00:01.000Z"}
    assert body["query"]["bool"]["filter"][0] == {"range": {"time": bounds}}


def test_no_secret_is_shown() -> None:
    assert "hunter2" not in repr(LogsCheck("l", STAGES, "http://x", "i", "bot", "hunter2"))


def test_the_query_names_all_fields_as_configured() -> None:
    check = LogsCheck(
        "l",
        STAGES,
        "u",
        "i",
        host_field="HOST",
        level_field="LEVEL",
        message_field="MESSAGE",
        time_field="TIME",
    )
    text = json.dumps(query(check, task(), SINCE))
    assert all(text.count(f'"{name}"') for name in ("HOST", "LEVEL", "MESSAGE", "TIME"))
    assert "normalized_message" not in text
    assert "@timestamp" not in text


def sample(**changes: Any) -> Sample:
    at = SINCE + timedelta(seconds=20)
    made = Sample(
        at=at,
        newest=dict.fromkeys(CANARIES, at),
        canaries=Errors(12, {FATAL: 12}),
        spread={"mw1261": 6, "mw1262": 6},
        where={FATAL: frozenset(("mw1261", "mw1262"))},
        control=Errors(),
        before=Errors(),
        own_past=0,
    )
    return replace(made, **changes)


TERMS = Terms(CANARIES, CONTROL, SINCE, watch=60.0, least=12.0, patience=15.0)


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({}, True),
        ({"canaries": Errors(9, {FATAL: 9})}, False),
        ({"where": {FATAL: frozenset(("mw1261",))}}, False),
        ({"control": Errors(1, {FATAL: 1})}, False),
        ({"before": Errors(1, {FATAL: 1})}, False),
        ({"control": Errors(1, {}, complete=False)}, False),
        ({"before": Errors(1, {}, complete=False)}, False),
    ],
)
def test_what_makes_a_message_new(changes: dict[str, Any], fails: bool) -> None:
    opinion = judge(sample(**changes), TERMS)
    assert opinion is not None
    assert (opinion.finding is Finding.FAIL) is fails


def test_the_only_canary_may_fail_alone() -> None:
    terms = replace(TERMS, canaries=("mw1261",))
    opinion = judge(sample(where={FATAL: frozenset(("mw1261",))}), terms)
    assert opinion == Opinion(
        Finding.FAIL, f'new message "{FATAL}" 12× on 1/1 canaries, 0× in the control group'
    )


def test_there_is_no_pass_before_the_data_are_complete() -> None:
    quiet = sample(canaries=Errors(), spread={}, where={})
    late = {"mw1261": SINCE + timedelta(seconds=11)}
    assert judge(replace(quiet, newest={**quiet.newest, **late}), TERMS) is None
    passed = judge(quiet, TERMS)
    assert passed is not None
    assert passed.finding is Finding.PASS


def test_the_source_can_be_asked_alone(world: World) -> None:
    check = LogsCheck("logs", STAGES, world.url, "x")
    world.time.seconds = 10.0
    found = LogSource(check).ask(task(), world.time.now())
    assert found.canaries == Errors(12, {USUAL: 12})
    assert found.where == {USUAL: frozenset(CANARIES)}
    assert found.newest["mw1261"] == SINCE + timedelta(seconds=9)
    assert (found.control.total, found.own_past) == (40, 900)
