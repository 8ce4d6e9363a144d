"""Tells how a network is: each trouble once, and that it is well again once nothing is wrong any more."""

import logging
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from swatbot.adapters.watch import Watch

_log = logging.getLogger(__name__)
SPEAKING, HEARING = "speaking", "hearing"
"""The ways in which something may be wrong: one may be well while the other is not."""


class Teller:
    """What is wrong with one network, and in each of its channels; any thread may tell it.

    What follows from being told must not end a connection: whatever it raises is logged.

    Args:
        name: how each sentence about the network begins, as "IRC libera:".
        well: how one goes on that says that all is well again.
        channels: all of the network.
        watch: whom to tell.
        called: how people call a channel; whoever tells something of one asks this, too.
    """

    def __init__(
        self,
        name: str,
        well: str,
        channels: Collection[str],
        watch: Watch,
        called: Callable[[str], str] = str,
    ) -> None:
        self.called = called
        self._name, self._well, self._channels, self._watch = name, well, channels, watch
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], set[str]] = {}
        self._silent = False

    def hush(self) -> None:
        """We are leaving: what is wrong from now on is nobody's trouble."""
        self._silent = True

    def trouble(self, text: str, channel: str = "", way: str = SPEAKING) -> None:
        """Tell what is wrong in a channel, or everywhere (""), if that is not known yet."""
        if self._silent:
            return
        with self._lock:
            known = self._known.setdefault((channel, way), set())
            is_news = text not in known
            known.add(text)
        if is_news:
            self._tell(text, self._where(channel))

    def well(self, channel: str = "", way: str = SPEAKING) -> None:
        """Nothing is wrong one way any more; it is well only if nothing is wrong any other way either."""
        with self._lock:
            known = self._known.pop((channel, way), None)
            still = any(where == channel for where, _ in self._known)
        if known and not still:
            self._tell(
                f"{self.called(channel)} is well again" if channel else self._well, self._where(channel)
            )

    def say(self, text: str) -> None:
        """Tell something everywhere, as often as it happens."""
        if not self._silent:
            self._tell(text, frozenset())

    def gap(self, start: datetime, end: datetime) -> None:
        """Tell from when to when nothing was heard."""
        self._call(partial(self._watch.gap, start, end))

    def split(self, start: datetime, end: datetime) -> None:
        """Tell from when to when people were cut off by a netsplit."""
        self._call(partial(self._watch.split, start, end))

    def _where(self, channel: str) -> frozenset[str]:
        return frozenset({channel} if channel else self._channels)

    def _tell(self, text: str, but: frozenset[str]) -> None:
        self._call(partial(self._watch.trouble, f"{self._name} {text}", but))

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - the connection outlives what others do with it
            _log.exception("what follows a change on %s has failed", self._name)
