"""Lines that wait to be sent: kept until their last byte has left, whatever becomes of the connection."""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, eq=False, slots=True)
class Post:
    """One line for a channel or nick, and whom to tell when it has left."""

    target: str
    text: str
    sent: Callable[[], None]


class Outbox:
    """A queue that any thread may fill; order is kept for each target."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A dict is an ordered set here: a post is dropped from the middle without a search.
        self._posts: dict[Post, None] = {}

    def put(self, post: Post) -> None:
        """Add a post at the end."""
        with self._lock:
            self._posts[post] = None

    def first(self, ready: Callable[[str], bool]) -> Post | None:
        """The oldest post whose target can be reached; it stays in the queue."""
        with self._lock:
            return next((p for p in self._posts if ready(p.target)), None)

    def drop(self, post: Post) -> None:
        """Forget a post that has left."""
        with self._lock:
            self._posts.pop(post, None)

    def __len__(self) -> int:
        with self._lock:
            return len(self._posts)
