"""The fleet: orders carried out on many hosts over kept connections, and what the hosts prove."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from swatbot.domain.stage import HostResult, Outcome, Tally
from swatbot.fleet.attempt import Attempt
from swatbot.fleet.choice import choose
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Conversations, Open
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hosts import PullSettings, SshSettings, Target
from swatbot.fleet.keeper import Keeper
from swatbot.fleet.lists import Lists
from swatbot.fleet.payload import payloads_of
from swatbot.fleet.proving import STUMBLED, Proving
from swatbot.fleet.pulling import Pulling
from swatbot.fleet.starting import Facts
from swatbot.fleet.visit import Visited, visit
from swatbot.ports import Clock, Contents, HostProof, Order, Stop

T = TypeVar("T")

_log = logging.getLogger(__name__)
_TELL_EVERY = 0.25
_PROVE_AT_ONCE = 50
_READ_AT_ONCE = 4


class SshFleet:
    """The Fleet port over SSH."""

    def __init__(
        self,
        targets: Sequence[Target],
        settings: SshSettings,
        clock: Clock,
        pull: PullSettings | None = None,
    ) -> None:
        """Take the hosts, and from where they may pull; no connection is opened yet.

        Raises:
            ValueError: a jump host is not among the targets, or leads in a circle.
        """
        self._settings, self._clock, self._pull = settings, clock, pull or PullSettings()
        self._connections = Connections(targets, settings, clock)
        self._lists = Lists()
        self._keeper = Keeper(self._connections, settings)

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """Carry the order out; see ports.Fleet.

        Raises:
            OperationalError: the contents can not be read; no host was begun then.
        """
        self._connections.want(order.hosts)
        payloads = payloads_of(order, contents, self._settings.durable)
        payload = payloads[order.step]
        self._lists.remember(*order.states)
        pulling = self._pulling(order, stop)
        for host in order.hosts[:1]:  # a damaged store is found before the first host is begun
            prepare = payload.look if pulling else partial(payload.request, order.base)
            prepare(self._connections.kept(host))
        score = _Score(len(order.hosts))

        def with_host(host: str) -> Conversation[HostResult]:
            attempt = Attempt(order, host, self._connections, payloads, self._lists, self._settings, pulling)
            result = yield from attempt.run()
            score.let_go += result.outcome is not Outcome.OK and self._connections.dropped(host)
            return score.counted(result)

        def may_begin() -> bool:
            return not stop.is_set() and order.budget.allows(score.failed - score.let_go, score.total)

        results: dict[str, HostResult] = {}
        for pause, hosts in _batches(order, pulling):
            if pause and may_begin():
                stop.wait(pause)
            talks = self._conversations(hosts, with_host, lambda host: score.counted(_stumbled(host)))
            if pulling is not None:
                talks.waits = partial(pulling.waits, is_busy=talks.speaks_with)
            talks.run(order.batch, may_begin, partial(_tick, score, talks, progress, pulling), _TELL_EVERY)
            _tick(score, talks, progress, pulling)
            results |= talks.results
        return tuple(results.get(h) or HostResult(h, Outcome.NOT_STARTED) for h in order.hosts)

    def prove(
        self,
        hosts: Sequence[str],
        roots: Sequence[str],
        *,
        afresh: bool = False,
        stop: Stop | None = None,
    ) -> tuple[HostProof, ...]:
        """Ask hosts what they hold under the roots; see ports.Fleet.

        A step that was begun there and not ended is told in the proof's reason.
        """
        proving = Proving(roots, self._lists, afresh=afresh)

        def may_begin() -> bool:
            return stop is None or not stop.is_set()

        # A patrol comes by so often that no connection would ever be idle.
        self._connections.want(hosts, lasting=not afresh)
        # Who reads every file is busy with that for a while, and a deployment would have to wait for it.
        width = _READ_AT_ONCE if afresh else _PROVE_AT_ONCE
        talks = self._conversations(hosts, proving.ask, lambda _: None)
        talks.run(width, may_begin, lambda: None if may_begin() else talks.hurry(), _TELL_EVERY)
        while may_begin() and (unlisted := proving.unlisted()):
            self._conversations(unlisted, proving.list, lambda _: None).run(_PROVE_AT_ONCE)
        return tuple(proving.proof(host) for host in hosts)

    def warm(self, hosts: Sequence[str]) -> None:
        """Open connections that are not open yet, in the background."""
        self._connections.want(hosts)
        talks = self._conversations(hosts, _open, lambda _: None)
        threading.Thread(
            target=talks.run, args=(self._settings.connect_parallel,), name="fleet-warm", daemon=True
        ).start()

    def drop(self, hosts: Sequence[str]) -> None:
        """Let go of hosts at once, whatever they are doing; see ports.Fleet."""
        self._connections.drop(hosts)

    def watch(self, back: Callable[[str], None]) -> None:
        """Call `back` with the name of a host that can be asked again; see ports.Fleet."""
        self._connections.watch(back)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def facts(self, host: str) -> Facts | None:
        """What a host said of itself when its connection opened; None if none was opened yet."""
        connection = self._connections.of(host)
        return connection.facts if connection else None

    def visit(self, hosts: Mapping[str, bool]) -> tuple[Visited, ...]:
        """Look at hosts as who sets them up would; see `visit`.

        Args:
            hosts: must be of the config; True where a helper must work, False where others only go through.
        """

        def one(item: tuple[str, bool]) -> Visited:
            connection = self._connections.of(item[0])
            assert connection is not None  # noqa: S101 - as promised
            seconds, daemons = self._settings.connect_timeout, self._pull.daemons(item[0])
            return visit(connection, self._clock, seconds, daemons, with_helper=item[1])

        with ThreadPoolExecutor(self._settings.connect_parallel, "fleet-visit") as pool:
            return tuple(pool.map(one, hosts.items()))

    def is_open(self, host: str) -> bool:
        """Whether the connection to a host stands, as far as is known."""
        connection = self._connections.of(host)
        return connection is not None and connection.is_open

    def _pulling(self, order: Order, stop: Stop) -> Pulling | None:
        """How the hosts pull, None where everything is pushed; which and why is logged."""
        choice = choose(order, self._connections.kept, self._pull)
        if self._pull.source is not None:
            _log.info("#%d step %d: %s", order.number, order.step, choice.why)
        if not choice.pulls:
            return None
        return Pulling(order, self._pull, self._settings, stop, self._connections.dropped)

    def _conversations(
        self,
        hosts: Sequence[str],
        with_host: Callable[[str], Conversation[T]],
        stumbled: Callable[[str], T],
    ) -> Conversations[T]:
        self._keeper.wake()
        return Conversations(self._connections, hosts, with_host, stumbled)


class _Score:
    """How far an order is; that a host was let go of in the middle of it is no failure of the order's."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.ok = self.failed = self.let_go = 0
        self._told: Tally | None = None

    def counted(self, result: HostResult) -> HostResult:
        self.ok += result.outcome is Outcome.OK
        self.failed += result.outcome not in (Outcome.OK, Outcome.NOT_STARTED)
        return result

    def tell(self, talks: Conversations[HostResult], progress: Callable[[Tally], None]) -> None:
        """Once for each state."""
        in_flight = talks.in_flight
        left = self.total - in_flight - self.ok - self.failed
        now = Tally(in_flight, self.ok, self.failed, left)
        if now != self._told:
            progress(now)
        self._told = now


def _tick(
    score: _Score,
    talks: Conversations[HostResult],
    progress: Callable[[Tally], None],
    pulling: Pulling | None,
) -> None:
    score.tell(talks, progress)
    if pulling is not None:
        pulling.tend(talks)


def _batches(order: Order, pulling: Pulling | None) -> Iterator[tuple[float, tuple[str, ...]]]:
    """The seconds to wait, and the hosts that are next: batches, or all together where there is no pause.

    Hosts from which others pull come first: they are to have what the others of their batch ask for.
    """
    first = {host for host in order.hosts if pulling is not None and pulling.is_proxy(host)}
    hosts = sorted(order.hosts, key=lambda host: host not in first)
    size = order.batch if order.pause else max(len(hosts), 1)
    for begin in range(0, len(hosts), size):
        yield order.pause if begin else 0.0, tuple(hosts[begin : begin + size])


def _open(_host: str) -> Conversation[None]:
    try:
        yield Open()
    except UnreachedError:
        return  # told when the host is needed


def _stumbled(host: str) -> HostResult:
    return HostResult(host, Outcome.FAILED, reason=STUMBLED)
