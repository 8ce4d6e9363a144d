"""What hosts hold, listed in few bytes: a host tells only where it differs from what is known already."""

import threading
from collections import OrderedDict

from swatbot.domain.manifest import Entry, Manifest
from swatbot.fleet import helper, wire
from swatbot.fleet.conversations import Conversation, asked
from swatbot.fleet.payload import entries_of
from swatbot.fleet.replies import RefusedError, refusal

_REMEMBERED = 16


class Lists:
    """Manifests that hosts hold, or should hold: most hosts hold the same."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Manifest] = OrderedDict()
        self._sketches: dict[str, list[str]] = {}

    def known(self, digest: str) -> Manifest | None:
        """The manifest of this digest, None unless it is remembered."""
        with self._lock:
            return self._known.get(digest)

    def remember(self, *manifests: Manifest) -> None:
        """Hold on to these, and forget the oldest."""
        with self._lock:
            for manifest in manifests:
                self._known[manifest.digest] = manifest
                self._known.move_to_end(manifest.digest)
            while len(self._known) > _REMEMBERED:
                self._sketches.pop(self._known.popitem(last=False)[0], None)

    def nearest(self, roots: tuple[str, ...]) -> Manifest:
        """The newest manifest that speaks for these roots, an empty one if there is none."""
        with self._lock:
            found = (known for known in reversed(self._known.values()) if known.roots == roots)
            return next(found, Manifest(roots, ()))

    def ask(self, near: Manifest) -> Conversation[Manifest]:
        """What the host holds under the roots of a manifest that is probably much like it.

        Raises:
            RefusedError: the host can not tell.
            GarbageError: what it answers makes no sense.
            UnreachedError, LostError: it does not answer.
        """
        request = {"op": "prove", "roots": near.roots, "near": self._sketch(near)}
        answer = yield from asked(wire.request(request))
        if "error" in answer:
            raise RefusedError(refusal(answer))
        parts = answer.get("parts")
        if not isinstance(parts, list):
            raise wire.GarbageError("what it answers makes no sense")
        listed = {part for part in parts if isinstance(part, int)}
        as_known = [e for e in near.entries if helper.part(e.path) not in listed]
        found = Manifest.of(near.roots, [*as_known, *entries_of(answer.get("entries"))])
        if _digest(found) != answer.get("digest"):
            raise wire.GarbageError("what it answers makes no sense")
        self.remember(found)
        return found

    def _sketch(self, near: Manifest) -> list[str]:
        with self._lock:
            made = self._sketches.get(near.digest)
        if made is None:
            made = helper.sketch(map(_row, near.entries))
            with self._lock:
                if near.digest in self._known:
                    self._sketches[near.digest] = made
        return made


def _digest(manifest: Manifest) -> str:
    try:
        return manifest.digest
    except ValueError:  # a name that no host can have
        return ""


def _row(entry: Entry) -> "helper.Entry":
    return entry.path, entry.kind.value, entry.mode, entry.size, entry.content
