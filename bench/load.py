"""A fleet sync of all hosts, over and over, through the bot's own fleet: what chat has to hold up against."""

import hashlib
import itertools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.stage import Budget, Outcome, Tally
from swatbot.ports import Fleet, Order

_ROOT = "bench-load"
_FILES, _BYTES, _CHANGED = 40, 4096, 3


class SyncLoad:
    """Round after round: three of forty files get new bytes, all hosts are pushed to, and prove.

    Args:
        fleet: the bot's own, with its connections.
        hosts: all hosts of the range.
        token: the engine's fencing token.

    Attributes:
        rounds: how many are over, and `seconds` how long they took together.
        failed: hosts that did not prove a round, over all rounds.
    """

    def __init__(self, fleet: Fleet, hosts: tuple[str, ...], token: int) -> None:
        self.rounds = self.failed = 0
        self.seconds = 0.0
        self._fleet, self._hosts, self._token = fleet, hosts, token
        self._bytes: dict[str, bytes] = {}
        self._held = Manifest.of([_ROOT], [])
        self._stop, self._warm = threading.Event(), threading.Event()
        self._numbers = itertools.count()

    def manifest(self, digest: str) -> Manifest:
        """Part of the Contents port; a push does not ask for manifests."""
        raise LookupError(digest)

    def content(self, sha256: str) -> bytes:
        """The bytes of a file of this round or the one before."""
        return self._bytes[sha256]

    @contextmanager
    def running(self) -> Iterator[None]:
        """It runs, and has done its first round."""
        self._stop.clear()
        self._warm.clear()
        thread = threading.Thread(target=self._run, name="bench-load", daemon=True)
        thread.start()
        self._warm.wait()
        self.rounds, began = 0, monotonic()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self.seconds = monotonic() - began

    def _run(self) -> None:
        while not self._stop.is_set():
            target = self._next(next(self._numbers))
            states, count = (self._held, target), len(self._hosts)
            order = Order(0, states, 0, 1, self._hosts, self._token, count, Budget(count))
            results = self._fleet.push(order, self, _ignore, threading.Event())
            self.failed += sum(r.outcome is Outcome.FAILED or r.digest != target.digest for r in results)
            self._held = target
            self._warm.set()
            self.rounds += 1

    def _next(self, number: int) -> Manifest:
        changed = range(_FILES) if not number else [(number * _CHANGED + n) % _FILES for n in range(_CHANGED)]
        entries = dict(self._held.by_path)
        for index in changed:
            data = os.urandom(_BYTES // 2).hex().encode()  # shrinks to about half, as text does
            sha = hashlib.sha256(data).hexdigest()
            self._bytes[sha] = data
            path = f"{_ROOT}/file-{index}.php"
            entries[path] = Entry(path, Kind.FILE, 0o644, len(data), sha)
        target = Manifest.of([_ROOT], entries.values())
        wanted = {e.content for e in (*target.entries, *self._held.entries)}
        self._bytes = {sha: data for sha, data in self._bytes.items() if sha in wanted}
        return target


def _ignore(_tally: Tally) -> None:
    """Progress of the load is told to nobody."""
