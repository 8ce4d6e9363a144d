"""What is sent to hosts for one order: small, and the same bytes for all hosts of equal state."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Container, Iterable
from dataclasses import replace
from typing import Any

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.fleet import wire
from swatbot.fleet.packing import Packing
from swatbot.ports import Contents, Order

# Requests are held on to for hosts that hold the same, up to so many bytes beside the latest: a fleet that
# has drifted into as many states as it has hosts is not to fill our memory.
_HELD = 32 << 20

_Key = tuple[str, frozenset[str], frozenset[str], bool | None]


class Payload:
    """The requests of one order, each made once."""

    def __init__(self, order: Order, contents: Contents, durable: bool) -> None:
        """Take the order and where the bytes come from."""
        self.order = order
        self._contents = contents
        self._durable = durable
        self._changed: dict[str, list[Entry]] = {}
        self._made: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def request(
        self,
        held: Manifest,
        kept: Container[str],
        missed: Collection[str] = (),
        *,
        serves: bool | None = None,
    ) -> bytes:
        """The request that brings a host from what it holds to the target.

        Args:
            held: what the host holds under the target's roots.
            kept: sha256 of contents that it could take from its own store.
            missed: sha256 of contents that it said it can not come by.
            serves: where hosts pull: whether others pull from this one.

        Raises:
            OperationalError: a content is not in the store, or damaged there.
        """
        with self._lock:
            changed = self._differing(held)
            files = (e.content for e in changed if e.kind is Kind.FILE)
            sent = frozenset(sha for sha in files if sha not in kept or sha in missed)
            whole = sent.intersection(missed)
            key = (held.digest, sent, whole, serves)
            if key not in self._made:
                self._make_room()
                self._made[key] = self._make(held, changed, sent, whole, serves)
            self._made.move_to_end(key)
            return self._made[key]

    def look(self, kept: Container[str]) -> None:
        """See that the contents are there in which the target differs from the order's base.

        Args:
            kept: sha256 of contents that nobody needs.

        Raises:
            OperationalError: a content is not in the store, or damaged there.
        """
        with self._lock:
            changed = self._differing(self.order.base)
        for content in {e.content for e in changed if e.kind is Kind.FILE and e.content not in kept}:
            self._contents.content(content)

    def _differing(self, held: Manifest) -> list[Entry]:
        if held.digest not in self._changed:
            by_path = self.order.target.by_path
            differing = self.order.target.differences(held)
            self._changed[held.digest] = [by_path[path] for path in differing if path in by_path]
        return self._changed[held.digest]

    def _make_room(self) -> None:
        while sum(map(len, self._made.values())) > _HELD:
            self._made.popitem(last=False)

    def _make(
        self,
        held: Manifest,
        changed: Iterable[Entry],
        sent: Collection[str],
        whole: Collection[str],
        serves: bool | None,
    ) -> bytes:
        order = self.order
        packing = Packing(self._contents, held, whole)
        rows = [(e, e.kind is Kind.FILE and e.content in sent and packing.add(e)) for e in changed]
        header: dict[str, Any] = {
            "op": "apply",
            "number": order.number,
            "step": order.step,
            "token": order.token,
            "durable": self._durable,
            "roots": order.target.roots,
            "base": held.digest,
            "target": order.target.digest,
            "set": [(e.path, e.kind.value, e.mode, e.size, e.content, how) for e, how in rows],
            "drop": [p for p in order.target.differences(held) if p not in order.target.by_path],
        }
        if serves is not None:
            header["serves"] = serves
        return wire.request(header, packing.blob())


def payloads_of(order: Order, contents: Contents, durable: bool) -> tuple[Payload, ...]:
    """The requests that bring hosts to each state of an order, by its index."""
    return tuple(
        Payload(replace(order, step=step), contents, durable=durable) for step in range(len(order.states))
    )


def entries_of(rows: object) -> list[Entry]:
    """Entries out of what a host answered.

    Raises:
        GarbageError: it is none.
    """
    if not isinstance(rows, list):
        raise wire.GarbageError("what it answers makes no sense")
    try:
        return [Entry(str(p), Kind(k), int(m), int(s), str(c)) for p, k, m, s, c in rows]
    except (TypeError, ValueError) as error:
        raise wire.GarbageError("what it answers makes no sense") from error
