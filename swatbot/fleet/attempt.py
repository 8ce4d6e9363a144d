"""One host's part of an order: asked until it proves the target, or says why it can not."""

from time import monotonic

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Files, HostResult, Outcome
from swatbot.errors import OperationalError
from swatbot.fleet import wire
from swatbot.fleet.connection import LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Open, Pause, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hooks import run_hooks
from swatbot.fleet.hosts import SshSettings
from swatbot.fleet.lists import Lists
from swatbot.fleet.payload import Payload
from swatbot.fleet.proving import RETRY_AFTER
from swatbot.fleet.pulling import ANYTHING, Pulling, StoppedError
from swatbot.fleet.replies import RefusedError, refusal, strings

# A host that holds something else, then lacks a content, then holds something else again, and once more.
_ROUNDS = 6


class Attempt:
    """What goes on with one host."""

    def __init__(
        self,
        host: str,
        connections: Connections,
        payload: Payload,
        lists: Lists,
        settings: SshSettings,
        pulling: Pulling | None = None,
    ) -> None:
        """Nothing is sent yet; with `pulling` the host fetches contents from others, if it can."""
        self._host, self._connections, self._payload = host, connections, payload
        self._lists, self._settings = lists, settings
        self._base = payload.order.base
        self._target = payload.order.target
        self._pulling = pulling
        self._sent = self._was_lost = False
        self._proven = ""
        self._put_right: set[str] = set()
        self._fetched: set[str] = set()

    def run(self) -> Conversation[HostResult]:
        """Carry the order out on the host; a connection that breaks is tried once more."""
        started = monotonic()
        result, transient = yield from self._try()
        if transient and not self._connections.dropped(self._host):
            yield Pause(RETRY_AFTER)
            result, _ = yield from self._try()
        outcome, digest, reason = result
        return HostResult(
            self._host, outcome, digest, reason, monotonic() - started, Files.of(self._put_right)
        )

    def _try(self) -> Conversation[tuple[tuple[Outcome, str, str], bool]]:
        try:
            self._proven = ""
            self._fetched.clear()
            yield from self._converse()
            yield from self._after_sync()
        except UnreachedError as error:
            outcome = Outcome.FAILED if self._sent else Outcome.UNREACHABLE
            return (outcome, self._proven, str(error)), error.transient
        except LostError as error:
            self._sent = self._was_lost = True
            return (Outcome.FAILED, self._proven, str(error)), error.transient
        except StoppedError as error:
            # What was sent before a connection broke may have changed files.
            outcome = Outcome.FAILED if self._was_lost else Outcome.NOT_STARTED
            return (outcome, self._proven, str(error)), False
        except (RefusedError, OperationalError, wire.GarbageError) as error:
            return (Outcome.FAILED, self._proven, str(error)), False
        return (Outcome.OK, self._proven, ""), False

    def _converse(self) -> Conversation[None]:
        yield Open()
        kept = self._connections.kept(self._host)
        held, missed = self._base, set[str]()
        for _ in range(_ROUNDS):
            answer = yield from asked(self._request(held, kept, missed))
            self._sent = True
            if answer.get("done") == self._target.digest:
                kept.update(strings(answer.get("kept")))
                self._proven = self._target.digest
                if self._pulling is not None:
                    self._pulling.add(self._host, strings(answer.get("serves")))
                return
            if "other" in answer:
                known = self._lists.known(str(answer["other"]))
                held = self._differs(known or (yield from self._lists.ask(self._base)))
            elif "need" in answer:
                need = strings(answer["need"])
                kept -= need
                missed |= yield from self._fetch(need)
            else:
                raise RefusedError(refusal(answer))
        raise RefusedError("its files keep changing while they are synced")

    def _fetch(self, need: set[str]) -> Conversation[set[str]]:
        """Have the host pull what it needs, each content once; what has to be sent instead.

        If it could not pull all, that is all: then the same bytes are for all hosts that were as it was,
        while each of them may have pulled something else.
        """
        if self._pulling is None:
            return need
        wanted = need - self._fetched
        self._fetched |= wanted
        lacking = yield from self._pulling.fetch(self._host, wanted)
        return need if lacking else need - wanted

    def _request(self, held: Manifest, kept: set[str], missed: set[str]) -> bytes:
        """Who pulls is told all, and says what it lacks: only it knows what it has pulled."""
        if self._pulling is None:
            return self._payload.request(held, kept, missed)
        serves = self._pulling.is_proxy(self._host)
        return self._payload.request(held, ANYTHING, missed, serves=serves)

    def _after_sync(self) -> Conversation[None]:
        """Run the hooks, also where nothing was changed: a crash or a failed hook may have come before."""
        hooks = self._connections.hooks(self._host)
        yield from run_hooks(self._host, hooks, self._payload.order.token, self._settings)

    def _differs(self, held: Manifest) -> Manifest:
        """Remember which files were neither as before nor as wanted: the sync puts them right."""
        wrong = set(held.differences(self._base)) & set(held.differences(self._target))
        self._put_right |= wrong
        return held
