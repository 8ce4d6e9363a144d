"""Questions whose answer takes time: looked up in workers, a few at once, so that nobody else waits."""

import logging
import threading
from collections.abc import Callable

from swatbot.app.intake import worded
from swatbot.app.queries import Found, Queries
from swatbot.app.workers import Workers
from swatbot.chat.handler import Query
from swatbot.domain.status import Status
from swatbot.errors import OperationalError, UserError

_LOG = logging.getLogger(__name__)
_AT_ONCE = 4
_BUSY = "I am looking up too much at once: please ask again in a moment."
STUMBLED = "I stumbled over that, and have changed nothing. The log has more: please tell an admin."
"""What whoever asked is told after a bug."""

Told = Callable[[Found], None]


class Lookups:
    """What is being looked up."""

    def __init__(self, queries: Queries, workers: Workers) -> None:
        self._queries, self._workers = queries, workers
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def answer(self, query: Query, status: Status, told: Told) -> None:
        """Have `told` called with the answer, at once or by a worker; whatever goes wrong, there is one."""
        if not self._free.acquire(blocking=False):
            told(Found((_BUSY,)))
            return

        def job() -> None:
            try:
                found = self._look(query, status)
            finally:
                self._free.release()
            told(found)

        self._workers.run("query", job)

    def _look(self, query: Query, status: Status) -> Found:
        try:
            return self._queries.answer(query, status)
        except UserError as error:
            return Found(worded(error))
        except OperationalError as error:
            return Found((str(error),))
        except Exception:  # noqa: BLE001 - whoever asked gets an answer
            _LOG.exception("stumbled over %r", query)
            return Found((STUMBLED,))
