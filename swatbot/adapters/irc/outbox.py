"""Lines that wait to be sent: kept until their last byte has left, whatever becomes of the connection."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from swatbot.ports import Outgoing, Urgency


@dataclass(frozen=True, eq=False, slots=True)
class Post:
    """One line, and whom to tell how it was said when it has left."""

    line: Outgoing
    sent: Callable[[str], None]


class Outbox:
    """A queue that any thread may fill; for each target order is kept among what is equally urgent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # A dict is an ordered set here: a post is dropped from the middle without a search.
        self._posts: dict[Urgency, dict[Post, None]] = {urgency: {} for urgency in Urgency}

    def put(self, post: Post) -> None:
        """Add a post at the end of those as urgent."""
        with self._lock:
            self._posts[post.line.urgency][post] = None

    def first(self, ready: Callable[[str], bool]) -> Post | None:
        """The oldest of the most urgent posts whose target can be reached; it stays in the queue."""
        with self._lock:
            return next((p for posts in self._posts.values() for p in posts if ready(p.line.channel)), None)

    def drop(self, post: Post) -> None:
        """Forget a post that has left."""
        with self._lock:
            self._posts[post.line.urgency].pop(post, None)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._posts.values()))
