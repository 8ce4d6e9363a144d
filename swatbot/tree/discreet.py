"""Keeps what must not be shown out of errors that end up in a channel: they name files."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from swatbot.domain.findings import PathFault
from swatbot.domain.manifest import covered
from swatbot.errors import OperationalError, UserError
from swatbot.tree.patterns import Patterns

_log = logging.getLogger(__name__)
_WORDS = re.compile(r"[^\s:,()]+")
_HIDDEN = "a private file stands in the way; the log has more"


@contextmanager
def discreet(tree: Path, private: Patterns) -> Iterator[None]:
    """Let errors that name a private file out without a word of it; the log has all of it."""
    try:
        yield
    except (OperationalError, UserError) as error:
        words = _WORDS.findall(str(error).replace(f"{tree}/", ""))
        if not any(private.match(word) for word in words if ".git" not in word):  # that one matches always
            raise
        _log.warning("not told in public: %s", error)
        raise type(error)(_HIDDEN) from None


def masked(faults: Sequence[PathFault], typed: Sequence[str], private: Patterns) -> tuple[PathFault, ...]:
    """The faults, where a private file is named that nobody typed with the path that somebody did type."""
    return tuple(dict.fromkeys(_masked(fault, typed, private) for fault in faults))


def _masked(fault: PathFault, typed: Sequence[str], private: Patterns) -> PathFault:
    if fault.suggestion and private.match(fault.suggestion):
        fault = replace(fault, suggestion="")
    if fault.path in typed or not private.match(fault.path):
        return fault
    _log.warning("not told in public: %s: %s", fault.path, fault.fault)
    above = next((path for path in typed if covered(fault.path, (path,))), typed[0])
    return PathFault(above, "a private file under it can not be shipped; the log has more")
