"""Asks OpenSearch or Elasticsearch, and refuses every answer that does not tell all."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from swatbot.checks.settings import LogsCheck
from swatbot.checks.wording import first_line
from swatbot.ports import CheckTask

PAST = timedelta(minutes=10)
_MOST_CANARY_MESSAGES = 200
_MOST_MESSAGES = 1000
_STRICT = "allow_no_indices=false&ignore_unavailable=false&allow_partial_search_results=false"


class RefusedError(Exception):
    """There was no answer, or one that must not be trusted; the text says why."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Error lines of some hosts in some time.

    Attributes:
        total: how many.
        messages: how many of each message.
        complete: whether `messages` has every message, rather than the most frequent.
    """

    total: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """What the logs said at one moment.

    Attributes:
        at: when they were asked.
        newest: time of the newest line of any level, for each canary that has one in the last minutes.
        canaries: errors on the canaries since they have the change.
        spread: for each host among the canaries its errors.
        where: for each of the canaries' messages the hosts that have it.
        control: errors in the control group over the same time.
        before: errors on all of them in the 10 minutes before.
        own_past: how many of those were on the canaries.
    """

    at: datetime
    newest: Mapping[str, datetime]
    canaries: Errors
    spread: Mapping[str, int]
    where: Mapping[str, frozenset[str]]
    control: Errors
    before: Errors
    own_past: int


class LogSource:
    """One log store, asked with one search for each sample."""

    def __init__(self, check: LogsCheck) -> None:
        self._check = check
        self._url = f"{check.url.rstrip('/')}/{quote(check.index, safe='*,-')}/_search?{_STRICT}"
        self._headers = {"Content-Type": "application/json", "User-Agent": "swatbot"}
        if check.username:
            secret = base64.b64encode(f"{check.username}:{check.password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {secret}"
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=check.timeout, read=check.timeout),
            retries=False,
            cert_reqs="CERT_REQUIRED",
            ca_certs=check.ca_file or None,
        )

    def ask(self, task: CheckTask, now: datetime) -> Sample:
        """Take a sample.

        Args:
            task: names the canaries, the control group, and since when the canaries have the change.
            now: the end of what is asked for.

        Raises:
            RefusedError: no answer, a partial one, or one that is not understood.
        """
        answer = self._post(query(self._check, task, now))
        try:
            return _sample(answer["aggregations"], now)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RefusedError(f"its answer is not understood ({type(error).__name__}: {error})") from error

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._http.request(
                "POST", self._url, body=json.dumps(body).encode(), headers=self._headers, redirect=False
            )
            data = response.data
        except HTTPError as error:
            raise RefusedError(f"it does not answer: {first_line(str(error))}") from error
        if response.status != 200:
            raise RefusedError(f"it answers {response.status}: {_reason(data)}")
        try:
            answer = json.loads(data)
        except ValueError as error:
            raise RefusedError("its answer is not JSON") from error
        _whole(answer)
        found: dict[str, Any] = answer
        return found


def query(check: LogsCheck, task: CheckTask, now: datetime) -> dict[str, Any]:
    """The one search: newest line of each canary, errors by message and host, now and before."""
    canaries = {"terms": {check.host_field: list(task.hosts)}}
    everyone = {"terms": {check.host_field: [*task.hosts, *task.control]}}
    level = {"terms": {check.level_field: list(check.error_levels)}}
    since = {"range": {check.time_field: {"gte": _iso(task.since), "lte": _iso(now)}}}
    past = {"range": {check.time_field: {"gte": _iso(task.since - PAST), "lt": _iso(task.since)}}}
    recent = {"range": {check.time_field: {"gte": _iso(task.since - PAST), "lte": _iso(now)}}}
    hosts = {"terms": {"field": check.host_field, "size": max(1, len(task.hosts))}}
    newest = {"newest": {"max": {"field": check.time_field}}}
    message = {"field": check.message_field, "size": _MOST_MESSAGES}
    by_message_and_host = {
        "terms": message | {"size": _MOST_CANARY_MESSAGES},
        "aggs": {"hosts": hosts},
    }
    aggs: dict[str, Any] = {
        "lines": {"filter": canaries, "aggs": {"hosts": hosts | {"aggs": newest}}},
        "canaries": {
            "filter": _all(canaries, level, since),
            "aggs": {"hosts": hosts, "messages": by_message_and_host},
        },
        "before": {
            "filter": _all(level, past),
            "aggs": {"messages": {"terms": message}, "canaries": {"filter": canaries}},
        },
    }
    if task.control:
        control = {"terms": {check.host_field: list(task.control)}}
        aggs["control"] = {"filter": _all(control, level, since), "aggs": {"messages": {"terms": message}}}
    return {"size": 0, "query": _all(recent, everyone), "aggs": aggs}


def _all(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"filter": list(filters)}}


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _whole(answer: Any) -> None:
    """Refuse what is not the whole truth: such answers come with status 200."""
    shards = answer.get("_shards") if isinstance(answer, dict) else None
    if not isinstance(shards, dict):
        raise RefusedError("its answer is not one of a search")
    if answer.get("timed_out") is not False:
        raise RefusedError("it ran out of time and answered in part")
    if shards.get("failed") != 0:
        raise RefusedError(f"{shards.get('failed')} of {shards.get('total')} shards failed")
    if not shards.get("total"):
        raise RefusedError("no index has the name that it was asked for")


def _reason(data: bytes) -> str:
    try:
        error = json.loads(data)["error"]
        text = error if isinstance(error, str) else error["reason"]
        return first_line(str(text))
    except (ValueError, KeyError, TypeError):
        return first_line(data.decode("utf-8", "replace"))


def _sample(aggs: dict[str, Any], now: datetime) -> Sample:
    lines, canaries, before = aggs["lines"]["hosts"]["buckets"], aggs["canaries"], aggs["before"]
    messages = canaries["messages"]["buckets"]
    return Sample(
        at=now,
        newest={b["key"]: datetime.fromtimestamp(b["newest"]["value"] / 1000, UTC) for b in lines},
        canaries=_errors(canaries),
        spread={b["key"]: b["doc_count"] for b in canaries["hosts"]["buckets"]},
        where={b["key"]: frozenset(h["key"] for h in b["hosts"]["buckets"]) for b in messages},
        control=_errors(aggs["control"]) if "control" in aggs else Errors(),
        before=_errors(before),
        own_past=before["canaries"]["doc_count"],
    )


def _errors(part: dict[str, Any]) -> Errors:
    messages = part["messages"]
    counts = {str(b["key"]): int(b["doc_count"]) for b in messages["buckets"]}
    return Errors(int(part["doc_count"]), counts, not messages.get("sum_other_doc_count", 0))
