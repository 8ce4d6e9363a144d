"""Visitors of the practice range: a steady, repeatable mix of pages, and the trouble that is always there."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle

from swatbot.practice.site import Site

_TICK = 0.1  # seconds
_ARTICLES = tuple(
    f"/wiki/{name}"
    for name in (
        "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ironwood", "Juniper",
        "Kapok", "Larch", "Maple", "Nutmeg", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Talk:Oak",
    )
)  # fmt: skip
_OTHERS = ("/", "/", "/", "/static/images/logo.png", "/static/robots.txt", "/wiki/Special:Upload")
# Errors that a fleet has on any day, none of them from a deployment.
USUAL = (
    ("DBQueryError: Lock wait timeout exceeded; try restarting transaction", "Lock wait timeout exceeded"),
    ("MemcachedClient: connection to shard 07 timed out", "MemcachedClient: connection timed out"),
    ("HttpRequest: upstream request timeout after 5 s", "HttpRequest: upstream request timeout"),
)


def pages(seed: int) -> Iterator[str]:
    """Paths as visitors ask for them, for ever; the same for the same seed. Two in three are articles."""
    chance = random.Random(seed)  # noqa: S311 - visitors, not secrets
    while True:
        yield chance.choice(_ARTICLES if chance.random() < 0.66 else _OTHERS)


class Traffic:
    """Asks each site for pages at a steady rate.

    Args:
        sites: canaries and fleet; test servers have no visitors.
        rate: requests per second and host; may be changed while it runs, 0 is silence.
        seed: chooses the mix.
        noise: share of requests that meet one of the usual errors.
    """

    def __init__(self, sites: Sequence[Site], rate: float = 5.0, seed: int = 1, noise: float = 0.02) -> None:
        self.rate = rate
        self.noise = noise
        self.asked = 0
        self._count = len(sites)
        self._sites = cycle(sites)
        self._pages = pages(seed)
        self._chance = random.Random(seed)  # noqa: S311 - visitors, not secrets
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="practice-traffic", daemon=True)

    def start(self) -> None:
        """Let visitors in."""
        self._thread.start()

    def stop(self) -> None:
        """Send them home."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def visit(self, requests: int) -> None:
        """Make so many requests now, host after host."""
        for _ in range(requests if self._count else 0):
            site = next(self._sites)
            page = next(self._pages)
            if not site.up:
                continue
            self.asked += 1
            site.get(page)
            if self._chance.random() < self.noise:
                site.trouble(*self._chance.choice(USUAL), page)

    def _run(self) -> None:
        then = time.monotonic()
        owed = 0.0
        while not self._over.wait(_TICK):
            now = time.monotonic()
            # What a stall left undone for over a second stays undone: no stampede afterwards.
            owed = min(owed + (now - then) * self.rate * self._count, self.rate * self._count)
            then = now
            self.visit(int(owed))
            owed -= int(owed)
