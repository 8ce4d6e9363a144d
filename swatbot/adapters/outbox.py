"""Lines that wait to be said: kept until the network has them, whatever becomes of the connection."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from swatbot.ports import Done, Outgoing, Urgency

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, slots=True)
class Post:
    """One line, whom to tell what became of it, and its place in the order."""

    line: Outgoing
    done: Done
    number: int


class Outbox:
    """A queue that any thread may fill; for each target order is kept among what is equally urgent.

    A post is taken, and then either settled or put back at its old place.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        # Heaps by number, since a post comes back to its old place. What has gone from _posts is passed over.
        self._lanes: dict[Urgency, dict[str, list[tuple[int, Post]]]] = {urgency: {} for urgency in Urgency}
        self._posts: set[Post] = set()
        self._overtaken: list[Post] = []
        self._perhaps_said: set[Post] = set()

    def put(self, line: Outgoing, done: Done) -> None:
        """Add a line at the end; one about the same that still waits is not said any more."""
        with self._lock:
            for old in self._about(line):
                self._posts.discard(old)
                self._overtaken.append(old)
            post = Post(line, done, next(self._numbers))
            self._posts.add(post)
            self._wait(post)

    def sweep(self) -> None:
        """Settle what newer lines took the place of.

        That is for the network's thread: who posts may hold locks that `done` wants, the journal's above all.
        """
        with self._lock:
            overtaken, self._overtaken = self._overtaken, []
        for post in overtaken:
            self.settle(post, None)

    def waits(self, ready: Callable[[str], bool]) -> bool:
        """Whether a post waits whose target can be reached."""
        with self._lock:
            return self._first(ready) is not None

    def targets(self) -> tuple[str, ...]:
        """Where posts wait for."""
        with self._lock:
            lanes = ((target, lane) for targets in self._lanes.values() for target, lane in targets.items())
            return tuple(target for target, lane in lanes if not self._is_empty(lane))

    def take(self, ready: Callable[[str], bool]) -> Post | None:
        """The oldest of the most urgent posts that wait and whose target can be reached."""
        with self._lock:
            post = self._first(ready)
            if post is not None:
                heapq.heappop(self._lanes[post.line.urgency][post.line.channel])
            return post

    def line(self, post: Post) -> Outgoing:
        """What is to be said; marked if it may have been said before."""
        return replace(post.line, again=True) if post in self._perhaps_said else post.line

    def put_back(self, post: Post) -> None:
        """A post that was taken has to be said yet, or again."""
        with self._lock:
            self._wait(post)

    def perhaps_said(self, post: Post) -> None:
        """Somebody may have read a post, or a part of it; if it is said again, it says so."""
        with self._lock:
            if post in self._posts:
                self._perhaps_said.add(post)

    def settle(self, post: Post, said: str | None) -> None:
        """Forget a post, and tell whoever wants to know how it was said; None if it was not."""
        with self._lock:
            self._posts.discard(post)
            self._perhaps_said.discard(post)
        try:
            post.done(said)
        except Exception:  # noqa: BLE001 - the connection outlives what others do with it
            _log.exception("what follows a line that was said has failed")

    def _wait(self, post: Post) -> None:
        lane = self._lanes[post.line.urgency].setdefault(post.line.channel, [])
        heapq.heappush(lane, (post.number, post))

    def _about(self, line: Outgoing) -> list[Post]:
        """What waits that a line takes the place of."""
        lane = self._lanes[line.urgency].get(line.channel, []) if line.about is not None else []
        return [post for _, post in lane if post in self._posts and post.line.about == line.about]

    def _first(self, ready: Callable[[str], bool]) -> Post | None:
        for targets in self._lanes.values():
            for target in [target for target in targets if self._is_empty(targets[target])]:
                del targets[target]
            firsts = [lane[0] for target, lane in targets.items() if ready(target)]
            if firsts:
                return min(firsts)[1]
        return None

    def _is_empty(self, lane: list[tuple[int, Post]]) -> bool:
        """Whether nothing waits in a lane, once what is gone is taken off its head."""
        while lane and lane[0][1] not in self._posts:
            heapq.heappop(lane)
        return not lane

    def __len__(self) -> int:
        with self._lock:
            return len(self._posts)

    def __contains__(self, post: Post) -> bool:
        """Whether a post is still to be said."""
        with self._lock:
            return post in self._posts
