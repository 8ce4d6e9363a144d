"""Socket Mode by Bolt: everything that Slack delivers passes one middleware, before it is acknowledged."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from swatbot.adapters.slack.settings import SlackSettings

_log = logging.getLogger(__name__)
Deliver = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes a payload; what it returns is the acknowledgement. If it raises, Slack delivers again."""


def open_socket(settings: SlackSettings, deliver: Deliver) -> SocketModeHandler:
    """A connection that is not begun yet, which comes back by itself once it was there.

    One payload is dealt with after the other, in the order in which they came.

    Args:
        settings: the workspace.
        deliver: called with each payload, on one thread.
    """
    app = App(
        # Without the bot's token: nothing is said by this one.
        client=WebClient(base_url=settings.api_url, retry_handlers=[]),
        # Bolt would ask Slack who we are before each payload, and drop it where there is no answer.
        authorize=lambda: AuthorizeResult(
            enterprise_id=None, team_id=settings.team, bot_token=settings.bot_token
        ),
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        logger=_log,
    )

    def take(req: BoltRequest) -> BoltResponse:
        return BoltResponse(status=200, body=dict(deliver(req.body)))

    app.use(take)
    return SocketModeHandler(
        app, settings.app_token, logger=_log, ping_interval=settings.ping_every, concurrency=1
    )


def close_socket(handler: SocketModeHandler) -> None:
    """End a connection at once: the library would wait for what it reads next, some seconds."""
    client = handler.client
    client.closed, client.auto_reconnect_enabled = True, False
    session = client.current_session
    if session is not None and session.sock is not None:
        with contextlib.suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)
    client.message_queue.put(None)
    handler.close()  # type: ignore[no-untyped-call]  # Bolt says no types here


class Presence:
    """Whether a socket is there; asked often, because not every loss is told.

    Args:
        is_there: asks.
        lost: told once it is not.
        back: told once it is again.
        every: seconds between two looks.
    """

    def __init__(
        self,
        is_there: Callable[[], bool],
        lost: Callable[[], None],
        back: Callable[[], None],
        every: float,
    ) -> None:
        self._is_there, self._lost, self._back, self._every = is_there, lost, back, every
        self._stopped = threading.Event()

    def watch(self) -> None:
        """Look until it is stopped."""
        there = True
        while not self._stopped.wait(self._every):
            now = self._is_there()
            if now != there:
                there = now
                (self._back if now else self._lost)()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
