"""The fleet: orders carried out on many hosts over kept connections, and what the hosts prove."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import HostResult, Outcome, Tally, failures
from swatbot.fleet import wire
from swatbot.fleet.attempt import Attempt, refusal, unfinished
from swatbot.fleet.batch import Batch
from swatbot.fleet.connections import Connections, Facts, LostError
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.payload import Payload, manifest_of
from swatbot.ports import Clock, Contents, HostProof, Order, Stop

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
        self._lock = Lock()

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
        total = len(order.hosts)

        def may_begin(results: Sequence[HostResult]) -> bool:
            return not stop.is_set() and order.budget.allows(len(failures(results)), total)

        def work(host: str) -> HostResult:
            return Attempt(host, self._connections, payload).run()

        batch = Batch(order.hosts, work, _stumbled, order.batch, may_begin)
        try:
            last = None
            while not batch.wait(_TELL_EVERY):
                now = _tally(batch, total)
                if now != last:
                    progress(now)
                last = now
        finally:
            batch.wait()
        progress(_tally(batch, total))
        results = batch.results
        return tuple(results.get(h) or HostResult(h, Outcome.NOT_STARTED) for h in order.hosts)

    def prove(self, hosts: Sequence[str], roots: Sequence[str]) -> tuple[HostProof, ...]:
        """Ask hosts what they hold under the roots; see ports.Fleet.

        A step that was begun there and not ended is told in the proof's reason.
        """
        wanted = tuple(sorted(set(roots)))
        batch = Batch(
            hosts, lambda host: self._prove(host, wanted), lambda h: HostProof(h, None, _BUG), _PROVE_AT_ONCE
        )
        batch.wait()
        return tuple(batch.results[host] for host in hosts)

    def warm(self, hosts: Sequence[str]) -> None:
        """Open connections that are not open yet, in the background."""
        Batch(hosts, self._open, lambda _: None, self._settings.connect_parallel)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def facts(self, host: str) -> Facts | None:
        """What a host said of itself when its connection opened; None if none was opened yet."""
        return self._connections.of(host).facts

    def is_open(self, host: str) -> bool:
        """Whether the connection to a host stands, as far as is known."""
        return self._connections.of(host).is_open

    def _open(self, host: str) -> None:
        try:
            self._connections.of(host).open()
        except UnreachedError:
            return  # told when the host is needed

    def _prove(self, host: str, roots: tuple[str, ...]) -> HostProof:
        for _ in range(2):
            try:
                return self._ask_proof(host, roots)
            except (UnreachedError, LostError) as error:
                reason = str(error)
                if not error.transient:
                    break
            except wire.GarbageError as error:
                reason = str(error)
                break
            self._connections.pause(_RETRY_AFTER)
        return HostProof(host, None, reason)

    def _ask_proof(self, host: str, roots: tuple[str, ...]) -> HostProof:
        with self._lock:
            known = dict(self._seen)
        answer = self._connections.of(host).ask(
            wire.request({"op": "prove", "roots": roots, "known": list(known)})
        )
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


def _tally(batch: Batch[HostResult], total: int) -> Tally:
    in_flight, results = batch.counts()
    ok = sum(r.outcome is Outcome.OK for r in results)
    return Tally(in_flight, ok, len(results) - ok, total - in_flight - len(results))


def _stumbled(host: str) -> HostResult:
    return HostResult(host, Outcome.FAILED, reason=_BUG)
