"""Carrying out effects in workers: each ends in a command that says what came of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from swatbot.app.aftercare import Aftercare
from swatbot.app.discreet import Discreet
from swatbot.domain import commands as c
from swatbot.domain import effects as f
from swatbot.domain.manifest import Manifest
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Budget, HostResult, Tally
from swatbot.domain.status import Status
from swatbot.domain.upkeep import Drift
from swatbot.errors import OperationalError, UserError
from swatbot.ports import Calendar, Checker, CheckTask, Clock, Fleet, Order, Stop, Tree

_LOG = logging.getLogger(__name__)

Pushed = f.PutRight | f.SyncStep | f.RestoreStep | f.Mend
Report = Callable[[c.ShellCommand], None]


@dataclass(frozen=True)
class World:
    """The parts of the world that effects act on."""

    tree: Tree
    fleet: Fleet
    checker: Checker
    calendar: Calendar
    clock: Clock


class Effects:
    """Knows how each effect is carried out. All of them may be carried out again without harm."""

    def __init__(self, world: World, rules: Rules) -> None:
        self._world, self._rules = world, rules
        self._discreet = Discreet(world.tree)
        self._aftercare = Aftercare(world.checker, world.clock, rules, self._discreet)

    def foresee(self, before: Status, now: Status) -> None:
        """What connections are to be like, now that something has changed.

        While a deployment waits for its turn, hosts are connected to, for that takes longest. Nobody waits
        for a host that was excluded.
        """
        if len(now.queue) > len(before.queue) or (now.active and not before.active):
            self._world.fleet.warm(now.hosts)
        if excluded := now.excluded.keys() - before.excluded.keys():
            self._world.fleet.drop(sorted(excluded))

    def run(self, effect: f.Effect, token: int, report: Report, stop: Stop) -> c.ShellCommand:
        """Carry an effect out.

        Args:
            effect: what is to be done.
            token: the engine's fencing token, which goes with everything that changes a host.
            report: takes progress while it lasts.
            stop: set when the effect is no longer wanted.

        Returns:
            The command that reports the outcome.

        Raises:
            OperationalError: the tree, git or a disk failed.
            UserError: the tree holds what can not be shipped.
        """
        match effect:
            case f.Inspect() | f.TakeSnapshot() | f.Finish():
                return self._of_tree(effect)
            case f.PutRight():
                return c.HostsReported(effect, self._whole(effect, token, report, stop))
            case f.SyncStep() | f.RestoreStep():
                return c.HostsReported(effect, self._bring(effect, token, report, stop))
            case f.Mend():
                results = self._whole(effect, token, report, stop)
                return c.MendReported(effect, self._aftercare.judged(effect, results, stop))
            case f.Patrol():
                whole = self._world.tree.deployable(effect.whole)
                return c.PatrolReported(effect, *self._asked(effect.hosts, whole, stop, afresh=True))
            case f.ProveStaged():
                tree = self._world.tree
                whole = tree.deployable(tree.overlay(effect.whole, effect.part))
                return c.StagedReported(effect, *self._asked(effect.hosts, whole, stop, afresh=False))
            case f.RunChecks():
                found = self._world.checker.check(_task(effect), stop)
                return c.ChecksReported(effect, tuple(map(self._discreet.verdict, found)))

    def _of_tree(self, effect: f.Inspect | f.TakeSnapshot | f.Finish) -> c.ShellCommand:
        tree = self._world.tree
        match effect:
            case f.Inspect():
                season = self._world.calendar.season(self._world.clock.now())
                found = tree.inspect(effect.plan, effect.holdings)
                return c.Inspected(effect, found, season, tree.known(effect.words, effect.holdings))
            case f.TakeSnapshot():
                return c.Snapshotted(effect, tree.snapshot(effect.plan, effect.holdings))
            case f.Finish():
                after = tree.overlay(effect.whole, effect.part)
                return c.Finished(effect, after, self._newer(effect, after))

    def _newer(self, effect: f.Finish, whole: str) -> bool:
        """It is said as a help, and no reason not to finish."""
        try:
            return self._world.tree.differs(effect.paths, whole)
        except (OperationalError, UserError) as error:
            _LOG.warning("#%d: whether the tree has something newer: %s", effect.number, error)
            return False

    def _whole(
        self, effect: f.PutRight | f.Mend, token: int, report: Report, stop: Stop
    ) -> tuple[HostResult, ...]:
        """A push from what the fleet holds to the same: who holds something else is repaired."""
        whole = self._world.tree.deployable(effect.whole)
        batch, budget = self._batch(), Budget(hosts=len(effect.hosts))
        order = Order(effect.number, (whole,), 0, 0, effect.hosts, token, batch, budget)
        return self._push(effect, order, report, stop)

    def _asked(
        self, hosts: Sequence[str], whole: Manifest, stop: Stop, *, afresh: bool
    ) -> tuple[tuple[Drift, ...], tuple[str, ...]]:
        """Which hosts hold something else than this, and which could not be asked."""
        proofs = self._world.fleet.prove(hosts, whole.roots, afresh=afresh, stop=stop)
        held = {proof.host: proof.manifest for proof in proofs if proof.manifest is not None}
        drift = (Drift(h, self._discreet.files(m.differences(whole))) for h, m in held.items())
        silent = tuple(proof.host for proof in proofs if proof.manifest is None)
        return tuple(d for d in drift if d.files), silent

    def _bring(
        self, effect: f.SyncStep | f.RestoreStep, token: int, report: Report, stop: Stop
    ) -> tuple[HostResult, ...]:
        rules = self._rules
        batch, budget, pause = self._batch(), Budget(hosts=len(effect.hosts)), 0.0
        if isinstance(effect, f.SyncStep):  # a rollback is never held up, however many hosts fail
            batch, pause = rules.batch.size(effect.total), rules.pause.total_seconds()
            budget = Budget(hosts=rules.budget(effect.stage).size(effect.total))
        states = tuple(map(self._world.tree.deployable, effect.states))
        order = Order(
            effect.number, states, effect.since, effect.step, effect.hosts, token, batch, budget, pause
        )
        return self._push(effect, order, report, stop)

    def _push(self, effect: Pushed, order: Order, report: Report, stop: Stop) -> tuple[HostResult, ...]:
        def progress(tally: Tally) -> None:
            if not isinstance(effect, f.Mend):
                report(c.TellProgress(effect, tally))

        results = self._world.fleet.push(order, self._world.tree, progress, stop)
        return tuple(map(self._discreet.result, results))

    def _batch(self) -> int:
        """Outside of a sync: its share is of all hosts, however few are touched."""
        return self._rules.batch.size(sum(len(found.hosts) for found in self._rules.stages))


def _task(effect: f.RunChecks) -> CheckTask:
    return CheckTask(
        effect.number,
        effect.stage,
        effect.step,
        effect.hosts,
        effect.control,
        effect.since,
        effect.baking,
        effect.state,
        effect.last,
    )
