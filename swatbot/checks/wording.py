"""Makes one short, harmless line of what a host said, and one sentence of what several hosts did."""

import re
import unicodedata
from collections.abc import Mapping

from swatbot.domain.hosts import fold

_TAG = re.compile(r"<[^<>]*>")
_LONGEST = 120


def first_line(text: str, limit: int = _LONGEST) -> str:
    """The first line with something in it, without markup and control characters, cut to a length."""
    lines = (" ".join(_plain(line).split()) for line in _TAG.sub(" ", text).splitlines())
    line = next((line for line in lines if line), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def told(faults: Mapping[str, str]) -> str:
    """The first fault with all hosts that have it, and how many others fail in other ways.

    Args:
        faults: by host, in the order of the hosts: what it does, said of one host ("answers 500").
    """
    first = next(iter(faults.values()))
    same = [host for host, fault in faults.items() if fault == first]
    others = len(faults) - len(same)
    more = f"; {others} more {'fails' if others == 1 else 'fail'} otherwise" if others else ""
    return f"{fold(same)} {_plural(first) if len(same) > 1 else first}{more}"


def _plural(fault: str) -> str:
    verb, space, rest = fault.partition(" ")
    return {"answers": "answer", "does": "do", "serves": "serve"}.get(verb, verb) + space + rest


def _plain(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") else c for c in text)
