"""One host's part of an order: asked until it proves the target, or says why it can not."""

from collections.abc import Sequence
from time import monotonic

from swatbot.domain.catch_up import next_state, strays
from swatbot.domain.manifest import Manifest
from swatbot.domain.stage import Files, HostResult, Outcome
from swatbot.errors import OperationalError
from swatbot.fleet import wire
from swatbot.fleet.connection import LostError
from swatbot.fleet.connections import Connections
from swatbot.fleet.conversations import Answer, Conversation, Open, Pause, asked
from swatbot.fleet.dial import UnreachedError
from swatbot.fleet.hooks import run_hooks
from swatbot.fleet.hosts import SshSettings
from swatbot.fleet.lists import Lists
from swatbot.fleet.payload import Payload
from swatbot.fleet.proving import RETRY_AFTER
from swatbot.fleet.pulling import ANYTHING, Pulling, StoppedError
from swatbot.fleet.replies import RefusedError, refusal, strings
from swatbot.ports import Order

# A host that holds something else, then lacks a content, then holds something else again, and once more;
# beside one for each state that it may have to go through.
_ROUNDS = 6


class Attempt:
    """What goes on with one host."""

    def __init__(
        self,
        order: Order,
        host: str,
        connections: Connections,
        payloads: Sequence[Payload],
        lists: Lists,
        settings: SshSettings,
        pulling: Pulling | None = None,
    ) -> None:
        """Nothing is sent yet; with `pulling` the host fetches contents from others, if it can.

        The payloads are those that lead to each of the order's states.
        """
        self._order, self._host, self._connections = order, host, connections
        self._payloads, self._lists, self._settings = payloads, lists, settings
        self._pulling = pulling
        self._sent = self._may_be_changed = False
        self._proven = ""
        self._put_right: set[str] = set()
        self._fetched: set[str] = set()
        self._missed: set[str] = set()

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
            self._missed.clear()
            yield from self._converse()
        except UnreachedError as error:
            outcome = Outcome.FAILED if self._sent else Outcome.UNREACHABLE
            return (outcome, self._proven, str(error)), error.transient
        except LostError as error:
            self._sent = self._may_be_changed = True
            return (Outcome.FAILED, self._proven, str(error)), error.transient
        except StoppedError as error:
            outcome = Outcome.FAILED if self._may_be_changed else Outcome.NOT_STARTED
            return (outcome, self._proven, str(error)), False
        except (RefusedError, OperationalError, wire.GarbageError) as error:
            return (Outcome.FAILED, self._proven, str(error)), False
        return (Outcome.OK, self._proven, ""), False

    def _converse(self) -> Conversation[None]:
        """Have the host take state after state, until it proves the one that is wanted."""
        yield Open()
        order, held = self._order, self._order.base
        for _ in range(_ROUNDS + len(order.states)):
            state = next_state(held, order.states, order.step)
            answer = yield from asked(self._request(state, held))
            self._sent = True
            if answer.get("done") == order.states[state].digest:
                held = order.states[state]
                yield from self._reached(state, answer)
                if state == order.step:
                    return
            elif "other" in answer:
                held = yield from self._look(str(answer["other"]))
            elif "need" in answer:
                yield from self._supply(state, strings(answer["need"]))
            else:
                raise RefusedError(refusal(answer))
        raise RefusedError("its files keep changing while they are synced")

    def _request(self, state: int, held: Manifest) -> bytes:
        """Who pulls is told all, and says what it lacks: only it knows what it has pulled."""
        payload, pulling = self._payloads[state], self._pulling_to(state)
        if pulling is None:
            return payload.request(held, self._connections.kept(self._host), self._missed)
        return payload.request(held, ANYTHING, self._missed, serves=pulling.is_proxy(self._host))

    def _reached(self, state: int, answer: Answer) -> Conversation[None]:
        """Run the hooks, also where nothing was changed: a crash or a failed hook may have come before."""
        self._connections.kept(self._host).update(strings(answer.get("kept")))
        self._may_be_changed = True
        if state == self._order.step:
            self._proven = self._order.target.digest
        if pulling := self._pulling_to(state):
            pulling.add(self._host, strings(answer.get("serves")))
        hooks = self._connections.hooks(self._host)
        yield from run_hooks(self._host, hooks, self._order.token, self._settings)

    def _look(self, digest: str) -> Conversation[Manifest]:
        """What the host holds; files that are as in no state are remembered: the sync puts them right."""
        held = self._lists.known(digest) or (yield from self._lists.ask(self._order.base))
        self._put_right |= strays(held, self._order.states)
        return held

    def _supply(self, state: int, need: set[str]) -> Conversation[None]:
        """Have the host pull what it needs, each content once; what it can not is to be sent instead.

        If it could not pull all, that is all: then the same bytes are for all hosts that were as it was,
        while each of them may have pulled something else.
        """
        self._connections.kept(self._host).difference_update(need)
        pulling = self._pulling_to(state)
        if pulling is None:
            self._missed |= need
            return
        wanted = need - self._fetched
        self._fetched |= wanted
        lacking = yield from pulling.fetch(self._host, wanted)
        self._missed |= need if lacking else need - wanted

    def _pulling_to(self, state: int) -> Pulling | None:
        """How it pulls the contents of a state: what a host is behind with is sent to it."""
        return self._pulling if state == self._order.step else None
