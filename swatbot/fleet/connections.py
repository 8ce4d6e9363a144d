"""The connections to all targets, how they go through one another, and their common end."""

import threading
from collections.abc import Callable, Iterable, Iterator

from swatbot.fleet.connection import Connection
from swatbot.fleet.dial import Dialer
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.watchdog import Watchdog
from swatbot.ports import Clock


class Connections:
    """A connection for each target; nothing is opened before it is needed."""

    def __init__(self, targets: Iterable[Target], settings: SshSettings, clock: Clock) -> None:
        """Nothing is opened yet."""
        self._watchdog = Watchdog()
        dialer = Dialer(settings)
        self._all = {t.name: Connection(t, settings, dialer, self._watchdog, clock) for t in targets}
        for connection in self._all.values():
            connection.jump = self._jump(connection.target)
        for connection in self._all.values():
            if connection.jump is not None:
                connection.jump.bears = True
        self._closing = threading.Event()

    def __iter__(self) -> Iterator[Connection]:
        """All of them."""
        return iter(self._all.values())

    def of(self, host: str) -> Connection | None:
        """The connection to a host, None if no target has this name."""
        return self._all.get(host)

    def want(self, hosts: Iterable[str], *, lasting: bool = True) -> None:
        """Somebody has a use for these, dropped or not; see `Connection.want`."""
        for host in hosts:
            if host in self._all:
                self._all[host].want(lasting=lasting)

    def carries_nobody(self, jump: Connection) -> bool:
        """Whether nobody wants to go through a jump host any more."""
        return not any(c.jump is jump and (c.is_wanted or c.carries) for c in self)

    def kept(self, host: str) -> set[str]:
        """The sha256 of contents that a host is believed to have in its own store."""
        return self._all[host].kept if host in self._all else set()

    def hooks(self, host: str) -> tuple[tuple[str, ...], ...]:
        """The after-sync commands of a host."""
        return self._all[host].target.after_sync if host in self._all else ()

    def dropped(self, host: str) -> bool:
        """Whether a host was dropped since somebody wanted it last."""
        return host in self._all and self._all[host].dropped

    def drop(self, hosts: Iterable[str]) -> None:
        """End the connections to these hosts; whoever waits for an answer learns that there is none."""
        for host in hosts:
            if host in self._all:
                self._all[host].drop()

    def watch(self, back: Callable[[str], None]) -> None:
        """Call `back`, in any thread, with the name of a host that can be asked again."""
        for connection in self._all.values():
            connection.back = back

    def pause(self, seconds: float) -> bool:
        """Wait, unless everything is being closed; whether it is."""
        return self._closing.wait(seconds)

    def close(self) -> None:
        """End all connections and threads."""
        self._closing.set()
        for connection in self._all.values():
            connection.close()
        self._watchdog.close()

    def _jump(self, target: Target) -> Connection | None:
        seen = {target.name}
        name = target.jump
        while name:
            if name in seen or name not in self._all:
                raise ValueError(f"{target.name}: its way through jump host {name} leads nowhere")
            seen.add(name)
            name = self._all[name].target.jump
        return self._all[target.jump] if target.jump else None
