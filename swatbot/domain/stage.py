"""Stages, and what came of a step on their hosts, as immutable values; thresholds decide, callers don't."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a deployment is being put, in this order."""

    TESTSERVERS = "testservers"
    CANARIES = "canaries"
    FLEET = "fleet"


class Outcome(StrEnum):
    """What is known of one host after one step.

    `ok`: it proved the wanted digest. `failed`: it was reached, and may be in between.
    `unreachable`: nothing was sent to it. `not_started`: a hold or the budget came first.
    """

    OK = "ok"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    NOT_STARTED = "not_started"


PRIVATE_FILE = ""
"""Stands for a file whose name is not for everybody."""

_NAMED = 50


@dataclass(frozen=True, slots=True)
class Files:
    """Files that were found otherwise than they should be: so many of an empty host that not all are named.

    Attributes:
        names: those that are named; PRIVATE_FILE for each that is private.
        more: how many others there are.
    """

    names: tuple[str, ...] = ()
    more: int = 0

    @staticmethod
    def of(names: Iterable[str]) -> "Files":
        """These files, the first of them by name."""
        listed = sorted(names)
        return Files(tuple(listed[:_NAMED]), len(listed[_NAMED:]))

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names) + self.more


@dataclass(frozen=True, slots=True)
class HostResult:
    """One host's outcome.

    Attributes:
        host: its name.
        outcome: see Outcome.
        digest: the digest of the manifest that the host proved, "" if it proved none.
        reason: for a person, when it is not ok.
        seconds: from the first byte sent to the proof.
        put_right: files that differed from what the host should have held before, and were repaired.
    """

    host: str
    outcome: Outcome
    digest: str = ""
    reason: str = ""
    seconds: float = 0.0
    put_right: Files = Files()


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a sync is, in the words that deployers know."""

    in_flight: int
    ok: int
    fail: int
    left: int

    @property
    def percent(self) -> int:
        """Share of hosts that are done, 0 to 100."""
        total = self.in_flight + self.ok + self.fail + self.left
        return 100 * (self.ok + self.fail) // total if total else 100


def _share(share: float, total: int) -> int:
    """So much of a number, rounded down; 0.29 of 100 is 29, whatever floating point makes of it."""
    return int(share * total + 1e-9)


@dataclass(frozen=True, slots=True)
class Batch:
    """How many hosts are in flight at once: a count, or a share of the stage (then that)."""

    hosts: int = 50
    share: float = 0.0

    def size(self, total: int) -> int:
        """For so many hosts; at least one."""
        return max(1, _share(self.share, total)) if self.share else self.hosts


MANY = Batch()
"""As many as one engine speaks with at ease."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many hosts of a stage may fail before the deployment does: a count, or a share of the stage."""

    hosts: int = 0
    share: float = 0.0

    def size(self, total: int) -> int:
        """How many of so many hosts may fail."""
        return max(self.hosts, _share(self.share, total))

    def allows(self, failed: int, total: int) -> bool:
        """Whether this many failures of so many hosts are within the budget."""
        return failed <= self.size(total)


def failures(results: Iterable[HostResult]) -> tuple[HostResult, ...]:
    """The results that are neither proven nor merely not begun."""
    return tuple(r for r in results if r.outcome in (Outcome.FAILED, Outcome.UNREACHABLE))
