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
        """The lines of the answer: of a deployment with a snapshot what that ships, else what the tree has.

        Raises:
            DeclinedError: it is not known what the fleet holds.
            OperationalError: git failed.
        """
        d = status.deployment(query.number) if query.number else None
        private = self._is_private(query.paths) or (d is not None and d.private)
        if d is not None and d.states:
            return diff(self._tree.compare(d.states[0], d.states[-1]), f"#{d.number}", private=private)
        if status.holdings is None:
            raise DeclinedError(NoBaseline())
        name = f"#{d.number}" if d is not None else ", ".join(query.paths)
        return diff(self._tree.diff(query.paths, status.holdings), name, private=private)

    def _is_private(self, paths: tuple[str, ...]) -> bool:
        return any(covered(p, self._private) or covered(s, (p,)) for p in paths for s in self._private)
