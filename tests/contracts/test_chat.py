"""What every Chat adapter owes its users, held against IRC, Slack and the local socket."""

import getpass
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.irc.chat import IrcChat, IrcSettings
from swatbot.adapters.local_chat import LocalChat
from swatbot.adapters.slack.chat import SlackChat
from swatbot.adapters.slack.settings import SlackSettings
from swatbot.adapters.watch import Watch
from swatbot.ports import Chat, Incoming, Outgoing, Urgency
from swatbot.practice.ircd import PracticeIrcd
from tests.wires.irc_client import RawClient
from tests.wires.slack.limits import Limits
from tests.wires.slack.standin import SlackStandIn

WAIT = 10.0
START = datetime(2024, 1, 1, 14, 2, 3, tzinfo=UTC)


class Rig(Protocol):
    """A chat with one person in it."""

    chat: Chat
    nick: str
    account: str

    def begin(self, hear: Callable[[Incoming], None]) -> None: ...
    def speak(self, text: str) -> None: ...
    def read(self, count: int) -> list[str]: ...
    def end(self) -> None: ...


class IrcRig:
    nick = "deployer"
    account = "irc:practice/deployer"

    def __init__(self) -> None:
        self._ircd = PracticeIrcd(accounts={"deployer": "secret"})
        self._ircd.start()
        self._person = RawClient.joined(self._ircd.port, self.nick, "#swat", password="deployer:secret")
        settings = IrcSettings(
            "practice", "127.0.0.1", self._ircd.port, False, "swatbot", ("#swat",), burst=1000
        )
        self._troubles: list[str] = []
        self._irc = IrcChat(settings, ManualClock(START), Watch(lambda text, _: self._troubles.append(text)))
        self.chat: Chat = self._irc

    def begin(self, hear: Callable[[Incoming], None]) -> None:
        self.chat.start(hear)
        assert self._irc.wait_joined(WAIT), self._troubles

    def speak(self, text: str) -> None:
        self._person.say("#swat", text)

    def read(self, count: int) -> list[str]:
        return [self._person.expect_text("") for _ in range(count)]

    def end(self) -> None:
        self.chat.stop()
        self._person.close()
        self._ircd.stop()


class LocalRig:
    nick = getpass.getuser()
    account = f"local:deploy1001/{nick}"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "run" / "swatbot.sock"
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(WAIT)
        self._lines = self._sock.makefile("rb")
        self.chat: Chat = LocalChat(self._path, ManualClock(START), "deploy1001")

    def begin(self, hear: Callable[[Incoming], None]) -> None:
        self.chat.start(hear)
        self._sock.connect(str(self._path))
        # Whoever is not yet known to the server would miss what is posted.
        self._sock.sendall(b'{"say": "warm-up"}\n')
        assert "heard" in json.loads(self._lines.readline())

    def speak(self, text: str) -> None:
        self._sock.sendall(json.dumps({"say": text}).encode() + b"\n")

    def read(self, count: int) -> list[str]:
        texts: list[str] = []
        while len(texts) < count:
            told = json.loads(self._lines.readline())
            texts += [told["text"]] if "text" in told else []
        return texts

    def end(self) -> None:
        self.chat.stop()
        self._lines.close()
        self._sock.close()


class SlackRig:
    nick = "dana"

    def __init__(self) -> None:
        self._slack = SlackStandIn(limits=Limits.off())
        self._slack.start()
        self._person = self._slack.user(self.nick)
        self._channel = self._slack.channel("#swat", self._person)
        self.account = f"slack:{self._slack.app.team}/{self._person.id}"
        self._read = 0
        settings = SlackSettings(
            team=self._slack.app.team,
            channels=(self._channel,),
            bot_token=self._slack.app.bot_token,
            app_token=self._slack.app.app_token,
            people={self.nick: self._person.id},
            api_url=self._slack.api_url,
            post_burst=1000,
        )
        self._chat = SlackChat(settings, ManualClock(START), Watch(lambda _text, _where: None))
        self.chat: Chat = self._chat

    def begin(self, hear: Callable[[Incoming], None]) -> None:
        self.chat.start(hear)
        assert self._chat.wait_joined(WAIT)

    def speak(self, text: str) -> None:
        self._person.says("#swat", text)

    def read(self, count: int) -> list[str]:
        upto = self._read + count
        self._slack.wait_for(lambda: len(self._lines()) >= upto)
        found, self._read = self._lines()[self._read : upto], upto
        return found

    def _lines(self) -> list[str]:
        ours = (m for m in self._slack.messages("#swat") if m.get("bot_id"))
        return [self._slack.text_of(m).replace(f"@{self.nick}", self.nick) for m in ours]

    def end(self) -> None:
        self.chat.stop()
        self._slack.stop()


@pytest.fixture(params=["irc", "local", "slack"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    makers: dict[str, Callable[[], Rig]] = {
        "irc": IrcRig,
        "local": lambda: LocalRig(tmp_path),
        "slack": SlackRig,
    }
    made = makers[request.param]()
    yield made
    made.end()


@pytest.fixture
def heard(rig: Rig) -> "queue.Queue[Incoming]":
    lines: queue.Queue[Incoming] = queue.Queue()
    rig.begin(lines.put)
    if isinstance(rig, LocalRig):
        assert lines.get(timeout=WAIT).text == "warm-up"
    return lines


def test_a_line_is_heard_with_its_speaker_and_the_proven_account(
    rig: Rig, heard: "queue.Queue[Incoming]"
) -> None:
    rig.speak("!sync-dir wmf-config Enable ≥ 1 thing: now")
    line = heard.get(timeout=WAIT)
    assert line.text == "!sync-dir wmf-config Enable ≥ 1 thing: now"
    assert (line.nick, line.account) == (rig.nick, rig.account)


def test_lines_are_heard_in_order_and_their_ids_differ(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    for number in range(20):
        rig.speak(f"!status {number}")
    lines = [heard.get(timeout=WAIT) for _ in range(20)]
    assert [line.text for line in lines] == [f"!status {number}" for number in range(20)]
    ids = [line.message for line in lines if line.message]
    assert len(set(ids)) == len(ids)


def test_a_reply_to_where_a_line_came_from_reaches_the_speaker(
    rig: Rig, heard: "queue.Queue[Incoming]"
) -> None:
    rig.speak("!queue")
    line = heard.get(timeout=WAIT)
    rig.chat.post(Outgoing(line.channel, f"{line.nick}: nothing is queued."), lambda _: None)
    assert rig.read(1) == [f"{rig.nick}: nothing is queued."]


def test_posts_go_out_in_order_and_each_is_confirmed_once(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    confirmed: list[str | None] = []
    done = threading.Event()

    def sent(text: str | None) -> None:
        confirmed.append(text)
        if len(confirmed) == 50:
            done.set()

    for number in range(50):
        rig.chat.post(Outgoing(next(iter(rig.chat.channels)), f"#42 line {number}"), sent)
    assert rig.read(50) == [f"#42 line {number}" for number in range(50)]
    assert done.wait(WAIT)
    assert confirmed == [f"#42 line {number}" for number in range(50)]
    assert heard.empty(), "the bot heard itself"


def test_what_is_told_late_says_when_it_was_and_is_confirmed_so(
    rig: Rig, heard: "queue.Queue[Incoming]"
) -> None:
    said: queue.Queue[str | None] = queue.Queue()
    for minutes in (5, 1, 0):
        at = START - timedelta(minutes=minutes)
        rig.chat.post(Outgoing(next(iter(rig.chat.channels)), f"#42 is {minutes} min old", at=at), said.put)
    wanted = ["[13:57 UTC] #42 is 5 min old", "#42 is 1 min old", "#42 is 0 min old"]
    assert rig.read(3) == wanted
    assert [said.get(timeout=WAIT) for _ in wanted] == wanted
    assert heard.empty()


def test_posts_from_many_threads_arrive_whole(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    def post(name: str) -> None:
        for number in range(10):
            rig.chat.post(Outgoing(next(iter(rig.chat.channels)), f"{name}-{number}"), lambda _: None)

    threads = [threading.Thread(target=post, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = rig.read(40)
    for name in "abcd":
        assert [line for line in lines if line[0] == name] == [f"{name}-{number}" for number in range(10)]
    assert heard.empty()


def test_who_posts_is_not_called_back_while_it_does(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    """It may hold what the callback waits for: the journal's lock, in which followers are told."""
    callers: queue.Queue[int] = queue.Queue()
    channel = next(iter(rig.chat.channels))
    for number in range(20):
        line = Outgoing(channel, f"#42 {number}%", Urgency.PROGRESS, about=42)
        rig.chat.post(line, lambda _: callers.put(threading.get_ident()))
    rig.chat.post(Outgoing(channel, "#42 is live", Urgency.PROGRESS), lambda _: None)
    assert threading.get_ident() not in {callers.get(timeout=WAIT) for _ in range(20)}
    assert heard.empty()


def test_one_post_can_not_become_two_lines(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    channel = next(iter(rig.chat.channels))
    rig.chat.post(
        Outgoing(channel, "one\r\nQUIT :two\x00\u2028three \x1b[31mfour \u202efive"), lambda _: None
    )
    rig.chat.post(Outgoing(channel, "after"), lambda _: None)
    assert rig.read(2) == ["one  QUIT :two  three [31mfour five", "after"]
    assert heard.empty()


def test_what_is_queued_is_sent_before_stopping(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    for number in range(5):
        rig.chat.post(Outgoing(next(iter(rig.chat.channels)), f"last words {number}"), lambda _: None)
    rig.chat.stop()
    assert rig.read(5) == [f"last words {number}" for number in range(5)]
    assert heard.empty()


def test_a_front_end_survives_a_listener_that_fails(rig: Rig) -> None:
    lines: queue.Queue[str] = queue.Queue()

    def hear(line: Incoming) -> None:
        lines.put(line.text)
        if line.text == "!first":
            raise RuntimeError("a bug elsewhere")

    rig.begin(hear)
    rig.speak("!first")
    rig.speak("!second")
    while lines.get(timeout=WAIT) != "!second":
        pass


def test_stopping_twice_does_no_harm(rig: Rig, heard: "queue.Queue[Incoming]") -> None:
    rig.chat.stop()
    rig.chat.stop()
    rig.chat.post(Outgoing(next(iter(rig.chat.channels)), "too late"), lambda _: None)
    assert heard.empty()
