"""Reads the part of the query language that the practice log store knows, and refuses the rest aloud."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from swatbot.practice.log_line import Line

TIME = "@timestamp"
Row = tuple[int, str, Line]  # milliseconds since 1970, host, line
Test = Callable[[Row], bool]
_FORMATS = ("strict_date_optional_time", "epoch_millis", "strict_date_optional_time||epoch_millis")
_RELATIVE = re.compile(r"now(?:(?P<sign>[-+])(?P<count>\d+)(?P<unit>[smhd]))?")
_DURATION = re.compile(r"(?P<count>\d+)(?P<unit>ms|s|m|h|d)")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_FIELDS: dict[str, Callable[[Row], str]] = {
    "host": lambda row: row[1],
    "level": lambda row: row[2].level,
    "normalized_message": lambda row: row[2].normalized,
    "url": lambda row: row[2].url,
    "channel": lambda row: row[2].channel,
}


class QueryError(Exception):
    """A query that the store does not understand; `args`: the error's type and the reason."""

    def __init__(self, reason: str, kind: str = "parsing_exception") -> None:
        super().__init__(kind, reason)
        self.kind = kind
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are wanted.

    Attributes:
        test: whether a row is one.
        since: no row before this time can be (ms since 1970).
    """

    test: Test
    since: int = 0


def mapping(value: object, what: str, known: Iterable[str] | None = None) -> Mapping[str, Any]:
    """This JSON value as an object with known keys only."""
    if not isinstance(value, dict):
        raise QueryError(f"[{what}] must be an object")
    unknown = sorted(set(value) - set(known)) if known is not None else []
    if unknown:
        raise QueryError(f"[{what}] unknown field [{unknown[0]}]", "x_content_parse_exception")
    return value


def only(value: object, what: str) -> tuple[str, Any]:
    """The one key of this JSON object, and its value."""
    found = mapping(value, what)
    if len(found) != 1:
        raise QueryError(f"[{what}] malformed, expected exactly one field but found {sorted(found)}")
    return next(iter(found.items()))


def keyword(field: object) -> Callable[[Row], str]:
    """How to read an exact field from a row."""
    if field == "message":
        raise QueryError(
            "Text fields are not optimised for operations that require exact values: use normalized_message",
            "illegal_argument_exception",
        )
    read = _FIELDS.get(str(field).removesuffix(".keyword"))
    if read is None:
        raise QueryError(f"no keyword field [{field}] in this index", "illegal_argument_exception")
    return read


def milliseconds(text: object, now: int) -> int:
    """A time in the forms that a range may have, in ms since 1970."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return int(text)
    relative = _RELATIVE.fullmatch(str(text))
    if relative is not None:
        sign = -1 if relative["sign"] == "-" else 1
        return now + sign * int(relative["count"] or 0) * _UNITS[relative["unit"] or "s"]
    if str(text).isdigit() and len(str(text)) > 4:
        return int(str(text))
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise QueryError(f"failed to parse date field [{text}]", "parse_exception") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def duration(text: object) -> int:
    """A fixed interval such as `10s`, in milliseconds."""
    match = _DURATION.fullmatch(str(text))
    if match is None or int(match["count"]) == 0:
        raise QueryError(f"failed to parse fixed_interval [{text}]", "illegal_argument_exception")
    return int(match["count"]) * _UNITS[match["unit"]]


def filter_of(query: object, now: int) -> Filter:
    """The filter that a query describes.

    Raises:
        QueryError: it has something in it that is not known here.
    """
    kind, spec = only(query, "query")
    known = {
        "match_all": _match_all,
        "bool": _bool,
        "range": _range,
        "term": _term,
        "terms": _terms,
        "exists": _exists,
    }
    if kind not in known:
        raise QueryError(f"unknown query [{kind}]")
    return known[kind](spec, now)


def _match_all(spec: object, now: int) -> Filter:
    del now
    mapping(spec, "match_all", ())
    return Filter(lambda _: True)


def _bool(spec: object, now: int) -> Filter:
    parts = mapping(spec, "bool", ("filter", "must", "must_not"))
    wanted = [filter_of(q, now) for key in ("filter", "must") for q in _several(parts.get(key, []))]
    unwanted = [filter_of(q, now).test for q in _several(parts.get("must_not", []))]
    tests = [w.test for w in wanted]
    return Filter(
        lambda row: all(t(row) for t in tests) and not any(u(row) for u in unwanted),
        max((w.since for w in wanted), default=0),
    )


def _several(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _range(spec: object, now: int) -> Filter:
    field, bounds = only(spec, "range")
    if field != TIME:
        raise QueryError(f"[range] is known for [{TIME}] only, not for [{field}]")
    found = mapping(bounds, "range", ("gte", "gt", "lte", "lt", "format"))
    if found.get("format", _FORMATS[0]) not in _FORMATS:
        raise QueryError(f"unknown date format [{found['format']}]")
    edges = {key: milliseconds(value, now) for key, value in found.items() if key != "format"}
    low = max(edges.get("gte", 0), edges.get("gt", -1) + 1)
    high = min(edges.get("lte", 1 << 62), edges.get("lt", 1 << 62) - 1)
    return Filter(lambda row: low <= row[0] <= high, low)


def _term(spec: object, now: int) -> Filter:
    del now
    field, value = only(spec, "term")
    wanted = mapping(value, "term", ("value",)).get("value") if isinstance(value, dict) else value
    return _one_of(field, [wanted])


def _terms(spec: object, now: int) -> Filter:
    del now
    field, values = only(spec, "terms")
    if not isinstance(values, list):
        raise QueryError("[terms] query requires a list of values")
    return _one_of(field, values)


def _one_of(field: str, values: list[object]) -> Filter:
    read = keyword(field)
    if not all(isinstance(v, str) for v in values):
        raise QueryError(f"values for [{field}] must be strings")
    wanted = frozenset(values)
    return Filter(lambda row: read(row) in wanted)


def _exists(spec: object, now: int) -> Filter:
    del now
    field = mapping(spec, "exists", ("field",)).get("field")
    if field not in (TIME, "message"):
        keyword(field)
    return Filter(lambda _: True)
