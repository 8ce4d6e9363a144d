"""What is kept: the append-only journal, and the lease of the one who may decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


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
            cursor: name and the sequence number up to which the caller has dealt with the journal; a cursor
                never moves back.
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
