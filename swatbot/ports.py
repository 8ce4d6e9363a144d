"""What swatbot needs from the world, as Protocols; contract suites hold the adapters to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from swatbot.domain.findings import Findings, Holdings, Pin, Season
from swatbot.domain.manifest import Manifest
from swatbot.domain.plan import Plan
from swatbot.domain.stage import Budget, HostResult, Stage, Tally
from swatbot.domain.verdict import Verdict

# --- the journal ---------------------------------------------------------------------------------


class RecordKind(StrEnum):
    """Heard and said are appended by front ends as they come; decided by the engine only."""

    HEARD = "heard"
    SAID = "said"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be appended: a record before it has a place in the chain.

    Attributes:
        kind: heard, said or decided.
        type: name of the body's class, stable for ever.
        body: its JSON form.
        time: when it was made (UTC).
        number: the deployment it is about.
        account: the actor's proven account.
        source: where it was heard or said: NETWORK/CHANNEL, with the message id where there is one.
        version: of the body's form.
    """

    kind: RecordKind
    type: str
    body: dict[str, Any]
    time: datetime
    number: int | None = None
    account: str | None = None
    source: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """An entry with its place: `hash` = SHA-256 over the previous record's hash and this one's content."""

    seq: int
    entry: Entry
    previous: str
    hash: str


class StaleWriterError(Exception):
    """A decided append came with an old version or an old fencing token: another engine has taken over."""


class Journal(Protocol):
    """Append-only and hash-chained; may be shared by processes. Sequence numbers start at 1, without gaps."""

    def append(
        self,
        entries: Sequence[Entry],
        *,
        expect: int | None = None,
        token: int | None = None,
        cursor: tuple[str, int] | None = None,
        durable: bool = True,
    ) -> tuple[Record, ...]:
        """Append all or none, and move the named cursor in the same breath.

        Args:
            entries: in order.
            expect: sequence number of the last *decided* record that the caller knows (0: none).
            token: the caller's fencing token.
            cursor: name and the sequence number up to which the caller has dealt with the journal.
            durable: whether it must have reached the disk when this returns. If not, it outlives the death
                of every process, and that of the machine as soon as a later durable append has returned.

        Raises:
            StaleWriterError: expect or token is not the newest; nothing was appended.
        """
        ...

    def read(self, after: int, limit: int = 1000) -> tuple[Record, ...]:
        """The records that follow sequence number `after`, oldest first, at most `limit`."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Block until a record after `after` exists or `timeout` seconds are over; whether one does."""
        ...

    def watch(self, grown: Callable[[], None]) -> None:
        """Call after every append, in whichever thread or process; at least once, and must not block."""
        ...

    def head(self) -> int:
        """Sequence number of the newest record, 0 if there is none."""
        ...

    def cursor(self, name: str) -> int:
        """Where the cursor of this name stands, 0 if it was never moved."""
        ...

    def close(self) -> None:
        """Release files and connections; waiting readers return."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run deployments.

    Attributes:
        token: ever-growing; hosts and the journal refuse an older one.
        last_seen: when a former holder last renewed, None if there never was one.
    """

    token: int
    last_seen: datetime | None


class LeaseTakenError(Exception):
    """Another engine holds the lease; the text names it."""


class Leases(Protocol):
    """Who may run deployments."""

    def acquire(self, holder: str) -> Lease:
        """Take the lease, with a token larger than all before.

        Raises:
            LeaseTakenError: another holder has it.
        """
        ...

    def renew(self) -> None:
        """Say that the holder is alive; called about once a second."""
        ...

    def release(self) -> None:
        """Give it up."""
        ...


# --- chat ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incoming:
    """A line as a front end heard it.

    Attributes:
        text: what was said, as it came.
        nick: the speaker's name in the channel.
        account: the proven account, None if none was proven by this very message.
        channel: where; for a private message the speaker's nick.
        private: whether only the bot could hear it.
        message: the network's id of the message, "" if it has none.
        addressed: whether the speaker addressed the bot by name or in private.
    """

    text: str
    nick: str
    account: str | None
    channel: str
    private: bool = False
    message: str = ""
    addressed: bool = False


class Chat(Protocol):
    """One network with its channels. Posting never blocks: lines queue up and go out in order."""

    @property
    def network(self) -> str:
        """Name of the network, as in accounts and sources."""
        ...

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels in which announcements are made."""
        ...

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Connect, join, and call `hear` for every line that may concern the bot."""
        ...

    def post(self, channel: str, text: str, sent: Callable[[], None]) -> None:
        """Queue one line for a channel or a person; `sent` is called once it left for the network."""
        ...

    def stop(self) -> None:
        """Send what is queued if that is possible within seconds, and disconnect."""
        ...


# --- the tree and its snapshots ------------------------------------------------------------------


class Contents(Protocol):
    """The content-addressed store of snapshots."""

    def manifest(self, digest: str) -> Manifest:
        """The manifest of this digest.

        Raises:
            OperationalError: the store does not have it, or has it damaged.
        """
        ...

    def content(self, sha256: str) -> bytes:
        """The bytes with this SHA-256, proven on reading.

        Raises:
            OperationalError: the store does not have them, or has them damaged.
        """
        ...


class Tree(Contents, Protocol):
    """The staging directory, its git history, and the snapshots taken from it."""

    def inspect(self, plan: Plan, holdings: Holdings) -> Findings:
        """Hold the tree against what the fleet holds, for the paths of a plan.

        Raises:
            OperationalError: git or the disk failed.
        """
        ...

    def snapshot(self, plan: Plan, holdings: Holdings) -> Pin:
        """Copy the plan's paths into the store and pin them.

        Raises:
            OperationalError: a file kept changing while it was copied, or the disk failed.
            UserError: a path can not be shipped (see Findings.faults).
        """
        ...

    def diff(self, paths: Sequence[str], holdings: Holdings) -> str:
        """A unified diff from what the fleet holds to the tree, for these paths."""
        ...

    def compare(self, old: str, new: str) -> str:
        """A unified diff between two manifests in the store, by digest; private files are not shown."""
        ...

    def overlay(self, whole: str, part: str) -> str:
        """Digest of the manifest `whole` with everything under the roots of `part` replaced by it."""
        ...

    def adopt(self, manifest: Manifest, commit: str) -> Holdings:
        """Take over what a fleet proves to hold as holdings, with `commit` as its place in history.

        Raises:
            UserError: the commit is not in the tree's history, or differs from what the hosts hold
                (the differing files are named).
        """
        ...


# --- the fleet -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """One step on some hosts: bring them from one state to the next, or back.

    Attributes:
        number: the deployment.
        step: index of the state to reach (0: what the fleet held before).
        hosts: in the order in which they are begun.
        base: what they are expected to hold under the roots.
        target: what they must prove afterwards.
        token: the engine's fencing token.
        batch: how many hosts are in flight at once.
        budget: no further host is begun once more than this have failed.
    """

    number: int
    step: int
    hosts: tuple[str, ...]
    base: Manifest
    target: Manifest
    token: int
    batch: int
    budget: Budget


@dataclass(frozen=True, slots=True)
class HostProof:
    """What a host proves to hold under some roots; `manifest` is None where it could not be asked."""

    host: str
    manifest: Manifest | None
    reason: str = ""


class Stop(Protocol):
    """Told to a running effect: finish what is in flight, begin nothing more."""

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is time to stop, at most `timeout` seconds; whether it is."""
        ...


class Fleet(Protocol):
    """The hosts, over connections that are kept open."""

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """Carry the order out: one result for each host, in the order's order; never raises for a host.

        Idempotent: a host that already proves the target answers `ok` and is not touched.
        """
        ...

    def prove(self, hosts: Sequence[str], roots: Sequence[str]) -> tuple[HostProof, ...]:
        """Ask hosts what they hold under the roots, each file read and hashed."""
        ...

    def warm(self, hosts: Sequence[str]) -> None:
        """Open connections that are not open yet, in the background."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


# --- checks, time --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckTask:
    """What is to be checked.

    Attributes:
        number: the deployment.
        stage: its stage, which chooses the checks.
        step: index of the state that the hosts are in.
        hosts: the hosts that have it.
        control: the control group: hosts of the fleet that do not have it.
        since: when the first of the hosts got it (UTC).
        baking: whether the canaries are being watched under traffic, rather than asked once.
        roots: the plan's paths.
    """

    number: int
    stage: Stage
    step: int
    hosts: tuple[str, ...]
    control: tuple[str, ...]
    since: datetime
    baking: bool
    roots: tuple[str, ...]


class Checker(Protocol):
    """The automated probes of checks.toml."""

    def check(self, task: CheckTask, stop: Stop) -> tuple[Verdict, ...]:
        """Run the checks of the task's stage; one verdict for each, never an exception for a failed probe."""
        ...


class Clock(Protocol):
    """The time, and being called at one."""

    def now(self) -> datetime:
        """The time in UTC, with its zone."""
        ...

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        """Call once at that time, or at once if it has passed; replaces the earlier appointment."""
        ...

    def stop(self) -> None:
        """Forget the appointment."""
        ...


class Calendar(Protocol):
    """Windows and freezes."""

    def season(self, now: datetime) -> Season:
        """What the calendar says of this moment."""
        ...
