"""A fleet in memory, for stories and whoever wants to try without hosts; same contract as the real one."""

import hashlib
from collections.abc import Callable, Sequence

from swatbot.domain.manifest import Entry, Kind, Manifest, covered
from swatbot.domain.stage import HostResult, Outcome, Tally, failures
from swatbot.ports import Contents, HostProof, Order, Stop

_INSTANT = 0.001
_STALE = "refused: another engine has taken over (its fencing token is newer)"


class MemoryFleet:
    """Hosts that hold files. One after the other, so that what happens in between can be told.

    Args:
        hosts: their names; all hold nothing at first.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self.holds: dict[str, dict[str, Entry]] = {host: {} for host in hosts}
        self.unreachable: set[str] = set()
        self._contents: dict[str, bytes] = {}
        self._highest_token = 0

    def put(self, host: str, path: str, data: bytes, mode: int = 0o644) -> None:
        """Write a file on a host; mode 0 makes a link with that target."""
        sha = hashlib.sha256(data).hexdigest()
        self._contents[sha] = data
        link = data.decode("utf-8", "surrogateescape")
        kind, content = (Kind.FILE, sha) if mode else (Kind.LINK, link)
        self.holds[host][path] = Entry(path, kind, mode, len(data), content)

    def read(self, host: str) -> dict[str, tuple[int, bytes]]:
        """Everything that a host holds: mode and bytes (of a link: 0 and its target) by path."""
        return {path: (entry.mode, self._bytes(entry)) for path, entry in self.holds[host].items()}

    def held(self, host: str, roots: Sequence[str]) -> Manifest:
        """What a host holds under some roots."""
        return Manifest.of(roots, (e for e in self.holds[host].values() if covered(e.path, roots)))

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """See `Fleet.push`."""
        files = {e.content for e in order.target.entries if e.kind is Kind.FILE}
        self._contents.update({sha: contents.content(sha) for sha in files - self._contents.keys()})
        results: list[HostResult] = []
        for host in order.hosts:
            results.append(self._begin(host, order, results, stop))
            progress(_tally(results, len(order.hosts)))
        return tuple(results)

    def prove(self, hosts: Sequence[str], roots: Sequence[str]) -> tuple[HostProof, ...]:
        """See `Fleet.prove`."""
        return tuple(
            HostProof(host, None, "no answer in 10 s")
            if host not in self.holds or host in self.unreachable
            else HostProof(host, self.held(host, roots))
            for host in hosts
        )

    def warm(self, hosts: Sequence[str]) -> None:
        """See `Fleet.warm`; there is nothing to open."""

    def close(self) -> None:
        """See `Fleet.close`; there is nothing to close."""

    def apply(self, host: str, order: Order) -> HostResult:
        """One host that was reached takes the target, or says why not."""
        if order.token < self._highest_token:
            return HostResult(host, Outcome.FAILED, reason=_STALE)
        self._highest_token = order.token
        before = self.held(host, order.target.roots)
        odd = () if before.digest == order.target.digest else before.differences(order.base)
        kept = {p: e for p, e in self.holds[host].items() if not covered(p, order.target.roots)}
        self.holds[host] = {**kept, **order.target.by_path}
        return HostResult(host, Outcome.OK, order.target.digest, "", _INSTANT, odd)

    def _begin(self, host: str, order: Order, results: list[HostResult], stop: Stop) -> HostResult:
        spent = not order.budget.allows(len(failures(results)), len(order.hosts))
        if stop.is_set() or spent:
            return HostResult(host, Outcome.NOT_STARTED)
        if host not in self.holds or host in self.unreachable:
            return HostResult(host, Outcome.UNREACHABLE, reason="no answer in 10 s")
        return self.apply(host, order)

    def _bytes(self, entry: Entry) -> bytes:
        if entry.kind is Kind.LINK:
            return entry.content.encode("utf-8", "surrogateescape")
        return self._contents[entry.content]


def _tally(results: Sequence[HostResult], total: int) -> Tally:
    ok = sum(r.outcome is Outcome.OK for r in results)
    fail = len(failures(results))
    return Tally(0, ok, fail, total - ok - fail)
