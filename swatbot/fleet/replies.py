"""What a host's answers mean where it can not, or will not, do what it was asked."""

import sys
from typing import Any

from swatbot.fleet.wire import readable


class RefusedError(Exception):
    """A host answered that it can not, or will not."""


def refusal(answer: dict[str, Any]) -> str:
    """Why a host did not do it, for a person."""
    if "stale" in answer:
        return f"another engine has taken over: {readable(answer.get('error', ''))}"
    reason = readable(answer.get("error", "what it answers makes no sense"))
    left = unfinished(answer)
    return f"{reason} ({left})" if left else reason


def unfinished(answer: dict[str, Any]) -> str:
    """Which step the host says was begun there and not ended, "" if none."""
    left = answer.get("unfinished")
    if not isinstance(left, dict):
        return ""
    return f"step {readable(left.get('step'))} of #{readable(left.get('number'))} is unfinished there"


def strings(values: object) -> set[str]:
    """The strings in what a host answered, each held once for all hosts."""
    return {sys.intern(v) for v in values if isinstance(v, str)} if isinstance(values, list) else set()
