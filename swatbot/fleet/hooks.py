"""After-sync hooks: commands that a host runs once it proves the target, whose failure is that host's."""

import logging
import signal
from collections.abc import Sequence
from typing import Any

from swatbot.fleet import wire
from swatbot.fleet.conversations import Conversation, asked
from swatbot.fleet.hosts import SshSettings
from swatbot.fleet.replies import RefusedError, refusal
from swatbot.fleet.wire import readable

_log = logging.getLogger(__name__)
# Beyond the time that a command has: starting it, and ending it.
_GRACE = 10.0


def run_hooks(
    host: str, hooks: Sequence[Sequence[str]], token: int, settings: SshSettings
) -> Conversation[None]:
    """Have the host run these commands, one after the other.

    What a command prints may hold what is not for everybody: it is logged, and no part of the error.

    Raises:
        RefusedError: one failed, and those after it were not run.
        UnreachedError, LostError: the host does not answer; some may have run.
    """
    seconds = settings.after_sync_timeout
    for argv in hooks:
        header = {"op": "run", "argv": argv, "seconds": seconds, "token": token, "durable": settings.durable}
        answer = yield from asked(wire.request(header), seconds + _GRACE)
        fault = _fault(answer, seconds)
        if fault:
            _log.warning("%s: after sync: %s %s: %s", host, argv[0], fault, _said(answer))
            raise RefusedError(f"after sync: {argv[0]} {fault}")


def _fault(answer: dict[str, Any], seconds: float) -> str:
    """What went wrong with a command, "" if nothing did."""
    if "error" in answer:
        return f"could not be run: {refusal(answer)}"
    status = answer.get("status", "?")
    if status == 0:
        return ""
    if status is None:
        return f"did not end within {seconds:g} s"
    return _ended(status)


def _said(answer: dict[str, Any]) -> str:
    """The first line that a command printed on stderr."""
    said = str(answer.get("said", "")).strip().splitlines()
    return readable(said[0]) if said and readable(said[0]) else "it said nothing"


def _ended(status: object) -> str:
    if isinstance(status, int) and -status in signal.valid_signals():
        return f"was ended by {signal.Signals(-status).name}"
    return f"exited {readable(status)}"
