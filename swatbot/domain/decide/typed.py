"""Whether a request was typed as it is meant, as far as its words and the tree can tell."""

from collections.abc import Iterable
from itertools import chain

from swatbot.domain import commands as c
from swatbot.domain.findings import Findings
from swatbot.domain.live import Live
from swatbot.domain.manifest import covered
from swatbot.domain.meant import doubt
from swatbot.domain.plan import NO_OPTIONS, Options, Plan, Step
from swatbot.domain.reasons import DeclinedError, Idle, IdleStep, PathInMessage, Reason


def refuse_repeats(plan: Plan, message: str = "", options: Options = NO_OPTIONS) -> None:
    """A path that was named before ships nothing more, whatever is in the tree.

    Raises:
        DeclinedError: there is one.
    """
    for number, step in enumerate(plan.steps, start=1):
        before = _before(plan, number)
        twice = tuple(dict.fromkeys(path for path in step.paths if step.paths.count(path) > 1))
        found = Idle.TWICE if twice else Idle.COVERED
        if twice or (before and all(covered(path, before) for path in step.paths)):
            plans = (_once(plan),) if twice else _instead(plan, number, before)
            paths = twice or step.paths
            raise DeclinedError(
                IdleStep(step=number, idle=found, paths=paths, plans=plans, message=message, options=options)
            )


def mistyped(d: Live, command: c.Inspected) -> Reason | None:
    """Why the deployer is asked to type it again; faults of paths go first."""
    if command.findings.faults:
        return None
    found = doubt(d.message, d.plan.paths, command.paths)
    if found is not None:
        return PathInMessage(doubt=found, plan=str(d.plan), message=d.message, options=d.options)
    return _idle(d, command.findings)


def _idle(d: Live, found: Findings) -> Reason | None:
    """The first step in which nothing differs, unless nothing does anywhere."""
    for number, step in enumerate(d.plan.steps, start=1):
        files = [f for f in found.files if covered(f, step.paths)]
        if found.files and all(covered(f, _before(d.plan, number)) for f in files):
            return IdleStep(
                step=number,
                idle=Idle.BEFORE if files else Idle.SAME,
                paths=step.paths,
                plans=(str(_without(d.plan, number)),),
                message=d.message,
                private=found.private,
                options=d.options,
            )
    return None


def _before(plan: Plan, number: int) -> tuple[str, ...]:
    return tuple(chain.from_iterable(step.paths for step in plan.steps[: number - 1]))


def _without(plan: Plan, number: int) -> Plan:
    return Plan(plan.steps[: number - 1] + plan.steps[number:])


def _once(plan: Plan) -> str:
    return str(Plan(tuple(Step(_unique(step.paths)) for step in plan.steps)))


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))


def _instead(plan: Plan, number: int, before: tuple[str, ...]) -> tuple[str, ...]:
    """The plan without the step; and with it as the first one, if that leaves something to the others."""
    without, step = _without(plan, number), plan.steps[number - 1]
    first = Plan((step, *without.steps))
    rest = all(not all(covered(path, step.paths) for path in other.paths) for other in without.steps)
    return (str(without), str(first)) if rest and not set(step.paths) & set(before) else (str(without),)
