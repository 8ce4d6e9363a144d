"""Socket Mode by Bolt: everything that Slack delivers passes one middleware, before it is acknowledged."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from swatbot.adapters.slack.settings import SlackSettings

_log = logging.getLogger(__name__)
_LOOK = 0.25
# An address that Slack gave is good for half a minute; the library would try the same one for ever.
_FRESH_FOR = 15.0
_STOP_SECONDS = 5.0
Deliver = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes a payload; what it returns is the acknowledgement. If it raises, Slack delivers again."""


@dataclass(frozen=True)
class Presence:
    """Who is told whether the socket is there, on its thread.

    Attributes:
        there: it is, after so many seconds in which it was not; 0 for the first time.
        away: it has not been for as long as is worth a word.
        refused: Slack gives no address for it, with its word for why.
    """

    there: Callable[[float], None]
    away: Callable[[], None]
    refused: Callable[[str], None]


class _Addresses(AsyncWebClient):
    """Asks for addresses, as the library does whenever it needs one; it only logs why there is none."""

    def __init__(self, url: str, refused: Callable[[str], None]) -> None:
        super().__init__(base_url=url)
        self._refused = refused

    async def apps_connections_open(self, *, app_token: str, **more: Any) -> AsyncSlackResponse:
        """As the library's."""
        try:
            return await super().apps_connections_open(app_token=app_token, **more)
        except SlackApiError as error:
            self._refused(str(error.response.get("error", "")))
            raise


class Socket:
    """One connection, kept by the library, on a thread and a loop of its own.

    One payload is dealt with after the other, in the order in which they came.

    Args:
        settings: the workspace.
        deliver: called with each payload.
        presence: told of connections that are gone, and back.
    """

    def __init__(self, settings: SlackSettings, deliver: Deliver, presence: Presence) -> None:
        self._settings, self._deliver, self._presence = settings, deliver, presence
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=f"slack-{settings.team}-hears", daemon=True)
        self._handler: SocketModeHandler | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, address: str) -> None:
        """Connect in the background, first to this address, and come back whenever it is lost.

        Raises:
            TimeoutError: it could not even begin within seconds; then nothing of it is left.
        """
        self._thread.start()
        beginning = asyncio.run_coroutine_threadsafe(self._begin(address), self._loop)
        try:
            beginning.result(_STOP_SECONDS)
        except Exception:
            self.stop()
            raise

    def stop(self) -> None:
        """Hang up; what was not acknowledged is delivered again, to who connects next."""
        if not self._thread.is_alive():
            return
        ending = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        ending.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.stop))
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            _log.warning("the connection to Slack does not end in time: it ends as soon as it can")

    def _live(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _begin(self, address: str) -> None:
        self._handler = SocketModeHandler(
            _app(self._settings, self._deliver),
            self._settings.app_token,
            logger=_log,
            web_client=_Addresses(self._settings.api_url, self._presence.refused),
            ping_interval=self._settings.ping_every,
        )
        self._handler.client.wss_uri = address
        connecting = self._handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt says no types here
        for work in (connecting, self._watch(self._handler)):
            self._tasks.add(asyncio.ensure_future(work))

    async def _watch(self, handler: SocketModeHandler) -> None:
        """Look whether the connection is there, since not every loss is told."""
        absence = _Absence(self._presence, self._settings.told_after)
        while True:
            now = self._loop.time()
            if await handler.client.is_connected():
                absence.ends(now)
            elif absence.lasts(now):
                handler.client.wss_uri = None
            await asyncio.sleep(_LOOK)

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]  # nor here


class _Absence:
    """The time without a connection, and what is told of it."""

    def __init__(self, presence: Presence, told_after: float) -> None:
        self._presence, self._told_after = presence, told_after
        self._was_there = self._told = False
        self._since: float | None = None
        self._fresh_at = 0.0

    def lasts(self, now: float) -> bool:
        """There is no connection; whether it is time for a new address."""
        if self._since is None:
            self._since = self._fresh_at = now
        if self._was_there and not self._told and now - self._since >= self._told_after:
            self._told = True
            self._presence.away()
        stale = now - self._fresh_at >= _FRESH_FOR
        self._fresh_at = now if stale else self._fresh_at
        return stale

    def ends(self, now: float) -> None:
        """There is one."""
        if self._since is None and self._was_there:
            return
        gap = now - self._since if self._since is not None and self._was_there else 0.0
        self._was_there, self._told, self._since = True, False, None
        self._presence.there(gap)


def _app(settings: SlackSettings, deliver: Deliver) -> App:
    """Bolt's app, which does nothing but hand each payload on."""
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
    return app
