"""A look at an IRC server, as the bot would find it: connects, logs in, asks nothing more, and leaves."""

import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from swatbot.adapters.irc.ears import Proof
from swatbot.adapters.irc.session import Listener, Session
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.outbox import Outbox
from swatbot.errors import OperationalError
from swatbot.ports import Clock


@dataclass(frozen=True, slots=True)
class Seen:
    """What one server is like.

    Attributes:
        network: name of the network.
        server: host and port.
        fault: why the bot could not be there, "" if it could.
        proof: how the server proves who speaks.
        whox: whether it has WHOX, allowed or not.
        echoes: whether it repeats what it passes on (`echo-message`).
        account: as whom the bot is logged in, "" if it is not.
    """

    network: str
    server: tuple[str, int]
    fault: str
    proof: Proof = Proof.NONE
    whox: bool = False
    echoes: bool = False
    account: str = ""


def look(settings: IrcSettings, server: tuple[str, int], clock: Clock) -> Seen:
    """Look at one server of a network, within seconds; under another nick, and in no channel.

    Args:
        settings: of the network.
        server: host and port.
        clock: the time.
    """
    # Not the bot's nick: the bot may be there, and would be thrown out as a ghost. At most nine characters.
    nick = f"look{secrets.randbelow(100_000)}"
    alone = replace(settings, nick=nick, channels=(), progress_channels=(), log_channels=())
    give_up = time.monotonic() + settings.connect_within + settings.login_within
    wake, woken = socket.socketpair()
    with wake, woken:
        session = Session(alone, clock, Outbox(), woken, _listener(lambda: _end(session, give_up)))
        try:
            session.run(server)
        except (OSError, OperationalError) as error:
            session.reason = str(error)
    if session.welcomed_at is None:
        return Seen(settings.network, server, session.reason)
    return Seen(
        settings.network,
        server,
        "",
        session.proof,
        session.features.whox,
        session.echoes,
        settings.sasl_account,
    )


def _end(session: Session, give_up: float) -> float | None:
    now = time.monotonic()
    return now if session.introduced or now >= give_up else None


def _listener(stop_by: Callable[[], float | None]) -> Listener:
    def ignore(*_: object) -> None:
        """Nothing that happens meanwhile is of interest."""

    return Listener(ignore, ignore, ignore, ignore, ignore, concerns=lambda _: False, stop_by=stop_by)
