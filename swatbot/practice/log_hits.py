"""Writes log documents as a search answers with them: sorted, cut to size, counted as honestly as asked."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from swatbot.practice.log_filter import TIME, QueryError, Row

INDEX = "practice"
_COUNTED_BY_DEFAULT = 10_000
_LARGEST_WINDOW = 10_000


def stamp(ms: int) -> str:
    """Milliseconds since 1970 as an ISO time in UTC."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hits(rows: Sequence[Row], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The `hits` object for these rows.

    Args:
        rows: what matched, oldest first.
        asked: `size`, `from`, `sort`, `_source` and `track_total_hits` of the request.

    Raises:
        QueryError: one of them is not known here.
    """
    descending = _descending(asked.get("sort"))
    size, start = _whole(asked, "size", 10), _whole(asked, "from", 0)
    if size + start > _LARGEST_WINDOW:
        raise QueryError(f"Result window is too large: {size + start}", "illegal_argument_exception")
    ordered = rows if descending is None else sorted(rows, key=lambda row: row[0], reverse=descending)
    fields = _wanted(asked.get("_source", True))
    found: dict[str, Any] = {"max_score": 1.0 if descending is None and rows else None}
    found["hits"] = [_hit(row, fields, descending) for row in ordered[start : start + size]]
    return _total(len(rows), asked.get("track_total_hits", _COUNTED_BY_DEFAULT)) | found


def _whole(asked: Mapping[str, Any], name: str, default: int) -> int:
    value = asked.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise QueryError(f"[{name}] must be a whole number of at least 0, found [{value}]")
    return value


def _total(count: int, limit: object) -> dict[str, Any]:
    if limit is False:
        return {}
    if limit is True:
        return {"total": {"value": count, "relation": "eq"}}
    if not isinstance(limit, int):
        raise QueryError(f"[track_total_hits] must be true, false or a number, found [{limit}]")
    return {"total": {"value": min(count, limit), "relation": "gte" if count > limit else "eq"}}


def _descending(sort: object) -> bool | None:
    """Whether newest first; None for no order."""
    if isinstance(sort, list) and len(sort) == 1:
        sort = sort[0]
    match sort:
        case None | [] | "_doc":
            return None
        case "@timestamp" | {"@timestamp": "asc" | {"order": "asc"}}:
            return False
        case {"@timestamp": "desc" | {"order": "desc"}}:
            return True
    raise QueryError(f"sort is known by [{TIME}] only: {sort}")


def _wanted(source: object) -> frozenset[str] | None:
    """The fields to show; None for all."""
    if isinstance(source, bool):
        return None if source else frozenset()
    names = [source] if isinstance(source, str) else source
    if not isinstance(names, list) or any(not isinstance(n, str) or "*" in n for n in names):
        raise QueryError(f"[_source] is known as true, false or a list of fields: {source}")
    return frozenset(names)


def _hit(row: Row, fields: Iterable[str] | None, descending: bool | None) -> dict[str, Any]:
    ms, host, line = row
    document = {
        TIME: stamp(ms),
        "host": host,
        "level": line.level,
        "message": line.message,
        "normalized_message": line.normalized,
        "url": line.url,
        "channel": line.channel,
    }
    name = f"{ms}-{zlib.crc32(repr(row).encode('utf-8', 'replace')):08x}"
    hit: dict[str, Any] = {"_index": INDEX, "_id": name, "_score": 1.0 if descending is None else None}
    hit["_source"] = document if fields is None else {k: v for k, v in document.items() if k in set(fields)}
    return hit if descending is None else hit | {"sort": [ms]}
