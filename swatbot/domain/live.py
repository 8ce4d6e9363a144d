"""A deployment that is not over: an immutable value, with what is known of every host, that events change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from swatbot.domain.deployment import WAITING, Deployment, HoldKind, Kind, State
from swatbot.domain.findings import Edit
from swatbot.domain.stage import Stage, Tally
from swatbot.domain.verdict import Verdict


class Phase(StrEnum):
    """Within a step on a stage."""

    BASELINE = "baseline"
    SYNC = "sync"
    CHECK = "check"
    DONE = "done"
    PROVEN = "proven"


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


@dataclass(frozen=True, slots=True)
class HostMark:
    """What is known of one host in one deployment.

    Attributes:
        attempted: the highest state S_k that was begun on it and is not undone; it may hold parts up to it.
        proven: the state it proved last, None when it failed since.
        reason: why it is not proven.
        uncertain: it failed, or its work broke off unreported, so even "nothing was sent" proves nothing.
        reached: the highest state that it reported to have begun and that is not undone.
    """

    attempted: int
    proven: int | None
    reason: str = ""
    uncertain: bool = False
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Live(Deployment):
    """A deployment on its way.

    Attributes:
        edits: those in no commit that the deployer was told of.
        undone: short ids of the commits that the deployer was told it takes back.
        left: files of its changes that it leaves behind, knowingly.
        head: the commit at the snapshot, "" for a rollback.
        behind: hosts that may hold something else than the fleet does, until they are put right.
        step: the step (from 0) within the stage being worked on; `phase` within that.
        marks: what is known of each host that was begun.
        verdicts: of the last checks.
        tally: the last progress; `told_at` when it was last told.
        hold: set while held.
        undo: the highest state still to be undone.
        restored: hosts that proved an older state while it was undone.
        reminded_at: when those who are asked, or who hold, were last reminded.
        deadline: when waiting ends by itself.
    """

    edits: tuple[Edit, ...] = ()
    undone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    head: str = ""
    behind: tuple[str, ...] = ()
    step: int = 0
    phase: Phase = Phase.SYNC
    marks: Mapping[str, HostMark] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    tally: Tally | None = None
    told_at: datetime | None = None
    hold: Hold | None = None
    undo: int = 0
    restored: tuple[str, ...] = ()
    reminded_at: datetime | None = None
    deadline: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it occupies the test servers or the fleet, held or not."""
        state = self.hold.resume_to if self.hold else self.state
        return not state.terminal and state not in WAITING

    def without(self, gone: Collection[str]) -> "Live":
        """The deployment without hosts that were excluded, or taken out of the config."""
        if not set(gone).intersection(self.hosts()):
            return self
        stages = tuple(replace(s, hosts=tuple(h for h in s.hosts if h not in gone)) for s in self.stages)
        marks = {h: mark for h, mark in self.marks.items() if h not in gone}
        behind = tuple(h for h in self.behind if h not in gone)
        return replace(self, stages=stages, marks=marks, behind=behind)

    def occupies(self, host: str) -> bool:
        """Whether nobody else may work on the host: before it ships, production is free for others."""
        if self.shipping_at is None and self.kind is Kind.SYNC and self.states:
            return self.active and host in self.hosts(Stage.TESTSERVERS)
        return self.active

    def of_stage(self, stage: Stage) -> tuple[str, ...]:
        """The hosts that a stage works on: on the fleet also canaries that failed before."""
        own = self.hosts(stage)
        if stage is not Stage.FLEET:
            return own
        return own + tuple(h for h in self.hosts(Stage.CANARIES) if not self.proves(h, len(self.states) - 1))

    def unready(self, stage: Stage) -> tuple[str, ...]:
        """Hosts of a stage that are behind and were not put right: nothing else is done with them."""
        return tuple(h for h in self.of_stage(stage) if h in self.behind)

    def proves(self, host: str, state: int) -> bool:
        """Whether the host proved to hold S_state."""
        mark = self.marks.get(host)
        return mark is not None and mark.proven == state

    def is_past(self, host: str, state: int) -> bool:
        """Whether something later than S_state may be on the host."""
        mark = self.marks.get(host)
        return mark is not None and mark.attempted > state

    @property
    def touched(self) -> tuple[str, ...]:
        """Hosts on which anything of this deployment may be."""
        return tuple(h for h in self.hosts() if (m := self.marks.get(h)) and m.attempted > 0)

    @property
    def failed(self) -> dict[str, str]:
        """Hosts that are not proven because they failed, with the reason."""
        return {h: m.reason for h in self.hosts() if (m := self.marks.get(h)) and m.reason}

    @property
    def reached(self) -> tuple[int, int]:
        """How many of the stage's hosts prove what they are to hold in the end, of how many.

        0 of 0 where no host is touched.
        """
        hosts = self.of_stage(self.stage) if self.stage and self.touched else ()
        wanted = 0 if self.cause else len(self.states) - 1
        return sum(self.proves(h, wanted) for h in hosts), len(hosts)
