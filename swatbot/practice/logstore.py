"""Keeps the last minutes of the range's logs, and answers searches about them, with faults to order."""

import threading
import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from swatbot.ports import Clock
from swatbot.practice.log_aggs import aggregate
from swatbot.practice.log_filter import Row, filter_of, mapping
from swatbot.practice.log_hits import hits
from swatbot.practice.log_line import Line

SHARDS = 1
_PRUNE_EVERY = 4096  # documents
_MOST_LINES = 50_000  # different lines that are kept once for all
_KEYS = ("query", "size", "from", "sort", "aggs", "aggregations", "track_total_hits", "_source", "timeout")


@dataclass
class Faults:
    """What is wrong with the store; all of it may be changed while it runs.

    Attributes:
        stall: documents of every host can be found only so many seconds after they were logged.
        stalled: the same for single hosts, by name.
        timed_out: searches end early, and say so in the answer.
        failed_shards: so many shards do not answer; nothing is found.
        status: answer every search with this HTTP status (401, 403, 429, 503); 0 is none.
    """

    stall: float = 0.0
    stalled: dict[str, float] = field(default_factory=dict)
    timed_out: bool = False
    failed_shards: int = 0
    status: int = 0


class LogStore:
    """Documents of the newest minutes, in memory.

    Args:
        clock: stamps the documents.
        keep: seconds after which a document may be forgotten.
    """

    def __init__(self, clock: Clock, keep: float = 660.0) -> None:
        self.faults = Faults()
        self._clock = clock
        self._keep = round(keep * 1000)
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._lines: dict[Line, Line] = {}
        self._newest = 0

    def add(self, host: str, line: Line) -> None:
        """Log a line of a host, now."""
        with self._lock:
            # A clock that is set back must not put rows out of order: they are searched by bisection.
            self._newest = max(self._newest, self._now())
            self._rows.append((self._newest, host, self._lines.setdefault(line, line)))
            if len(self._rows) % _PRUNE_EVERY == 0:
                self._prune()

    def __len__(self) -> int:
        return len(self._rows)

    def search(self, body: object) -> dict[str, Any]:
        """Answer a search request's body.

        Raises:
            QueryError: it has something in it that is not known here.
        """
        began = time.monotonic()
        asked = mapping(body, "search", _KEYS)
        now = self._now()
        wanted = filter_of(asked.get("query", {"match_all": {}}), now)
        failed = min(self.faults.failed_shards, SHARDS)
        rows = [] if failed else [r for r in self._visible(wanted.since, now) if wanted.test(r)]
        answer = {
            "took": round((time.monotonic() - began) * 1000),
            "timed_out": self.faults.timed_out,
            "_shards": {"total": SHARDS, "successful": SHARDS - failed, "skipped": 0, "failed": failed},
            "hits": hits(rows, asked),
        }
        return answer | self._aggregations(asked, rows, now)

    def _aggregations(self, asked: Mapping[str, Any], rows: list[Row], now: int) -> dict[str, Any]:
        specs = asked.get("aggs", asked.get("aggregations"))
        return {} if specs is None else {"aggregations": aggregate(specs, rows, now)}

    def _visible(self, since: int, now: int) -> list[Row]:
        with self._lock:
            rows = self._rows[bisect_left(self._rows, (since,)) :]
        late = {host: now - round(s * 1000) for host, s in self.faults.stalled.items()}
        latest = now - round(self.faults.stall * 1000)
        if not late and latest >= now:
            return rows
        return [row for row in rows if row[0] <= late.get(row[1], latest)]

    def _now(self) -> int:
        return round(self._clock.now().timestamp() * 1000)

    def _prune(self) -> None:
        del self._rows[: bisect_left(self._rows, (self._newest - self._keep,))]
        if len(self._lines) > _MOST_LINES:
            self._lines.clear()
