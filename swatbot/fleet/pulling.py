"""Pull mode of one order: each host fetches what it lacks from the nearest daemon that has it, if any."""

import logging
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from swatbot.domain.manifest import Kind
from swatbot.domain.stage import HostResult
from swatbot.fleet import wire
from swatbot.fleet.conversations import Answer, Conversation, Conversations, asked
from swatbot.fleet.hosts import Daemon, PullSettings, SshSettings
from swatbot.fleet.replies import RefusedError, refusal, strings
from swatbot.fleet.wire import readable
from swatbot.ports import Order, Stop

_log = logging.getLogger(__name__)
# A daemon that so many hosts could not pull from, and no more could, is not what is wrong with those hosts.
_ENOUGH = 2
# What rsync says when the trouble is with the disk of who pulls: no daemon could help.
_OWN_FAULT = re.compile(
    r"\[(receiver|generator)\] .*(No space left|Disk quota|Read-only file system|Permission denied|\(5\)$)"
    "|mkstemp .* failed|write failed on|No space left on device|Disk quota exceeded",
    re.IGNORECASE,
)
# What rsync says of a file that a daemon does not have.
_HOLE = re.compile("link_stat .* failed: No such file")


class StoppedError(Exception):
    """The order was stopped before a host had all that it needs; none of its files was touched."""

    def __init__(self) -> None:
        super().__init__("it was stopped while it pulled")


class _Anything:
    """Contains whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True


ANYTHING = _Anything()


class Pulling:
    """Who pulls from whom, as far as is known."""

    def __init__(
        self,
        order: Order,
        settings: PullSettings,
        ssh: SshSettings,
        stop: Stop,
        dropped: Callable[[str], bool],
    ) -> None:
        """Nobody has pulled yet; who is dropped serves nobody."""
        self._order, self._settings, self._ssh, self._stop = order, settings, ssh, stop
        self._dropped = dropped
        self._sizes = {entry.content: entry.size for entry in order.target.entries if entry.kind is Kind.FILE}
        self._serving: dict[str, set[str]] = {}
        self._rank = {host: rank for rank, host in enumerate(order.hosts)}
        near = (daemon for host in order.hosts for daemon in settings.near.get(host, ()))
        self._proxies = {daemon.host for daemon in near} & self._rank.keys()
        self._failed: dict[Daemon, set[str]] = defaultdict(set)
        self._helped: dict[Daemon, set[str]] = defaultdict(set)
        self._told: set[str] = set()
        self._busy: set[str] = set()

    def is_proxy(self, host: str) -> bool:
        """Whether other hosts of the order are to pull from this one."""
        return host in self._proxies

    def add(self, host: str, contents: set[str]) -> None:
        """From now on others may pull these contents from this host."""
        self._serving[host] = contents & self._sizes.keys()

    def waits(self, host: str, is_busy: Callable[[str], bool]) -> bool:
        """Whether a host is to begin later: a proxy of its site is being synced, and none serves yet."""
        near = {daemon.host for daemon in self._settings.near.get(host, ())}
        near = set() if host in self._proxies else near
        return near.isdisjoint(self._serving) and any(map(is_busy, near))

    def fetch(self, host: str, contents: set[str]) -> Conversation[set[str]]:
        """Have a host pull contents; those that it could not pull.

        Raises:
            RefusedError: another engine has taken over.
            StoppedError: the order was stopped.
            UnreachedError, LostError: the host does not answer.
        """
        self._busy.add(host)
        try:
            lacking, why = yield from self._fetch(host, contents)
        finally:
            self._busy.discard(host)
        if lacking and why not in self._told:  # once for each reason: a fleet of hosts may have the same
            self._told.add(why)
            _log.warning("%s: %s, and maybe others, could not pull: %s; pushed", self._name, host, why)
        return lacking

    def _fetch(self, host: str, contents: set[str]) -> Conversation[tuple[set[str], str]]:
        lacking, why = set(contents), "others could not, so it did not try"
        for daemon in self._near(host):
            wanted = lacking & self._serving[daemon.host] if daemon.host else lacking
            if not wanted:
                continue
            if self._stop.is_set():
                raise StoppedError
            # However short a silence we bear: as long as a pull may take, it is at work.
            request, busy = self._request(daemon, wanted), self._settings.seconds
            answer = yield from asked(request, busy=busy)
            left, why = self._heard(answer, wanted)
            lacking -= wanted - left
            if not left:
                self._helped[daemon].add(host)
            elif answer.get("absent") or _OWN_FAULT.search(why):
                break
            elif left == wanted or not _HOLE.search(why):  # who lacks a few serves the others well
                self._note(daemon, host, why)
        if lacking and self._stop.is_set():
            raise StoppedError
        return lacking, why

    def tend(self, talks: Conversations[HostResult]) -> None:
        """Once the order is stopped, have hosts stop pulling: that need not be finished."""
        if self._stop.is_set():
            talks.hurry(self._busy)

    @property
    def _name(self) -> str:
        return f"#{self._order.number} step {self._order.step}"

    def _near(self, host: str) -> Iterator[Daemon]:
        """The daemons to be tried, the nearest first; hosts of one site are spread over its proxies."""
        near = self._settings.near.get(host, ())
        first = self._rank[host] % len(near) if near else 0
        for daemon in (*near[first:], *near[:first]):
            serves = daemon.host in self._serving and not self._dropped(daemon.host)
            if serves and daemon.host != host and self._is_sound(daemon):
                yield daemon
        source = self._settings.source
        if source is not None and self._is_sound(source):
            yield source

    def _is_sound(self, daemon: Daemon) -> bool:
        """Whether it is worth a try: a few sick hosts do not condemn who serves the others."""
        failed, helped = len(self._failed[daemon]), len(self._helped[daemon])
        return failed < _ENOUGH or failed <= helped

    def _request(self, daemon: Daemon, contents: set[str]) -> bytes:
        header: dict[str, Any] = {
            "op": "pull",
            "url": daemon.url,
            "host": daemon.host,
            "target": self._order.target.digest,
            "contents": {content: self._sizes[content] for content in sorted(contents)},
            "seconds": self._settings.seconds,
            "connect": math.ceil(self._ssh.connect_timeout),
            "silence": math.ceil(self._ssh.answer_timeout),
            "password": self._settings.password,
            "token": self._order.token,
            "durable": self._ssh.durable,
        }
        return wire.request(header)

    def _heard(self, answer: Answer, contents: set[str]) -> tuple[set[str], str]:
        """What a host lacks after a pull, and why."""
        if "stopped" in answer:
            raise StoppedError
        if "stale" in answer:
            raise RefusedError(refusal(answer))
        if not isinstance(answer.get("lack"), list):
            return contents, refusal(answer)
        lacking = contents & strings(answer["lack"])
        return lacking, _reason(str(answer.get("said", "")))

    def _note(self, daemon: Daemon, host: str, why: str) -> None:
        """A daemon could not help; the first time that is told at once."""
        if not self._failed[daemon]:
            _log.warning("%s: %s could not pull from %s: %s", self._name, host, daemon.name, why)
        self._failed[daemon].add(host)


def _reason(said: str) -> str:
    """The line of what rsync said in which it says why, in case it said anything."""
    lines = [readable(line) for line in said.splitlines()]
    told = [line for line in lines if line and not line.startswith("rsync error:")] or lines
    return told[0] if told else "what came is not what was asked for"
