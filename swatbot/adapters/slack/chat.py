"""The Chat port on Slack, with cards: one workspace, heard over one socket, and said at Slack's pace."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from swatbot.adapters.outbox import Outbox
from swatbot.adapters.pace import Backoff
from swatbot.adapters.slack import refusals
from swatbot.adapters.slack.api import Api, AwayError, DeniedError, WaitError
from swatbot.adapters.slack.cards import CardWall
from swatbot.adapters.slack.dialogs import Dialogs
from swatbot.adapters.slack.ears import Click, Ears
from swatbot.adapters.slack.sender import Sender
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.slack.socket import Presence, Socket
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.text import told
from swatbot.adapters.teller import HEARING, Teller
from swatbot.adapters.watch import Watch
from swatbot.chat.card import Card
from swatbot.ports import ChannelRole, Clock, Done, Incoming, Outgoing, Seen

_log = logging.getLogger(__name__)
_MOST_BETWEEN = 30.0
_STOP_SECONDS = 12.0
_NOTHING: Mapping[str, Any] = {}


class SlackChat:
    """One workspace.

    Args:
        settings: the workspace.
        clock: for late lines, and for the times of a gap.
        watch: told how it is with Slack.
    """

    def __init__(self, settings: SlackSettings, clock: Clock, watch: Watch) -> None:
        self._settings, self._clock = settings, clock
        self._api = Api(settings.bot_token, settings.api_url)
        self._app_api = Api(settings.app_token, settings.api_url)
        self._outbox, self._cards = Outbox(), CardWall()
        self._names = {user: name for name, user in settings.people.items()}
        self._teller = Teller("Slack", "is well again", settings.roles, watch, self.called)
        self._sender = Sender(settings, self._api, self._outbox, self._cards, clock, self._teller)
        self._dialogs = Dialogs(self._api, self._unasked, self.network)
        self._stopping = threading.Event()
        self._joined = threading.Event()
        self._socket: Socket | None = None
        self._ears: Ears | None = None
        self._hear: Callable[[Incoming], None] = lambda _line: None
        self._thread = threading.Thread(target=self._run, name=f"slack-{self.network}", daemon=True)

    @property
    def network(self) -> str:
        """The workspace's id, as in accounts."""
        return self._settings.team

    @property
    def channels(self) -> dict[str, ChannelRole]:
        """The channels, and what each is for."""
        return self._settings.roles

    def called(self, channel: str) -> str:
        """The name that a channel, or a person, had when the bot came, or else its id."""
        return self._names.get(channel, channel)

    @property
    def redelivers(self) -> bool:
        """Slack delivers again what was not acknowledged."""
        return True

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Connect in the background; `hear` is called for every line that a person wrote or clicked."""
        self._hear = hear
        self._sender.start()
        self._dialogs.start()
        self._thread.start()

    def post(self, line: Outgoing, done: Done) -> None:
        """Queue one line; `done` is called once Slack has it, or once a newer line took its place.

        Raises:
            ValueError: the channel is none.
        """
        Target.of(line.channel)
        self._outbox.put(line, done)
        self._sender.poke()

    def show(self, channel: str, card: Card, seen: Seen, posted: str = "", *, perhaps: bool = False) -> None:
        """See to it that a channel has a card, and that it shows this."""
        self._cards.want(channel, card, seen, posted, perhaps=perhaps)
        self._sender.poke()

    def stop(self) -> None:
        """Hear nothing more, send what is queued if that is possible within seconds, and disconnect."""
        self._stopping.set()
        self._teller.hush()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        if self._socket is not None:
            self._socket.stop()
        self._dialogs.stop()
        self._sender.stop()

    def wait_joined(self, timeout: float) -> bool:
        """Block until Slack delivers to us, at most `timeout` seconds; whether it does."""
        return self._joined.wait(timeout)

    def _run(self) -> None:
        """Connect, again and again if need be; after that the socket comes back by itself."""
        backoff = Backoff(1.0, _MOST_BETWEEN)
        while not self._stopping.is_set():
            try:
                self._connect()
            except (AwayError, WaitError, DeniedError) as error:
                self._teller.trouble(f"can not connect: {error}", way=HEARING)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next try may fare better
                _log.exception("connecting to Slack stumbled")
                self._teller.trouble(f"can not connect: {str(error) or type(error).__name__}", way=HEARING)
            else:
                return
            self._stopping.wait(backoff.next())

    def _connect(self) -> None:
        me = self._api.call("auth.test", {})
        if me.get("team_id") != self._settings.team:
            raise DeniedError(f"the token is of {me.get('team_id')}, and not of {self._settings.team}")
        self._ears = Ears(self._settings, str(me["user_id"]))
        self._learn_names()
        address = str(self._app_api.call("apps.connections.open", {})["url"])
        self._socket = Socket(self._settings, self._deliver, Presence(self._there, self._away, self._refused))
        self._socket.start(address)

    def _learn_names(self) -> None:
        """What no name is learnt for is called by its id."""
        for channel in self._settings.roles:
            try:
                found = self._api.call("conversations.info", {"channel": channel})["channel"]
                self._names[channel] = f"#{found['name']}"
            except (AwayError, WaitError, DeniedError, KeyError) as error:
                _log.warning("how %s is called is not known: %s", channel, error)

    def _there(self, gap: float) -> None:
        """Slack delivers to us; a short gap is none, for it delivers what it could not for some minutes."""
        self._joined.set()
        self._teller.well(way=HEARING)
        if gap >= self._settings.told_after and gap:
            now = self._clock.now()
            self._teller.gap(now - timedelta(seconds=gap), now)

    def _away(self) -> None:
        self._joined.clear()
        self._teller.trouble("does not deliver to me: nothing said there is heard", way=HEARING)

    def _refused(self, code: str) -> None:
        """A connection that was lost does not come back by itself, if somebody has to mend the app."""
        if code in refusals.APP:
            self._teller.trouble(f"says {code} of the app's token: see docs/slack.md", way=HEARING)

    def _deliver(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Deal with one payload; what is returned acknowledges it, and must not take longer than 3 s."""
        ears = self._ears
        if ears is None:
            raise RuntimeError("a payload before the connection")
        kind = body.get("type", "")
        if kind == "block_actions":
            self._clicked(ears.click(body))
        elif kind == "view_submission":
            self._hear(ears.reason(body))
        elif kind == "event_callback":
            self._happened(ears, body)
        elif "command" in body:
            return self._commanded(ears, body)
        return _NOTHING

    def _commanded(self, ears: Ears, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A slash command; one that is not ours by its name is not taken for one that is."""
        ours = self._settings.command
        if body["command"] != ours:
            text = told(f'I listen to {ours}, and not to {body["command"]}: type "{ours} help".')
            return {"response_type": "ephemeral", "text": text}
        slash = ears.slash(body)
        self._hear(slash)
        # Slack shows a slash command to the channel only with an answer that is for all, and has words.
        return _NOTHING if slash.private else {"response_type": "in_channel", "text": told(slash.text)}

    def _happened(self, ears: Ears, body: Mapping[str, Any]) -> None:
        """A line is heard; a card that somebody has deleted is posted anew."""
        line, gone = ears.message(body), ears.deleted(body)
        if line is not None:
            self._hear(line)
        if gone is not None and self._cards.lost(*gone):
            self._sender.poke()

    def _clicked(self, click: Click | None) -> None:
        """A button stands for a command; one that needs a reason opens a dialog first."""
        if click is None:
            return
        if not click.question:
            self._hear(click.heard)
            return
        self._dialogs.ask(click)

    def _unasked(self, click: Click) -> None:
        """Who can not be asked in a dialog is told how to say it."""
        text = f'{click.heard.nick}: the dialog did not open. Say "{click.command} {click.number} WHY".'
        self.post(Outgoing(click.heard.reply_to, text, calls=(click.heard.nick,)), lambda _text: None)
