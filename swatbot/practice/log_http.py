"""The log store's face on the network: what OpenSearch and Elasticsearch answer to a search, and when not."""

import json
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from swatbot.practice.log_filter import QueryError
from swatbot.practice.log_hits import INDEX
from swatbot.practice.logstore import LogStore
from swatbot.practice.web_door import Request, Response

_JSON = "application/json; charset=UTF-8"
_PARAMETERS = frozenset(
    (
        "allow_no_indices",
        "ignore_unavailable",
        "allow_partial_search_results",
        "expand_wildcards",
        "request_cache",
        "preference",
        "pretty",
        "timeout",
    )
)
_STATUS_TYPES = {
    401: "security_exception",
    403: "security_exception",
    429: "es_rejected_execution_exception",
}
_NOTHING = {
    "took": 0,
    "timed_out": False,
    "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0},
    "hits": {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []},
}


class LogHttp:
    """Answers HTTP requests about one log store, whose one index is `practice`."""

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def answer(self, request: Request) -> Response:
        """Answer a request; faults come first."""
        if self._store.faults.status:
            status = self._store.faults.status
            return _error(status, _STATUS_TYPES.get(status, "exception"), HTTPStatus(status).phrase)
        if request.path == "/":
            return _json(200, {"version": {"number": "2.11.0", "distribution": "opensearch"}})
        index, _, action = request.path.strip("/").partition("/")
        if action != "_search" or request.method not in ("GET", "POST"):
            what = f"no handler found for uri [{request.path}] and method [{request.method}]"
            return _error(400, "illegal_argument_exception", what)
        kind = request.header("content-type")
        if request.body and not kind.startswith("application/json"):
            reason = f"Content-Type header [{kind}] is not supported"
            return _error(406, "media_type_header_exception", reason)
        try:
            return self._search(index, request)
        except QueryError as error:
            return _error(400, error.kind, error.reason)

    def _search(self, index: str, request: Request) -> Response:
        unknown = sorted(request.query.keys() - _PARAMETERS)
        if unknown:
            what = f"request [{request.path}] contains unrecognized parameter: [{unknown[0]}]"
            raise QueryError(what, "illegal_argument_exception")
        partial = _flag(request, "allow_partial_search_results")
        missing = _missing(index, request)
        if missing is not None:
            return missing
        if not _matches(index):
            return _json(200, _NOTHING)
        return self._found(_body(request), partial=partial)

    def _found(self, body: object, *, partial: bool) -> Response:
        answer = self._store.search(body)
        if not partial and (answer["timed_out"] or answer["_shards"]["failed"]):
            return _error(504, "search_phase_execution_exception", "Partial shards failure")
        return _json(200, answer)


def _missing(index: str, request: Request) -> Response | None:
    """The 404 for an index that is named and not there, or for a pattern that must match and does not."""
    patterns_may_miss = _flag(request, "allow_no_indices")
    names_may_miss = _flag(request, "ignore_unavailable", default=False)
    for name in index.split(","):
        forgiven = patterns_may_miss if "*" in name else names_may_miss
        if not forgiven and not _matches(name):
            return _error(404, "index_not_found_exception", f"no such index [{name}]")
    return None


def _matches(index: str) -> bool:
    return any(name == "_all" or fnmatchcase(INDEX, name) for name in index.split(","))


def _flag(request: Request, name: str, *, default: bool = True) -> bool:
    value = request.query.get(name, "true" if default else "false")
    if value not in ("true", "false", ""):
        what = f"Failed to parse value [{value}] as only [true] or [false] are allowed"
        raise QueryError(what, "illegal_argument_exception")
    return value != "false"


def _body(request: Request) -> object:
    if not request.body:
        return {}
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise QueryError(f"the body is not JSON: {error}", "json_parse_exception") from None


def _error(status: int, kind: str, reason: str) -> Response:
    cause = {"type": kind, "reason": reason}
    return _json(status, {"error": {"root_cause": [cause]} | cause, "status": status})


def _json(status: int, value: Any) -> Response:
    return Response(status, json.dumps(value).encode(), _JSON)
