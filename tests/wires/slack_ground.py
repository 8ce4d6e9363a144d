"""A range whose bot is on Slack, which is the stand-in, and its people there."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from swatbot.adapters.clock import SystemClock
from swatbot.practising import Ground
from tests.wires.bot_process import WAIT, edit, small_ground
from tests.wires.slack.limits import Limits
from tests.wires.slack.people import Person
from tests.wires.slack.standin import SlackStandIn

MANIFEST = Path(__file__).parent.parent.parent / "config" / "slack-manifest.yaml"
CHANNEL = "#deploy"
NAMES = ("dana", "alice", "bob", "ada")
SYNC = "!sync-dir wmf-config Enable related articles on frwiki (T12345)"
Json = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Workspace:
    """The stand-in with people of the range in it.

    Attributes:
        slack: the stand-in.
        people: by name, those of people.toml and a stranger, joe.
        channel: id of the channel in which commands are heard.
    """

    slack: SlackStandIn
    people: Mapping[str, Person]
    channel: str

    def says(self, name: str, text: str, thread: str | None = None) -> str:
        """Somebody writes in the channel, or in a thread there; returns the message's ts."""
        return self.people[name].says(CHANNEL, text, thread)

    def card(self, number: int) -> Json:
        """A deployment's card as it is now, once there is one."""
        return self._wait(lambda: self._card(number))

    def _card(self, number: int) -> Json | None:
        ours = (m for m in self.slack.messages(CHANNEL) if m.get("bot_id") == self.slack.app.bot_id)
        event = {"event_type": "swatbot_card", "event_payload": {"number": number}}
        return next((m for m in ours if m.get("metadata") == event), None)

    def text(self, message: Json) -> str:
        return self.slack.text_of(message)

    def reads(self, number: int, words: str) -> str:
        """What a deployment's card says, once these words are in it."""
        return self._wait(lambda: self._if(self._card(number), words))

    def thread(self, number: int) -> list[str]:
        """What is said under a deployment's card."""
        card = self.card(number)
        return [self.text(m) for m in self.slack.thread(CHANNEL, card["ts"])]

    def below(self, number: int, words: str) -> str:
        """A line under a deployment's card, once there is one that has these words."""
        self.card(number)
        return self._line(lambda: self.thread(number), words)

    def channel_lines(self) -> list[str]:
        """What the bot says in the channel itself, cards left out."""
        ours = (m for m in self.slack.messages(CHANNEL) if m.get("bot_id") == self.slack.app.bot_id)
        return [self.text(m) for m in ours if "metadata" not in m and m.get("thread_ts", m["ts"]) == m["ts"]]

    def told(self, words: str) -> str:
        """A line in the channel, once there is one that has these words."""
        return self._line(self.channel_lines, words)

    def whispered(self, name: str, words: str) -> str:
        """A line that only this person sees, once there is one that has these words."""
        person = self.people[name]
        return self._line(lambda: [self.text(m) for m in person.ephemerals(CHANNEL)], words)

    def click(self, name: str, number: int, button: str, version: int = -1) -> None:
        """Somebody clicks a button of a card, and Slack is answered in time."""
        answer = self.people[name].clicks(CHANNEL, self.card(number)["ts"], button, version)
        assert answer.acked

    def staged(self, number: int = 1) -> None:
        """A deployment by dana waits for alice."""
        self.says("dana", SYNC)
        self.reads(number, "waits for alice")

    def _if(self, message: Json | None, words: str) -> str | None:
        text = self.text(message) if message else ""
        return text if words in text else None

    def _line(self, lines: Callable[[], list[str]], words: str) -> str:
        return self._wait(lambda: [t for t in lines() if re.search(words, t)])[-1]

    def _wait(self, find: Callable[[], Found | None]) -> Found:
        found = self.slack.wait_for(find, WAIT)
        assert found
        return found


def manifest() -> Json:
    """The app, as a site sets it up."""
    found: Json = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return found


@contextmanager
def workspace(limits: Limits | None = None, **more: Any) -> Iterator[Workspace]:
    """The stand-in with the manifest's app, at this machine's time.

    Args:
        limits: Slack's, none by default.
        more: of the stand-in.
    """
    standin = SlackStandIn.of_manifest(
        manifest(), limits=limits or Limits.off(), epoch=SystemClock().now().timestamp(), **more
    )
    with standin:
        people = {name: standin.user(name) for name in (*NAMES, "joe")}
        channel = standin.channel(CHANNEL, *people.values())
        yield Workspace(standin, people, channel)


@contextmanager
def slack_ground(directory: Path, place: Workspace, hosts: int = 5, **changes: str) -> Iterator[Ground]:
    """A small range whose bot is also on Slack, and knows the people there.

    Args:
        directory: not there yet.
        place: the workspace.
        hosts: of the range.
        changes: as of `small_ground`.
    """
    with small_ground(directory, hosts, **changes) as ground:
        tokens = {"bot_token": place.slack.app.bot_token, "app_token": place.slack.app.app_token}
        for name, token in tokens.items():
            file = ground.config / name
            file.write_text(token)
            file.chmod(0o600)
        table = (
            f'[[slack]]\nteam = "{place.slack.app.team}"\nchannels = ["{place.channel}"]\n'
            f'api_url = "{place.slack.api_url}"\n' + "".join(f'{name}_file = "{name}"\n' for name in tokens)
        )
        edit(ground, "swatbot.toml", "[local]", f"{table}\n[local]")
        for name in NAMES:
            account = f'"irc:practice/{name}"'
            slack = f'"slack:{place.slack.app.team}/{place.people[name].id}"'
            edit(ground, "people.toml", account, f"{account}, {slack}")
        yield ground
