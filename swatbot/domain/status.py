"""The status: what folding the journal gives, and what every decision, reply and picture is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from swatbot.domain.deployment import State
from swatbot.domain.findings import Holdings, StageHosts
from swatbot.domain.live import Live
from swatbot.domain.past import Past, past_of
from swatbot.domain.stage import Files
from swatbot.domain.upkeep import Upkeep, UpkeepKind


@dataclass(frozen=True, slots=True)
class Lock:
    """Deploying is locked: by whom, why, and until when (None: until somebody unlocks)."""

    by: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Nothing is done with a host: who wanted that, and why."""

    by: str
    why: str


@dataclass(frozen=True)
class Status:
    """Everything that is known of deployments.

    Attributes:
        live: deployments that are not over, by number.
        past: deployments that are.
        queue: numbers that wait for their turn, next first.
        latest: the highest number given out.
        lock: the lock, if there is one.
        holdings: what the fleet holds, None before the first baseline.
        stages: the hosts, as the config has them, without those that are excluded.
        excluded: hosts that somebody excluded.
        stale: hosts that missed deployments, with their numbers; with none, hosts that are new.
        returned: stale hosts that were seen to answer again.
        due: when stale hosts are to be caught up, at the earliest.
        setbacks: how often in a row that failed although the host answered.
        drift: hosts that are known to hold something else, with the files as far as they are known.
        silent: hosts that the patrol could not ask.
        upkeep: what is being done to hosts outside of any deployment.
        patrolled_at: when all hosts were last asked.
        token: the fencing token of the engine that decides.
        baseline: the latest number when what the fleet holds was last taken over from its hosts.
    """

    live: Mapping[int, Live] = field(default_factory=dict)
    past: Mapping[int, Past] = field(default_factory=dict)
    queue: tuple[int, ...] = ()
    latest: int = 0
    lock: Lock | None = None
    holdings: Holdings | None = None
    stages: tuple[StageHosts, ...] = ()
    excluded: Mapping[str, Exclusion] = field(default_factory=dict)
    stale: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    returned: tuple[str, ...] = ()
    due: Mapping[str, datetime] = field(default_factory=dict)
    setbacks: Mapping[str, int] = field(default_factory=dict)
    drift: Mapping[str, Files] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    upkeep: Upkeep | None = None
    patrolled_at: datetime | None = None
    token: int = 0
    baseline: int = 0

    def deployment(self, number: int) -> Live | Past | None:
        """The deployment of this number, over or not."""
        return self.live.get(number) or self.past.get(number)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of all stages."""
        return tuple(h for found in self.stages for h in found.hosts)

    @property
    def free(self) -> tuple[str, ...]:
        """The hosts that no deployment is at work on: before one ships, production is free for others."""
        active = self.active
        return tuple(h for h in self.hosts if active is None or not active.occupies(h))

    @property
    def active(self) -> Live | None:
        """The one deployment that occupies the environment."""
        return next((d for d in self.live.values() if d.active), None)

    @property
    def mending(self) -> Upkeep | None:
        """Hosts that are being brought back to what the fleet holds; a patrol changes none."""
        patrols = self.upkeep is not None and self.upkeep.kind is UpkeepKind.PATROL
        return None if patrols else self.upkeep

    @property
    def waiting(self) -> tuple[Live, ...]:
        """The queue, next first."""
        return tuple(self.live[n] for n in self.queue)

    def in_state(self, *states: State) -> tuple[Live, ...]:
        """Live deployments in one of these states, by number."""
        return tuple(d for _, d in sorted(self.live.items()) if d.state in states)

    def put(self, d: Live) -> "Status":
        """With this deployment in place of the one that has its number; among the past ones if it is over."""
        latest = max(self.latest, d.number)
        if not d.state.terminal:
            return replace(self, live={**self.live, d.number: d}, latest=latest)
        live = {n: other for n, other in self.live.items() if n != d.number}
        return replace(self, live=live, past={**self.past, d.number: past_of(d)}, latest=latest)

    def without_queued(self, number: int) -> "Status":
        """With this number out of the queue."""
        return replace(self, queue=tuple(n for n in self.queue if n != number))
