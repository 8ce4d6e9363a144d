"""Computes the aggregations that the practice log store knows, exactly, and refuses the rest aloud."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swatbot.practice.log_filter import TIME, QueryError, Row, duration, filter_of, keyword, mapping
from swatbot.practice.log_hits import hits, stamp

_MOST_BUCKETS = 65_535
_CHILDREN = ("aggs", "aggregations")


@dataclass(frozen=True, slots=True)
class _Task:
    """One aggregation over some rows: its settings, its sub-aggregations, and the time of the query."""

    spec: Any
    children: Mapping[str, Any]
    rows: Sequence[Row]
    now: int

    def bucket(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The common part of a bucket."""
        return {"doc_count": len(rows)} | aggregate(self.children, rows, self.now)

    def childless(self, kind: str) -> None:
        if self.children:
            reason = f"[{kind}] can not have sub-aggregations"
            raise QueryError(reason, "aggregation_initialization_exception")


def aggregate(specs: object, rows: Sequence[Row], now: int) -> dict[str, Any]:
    """The answers to the named aggregations over these rows.

    Raises:
        QueryError: one of them has something in it that is not known here.
    """
    return {name: _one(name, spec, rows, now) for name, spec in mapping(specs, "aggs").items()}


def _one(name: str, spec: object, rows: Sequence[Row], now: int) -> dict[str, Any]:
    parts = mapping(spec, name, (*_KINDS, *_CHILDREN))
    kinds = [key for key in parts if key not in _CHILDREN]
    if len(kinds) != 1:
        raise QueryError(f"aggregation [{name}] must have exactly one type, found {kinds}")
    children = parts.get("aggs", parts.get("aggregations", {}))
    return _KINDS[kinds[0]](_Task(parts[kinds[0]], children, rows, now))


def _terms(task: _Task) -> dict[str, Any]:
    spec = mapping(task.spec, "terms", ("field", "size", "order", "min_doc_count"))
    read = keyword(spec.get("field"))
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in task.rows:
        groups[read(row)].append(row)
    least, size = _whole(spec, "min_doc_count", 1), _whole(spec, "size", 10)
    named = [(key, found) for key, found in groups.items() if len(found) >= least]
    named = _ordered(named, spec.get("order", {"_count": "desc"}))
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": sum(len(found) for _, found in named[size:]),
        "buckets": [{"key": key} | task.bucket(found) for key, found in named[:size]],
    }


def _whole(spec: Mapping[str, Any], name: str, default: int) -> int:
    value = spec.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise QueryError(f"[{name}] must be a whole number of at least 1, found [{value}]")
    return value


def _ordered(named: list[tuple[str, list[Row]]], order: object) -> list[tuple[str, list[Row]]]:
    by_key = sorted(named, key=lambda item: item[0])
    match order:
        case {"_count": "desc"}:
            return sorted(by_key, key=lambda item: -len(item[1]))
        case {"_count": "asc"}:
            return sorted(by_key, key=lambda item: len(item[1]))
        case {"_key": "asc"}:
            return by_key
        case {"_key": "desc"}:
            return by_key[::-1]
    raise QueryError(f"order of a terms aggregation is not known here: {order}")


def _filter(task: _Task) -> dict[str, Any]:
    test = filter_of(task.spec, task.now).test
    return task.bucket([row for row in task.rows if test(row)])


def _filters(task: _Task) -> dict[str, Any]:
    filters = mapping(task.spec, "filters", ("filters",)).get("filters")
    if isinstance(filters, list):
        return {"buckets": [_filter(_Task(f, task.children, task.rows, task.now)) for f in filters]}
    named = mapping(filters, "filters")
    return {"buckets": {n: _filter(_Task(f, task.children, task.rows, task.now)) for n, f in named.items()}}


def _extreme(kind: str, choose: Callable[[list[int]], int]) -> Callable[[_Task], dict[str, Any]]:
    def compute(task: _Task) -> dict[str, Any]:
        task.childless(kind)
        _time_field(mapping(task.spec, kind, ("field",)), kind)
        if not task.rows:
            return {"value": None}
        found = choose([row[0] for row in task.rows])
        return {"value": float(found), "value_as_string": stamp(found)}

    return compute


def _time_field(spec: Mapping[str, Any], kind: str) -> None:
    if spec.get("field") != TIME:
        raise QueryError(f"[{kind}] is known for [{TIME}] only, not for [{spec.get('field')}]")


def _value_count(task: _Task) -> dict[str, Any]:
    task.childless("value_count")
    field = mapping(task.spec, "value_count", ("field",)).get("field")
    if field != TIME:
        keyword(field)
    return {"value": len(task.rows)}


def _cardinality(task: _Task) -> dict[str, Any]:
    task.childless("cardinality")
    read = keyword(mapping(task.spec, "cardinality", ("field",)).get("field"))
    return {"value": len({read(row) for row in task.rows})}


def _date_histogram(task: _Task) -> dict[str, Any]:
    spec = mapping(task.spec, "date_histogram", ("field", "fixed_interval", "min_doc_count"))
    _time_field(spec, "date_histogram")
    width = duration(spec.get("fixed_interval"))
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in task.rows:
        groups[row[0] // width * width].append(row)
    least = spec.get("min_doc_count", 0)
    if least not in (0, 1):
        raise QueryError("[min_doc_count] of a date_histogram is known as 0 or 1 only")
    keys = _every(groups, width) if least == 0 else sorted(groups)
    buckets = [{"key_as_string": stamp(k), "key": k} | task.bucket(groups.get(k, [])) for k in keys]
    return {"buckets": buckets}


def _every(groups: Mapping[int, object], width: int) -> Sequence[int]:
    keys = range(min(groups), max(groups) + 1, width) if groups else range(0)
    if len(keys) > _MOST_BUCKETS:
        raise QueryError(f"more than {_MOST_BUCKETS} buckets", "too_many_buckets_exception")
    return keys


def _top_hits(task: _Task) -> dict[str, Any]:
    task.childless("top_hits")
    spec = mapping(task.spec, "top_hits", ("size", "sort", "_source"))
    return {"hits": hits(task.rows, {"size": 3} | dict(spec))}


_KINDS: dict[str, Callable[[_Task], dict[str, Any]]] = {
    "terms": _terms,
    "filter": _filter,
    "filters": _filters,
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "value_count": _value_count,
    "cardinality": _cardinality,
    "date_histogram": _date_histogram,
    "top_hits": _top_hits,
}
