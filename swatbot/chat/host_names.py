"""Hosts as people type them: folded or not, with commas or spaces between them."""

import re

from swatbot.chat.messages.replies import usage
from swatbot.domain.hosts import unfold
from swatbot.errors import UserError

_HOSTS_AND_WHY = re.compile(r"(?P<hosts>[^\s,]+(?:\s*,\s*[^\s,]+)*),?(?:\s+(?P<why>.*))?")


def read_hosts(rest: str, usage_line: str) -> tuple[str, ...]:
    """Read hosts alone.

    Raises:
        UserError: there is none, or one that can not be read.
    """
    if not rest.strip(" ,"):
        raise UserError(usage("which host?", usage_line))
    return _unfolded(",".join(rest.replace(",", " ").split()), usage_line)


def read_hosts_and_why(rest: str, usage_line: str) -> tuple[tuple[str, ...], str]:
    """Read hosts with commas between them, and the words that follow.

    Raises:
        UserError: there is no host, or one that can not be read.
    """
    found = _HOSTS_AND_WHY.fullmatch(rest.strip())
    if found is None:
        raise UserError(usage("which host?", usage_line))
    return _unfolded(re.sub(r"\s", "", found["hosts"]), usage_line), (found["why"] or "").strip()


def _unfolded(text: str, usage_line: str) -> tuple[str, ...]:
    try:
        return unfold(text)
    except ValueError as error:
        raise UserError(usage(f"{error}.", usage_line)) from error
