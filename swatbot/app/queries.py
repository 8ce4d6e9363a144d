"""Questions that need a look at the world: answered in a worker, in words."""

from swatbot.app.discreet import Discreet
from swatbot.chat.handler import DiffQuery, DriftQuery, Query
from swatbot.chat.messages.differences import diff
from swatbot.chat.messages.upkeep import drift
from swatbot.domain.findings import mark_for
from swatbot.domain.reasons import BadPaths, DeclinedError, NoBaseline, UnderWay
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Files
from swatbot.domain.status import Status
from swatbot.ports import Fleet, Tree


class Queries:
    """Answers queries from the tree and from the hosts.

    Args:
        tree: what is deployed.
        fleet: the hosts.
        rules: which hosts there are.
    """

    def __init__(self, tree: Tree, fleet: Fleet, rules: Rules) -> None:
        self._tree, self._fleet = tree, fleet
        self._discreet = Discreet(tree)
        self._hosts = tuple(h for stage in rules.stages for h in stage.hosts)

    def answer(self, query: Query, status: Status) -> tuple[str, ...]:
        """The lines of the answer.

        Raises:
            DeclinedError: it can not be told now, and why.
            OperationalError: git or the disk failed.
        """
        return self._diff(query, status) if isinstance(query, DiffQuery) else self._drift(query, status)

    def _diff(self, query: DiffQuery, status: Status) -> tuple[str, ...]:
        """Of a deployment with a snapshot what that ships, else what the tree has."""
        d = status.deployment(query.number) if query.number else None
        private = d is not None and d.private
        if d is not None and d.states:
            return diff(self._tree.compare(d.states[0], d.states[-1]), f"#{d.number}", private=private)
        if status.holdings is None:
            raise DeclinedError(NoBaseline())
        if d is None and (faults := self._tree.nowhere(query.paths, status.holdings)):
            raise DeclinedError(BadPaths(faults=faults, command="diff"))
        name = f"#{d.number}" if d is not None else ", ".join(query.paths)
        return diff(self._tree.diff(query.paths, status.holdings), name, private=private)

    def _drift(self, query: DriftQuery, status: Status) -> tuple[str, ...]:
        """Every host is asked; while a deployment is active they are between two states."""
        if status.holdings is None:
            raise DeclinedError(NoBaseline())
        if status.active is not None:
            raise DeclinedError(UnderWay(number=status.active.number, command="drift"))
        if faults := self._tree.nowhere(query.paths, status.holdings):
            raise DeclinedError(BadPaths(faults=faults, command="drift"))
        wanted = self._tree.deployable(status.holdings.manifest).select(query.paths)
        found: dict[str, Files] = {}
        silent: dict[str, str] = {}
        for proof in self._fleet.prove(self._hosts, wanted.roots):
            if proof.manifest is None:
                silent[proof.host] = self._discreet.proof(proof).reason
            elif files := proof.manifest.differences(wanted):
                found[proof.host] = self._discreet.files(files)
        origins = [
            (p, wanted.select((p,)).digest[:6], mark_for(p, status.holdings.marks)) for p in query.paths
        ]
        return drift(found, silent, len(self._hosts), origins)
