"""Where slow work runs: in threads, or, for stories on a controlled clock, when it is told to."""

import threading
from collections.abc import Callable
from typing import Protocol


class Workers(Protocol):
    """Runs jobs beside the engine."""

    def run(self, name: str, job: Callable[[], None]) -> None:
        """Begin a job; it reports by itself."""
        ...


class ThreadWorkers:
    """One thread for each job: there are as many as live deployments, so a handful."""

    def run(self, name: str, job: Callable[[], None]) -> None:
        """Begin a job in a thread of its own."""
        threading.Thread(target=job, name=name, daemon=True).start()
