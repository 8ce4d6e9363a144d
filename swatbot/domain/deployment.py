"""A deployment: one attempt to ship a plan, as an immutable value that events change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from swatbot.domain.coverage import Change
from swatbot.domain.findings import Holdings, StageHosts
from swatbot.domain.person import Actor
from swatbot.domain.plan import Options, Plan
from swatbot.domain.stage import Stage, Tally
from swatbot.domain.verdict import Verdict


class State(StrEnum):
    """Where a deployment is; `transitions` has the table."""

    INSPECTING = "inspecting"
    QUEUED = "queued"
    SNAPSHOTTING = "snapshotting"
    STAGING = "staging"
    AWAITING_VERIFICATION = "awaiting_verification"
    CANARIES = "canaries"
    BAKING = "baking"
    FLEET = "fleet"
    FINISHING = "finishing"
    HELD = "held"
    ROLLING_BACK = "rolling_back"
    PARKED = "parked"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"

    @property
    def terminal(self) -> bool:
        """Whether nothing leaves this state."""
        return self in TERMINAL

    @property
    def words(self) -> str:
        """As a message says it."""
        return self.value.replace("_", " ")


TERMINAL = frozenset(
    {
        State.COMPLETED,
        State.REFUSED,
        State.CANCELLED,
        State.FAILED,
        State.ROLLED_BACK,
        State.ROLLBACK_INCOMPLETE,
    }
)
WAITING = frozenset({State.INSPECTING, State.QUEUED, State.PARKED})


class Kind(StrEnum):
    """A sync ships the tree; a rollback puts back what a completed sync replaced."""

    SYNC = "sync"
    ROLLBACK = "rollback"


class Phase(StrEnum):
    """Within a step on a stage."""

    SYNC = "sync"
    CHECK = "check"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from, so that its answer goes there.

    Attributes:
        network: name of the network.
        channel: channel or private partner.
        private: whether only the bot heard it.
        request: sequence number of the heard record.
    """

    network: str
    channel: str
    private: bool = False
    request: int = 0


class Word(StrEnum):
    """A submitter's word about the test servers."""

    VERIFIED = "verified"
    UNTESTABLE = "untestable"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Asked:
    """One person whose word is waited for.

    Attributes:
        person: the name.
        word: what was said, None while it is waited for.
        by: who said it: the person, or the deployer who overrode.
        why: the reason given.
        at: when it was said.
    """

    person: str
    word: Word | None = None
    by: str = ""
    why: str = ""
    at: datetime | None = None


class HoldKind(StrEnum):
    """A person's hold never expires; a question that checks could not answer does, and ends in rollback."""

    PERSON = "person"
    QUESTION = "question"
    STUMBLE = "stumble"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a deployment stands still, and where it goes on.

    Attributes:
        kind: who waits for whom.
        by: who held it ("" for the bot).
        why: the reason.
        resume_to: the state it was held in.
        since: when it was held.
        deadline: when a question ends in rollback, None for a person's hold.
    """

    kind: HoldKind
    by: str
    why: str
    resume_to: State
    since: datetime
    deadline: datetime | None = None


class CauseKind(StrEnum):
    """Why a deployment is undone."""

    BROKEN = "broken"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CHECK = "check"
    BUDGET = "budget"
    UNDECIDED = "undecided"
    DEMANDED = "demanded"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a deployment is undone: who or what, and the reason in words."""

    kind: CauseKind
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class HostMark:
    """What is known of one host in one deployment.

    Attributes:
        attempted: the highest state S_k that was begun on it and is not undone; it may hold parts up to it.
        proven: the state it proved last, None when it failed since.
        reason: why it is not proven.
        uncertain: it failed, or its work broke off unreported, so even "nothing was sent" proves nothing.
    """

    attempted: int
    proven: int | None
    reason: str = ""
    uncertain: bool = False


@dataclass(frozen=True)
class Deployment:
    """One attempt to ship a plan.

    Attributes:
        number: never reused.
        kind: sync or rollback.
        plan: what ships, in which order.
        message: what the deployer typed after the paths.
        options: what was typed before them.
        actor: the deployer.
        place: where it was asked for.
        requested_at: when.
        of: the deployment that a retry or rollback refers to, 0 for none.
        state: see State.
        changes: the changes of which the plan ships something.
        files: how many files differ; `added` and `removed` count their lines.
        private: whether a path is private.
        asked: whose word is wanted, and what they said.
        head: the commit at the snapshot.
        states: digests S_0..S_n, see findings.Pin.
        before: what the fleet held at the snapshot.
        stages: the hosts, as they were at the snapshot.
        stage: the stage being worked on; `step` (from 0) and `phase` within it.
        marks: what is known of each host that was begun.
        put_right: files that hosts held differently before, by host.
        verdicts: of the last checks.
        tally: the last progress; `told_at` when it was last told.
        hold: set while held.
        cause: set once it is being undone; `undo` is the highest state still to be undone.
        restored: hosts that proved an older state while it was undone.
        asked_at: when verification was asked for; `reminded_at` the last reminder, of a hold as well.
        deadline: when waiting ends by itself.
        started_at: when the snapshot began.
        shipping_at: when production began.
        stage_at: when the stage, or the rollback, began.
        ended_at: when it was over.
    """

    number: int
    kind: Kind
    plan: Plan
    message: str
    options: Options
    actor: Actor
    place: Place
    requested_at: datetime
    of: int = 0
    state: State = State.INSPECTING
    changes: tuple[Change, ...] = ()
    files: int = 0
    added: int = 0
    removed: int = 0
    private: bool = False
    asked: tuple[Asked, ...] = ()
    head: str = ""
    states: tuple[str, ...] = ()
    before: Holdings | None = None
    stages: tuple[StageHosts, ...] = ()
    stage: Stage | None = None
    step: int = 0
    phase: Phase = Phase.SYNC
    marks: Mapping[str, HostMark] = field(default_factory=dict)
    put_right: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    tally: Tally | None = None
    told_at: datetime | None = None
    hold: Hold | None = None
    cause: Cause | None = None
    undo: int = 0
    restored: tuple[str, ...] = ()
    asked_at: datetime | None = None
    reminded_at: datetime | None = None
    deadline: datetime | None = None
    started_at: datetime | None = None
    shipping_at: datetime | None = None
    stage_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def digest(self) -> str:
        """The snapshot's short digest, as messages show it."""
        return self.states[-1][:6] if self.states else ""

    @property
    def previous(self) -> str:
        """The short digest of what the fleet held before."""
        return self.states[0][:6] if self.states else ""

    @property
    def active(self) -> bool:
        """Whether it occupies the test servers or the fleet, held or not."""
        state = self.hold.resume_to if self.hold else self.state
        return not state.terminal and state not in WAITING

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The people whose word is still wanted."""
        return tuple(a.person for a in self.asked if a.word is None)

    @property
    def people(self) -> tuple[str, ...]:
        """The deployer and everyone asked, each once."""
        return tuple(dict.fromkeys([self.actor.name, *(a.person for a in self.asked)]))

    def hosts(self, *stages: Stage) -> tuple[str, ...]:
        """The hosts of these stages; of all, if none is named."""
        return tuple(h for s in self.stages if not stages or s.stage in stages for h in s.hosts)

    def of_stage(self, stage: Stage) -> tuple[str, ...]:
        """The hosts that a stage works on: on the fleet also canaries that failed before."""
        own = self.hosts(stage)
        if stage is not Stage.FLEET:
            return own
        return own + tuple(h for h in self.hosts(Stage.CANARIES) if not self.proves(h, len(self.states) - 1))

    def proves(self, host: str, state: int) -> bool:
        """Whether the host proved to hold S_state."""
        mark = self.marks.get(host)
        return mark is not None and mark.proven == state

    @property
    def touched(self) -> tuple[str, ...]:
        """Hosts on which anything of this deployment may be."""
        return tuple(h for h in self.hosts() if (m := self.marks.get(h)) and m.attempted > 0)
