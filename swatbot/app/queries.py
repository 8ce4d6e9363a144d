"""Questions that need a look at the tree: answered in a worker, in words."""

from swatbot.chat.handler import DiffQuery
from swatbot.chat.messages.replies import diff
from swatbot.domain.manifest import covered
from swatbot.domain.reasons import DeclinedError, NoBaseline
from swatbot.domain.status import Status
from swatbot.ports import Tree


class Queries:
    """Answers queries from the tree."""

    def __init__(self, tree: Tree, private: tuple[str, ...]) -> None:
        self._tree, self._private = tree, private

    def answer(self, query: DiffQuery, status: Status) -> tuple[str, ...]:
        """The lines of the answer.

        Raises:
            DeclinedError: it is not known what the fleet holds.
            OperationalError: git failed.
        """
        if status.holdings is None:
            raise DeclinedError(NoBaseline())
        name = f"#{query.number}" if query.number else ", ".join(query.paths)
        private = any(
            covered(p, self._private) or covered(s, (p,)) for p in query.paths for s in self._private
        )
        return diff(self._tree.diff(query.paths, status.holdings), name, private=private)
