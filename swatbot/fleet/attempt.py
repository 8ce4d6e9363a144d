"""One host's part of an order: asked until it proves the target, or says why it can not."""

from time import monotonic
from typing import Any

from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import HostResult, Outcome
from swatbot.errors import OperationalError
from swatbot.fleet import wire
from swatbot.fleet.connection import LostError, readable
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Conversation, Open, Pause, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.payload import Payload, manifest_of

# A host that holds something else, then lacks a content, then holds something else again, and once more.
_ROUNDS = 6
_RETRY_AFTER = 0.3


class RefusedError(Exception):
    """A host answered that it can not, or will not."""


class Attempt:
    """What goes on with one host."""

    def __init__(self, host: str, connections: Connections, payload: Payload) -> None:
        """Nothing is sent yet."""
        self._host, self._connections, self._payload = host, connections, payload
        self._base = payload.order.base
        self._target = payload.order.target
        self._sent = False
        self._put_right: tuple[str, ...] = ()

    def run(self) -> Conversation[HostResult]:
        """Carry the order out on the host; a connection that breaks is tried once more."""
        started = monotonic()
        result, transient = yield from self._try()
        if transient:
            yield Pause(_RETRY_AFTER)
            result, _ = yield from self._try()
        outcome, digest, reason = result
        return HostResult(self._host, outcome, digest, reason, monotonic() - started, self._put_right)

    def _try(self) -> Conversation[tuple[tuple[Outcome, str, str], bool]]:
        try:
            yield from self._converse()
        except UnreachedError as error:
            outcome = Outcome.FAILED if self._sent else Outcome.UNREACHABLE
            return (outcome, "", str(error)), error.transient
        except LostError as error:
            self._sent = True
            return (Outcome.FAILED, "", str(error)), error.transient
        except (RefusedError, OperationalError, wire.GarbageError) as error:
            return (Outcome.FAILED, "", str(error)), False
        return (Outcome.OK, self._target.digest, ""), False

    def _converse(self) -> Conversation[None]:
        yield Open()
        kept = self._connections.kept(self._host)
        held, missed = self._base, set[str]()
        for _ in range(_ROUNDS):
            answer = yield from asked(self._payload.request(held, kept, missed))
            self._sent = True
            if answer.get("done") == self._target.digest:
                kept.update(strings(answer.get("kept")))
                return
            if "entries" in answer:
                held = self._differs(manifest_of(self._target.roots, answer["entries"]))
            elif "need" in answer:
                missed = missed.union(strings(answer["need"]))
                kept -= missed
            else:
                raise RefusedError(refusal(answer))
        raise RefusedError("its files keep changing while they are synced")

    def _differs(self, held: Manifest) -> Manifest:
        """Remember which files were neither as before nor as wanted: the sync puts them right."""
        wrong = set(held.differences(self._base)) & set(held.differences(self._target))
        self._put_right = tuple(sorted(wrong.union(self._put_right)))
        return held


def refusal(answer: dict[str, Any]) -> str:
    """Why a host did not do it, for a person."""
    if "stale" in answer:
        return f"another engine has taken over: {readable(answer.get('error', ''))}"
    reason = readable(answer.get("error", "what it answers makes no sense"))
    left = unfinished(answer)
    return f"{reason} ({left})" if left else reason


def unfinished(answer: dict[str, Any]) -> str:
    """Which step the host says was begun there and not ended, "" if none."""
    left = answer.get("unfinished")
    if not isinstance(left, dict):
        return ""
    return f"step {readable(left.get('step'))} of #{readable(left.get('number'))} is unfinished there"


def strings(values: object) -> set[str]:
    """The strings in what a host answered."""
    return {v for v in values if isinstance(v, str)} if isinstance(values, list) else set()
