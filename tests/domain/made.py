"""Any value that the domain's types allow, with hostile text in it wherever there is text."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from swatbot.domain import events as e
from swatbot.domain.changed import Lines
from swatbot.domain.person import Role
from swatbot.domain.reasons import NeedsRole, Reason, WhichOne
from tests.domain.safe_lines import hostile_text

EVENTS: tuple[type[Any], ...] = (*get_args(e.GlobalEvent), *get_args(e.DeploymentEvent))
REASONS: tuple[type[Any], ...] = get_args(Reason)

times = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: hostile_text,
    int: st.integers(0, 10**6),
    float: st.floats(0, 1e6, allow_nan=False),
    bool: st.booleans(),
    datetime: times,
    type(None): st.none(),
}
# What a type allows, and the domain never says.
NARROWER: dict[Any, dict[str, st.SearchStrategy[Any]]] = {
    Lines: {"first": st.lists(hostile_text.map("+".__add__), max_size=3).map(tuple)},
    WhichOne: {"numbers": st.lists(st.integers(1, 99), min_size=1, max_size=4).map(tuple)},
    NeedsRole: {"role": st.sampled_from([r for r in Role if r is not Role.ANYONE])},
    e.Answered: {"lines": st.lists(hostile_text.map("x".__add__), max_size=3).map(tuple)},
    e.RollbackIncomplete: {"hosts": st.just(("web1", "web4"))},
}


def any_of(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of this type, made from its annotations."""
    if wanted in PLAIN:
        return PLAIN[wanted]
    if is_dataclass(wanted):
        return st.deferred(lambda: _dataclass(wanted))
    arguments = get_args(wanted)
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return st.one_of([any_of(a) for a in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin in (dict, Mapping):
        return st.dictionaries(any_of(arguments[0]), any_of(arguments[1]), max_size=2)
    return st.sampled_from(wanted)


def _tuple(arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if arguments[-1] is Ellipsis:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    return st.tuples(*[any_of(a) for a in arguments])


def _dataclass(wanted: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(wanted)
    found = {f.name: any_of(hints[f.name]) for f in fields(wanted) if f.init}
    return st.builds(wanted, **{**found, **NARROWER.get(wanted, {})})
