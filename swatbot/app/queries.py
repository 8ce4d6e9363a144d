"""Questions that need a look at the world: answered in a worker, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from swatbot.app.discreet import Discreet
from swatbot.chat.handler import DiffQuery, DriftQuery, Query
from swatbot.chat.messages.differences import diff
from swatbot.chat.messages.upkeep import drift
from swatbot.domain.commands import DriftSeen
from swatbot.domain.findings import mark_for
from swatbot.domain.manifest import Manifest
from swatbot.domain.reasons import AtWork, BadPaths, DeclinedError, NoBaseline, Reason, UnderWay
from swatbot.domain.stage import Files
from swatbot.domain.status import Status
from swatbot.domain.upkeep import Drift
from swatbot.ports import Fleet, HostProof, Tree


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up for a query.

    Attributes:
        lines: of the answer.
        seen: what hosts were seen to hold, None if none was asked.
        held: what the fleet held then.
    """

    lines: tuple[str, ...]
    seen: DriftSeen | None = None
    held: str = ""

    def overtaken(self, status: Status) -> DeclinedError | None:
        """Why what hosts hold says nothing any more, None if it does."""
        if (reason := busy(status)) is not None:
            return DeclinedError(reason)
        same = status.holdings is not None and status.holdings.manifest == self.held
        return None if same else DeclinedError(UnderWay(number=status.latest, command="drift"))


def busy(status: Status) -> Reason | None:
    """Why no host can be asked now: a deployment or a repair is at work on them."""
    if status.active is not None and not status.free:
        return UnderWay(number=status.active.number, command="drift")
    return AtWork(hosts=status.mending.hosts) if status.mending is not None else None


class Queries:
    """Answers queries from the tree and from the hosts.

    Args:
        tree: what is deployed.
        fleet: the hosts.
    """

    def __init__(self, tree: Tree, fleet: Fleet) -> None:
        self._tree, self._fleet = tree, fleet
        self._discreet = Discreet(tree)

    def names_private(self, text: str) -> bool:
        """Whether a line names a private file."""
        return self._tree.discreet(text) != text

    def answer(self, query: Query, status: Status) -> Found:
        """What there is to tell.

        Raises:
            DeclinedError: it can not be told now, and why.
            OperationalError: git or the disk failed.
        """
        return (
            Found(self._diff(query, status)) if isinstance(query, DiffQuery) else self._drift(query, status)
        )

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

    def _drift(self, query: DriftQuery, status: Status) -> Found:
        """Every host is asked that nobody is at work on; others are between two states."""
        if status.holdings is None:
            raise DeclinedError(NoBaseline())
        if (reason := busy(status)) is not None:
            raise DeclinedError(reason)
        if faults := self._tree.nowhere(query.paths, status.holdings):
            raise DeclinedError(BadPaths(faults=faults, command="drift"))
        wanted = self._tree.deployable(status.holdings.manifest).select(query.paths)
        hosts = status.free
        proofs = self._fleet.prove(hosts, wanted.roots)
        found, silent = self._sorted(proofs, wanted)
        marks = status.holdings.marks
        origins = [(p, wanted.select((p,)).digest[:6], mark_for(p, marks)) for p in query.paths]
        busy_ones = [h for h in status.hosts if h not in hosts]
        lines = drift(found, silent, len(hosts), origins, tuple(status.excluded), busy_ones)
        whole = query.paths == (".",)
        right = tuple(h for h in hosts if whole and h not in found and h not in silent)
        seen = DriftSeen(tuple(Drift(h, files) for h, files in found.items()), right)
        return Found(lines, seen, status.holdings.manifest)

    def _sorted(
        self, proofs: Iterable[HostProof], wanted: Manifest
    ) -> tuple[dict[str, Files], dict[str, str]]:
        """Hosts that differ, with the files; those that could not be asked, with the reason."""
        found: dict[str, Files] = {}
        silent: dict[str, str] = {}
        for proof in proofs:
            if proof.manifest is None:
                silent[proof.host] = self._discreet.proof(proof).reason
            elif files := proof.manifest.differences(wanted):
                found[proof.host] = self._discreet.files(files)
        return found, silent
