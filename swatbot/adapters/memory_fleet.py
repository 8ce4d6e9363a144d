"""A fleet in memory, for stories and whoever wants to try without hosts; same contract as the real one."""

import hashlib
from collections.abc import Callable, Sequence

from swatbot.domain.catch_up import strays
from swatbot.domain.manifest import Entry, Kind, Manifest, covered
from swatbot.domain.stage import Files, HostResult, Outcome, Tally, failures
from swatbot.ports import Contents, HostProof, Order, Stop

_INSTANT = 0.001
_SILENT = "no answer in 10 s"
_NOT_ASKED = "it was not asked"
_STALE = "refused: another engine has taken over (its fencing token is newer)"


class MemoryFleet:
    """Hosts that hold files. One after the other, so that what happens in between can be told.

    Args:
        hosts: their names; all hold nothing at first.
        ignore: says of a path whether hosts leave it alone, as the config's patterns do.
    """

    def __init__(self, hosts: Sequence[str], ignore: Callable[[str], bool] = lambda _: False) -> None:
        self.holds: dict[str, dict[str, Entry]] = {host: {} for host in hosts}
        self.unreachable: set[str] = set()
        self._contents: dict[str, bytes] = {}
        self._highest_token = 0
        self._ignore = ignore
        self._missed: set[str] = set()
        self._back: Callable[[str], None] = lambda _: None

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
        return Manifest.of(roots, (e for e in self.holds[host].values() if self._told(e.path, roots)))

    def push(
        self, order: Order, contents: Contents, progress: Callable[[Tally], None], stop: Stop
    ) -> tuple[HostResult, ...]:
        """See `Fleet.push`."""
        files = {e.content for e in order.target.entries if e.kind is Kind.FILE}
        self._contents.update({sha: contents.content(sha) for sha in files - self._contents.keys()})
        results: list[HostResult] = []
        for begun, host in enumerate(order.hosts):
            if order.pause and begun and begun % order.batch == 0:
                stop.wait(order.pause)
            results.append(self._begin(host, order, results, stop))
            progress(_tally(results, len(order.hosts)))
        return tuple(results)

    def prove(
        self,
        hosts: Sequence[str],
        roots: Sequence[str],
        *,
        afresh: bool = False,
        stop: Stop | None = None,
    ) -> tuple[HostProof, ...]:
        """See `Fleet.prove`; nothing is remembered here, so every proof is afresh."""
        del afresh
        if stop is not None and stop.is_set():
            return tuple(HostProof(host, None, _NOT_ASKED) for host in hosts)
        return tuple(
            HostProof(host, None, _SILENT) if self._misses(host) else HostProof(host, self.held(host, roots))
            for host in hosts
        )

    def warm(self, hosts: Sequence[str]) -> None:
        """See `Fleet.warm`; there is nothing to open."""
        for host in hosts:
            self._misses(host)

    def drop(self, hosts: Sequence[str]) -> None:
        """See `Fleet.drop`; nobody is spoken with for longer than a moment here."""

    def watch(self, back: Callable[[str], None]) -> None:
        """See `Fleet.watch`."""
        self._back = back

    def mend(self, *hosts: str) -> None:
        """These hosts can be reached again; who watches is told of those that were missed."""
        self.unreachable.difference_update(hosts)
        for host in hosts:
            if host in self._missed:
                self._missed.discard(host)
                self._back(host)

    def close(self) -> None:
        """See `Fleet.close`; there is nothing to close."""

    def apply(self, host: str, order: Order) -> HostResult:
        """One host that was reached takes the target, or says why not."""
        if order.token < self._highest_token:
            return HostResult(host, Outcome.FAILED, reason=_STALE)
        self._highest_token = order.token
        if unwanted := [path for path in order.target.by_path if self._ignore(path)]:
            reason = f"{unwanted[0]!r} is ignored by the config, and not written"
            return HostResult(host, Outcome.FAILED, reason=reason)
        before = self.held(host, order.target.roots)
        odd = () if before.digest == order.target.digest else strays(before, order.states)
        kept = {p: e for p, e in self.holds[host].items() if not self._told(p, order.target.roots)}
        if stuck := sorted(above for path in kept for above in _above(path) if above in order.target.by_path):
            return HostResult(
                host, Outcome.FAILED, reason=f"{stuck[0]!r} is a directory that holds what is ignored"
            )
        self.holds[host] = {**kept, **order.target.by_path}
        return HostResult(host, Outcome.OK, order.target.digest, "", _INSTANT, Files.of(odd))

    def _begin(self, host: str, order: Order, results: list[HostResult], stop: Stop) -> HostResult:
        spent = not order.budget.allows(len(failures(results)), len(order.hosts))
        if stop.is_set() or spent:
            return HostResult(host, Outcome.NOT_STARTED)
        if self._misses(host):
            return HostResult(host, Outcome.UNREACHABLE, reason=_SILENT)
        return self.apply(host, order)

    def _misses(self, host: str) -> bool:
        """Whether a host can not be asked; it is remembered that somebody tried."""
        if host in self.holds and host not in self.unreachable:
            return False
        self._missed.add(host)
        return True

    def _told(self, path: str, roots: Sequence[str]) -> bool:
        """Whether a path lies under the roots, and is not left alone."""
        return covered(path, roots) and not self._ignore(path)

    def _bytes(self, entry: Entry) -> bytes:
        if entry.kind is Kind.LINK:
            return entry.content.encode("utf-8", "surrogateescape")
        return self._contents[entry.content]


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _tally(results: Sequence[HostResult], total: int) -> Tally:
    ok = sum(r.outcome is Outcome.OK for r in results)
    fail = len(failures(results))
    return Tally(0, ok, fail, total - ok - fail)
