"""What a practice host logs; equal lines are cheap to keep a hundred thousand times."""

from typing import NamedTuple


class Line(NamedTuple):
    """A log line without its time and host.

    Attributes:
        level: INFO, WARNING or ERROR.
        message: with place and particulars.
        normalized: the same for every occurrence of one fault.
        url: the path that was asked for.
        channel: `access`, `exception` and so on.
    """

    level: str
    message: str
    normalized: str
    url: str
    channel: str
