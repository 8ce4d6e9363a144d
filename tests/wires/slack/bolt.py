"""A real Bolt app on the stand-in for Slack, which ends at once, as its own `close` does not."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from tests.wires.slack.standin import SlackStandIn


def web_client(standin: SlackStandIn) -> WebClient:
    return WebClient(standin.bot_token, base_url=standin.api_url)


def bolt_app(standin: SlackStandIn) -> App:
    return App(client=web_client(standin))


@contextlib.contextmanager
def connected(standin: SlackStandIn, app: App, **options: Any) -> Iterator[SocketModeHandler]:
    """The app on a socket of its own."""
    before = len(standin.sockets.links)
    handler = SocketModeHandler(app, standin.app_token, **options)
    handler.client.connect()
    standin.wait_connected(before + 1)
    try:
        yield handler
    finally:
        close(handler)


def close(handler: SocketModeHandler) -> None:
    """Close without waiting for the three seconds of a receive and the one of a queue."""
    client = handler.client
    client.closed, client.auto_reconnect_enabled = True, False
    session = client.current_session
    if session is not None and session.sock is not None:
        with contextlib.suppress(OSError):
            session.sock.shutdown(socket.SHUT_RDWR)
    client.message_queue.put(None)
    client.close()


def body_of(response: SlackResponse) -> dict[str, Any]:
    """An answer as the server sent it."""
    assert isinstance(response.data, dict)
    return response.data
