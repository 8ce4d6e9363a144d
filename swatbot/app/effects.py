"""Carrying out effects in workers: each ends in a command that says what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

from swatbot.domain import commands as c
from swatbot.domain import effects as f
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Budget, HostResult, Tally
from swatbot.ports import Calendar, Checker, CheckTask, Clock, Fleet, Order, Stop, Tree

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
            case f.SyncStep() | f.RestoreStep():
                return c.HostsReported(effect, self._push(effect, token, report, stop))
            case f.RunChecks():
                return c.ChecksReported(effect, self._world.checker.check(_task(effect), stop))

    def _of_tree(self, effect: f.Inspect | f.TakeSnapshot | f.Finish) -> c.ShellCommand:
        tree = self._world.tree
        match effect:
            case f.Inspect():
                season = self._world.calendar.season(self._world.clock.now())
                return c.Inspected(effect, tree.inspect(effect.plan, effect.holdings), season)
            case f.TakeSnapshot():
                return c.Snapshotted(effect, tree.snapshot(effect.plan, effect.holdings))
            case f.Finish():
                return c.Finished(effect, tree.overlay(effect.whole, effect.part))

    def _push(
        self, effect: f.SyncStep | f.RestoreStep, token: int, report: Report, stop: Stop
    ) -> tuple[HostResult, ...]:
        def progress(tally: Tally) -> None:
            report(c.TellProgress(effect, tally))

        tree = self._world.tree
        order = Order(
            effect.number,
            effect.step,
            effect.hosts,
            tree.manifest(effect.base),
            tree.manifest(effect.target),
            token,
            self._rules.batch,
            self._budget(effect),
        )
        return self._world.fleet.push(order, tree, progress, stop)

    def _budget(self, effect: f.SyncStep | f.RestoreStep) -> Budget:
        """A rollback goes to every host, however many fail; a sync has the budget of its whole stage."""
        if isinstance(effect, f.RestoreStep):
            return Budget(hosts=len(effect.hosts))
        budget = self._rules.budget(effect.stage)
        return Budget(hosts=max(budget.hosts, int(budget.share * len(self._rules.hosts(effect.stage)))))


def _task(effect: f.RunChecks) -> CheckTask:
    return CheckTask(
        effect.number,
        effect.stage,
        effect.step,
        effect.hosts,
        effect.control,
        effect.since,
        effect.baking,
        effect.paths,
        effect.state,
    )
