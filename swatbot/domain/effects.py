"""What the world is to do next, from the status alone; so recovery is the normal path entered again."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.applied import STAGE_OF
from swatbot.domain.deployment import Kind, State
from swatbot.domain.findings import Holdings
from swatbot.domain.live import Live, Phase
from swatbot.domain.plan import Plan
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status


@dataclass(frozen=True, slots=True)
class Inspect:
    """Hold the tree against what the fleet holds, and look at the calendar."""

    number: int
    plan: Plan
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Pin the plan's paths."""

    number: int
    plan: Plan
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class SyncStep:
    """Bring hosts from S_`step`-1 to S_`step`; `base` and `target` are those manifests' digests."""

    number: int
    stage: Stage
    step: int
    hosts: tuple[str, ...]
    base: str
    target: str


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Ask the checks of a stage about hosts that are in S_`step`; `baking` watches them under traffic.

    `state` is that manifest's digest.
    """

    number: int
    stage: Stage
    step: int
    baking: bool
    hosts: tuple[str, ...]
    control: tuple[str, ...]
    since: datetime
    paths: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True)
class RestoreStep:
    """Bring hosts back from S_`step`+1 to S_`step`."""

    number: int
    step: int
    hosts: tuple[str, ...]
    base: str
    target: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Work out what the fleet holds now: `whole` with everything under `part`'s roots replaced by it."""

    number: int
    whole: str
    part: str


Effect = Inspect | TakeSnapshot | SyncStep | RunChecks | RestoreStep | Finish


def next_effect(d: Live, status: Status) -> Effect | None:
    """What is to be done for a deployment now; None while it waits for a person, its turn, or is over."""
    effect: Effect | None = None
    if d.state in STAGE_OF:
        effect = _on_stage(d, STAGE_OF[d.state])
    elif d.state is State.BAKING and d.phase is Phase.CHECK:
        effect = _check(d, Stage.CANARIES, baking=True)
    elif d.state is State.ROLLING_BACK and d.undo > 0:
        effect = _restore(d)
    elif status.holdings is not None:
        effect = _about_tree(d, status.holdings)
    return effect


def effects(status: Status) -> tuple[Effect, ...]:
    """The next effects of all live deployments, by number."""
    found = (next_effect(d, status) for _, d in sorted(status.live.items()))
    return tuple(f for f in found if f is not None)


def _about_tree(d: Live, holdings: Holdings) -> Effect | None:
    match d.state:
        case State.INSPECTING:
            return Inspect(d.number, d.plan, holdings)
        case State.SNAPSHOTTING:
            return TakeSnapshot(d.number, d.plan, holdings)
        case State.FINISHING:
            return Finish(d.number, holdings.manifest, d.states[0 if d.kind is Kind.ROLLBACK else -1])
    return None


def _on_stage(d: Live, stage: Stage) -> Effect | None:
    if d.phase is Phase.CHECK:
        return _check(d, stage, baking=False)
    if d.phase is Phase.DONE:
        return None
    target = d.step + 1
    hosts = tuple(h for h in d.of_stage(stage) if not d.proves(h, target))
    return SyncStep(d.number, stage, target, hosts, d.states[target - 1], d.states[target])


def _check(d: Live, stage: Stage, *, baking: bool) -> RunChecks:
    last = len(d.states) - 1
    state = last if baking else d.step + 1
    hosts = tuple(h for h in d.of_stage(stage) if d.proves(h, state))
    control = tuple(h for h in d.hosts(Stage.FLEET) if h not in d.touched)
    since = d.stage_at or d.requested_at
    digest = d.states[state]
    return RunChecks(d.number, stage, state, baking, hosts, control, since, d.plan.paths, digest)


def _restore(d: Live) -> RestoreStep:
    state = d.undo - 1
    hosts = tuple(h for h in d.touched if d.marks[h].attempted > state)
    return RestoreStep(d.number, state, hosts, d.states[state + 1], d.states[state])
