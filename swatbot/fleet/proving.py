"""Asking many hosts what they hold: each says a digest, and one host for each unknown digest lists it."""

from collections.abc import Callable, Sequence

from swatbot.domain.manifest import Manifest
from swatbot.fleet import wire
from swatbot.fleet.connection import LostError
from swatbot.fleet.conversations import Conversation, Pause, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.lists import Lists
from swatbot.fleet.replies import RefusedError, refusal, unfinished
from swatbot.ports import HostProof

RETRY_AFTER = 0.3
_NOT_ASKED = "it was not asked"
STUMBLED = "swatbot stumbled over this host; see its log"

_Said = tuple[str, str]
"""The digest of what a host holds, "" if it could not be asked, and the reason of its proof."""


class Proving:
    """One question to some hosts: what they hold under some roots."""

    def __init__(self, roots: Sequence[str], lists: Lists, *, afresh: bool) -> None:
        """Ask nothing yet; `afresh` has hosts read every file again."""
        self._roots, self._lists, self._afresh = tuple(sorted(set(roots))), lists, afresh
        self._found: dict[str, Manifest] = {}
        self._said: dict[str, _Said] = {}

    def ask(self, host: str) -> Conversation[None]:
        """Have a host say the digest of what it holds."""
        yield from self._hear(host, self._digest)

    def list(self, host: str) -> Conversation[None]:
        """Have a host list what it holds."""
        _, reason = self._said[host]
        yield from self._hear(host, lambda: self._manifest(reason))

    def unlisted(self) -> tuple[str, ...]:
        """A host for each digest that nobody has listed yet."""
        first: dict[str, str] = {}
        for host, (digest, _) in self._said.items():
            if digest and not self._known(digest):
                first.setdefault(digest, host)
        return tuple(first.values())

    def proof(self, host: str) -> HostProof:
        """What came of a host."""
        digest, reason = self._said.get(host, ("", _NOT_ASKED))
        return HostProof(host, self._found.get(digest), reason)

    def _hear(self, host: str, question: Callable[[], Conversation[_Said]]) -> Conversation[None]:
        """Ask a host, once more if the connection broke."""
        self._said[host] = ("", STUMBLED)
        for last in (False, True):
            try:
                self._said[host] = yield from question()
            except (UnreachedError, LostError) as error:
                self._said[host] = ("", str(error))
                if last or not error.transient:
                    return
            except (RefusedError, wire.GarbageError) as error:
                self._said[host] = ("", str(error))
                return
            else:
                return
            yield Pause(RETRY_AFTER)

    def _digest(self) -> Conversation[_Said]:
        request = wire.request({"op": "prove", "roots": self._roots, "afresh": self._afresh})
        answer = yield from asked(request)
        digest = answer.get("digest")
        if "error" in answer or not isinstance(digest, str):
            raise RefusedError(refusal(answer))
        return digest, unfinished(answer)

    def _manifest(self, reason: str) -> Conversation[_Said]:
        manifest = yield from self._lists.ask(self._lists.nearest(self._roots))
        self._found[manifest.digest] = manifest
        return manifest.digest, reason

    def _known(self, digest: str) -> bool:
        manifest = self._found.get(digest) or self._lists.known(digest)
        if manifest is not None:
            self._found[digest] = manifest
        return manifest is not None
