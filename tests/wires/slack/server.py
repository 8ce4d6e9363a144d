"""Runs Slack's stand-in on a thread of its own, so that tests can be written without any async."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiohttp import web

START_SECONDS = 10.0
Work = Coroutine[Any, Any, None]


class Server:
    """An HTTP server on loopback, which may be stopped and started again at the same port.

    What is asked of it while it is down is done once it is up.
    """

    def __init__(
        self, routes: Sequence[web.RouteDef], close: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        self.port = 0
        self._routes = routes
        self._close = close
        self._lock = threading.Lock()
        self._early: list[tuple[Callable[..., object], tuple[object, ...]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="slack-stand-in", daemon=True)
        self._thread.start()
        assert started.wait(START_SECONDS), "the stand-in does not start"

    def stop(self) -> None:
        """Hang up on everybody and listen no more; may be called twice."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()

    def soon(self, work: Callable[..., object], *args: object) -> None:
        """Have this done by the server's thread, in the order of asking."""
        with self._lock:
            if self._loop is None:
                self._early.append((work, args))
            else:
                self._loop.call_soon_threadsafe(work, *args)

    def ask(self, work: Work) -> None:
        """Have this done by the server's thread, and wait for the end of it."""
        assert self._loop is not None, "the stand-in is down"
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    def _run(self, started: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        runner = loop.run_until_complete(self._listen())
        with self._lock:
            self._loop = loop
            for work, args in self._early:
                loop.call_soon(work, *args)
            self._early.clear()
        started.set()
        loop.run_forever()
        loop.run_until_complete(self._end(runner))
        loop.close()

    async def _listen(self) -> web.AppRunner:
        app = web.Application(client_max_size=16_000_000)
        app.add_routes(self._routes)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(runner.addresses[0][1])
        return runner

    async def _end(self, runner: web.AppRunner) -> None:
        await self._close()
        await runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
