"""Says what is wrong with a config file, to who wrote it: file, key, what was found, what was expected."""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from swatbot.errors import UserError

_SECRETS = ("password", "passwd", "secret", "token", "api_key")
_LONGEST = 60
_BEFORE_AT = re.compile(r"(?P<scheme>\w+://)?(?P<user>.*)(?=@)", re.DOTALL)

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "union_tag_invalid": "{expected_tags}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "too_short": "at least {min_length}",
    "string_pattern_mismatch": "text that begins with /",
    "value_error": "{error}",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: in which file, at which key ("" for the file as a whole), and what is wrong."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}" if self.key else f"{self.file}: {self.text}"


class ConfigError(UserError):
    """The config has faults; the text has one line for each of them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def unfit(found: object, expected: str) -> str:
    """The sentence for a value that does not fit."""
    return f"found {shown(found)}, expected {expected}"


def shown(value: object) -> str:
    """A value as somebody wrote it, if it is short and plain."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    value = _masked(value) if isinstance(value, str) else value
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool)) else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _masked(text: str) -> str:
    """Without the user and password that an address may have before its last @."""
    match = _BEFORE_AT.match(text)
    if match is None or not (match["scheme"] or ":" in match["user"]):
        return text
    return f"{match['scheme'] or ''}***{text[match.end() :]}"


def nearest(word: str, known: Iterable[str], join: Callable[[Iterable[str]], str] = ", ".join) -> str:
    """`, did you mean …?` with the nearest known word, else the words that are known, joined as said."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, 3)
    if close:
        # Swapped letters are the commonest slip: `prot` is `port`, though `root` is as near by ratio.
        swapped = [other for other in close if sorted(other) == sorted(word)]
        return f", did you mean {(swapped or close)[0]}?"
    return f"; known here: {join(words)}" if words else ""


def translate(file: str, model: type[BaseModel], error: ValidationError, prefix: str = "") -> Iterator[Fault]:
    """Every fault that pydantic found, in our words.

    Args:
        file: as messages name it.
        model: what the file was held against.
        error: what pydantic raised.
        prefix: of the keys.
    """
    for details in error.errors(include_url=False):
        owner, parts = _descend(model, details["loc"])
        key = ".".join(([prefix] if prefix else []) + parts)
        if details["type"] == "union_tag_invalid":
            key += ".kind"
        yield Fault(file, key, _sentence(details, owner))


def _sentence(details: ErrorDetails, owner: Any) -> str:
    kind, found = details["type"], details["input"]
    name = str(details["loc"][-1]) if details["loc"] else ""
    if kind == "extra_forbidden":
        if name in _SECRETS:
            return "a secret must not be in this file: name where it is, with password_env or password_file"
        return f"unknown key{nearest(name, _keys(owner))}"
    if kind == "missing":
        return f"is missing, expected {_words(_annotation(owner, name))}"
    if kind == "union_tag_not_found":
        return "has no kind, expected kind = " + " or ".join(f'"{tag}"' for tag in _tags(owner))
    pattern = _EXPECTED.get(kind)
    context = details.get("ctx", {})
    found = context.get("tag", found)
    return unfit(found, pattern.format(**context) if pattern else details["msg"])


def _descend(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[Any, list[str]]:
    """The type that owns the last key of a location, and the location as TOML writers read it."""
    here: Any = model
    owner: Any = model
    parts: list[str] = []
    for part in loc:
        here, owner = _plain(here), here
        if isinstance(part, int):
            parts[-1] += f"[{part}]"
            here = get_args(here)[0] if get_origin(here) is tuple else None
        elif _is_union(here):
            here = _tags(here).get(part)
        elif part != "[key]":
            parts.append(part)
            here = _annotation(here, part)
    return (_plain(here) if _is_union(_plain(here)) else _plain(owner)), parts


def _annotation(owner: Any, key: str) -> Any:
    owner = _plain(owner)
    if get_origin(owner) is dict:
        return get_args(owner)[1]
    if not _is_model(owner):
        return None
    return next((f.annotation for n, f in owner.model_fields.items() if (f.alias or n) == key), None)


def _plain(annotation: Any) -> Any:
    """A type without its annotations and without `None` as a choice."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if _is_union(annotation):
        choices = [a for a in get_args(annotation) if a is not type(None)]
        return _plain(choices[0]) if len(choices) == 1 else annotation
    return annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(union: Any) -> dict[str | int, Any]:
    models = [m for m in get_args(_plain(union)) if _is_model(m)]
    return {get_args(m.model_fields["kind"].annotation)[0]: m for m in models}


def _keys(owner: Any) -> list[str]:
    return [f.alias or name for name, f in owner.model_fields.items()] if _is_model(owner) else []


def _words(annotation: Any) -> str:
    plain = _plain(annotation)
    if get_origin(plain) is tuple:
        return "a list"
    if _is_model(plain) or get_origin(plain) is dict:
        return "a table"
    return {"int": "a whole number", "bool": "true or false", "Path": "a path", "time": "a time of day"}.get(
        getattr(plain, "__name__", ""), "text in quotes"
    )
