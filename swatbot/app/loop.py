"""Keeps an engine going in its own thread, and its lease alive."""

import logging
import threading
import time
from collections.abc import Callable

from swatbot.app.engine import Engine
from swatbot.ports import Leases

_LOG = logging.getLogger(__name__)
_RENEW = 1.0
_LOOK = 0.05
_IN_FLIGHT = 10.0


class EngineLoop:
    """Two small threads: one decides, one renews the lease."""

    def __init__(self, engine: Engine, leases: Leases, on_lost: Callable[[str], None]) -> None:
        self._engine, self._leases, self._on_lost = engine, leases, on_lost
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(part,), name=name, daemon=True)
            for name, part in (("engine", self._work), ("lease", self._renew))
        ]

    def start(self, holder: str) -> None:
        """Take the lease and begin.

        Raises:
            LeaseTakenError: another engine has it.
        """
        self._engine.start(holder)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End: effects finish what is in flight and are recorded, then the lease is given up."""
        self._engine.stop()
        end = time.monotonic() + _IN_FLIGHT
        while not self._engine.idle and time.monotonic() < end and not self._stopped.wait(_LOOK):
            pass
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(3 * _RENEW)
        self._engine.release()

    def _guarded(self, part: Callable[[], None]) -> None:
        """Without one of its threads an engine can not keep its promises: it ends, and says so."""
        try:
            part()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process must end and say why
            if not self._stopped.is_set():
                _LOG.exception("the engine ends")
                self._stopped.set()
                self._engine.stop()
                self._on_lost(str(error) or type(error).__name__)

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._engine.work(_RENEW)

    def _renew(self) -> None:
        while not self._stopped.wait(_RENEW):
            self._leases.renew()
