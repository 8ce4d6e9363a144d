"""A deployment: one attempt to ship a plan, and what is known of it whether it is over or not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from swatbot.domain.coverage import Change
from swatbot.domain.findings import Holdings, StageHosts
from swatbot.domain.person import Actor
from swatbot.domain.plan import Options, Plan
from swatbot.domain.reasons import Reason
from swatbot.domain.stage import Stage


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from, so that its answer goes there.

    Attributes:
        network: name of the network.
        channel: channel or private partner.
        private: whether only the bot heard it.
        request: sequence number of the heard record.
        in_the_open: whether the answer goes to where commands are heard, though the request was private.
    """

    network: str
    channel: str
    private: bool = False
    request: int = 0
    in_the_open: bool = False


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
class Deployment:
    """One attempt to ship a plan: a `Live` one that events change, or a `Past` one that nothing changes.

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
        private: whether a path is private.
        asked: whose word is wanted, and what they said.
        states: digests S_0..S_n, see findings.Pin.
        before: what the fleet held at the snapshot.
        stages: the hosts, as they were at the snapshot.
        stage: the stage being worked on, or the last one that was.
        cause: why it is being undone, or was.
        asked_at: when verification was asked for.
        shipping_at: when production began.
        stage_at: when the stage, or the rollback, began.
        ended_at: when it was over.
        refusal: why it was refused, or stopped before any host was touched.
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
    private: bool = False
    asked: tuple[Asked, ...] = ()
    states: tuple[str, ...] = ()
    before: Holdings | None = None
    stages: tuple[StageHosts, ...] = ()
    stage: Stage | None = None
    cause: Cause | None = None
    asked_at: datetime | None = None
    shipping_at: datetime | None = None
    stage_at: datetime | None = None
    ended_at: datetime | None = None
    refusal: Reason | None = None

    @property
    def digest(self) -> str:
        """The snapshot's short digest, as messages show it."""
        return self.states[-1][:6] if self.states else ""

    @property
    def previous(self) -> str:
        """The short digest of what the fleet held before."""
        return self.states[0][:6] if self.states else ""

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
