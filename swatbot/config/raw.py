"""Walks through a config file as TOML has it, and passes over whatever does not have the right shape."""

from collections.abc import Iterator
from typing import Any, TypeAlias

Table: TypeAlias = dict[str, Any]
Found: TypeAlias = Iterator[tuple[str, str]]
"""Key and sentence of each fault."""


def every(table: Table, key: str) -> Iterator[tuple[str, Table]]:
    """All tables in a table, innermost first, with their keys."""
    dot = f"{key}." if key else ""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from every(value, f"{dot}{name}")
    for inner, one in (found for name in table for found in tables(table, name)):
        yield from every(one, f"{dot}{inner}")
    yield key, table


def below(key: str, name: str) -> str:
    """The key of a name in the table with this key."""
    return f"{key}.{name}" if key else name


def twice(raw: Table, key: str, field: str) -> Found:
    """Tables of a list of tables that have the same in a field."""
    seen: dict[str, str] = {}
    for place, table in tables(raw, key):
        value = table.get(field)
        if isinstance(value, str) and seen.setdefault(value, place) != place:
            yield f"{place}.{field}", f"{value} is the {field} of {seen[value]} already"


def tables(raw: Table, key: str) -> Iterator[tuple[str, Table]]:
    """The tables of a list of tables, with their keys."""
    found = raw.get(key)
    for i, table in enumerate(found if isinstance(found, list) else ()):
        if isinstance(table, dict):
            yield f"{key}[{i}]", table


def named(raw: Table, key: str) -> Iterator[tuple[str, Table]]:
    """The tables of a table of tables, with their names."""
    found = raw.get(key)
    for name, table in found.items() if isinstance(found, dict) else ():
        if isinstance(table, dict):
            yield name, table


def listed(table: Table, key: str) -> list[tuple[str, str]]:
    """The texts in a list, each with the list's key."""
    values = table.get(key)
    return [(key, v) for v in values if isinstance(v, str)] if isinstance(values, list) else []
