"""Reads one value out of a file or an answer, and says whether two values are the same."""

import json
import re


class UnreadableError(Exception):
    """There is no such value; the text says so of what was read ("has nothing at /version")."""


def at_pointer(data: bytes, pointer: str) -> object:
    """The value at a JSON pointer (RFC 6901).

    Raises:
        UnreadableError: it is no JSON, or has nothing there.
    """
    try:
        value = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnreadableError("is no JSON") from None
    for token in pointer.split("/")[1:]:
        value = _step(value, token.replace("~1", "/").replace("~0", "~"), pointer)
    return value


def captured(data: bytes, pattern: str) -> str:
    """What the group of a regular expression holds, where it is found first.

    Raises:
        UnreadableError: it is not found, or its group is not.
    """
    match = re.search(pattern, data.decode("utf-8", "replace"))
    found = match[1] if match else None
    if found is None:
        raise UnreadableError(f"has no match of {pattern!r}")
    return str(found)


def same(one: object, other: object) -> bool:
    """Whether two values of JSON are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _step(value: object, token: str, pointer: str) -> object:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and re.fullmatch("0|[1-9][0-9]{0,8}", token) and int(token) < len(value):
        return value[int(token)]
    raise UnreadableError(f"has nothing at {pointer}")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is Python's, not JSON's")
