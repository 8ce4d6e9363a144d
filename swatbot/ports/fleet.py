"""Where it ships to: the hosts, and what they prove."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Budget, HostResult, Tally
from swatbot.ports.stop import Stop
from swatbot.ports.tree import Contents


@dataclass(frozen=True, slots=True)
class Order:
    """One step on some hosts: bring them from one state to the next, or back.

    Attributes:
        number: the deployment.
        states: what the plan makes, step by step, of what the fleet held before (the first); all of the same
            roots.
        since: index of the state in which the hosts are expected to be.
        step: index of the state to reach.
        hosts: in the order in which they are begun.
        token: the engine's fencing token.
        batch: how many hosts are in flight at once.
        pause: seconds between one batch that is done and the next; with none a host is begun as soon as
            another is done.
        budget: no further host is begun once more than this have failed.
    """

    number: int
    states: tuple[Manifest, ...]
    since: int
    step: int
    hosts: tuple[str, ...]
    token: int
    batch: int
    budget: Budget
    pause: float = 0.0

    @property
    def base(self) -> Manifest:
        """What the hosts are expected to hold under the roots."""
        return self.states[self.since]

    @property
    def target(self) -> Manifest:
        """What they must prove afterwards."""
        return self.states[self.step]


@dataclass(frozen=True, slots=True)
class HostProof:
    """What a host proves to hold under some roots; `manifest` is None where it could not be asked."""

    host: str
    manifest: Manifest | None
    reason: str = ""


class Fleet(Protocol):
    """The hosts, over connections that are kept open."""

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """Carry the order out: one result for each host, in the order's order; never raises for a host.

        Idempotent: a host that already proves the target answers `ok`, and its files are not touched. A
        host may have commands to run after every push; one that fails makes the host a failed one. A host
        that is in another state than was expected goes through those between, each complete (and its
        commands run) before the next. Files that are as in none of the states are put right, and named.
        """
        ...

    def prove(
        self,
        hosts: Sequence[str],
        roots: Sequence[str],
        *,
        afresh: bool = False,
        stop: Stop | None = None,
    ) -> tuple[HostProof, ...]:
        """Ask hosts what they hold under the roots; what the config ignores is passed over.

        Args:
            hosts: which; one proof for each, in this order.
            roots: paths, "." for everything.
            afresh: every file is read and hashed again. Else a host may answer from what it remembers of
                files whose size, inode and time stamps are as they were. Few hosts are asked at once then.
            stop: once it is set no further host is asked, and those that are reading their files stop that;
                they have no manifest.
        """
        ...

    def warm(self, hosts: Sequence[str]) -> None:
        """Open connections that are not open yet, in the background; where that fails, go on trying."""
        ...

    def drop(self, hosts: Sequence[str]) -> None:
        """Let go of these hosts at once: a push that speaks with them goes on without."""
        ...

    def watch(self, back: Callable[[str], None]) -> None:
        """Call `back` with a host's name when it could not be asked, and now can be again.

        Once for each return, in any thread; `back` must not block, nor use the fleet. It may come before the
        push in which the host was missed has returned: who learns later that it failed has to ask again.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
