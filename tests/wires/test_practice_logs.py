"""The practice log store answers like the real ones: exactly, or with an error, and with faults on order."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swatbot.practice.log_http import LogHttp
from swatbot.practice.log_line import Line
from swatbot.practice.logstore import LogStore
from swatbot.practice.web_door import Request

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
OK = Line("INFO", "200 /", "request", "/", "access")
BAD = Line(
    "ERROR", "Call to undefined function arrray() in a:1", "Call to undefined function arrray()", "/a", "e"
)
LOCK = Line("ERROR", "DBQueryError: Lock", "Lock wait timeout exceeded", "/b", "exception")
STRICT = {
    "allow_no_indices": "false",
    "ignore_unavailable": "false",
    "allow_partial_search_results": "false",
}


@dataclass
class SetClock:
    time: datetime = START

    def now(self) -> datetime:
        return self.time

    def at(self, when: datetime | None, call: object) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


@dataclass
class World:
    """A store with 20 seconds of logs: an OK line a second and host, errors on the canary from second 10."""

    clock: SetClock = field(default_factory=SetClock)
    store: LogStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = LogStore(self.clock, keep=60)
        for second in range(20):
            self.clock.time = START + timedelta(seconds=second)
            for host in ("mw1261", "mw1264", "mw1265"):
                self.store.add(host, OK)
            if second >= 10:
                self.store.add("mw1261", BAD)
        self.store.add("mw1264", LOCK)

    def ask(self, body: object, index: str = "practice", **parameters: str) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        request = Request("POST", f"/{index}/_search", parameters, headers, json.dumps(body).encode())
        answer = LogHttp(self.store).answer(request)
        return answer.status, json.loads(answer.body)

    def found(self, body: object) -> Any:
        status, answer = self.ask(body, **STRICT)
        assert status == 200, answer
        return answer

    def count(self, query: object) -> int:
        return int(
            self.found({"query": query, "size": 0, "track_total_hits": True})["hits"]["total"]["value"]
        )


@pytest.fixture
def world() -> World:
    return World()


def at(second: float) -> str:
    return (START + timedelta(seconds=second)).isoformat()


def test_the_log_checks_question(world: World) -> None:
    since = {"range": {"@timestamp": {"gte": at(10), "lt": at(20)}}}
    errors = {"terms": {"level": ["ERROR", "CRITICAL", "FATAL"]}}
    messages = {
        "terms": {"field": "normalized_message", "size": 50},
        "aggs": {"hosts": {"terms": {"field": "host"}}},
    }
    answer = world.found(
        {
            "size": 0,
            "query": {"bool": {"filter": [since, {"terms": {"host": ["mw1261", "mw1264"]}}]}},
            "aggs": {
                "hosts": {"terms": {"field": "host"}, "aggs": {"newest": {"max": {"field": "@timestamp"}}}},
                "errors": {"filter": errors, "aggs": {"messages": messages}},
            },
        }
    )
    hosts = answer["aggregations"]["hosts"]["buckets"]
    newest = (START + timedelta(seconds=19)).timestamp() * 1000
    assert [(b["key"], b["doc_count"], b["newest"]["value"]) for b in hosts] == [
        ("mw1261", 20, newest),
        ("mw1264", 11, newest),
    ]
    found = answer["aggregations"]["errors"]
    assert found["doc_count"] == 11
    assert [(b["key"], b["doc_count"]) for b in found["messages"]["buckets"]] == [
        ("Call to undefined function arrray()", 10),
        ("Lock wait timeout exceeded", 1),
    ]
    assert found["messages"]["buckets"][0]["hosts"]["buckets"] == [{"key": "mw1261", "doc_count": 10}]
    assert answer["timed_out"] is False
    assert answer["_shards"] == {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    assert answer["hits"]["total"] == {"value": 31, "relation": "eq"}
    assert answer["hits"]["hits"] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"match_all": {}}, 71),
        ({"term": {"level": "ERROR"}}, 11),
        ({"term": {"level.keyword": {"value": "ERROR"}}}, 11),
        ({"bool": {"must": {"term": {"host": "mw1261"}}, "must_not": [{"term": {"level": "ERROR"}}]}}, 20),
        ({"bool": {}}, 71),
        ({"range": {"@timestamp": {"gt": at(18)}}}, 5),
        ({"range": {"@timestamp": {"lte": at(0)}}}, 3),
        ({"range": {"@timestamp": {"gte": "now-1s", "lte": "now"}}}, 9),
        ({"range": {"@timestamp": {"gte": int((START + timedelta(seconds=19)).timestamp() * 1000)}}}, 5),
        ({"exists": {"field": "message"}}, 71),
        ({"terms": {"host": []}}, 0),
    ],
)
def test_queries(world: World, query: object, count: int) -> None:
    assert world.count(query) == count


def test_documents_newest_first(world: World) -> None:
    body = {"size": 1, "sort": [{"@timestamp": {"order": "desc"}}], "query": {"term": {"host": "mw1261"}}}
    (hit,) = world.found(body)["hits"]["hits"]
    assert hit["_source"] == {
        "@timestamp": "2026-03-02T14:00:19.000Z",
        "host": "mw1261",
        "level": "INFO",
        "message": "200 /",
        "normalized_message": "request",
        "url": "/",
        "channel": "access",
    }
    assert hit["sort"] == [1772460019000]


def test_the_other_aggregations(world: World) -> None:
    errors = {"term": {"level": "ERROR"}}
    first = {"top_hits": {"size": 1, "sort": {"@timestamp": "asc"}, "_source": ["url"]}}
    aggs = {
        "named": {"filters": {"filters": {"bad": errors, "all": {"match_all": {}}}}},
        "time": {"date_histogram": {"field": "@timestamp", "fixed_interval": "10s"}},
        "oldest": {"min": {"field": "@timestamp"}},
        "hosts": {"cardinality": {"field": "host"}},
        "lines": {"value_count": {"field": "level"}},
        "bad": {"filter": errors, "aggs": {"first": first, "gaps": {
            "date_histogram": {"field": "@timestamp", "fixed_interval": "500ms"}}}},
    }  # fmt: skip
    found = world.found({"size": 0, "aggs": aggs})["aggregations"]
    assert {k: v["doc_count"] for k, v in found["named"]["buckets"].items()} == {"bad": 11, "all": 71}
    assert [b["doc_count"] for b in found["time"]["buckets"]] == [30, 41]
    assert found["time"]["buckets"][1]["key_as_string"] == "2026-03-02T14:00:10.000Z"
    assert found["oldest"]["value_as_string"] == "2026-03-02T14:00:00.000Z"
    assert (found["hosts"]["value"], found["lines"]["value"]) == (3, 71)
    assert found["bad"]["first"]["hits"]["hits"][0]["_source"] == {"url": "/a"}
    assert [b["doc_count"] for b in found["bad"]["gaps"]["buckets"]] == [1, 0] * 9 + [2]


def test_terms_are_cut_to_size_and_say_so(world: World) -> None:
    aggs = {"hosts": {"terms": {"field": "host", "size": 1, "order": {"_key": "desc"}}}}
    found = world.found({"size": 0, "aggs": aggs})["aggregations"]["hosts"]
    assert [b["key"] for b in found["buckets"]] == ["mw1265"]
    assert found["sum_other_doc_count"] == 51


def test_an_empty_maximum_is_null(world: World) -> None:
    body = {"query": {"terms": {"host": []}}, "aggs": {"newest": {"max": {"field": "@timestamp"}}}}
    assert world.found(body)["aggregations"]["newest"] == {"value": None}


def test_totals_stop_where_they_are_told_to(world: World) -> None:
    assert world.found({"track_total_hits": 50})["hits"]["total"] == {"value": 50, "relation": "gte"}
    assert "total" not in world.found({"track_total_hits": False})["hits"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"querry": {}},
        {"query": {}},
        {"query": {"match": {"message": "x"}}},
        {"query": {"bool": {"should": []}}},
        {"query": {"term": {"message": "x"}}},
        {"query": {"term": {"hostname": "x"}}},
        {"query": {"term": {"level": 3}}},
        {"query": {"range": {"host": {"gte": "a"}}}},
        {"query": {"range": {"@timestamp": {"gte": "yesterday"}}}},
        {"query": {"range": {"@timestamp": {"from": "now"}}}},
        {"size": -1},
        {"size": 10_001},
        {"sort": "host"},
        {"_source": "mess*"},
        {"aggs": {"a": {"avg": {"field": "@timestamp"}}}},
        {"aggs": {"a": {"terms": {"field": "message"}}}},
        {"aggs": {"a": {"terms": {"field": "host", "include": "x"}}}},
        {"aggs": {"a": {"terms": {"field": "host", "order": {"newest": "asc"}}}}},
        {"aggs": {"a": {"terms": {"field": "host"}, "max": {"field": "@timestamp"}}}},
        {"aggs": {"a": {"max": {"field": "host"}}}},
        {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "calendar_interval": "1d"}}}},
        {"aggs": {"a": {"date_histogram": {"field": "@timestamp", "fixed_interval": "0s"}}}},
    ],
)
def test_what_is_not_understood_is_refused(world: World, body: object) -> None:
    status, answer = world.ask(body)
    assert status == 400
    assert answer["status"] == 400
    assert answer["error"]["reason"]


@pytest.mark.parametrize(
    ("index", "parameters", "status"),
    [
        ("practice*", STRICT, 200),
        ("logstash", {}, 404),
        ("logstash", {"ignore_unavailable": "true"}, 200),
        ("practice,logstash", STRICT, 404),
        ("logstash-*", {}, 200),
        ("logstash-*", STRICT, 404),
        ("practice", {"allow_no_indexes": "false"}, 400),
        ("practice", {"allow_no_indices": "no"}, 400),
    ],
)
def test_indices(world: World, index: str, parameters: dict[str, str], status: int) -> None:
    got, answer = world.ask({}, index, **parameters)
    assert got == status
    if status == 404:
        assert answer["error"]["type"] == "index_not_found_exception"
    if status == 200 and "practice" not in index:
        assert answer["hits"]["total"]["value"] == 0


def test_a_stall_makes_documents_late_and_loses_none(world: World) -> None:
    world.store.faults.stall = 5
    assert world.count({"match_all": {}}) == 3 * 15 + 5
    world.store.faults.stall = 0
    world.store.faults.stalled["mw1261"] = 60
    assert world.count({"term": {"host": "mw1261"}}) == 0
    assert world.count({"match_all": {}}) == 41
    world.store.faults.stalled.clear()
    assert world.count({"match_all": {}}) == 71


def test_a_partial_answer_says_so_or_is_an_error(world: World) -> None:
    world.store.faults.timed_out = True
    assert world.ask({})[1]["timed_out"] is True
    assert world.ask({}, **STRICT)[0] == 504
    world.store.faults.timed_out = False
    world.store.faults.failed_shards = 1
    answer = world.ask({})[1]
    assert (answer["_shards"]["failed"], answer["hits"]["total"]["value"]) == (1, 0)
    assert world.ask({}, **STRICT)[0] == 504


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_refusal_by_status(world: World, status: int) -> None:
    world.store.faults.status = status
    got, answer = world.ask({})
    assert (got, answer["status"]) == (status, status)


def test_a_body_that_is_no_json_and_a_type_that_is_none(world: World) -> None:
    face = LogHttp(world.store)
    typed = {"content-type": "application/json; charset=utf-8"}
    assert face.answer(Request("POST", "/practice/_search", {}, typed, b"{")).status == 400
    assert face.answer(Request("POST", "/practice/_search", {}, {}, b"{}")).status == 406
    assert face.answer(Request("POST", "/practice/_bulk", {}, typed, b"{}")).status == 400
    assert face.answer(Request("GET", "/practice/_search")).status == 200


def test_old_documents_are_forgotten_and_new_ones_are_not(world: World) -> None:
    for n in range(9000):
        world.clock.time = START + timedelta(seconds=20 + n / 50)
        world.store.add("mw1261", OK)
    assert len(world.store) < 8000
    assert world.count({"range": {"@timestamp": {"gt": "now-60s"}}}) == 3000


def test_a_clock_that_is_set_back_loses_nothing(world: World) -> None:
    world.clock.time = START
    world.store.add("mw1264", LOCK)
    world.clock.time = START + timedelta(seconds=30)
    assert world.count({"range": {"@timestamp": {"gte": at(19)}}}) == 6
