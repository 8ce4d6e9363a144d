"""Opens the dialogs in which people give a reason, one after the other, and no more than can be in time."""

import logging
import queue
import threading
from collections.abc import Callable

from swatbot.adapters.slack.api import Api, AwayError, DeniedError, WaitError
from swatbot.adapters.slack.blocks import dialog
from swatbot.adapters.slack.ears import Click

_log = logging.getLogger(__name__)
MOST = 5
"""So many clicks wait at most: Slack opens a dialog only within three seconds of its click."""


class Dialogs:
    """A thread that opens them, since the click has to be acknowledged within three seconds as well.

    Args:
        api: the Web API.
        failed: called with a click for which no dialog has opened; on any thread.
        name: of the workspace.
    """

    def __init__(self, api: Api, failed: Callable[[Click], None], name: str) -> None:
        self._api, self._failed = api, failed
        self._clicks: queue.Queue[Click | None] = queue.Queue(MOST)
        self._thread = threading.Thread(target=self._run, name=f"slack-{name}-asks", daemon=True)

    def start(self) -> None:
        """Begin to open them."""
        self._thread.start()

    def stop(self) -> None:
        """Open no more once those that wait are open; nobody waits for that."""
        try:
            self._clicks.put_nowait(None)
        except queue.Full:
            _log.warning("some dialogs were not opened any more")

    def ask(self, click: Click) -> None:
        """Have a dialog opened soon."""
        try:
            self._clicks.put_nowait(click)
        except queue.Full:
            self._failed(click)

    def _run(self) -> None:
        while (click := self._clicks.get()) is not None:
            self._open(click)

    def _open(self, click: Click) -> None:
        view = dialog(click.command, click.number, click.question, f"{click.number} {click.heard.channel}")
        try:
            self._api.call("views.open", {"trigger_id": click.trigger, "view": view})
        except (AwayError, WaitError, DeniedError) as error:
            _log.warning("a dialog could not be opened: %s", error)
            self._failed(click)
        except Exception:  # noqa: BLE001 - the next dialog may be better
            _log.exception("opening a dialog stumbled")
            self._failed(click)
