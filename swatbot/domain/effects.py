"""What the world is to do next, from the status alone; so recovery is the normal path entered again."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.applied import STAGE_OF
from swatbot.domain.deployment import Kind, State
from swatbot.domain.findings import Holdings
from swatbot.domain.live import Live, Phase
from swatbot.domain.meant import maybe_paths
from swatbot.domain.plan import Plan
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status
from swatbot.domain.upkeep import Upkeep, UpkeepKind


@dataclass(frozen=True, slots=True)
class Inspect:
    """Hold the tree against what the fleet holds, and look at the calendar.

    `words` are those of the message that may be paths.
    """

    number: int
    plan: Plan
    holdings: Holdings
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Pin the plan's paths."""

    number: int
    plan: Plan
    holdings: Holdings


@dataclass(frozen=True, slots=True)
class SyncStep:
    """Bring hosts from S_`step`-1 to S_`step`; `states` are the digests of all that the plan has.

    `total` is how many hosts the stage has.
    """

    number: int
    stage: Stage
    step: int
    hosts: tuple[str, ...]
    states: tuple[str, ...]
    total: int

    @property
    def since(self) -> int:
        """The state in which they are expected to be."""
        return self.step - 1


@dataclass(frozen=True, slots=True)
class ProveStaged:
    """Whether the test servers still hold what was staged: `whole` with `part`, both digests, over it."""

    number: int
    hosts: tuple[str, ...]
    whole: str
    part: str


@dataclass(frozen=True, slots=True)
class PutRight:
    """Bring hosts to exactly what the fleet holds: `whole` is the digest of the whole tree's manifest."""

    number: int
    stage: Stage
    hosts: tuple[str, ...]
    whole: str


@dataclass(frozen=True, slots=True)
class Mend:
    """Bring hosts to exactly what the fleet holds, outside of any deployment."""

    upkeep: Upkeep
    whole: str
    number: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """Which."""
        return self.upkeep.hosts


@dataclass(frozen=True, slots=True)
class Patrol:
    """Ask hosts what they hold, every file read, and hold that against what the fleet does."""

    hosts: tuple[str, ...]
    whole: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Ask the checks of a stage about hosts that are in S_`step`; `baking` watches them under traffic.

    `state` is that manifest's digest, `last` whether the plan leads no further.
    """

    number: int
    stage: Stage
    step: int
    baking: bool
    hosts: tuple[str, ...]
    control: tuple[str, ...]
    since: datetime
    state: str
    last: bool


@dataclass(frozen=True, slots=True)
class RestoreStep:
    """Bring hosts back from S_`step`+1 to S_`step`; `states` are the digests of all that the plan has."""

    number: int
    step: int
    hosts: tuple[str, ...]
    states: tuple[str, ...]

    @property
    def since(self) -> int:
        """The state in which they are expected to be."""
        return self.step + 1


@dataclass(frozen=True, slots=True)
class Finish:
    """Work out what the fleet holds now: `whole` with everything under `part`'s roots replaced by it.

    And whether the tree holds something newer under `paths` by now.
    """

    number: int
    whole: str
    part: str
    paths: tuple[str, ...]


OfTree = Inspect | TakeSnapshot | Finish
OfHosts = ProveStaged | PutRight | SyncStep | RunChecks | RestoreStep | Mend | Patrol
Effect = OfTree | OfHosts


def next_effect(d: Live, status: Status) -> Effect | None:
    """What is to be done for a deployment now; None while it waits for a person, its turn, or is over."""
    effect: Effect | None = None
    if d.state in STAGE_OF:
        effect = _on_stage(d, STAGE_OF[d.state])
    elif d.state is State.BAKING and d.phase is Phase.CHECK:
        effect = _check(d, Stage.CANARIES, baking=True)
    elif d.state is State.AWAITING_VERIFICATION:
        effect = _prove_staged(d)
    elif d.state is State.ROLLING_BACK:
        effect = _restore(d) if d.undo > 0 else _put_right(d)
    elif status.holdings is not None:
        effect = _about_tree(d, status.holdings)
    return effect


def effects(status: Status) -> tuple[Effect, ...]:
    """The next effects of all live deployments, by number, and that of upkeep (number 0)."""
    found = (next_effect(d, status) for _, d in sorted(status.live.items()))
    return tuple(f for f in (upkeep_effect(status), *found) if f is not None)


def upkeep_effect(status: Status) -> Mend | Patrol | None:
    """What is to be done to hosts outside of any deployment."""
    upkeep, holdings = status.upkeep, status.holdings
    if upkeep is None or holdings is None:
        return None
    if upkeep.kind is UpkeepKind.PATROL:
        return Patrol(upkeep.hosts, holdings.manifest)
    return Mend(upkeep, holdings.manifest)


def _about_tree(d: Live, holdings: Holdings) -> Effect | None:
    match d.state:
        case State.INSPECTING:
            return Inspect(d.number, d.plan, holdings, maybe_paths(d.message))
        case State.SNAPSHOTTING:
            return TakeSnapshot(d.number, d.plan, holdings)
        case State.FINISHING:
            part = d.states[0 if d.kind is Kind.ROLLBACK else -1]
            return Finish(d.number, holdings.manifest, part, d.plan.paths)
    return None


def _on_stage(d: Live, stage: Stage) -> Effect | None:
    unready = d.unready(stage)
    if d.phase is Phase.BASELINE:
        return _put_right(d)
    if d.phase is Phase.CHECK:
        return _check(d, stage, baking=False)
    if d.phase is Phase.DONE:
        return None
    target = d.step + 1
    ready = (h for h in d.of_stage(stage) if h not in unready)
    # A canary that failed in a later step waits for the fleet to come there: it is not taken back.
    hosts = tuple(h for h in ready if not d.proves(h, target) and not d.is_past(h, target))
    return SyncStep(d.number, stage, target, hosts, d.states, len(d.hosts(stage)))


def _prove_staged(d: Live) -> ProveStaged | None:
    """Once everybody's word is there: it was about what the test servers held until then."""
    if d.waits_for or d.phase is not Phase.DONE or d.before is None:
        return None
    last = len(d.states) - 1
    hosts = tuple(h for h in d.hosts(Stage.TESTSERVERS) if d.proves(h, last))
    return ProveStaged(d.number, hosts, d.before.manifest, d.states[last])


def _put_right(d: Live) -> PutRight | None:
    """What was begun is also waited for when the deployment is over before its first step."""
    if d.phase is not Phase.BASELINE or d.stage is None or d.before is None:
        return None
    return PutRight(d.number, d.stage, d.unready(d.stage), d.before.manifest)


def _check(d: Live, stage: Stage, *, baking: bool) -> RunChecks:
    last = len(d.states) - 1
    state = last if baking else d.step + 1
    hosts = tuple(h for h in d.of_stage(stage) if d.proves(h, state))
    control = tuple(h for h in d.hosts(Stage.FLEET) if h not in d.touched)
    since = d.stage_at or d.requested_at
    digest = d.states[state]
    return RunChecks(d.number, stage, state, baking, hosts, control, since, digest, state == last)


def _restore(d: Live) -> RestoreStep:
    state = d.undo - 1
    hosts = tuple(h for h in d.touched if d.marks[h].attempted > state)
    return RestoreStep(d.number, state, hosts, d.states)
