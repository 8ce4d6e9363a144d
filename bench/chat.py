"""How long a person waits: from a line received to the reply handed to the send queue."""

import queue
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, perf_counter

from bench.figures import Figure, percentile, spread
from bench.lab import Lab, bare_writes, lab, timed, wait_a_little
from bench.load import SyncLoad
from swatbot.bootstrap import Process, take_baseline
from swatbot.config import load
from swatbot.ports import ChannelRole, Done, Incoming, Outgoing
from swatbot.practice.config_files import CHANNEL
from swatbot.tree.git import Git

_HOSTS = 12
_WAIT = 30.0
_APART = 0.04
# Seconds that hosts are away while they are synced over and over. Hosts that answer at once leave no moment
# idle: bot and hosts then share all cores of this machine, where real hosts have their own.
_LOADS = {"syncing, hosts 20 ms away": 0.02, "syncing, cores saturated": 0.0}
_QUEUE_GOALS, _SYNC_GOALS = (5.0, 30.0), (60.0, 200.0)


@dataclass
class StampedChat:
    """The Chat port inside the benchmark: notes when each line is posted, and says it was sent.

    `done` is called on another thread, as a network's thread would; the rate limit of IRC comes after that
    and is no part of what is measured.
    """

    posted: "queue.SimpleQueue[tuple[float, str]]" = field(default_factory=queue.SimpleQueue)
    network: str = "practice"
    redelivers: bool = False
    channels: Mapping[str, ChannelRole] = field(default_factory=lambda: {CHANNEL: ChannelRole.COMMANDS})
    _out: "queue.SimpleQueue[Callable[[], None] | None]" = field(default_factory=queue.SimpleQueue)
    _hear: Callable[[Incoming], None] = lambda _line: None

    def called(self, channel: str) -> str:
        return channel

    def start(self, hear: Callable[[Incoming], None]) -> None:
        self._hear = hear
        threading.Thread(target=self._send, name="bench-network", daemon=True).start()

    def post(self, line: Outgoing, done: Done) -> None:
        self.posted.put((perf_counter(), line.text))
        self._out.put(partial(done, line.text))

    def stop(self) -> None:
        self._out.put(None)

    def ask(self, nick: str, text: str, answer: str) -> tuple[float, re.Match[str]]:
        """Say a line, and wait for the one that fits; the seconds between, and how it fits."""
        account = f"irc:{self.network}/{nick}"
        began = perf_counter()
        self._hear(Incoming(text, nick, account, CHANNEL))
        at, found = self.expect(answer)
        return at - began, found

    def expect(self, answer: str) -> tuple[float, re.Match[str]]:
        """When the next line that fits was posted, and how it fits."""
        end = monotonic() + _WAIT
        while True:
            at, text = self.posted.get(timeout=end - monotonic())
            if found := re.search(answer, text):
                return at, found

    def _send(self) -> None:
        while (sent := self._out.get()) is not None:
            sent()


def measure(requests: int) -> list[Figure]:
    """Ask one thing after the other, at odd moments, on a quiet fleet and on one that is always being synced.

    Args:
        requests: of each kind, and as many again while syncs run.
    """
    with lab(_HOSTS) as place:
        config = load(place.config)
        take_baseline(config, place.facts.baseline, "the benchmark")
        chat = StampedChat()
        process = Process(config, ("engine", "clock"), (chat,))
        process.start()
        try:
            return _measure(place, process, chat, requests)
        finally:
            process.stop()


def _measure(place: Lab, process: Process, chat: StampedChat, requests: int) -> list[Figure]:
    assert process.engine is not None
    _hold_one(chat)
    hosts = tuple(host.name for host in place.facts.hosts)
    syncing = SyncLoad(process.engine.fleet, hosts, process.engine.engine.status.token)
    figures = _ask(place, chat, requests, "", (None, None))
    for when, away in _LOADS.items():
        place.put_away(away)
        with syncing.running():
            figures += _ask(place, chat, requests, f", {when}", (_QUEUE_GOALS, _SYNC_GOALS))
        figures.append(_rate(syncing, when))
    return figures


def _rate(syncing: SyncLoad, when: str) -> Figure:
    """That there was a load, and which."""
    note = f"of {_HOSTS} hosts each; {syncing.failed} hosts failed in {syncing.rounds} syncs"
    return Figure("chat", f"{when}: fleet syncs", syncing.rounds / syncing.seconds, "per s", note=note)


def _ask(
    place: Lab,
    chat: StampedChat,
    requests: int,
    when: str,
    goals: tuple[tuple[float, float] | None, tuple[float, float] | None],
) -> list[Figure]:
    """One request after the other, and what the bare operations under them take in the same minute."""
    git = Git(place.facts.tree)
    writes = percentile(bare_writes(place.journal.parent, _APART), 0.5)
    status = percentile(timed(lambda: git.run("status", "--porcelain"), 100, _APART), 0.5)
    asked = [_queue(chat, number) for number in range(requests)]
    synced = [_sync_dir(chat, number) for number in range(requests)]
    return [
        Figure("chat", f"a durable write of 4 KB{when}, p50", writes * 1000, "ms", note="baseline of !queue"),
        Figure("chat", f"git status{when}, p50", status * 1000, "ms", note="baseline of !sync-dir"),
        *spread("chat", f"!queue{when}", asked, writes, goals[0]),
        *spread("chat", f"!sync-dir{when}", synced, status, goals[1]),
    ]


def _hold_one(chat: StampedChat) -> None:
    """Held on the test server, so that what is asked for afterwards stays in the queue."""
    chat.ask("dana", "!sync-dir wmf-config Enable related articles", r"^alice: #1 is on")
    chat.ask("dana", "!hold measuring", r"^#1 held")


def _queue(chat: StampedChat, number: int) -> float:
    wait_a_little(number, _APART)
    return chat.ask("dana", "!queue", r"^dana: active #1")[0]


def _sync_dir(chat: StampedChat, number: int) -> float:
    """Ask for a path with a pending change, up to the reply that it is queued; then cancel it, untimed."""
    wait_a_little(number, _APART)
    seconds, found = chat.ask("dana", "!sync-dir static Robots", r"^dana: #(\d+) static: 1 change by carol")
    chat.ask("dana", f"!cancel {found[1]}", rf"#{found[1]} .*cancelled")
    return seconds
