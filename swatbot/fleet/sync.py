"""The fleet: orders carried out on many hosts over kept connections, and what the hosts prove."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import HostResult, Outcome, Tally
from swatbot.fleet import wire
from swatbot.fleet.attempt import Attempt, refusal, unfinished
from swatbot.fleet.connection import Facts, LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Conversations, Open, Pause, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.keeper import Keeper
from swatbot.fleet.payload import Payload, manifest_of
from swatbot.ports import Clock, Contents, HostProof, Order, Stop

T = TypeVar("T")

_TELL_EVERY = 0.25
_PROVE_AT_ONCE = 50
_RETRY_AFTER = 0.3
_REMEMBERED = 16
_BUG = "swatbot stumbled over this host; see its log"


class SshFleet:
    """The Fleet port over SSH."""

    def __init__(self, targets: Sequence[Target], settings: SshSettings, clock: Clock) -> None:
        """Take the hosts; no connection is opened yet.

        Raises:
            ValueError: a jump host is not among the targets, or leads in a circle.
        """
        self._settings = settings
        self._connections = Connections(targets, settings, clock)
        self._seen: OrderedDict[str, Manifest] = OrderedDict()
        self._lock = threading.Lock()
        self._keeper = Keeper(self._connections, settings.ping_every, settings.connect_parallel)

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """Carry the order out; see ports.Fleet.

        Raises:
            OperationalError: the contents can not be read; no host was begun then.
        """
        payload = Payload(order, contents, self._settings.durable)
        for host in order.hosts[:1]:  # a damaged store is found before the first host is begun
            payload.request(order.base, self._connections.kept(host))
        score = _Score(len(order.hosts))

        def with_host(host: str) -> Conversation[HostResult]:
            return score.counted((yield from Attempt(host, self._connections, payload).run()))

        def may_begin() -> bool:
            return not stop.is_set() and order.budget.allows(score.failed, score.total)

        talks = self._conversations(order.hosts, with_host, lambda host: score.counted(_stumbled(host)))
        talks.run(order.batch, may_begin, lambda: score.tell(talks.in_flight, progress), _TELL_EVERY)
        score.tell(talks.in_flight, progress)
        return tuple(talks.results.get(h) or HostResult(h, Outcome.NOT_STARTED) for h in order.hosts)

    def prove(self, hosts: Sequence[str], roots: Sequence[str]) -> tuple[HostProof, ...]:
        """Ask hosts what they hold under the roots; see ports.Fleet.

        A step that was begun there and not ended is told in the proof's reason.
        """
        wanted = tuple(sorted(set(roots)))
        talks = self._conversations(
            hosts, lambda host: self._prove(host, wanted), lambda host: HostProof(host, None, _BUG)
        )
        talks.run(_PROVE_AT_ONCE)
        return tuple(talks.results[host] for host in hosts)

    def warm(self, hosts: Sequence[str]) -> None:
        """Open connections that are not open yet, in the background."""
        talks = self._conversations(hosts, _open, lambda _: None)
        threading.Thread(
            target=talks.run, args=(self._settings.connect_parallel,), name="fleet-warm", daemon=True
        ).start()

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def facts(self, host: str) -> Facts | None:
        """What a host said of itself when its connection opened; None if none was opened yet."""
        connection = self._connections.of(host)
        return connection.facts if connection else None

    def is_open(self, host: str) -> bool:
        """Whether the connection to a host stands, as far as is known."""
        connection = self._connections.of(host)
        return connection is not None and connection.is_open

    def _conversations(
        self,
        hosts: Sequence[str],
        with_host: Callable[[str], Conversation[T]],
        stumbled: Callable[[str], T],
    ) -> Conversations[T]:
        self._keeper.wake()
        return Conversations(self._connections, hosts, with_host, stumbled)

    def _prove(self, host: str, roots: tuple[str, ...]) -> Conversation[HostProof]:
        for _ in range(2):
            try:
                return (yield from self._ask_proof(host, roots))
            except (UnreachedError, LostError) as error:
                reason = str(error)
                if not error.transient:
                    break
            except wire.GarbageError as error:
                reason = str(error)
                break
            yield Pause(_RETRY_AFTER)
        return HostProof(host, None, reason)

    def _ask_proof(self, host: str, roots: tuple[str, ...]) -> Conversation[HostProof]:
        with self._lock:
            known = dict(self._seen)
        answer = yield from asked(wire.request({"op": "prove", "roots": roots, "known": list(known)}))
        digest = answer.get("digest")
        if "error" in answer or not isinstance(digest, str):
            return HostProof(host, None, refusal(answer))
        manifest = known.get(digest)
        if manifest is None:
            manifest = manifest_of(roots, answer.get("entries"))
            if manifest.digest != digest:
                raise wire.GarbageError("what it answers makes no sense")
            self._remember(manifest)
        return HostProof(host, manifest, unfinished(answer))

    def _remember(self, manifest: Manifest) -> None:
        """Hosts mostly hold the same: only the first has to list it."""
        with self._lock:
            self._seen[manifest.digest] = manifest
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)


class _Score:
    """How far an order is."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.ok = self.failed = 0
        self._told: Tally | None = None

    def counted(self, result: HostResult) -> HostResult:
        self.ok += result.outcome is Outcome.OK
        self.failed += result.outcome is not Outcome.OK
        return result

    def tell(self, in_flight: int, progress: Callable[[Tally], None]) -> None:
        """Once for each state."""
        left = self.total - in_flight - self.ok - self.failed
        now = Tally(in_flight, self.ok, self.failed, left)
        if now != self._told:
            progress(now)
        self._told = now


def _open(_host: str) -> Conversation[None]:
    try:
        yield Open()
    except UnreachedError:
        return  # told when the host is needed


def _stumbled(host: str) -> HostResult:
    return HostResult(host, Outcome.FAILED, reason=_BUG)
