"""The SSH transport to one host: dialled within a bound, looked after, and ended without waiting."""

from collections.abc import Callable

import paramiko

from swatbot.fleet.dial import Dialer, Socket, UnreachedError, hang_up
from swatbot.fleet.hosts import SshSettings, Target
from swatbot.fleet.watchdog import Deadline, Watchdog


class Link:
    """What carries a connection, and may carry connections to other hosts.

    Attributes:
        transport: the newest, None before the first; it may have ended.
        sock: what that speaks through.
    """

    def __init__(self, target: Target, settings: SshSettings, dialer: Dialer, watchdog: Watchdog) -> None:
        """Nothing is opened yet."""
        self.transport: paramiko.Transport | None = None
        self.sock: Socket | None = None
        self._target, self._dialer, self._watchdog = target, dialer, watchdog
        self._seconds = settings.connect_timeout
        self._closed = False

    @property
    def stands(self) -> bool:
        """Whether it is open, as far as is known."""
        return self.transport is not None and self.transport.is_active()

    @property
    def host_key(self) -> tuple[str, bytes] | None:
        """Type and bytes of the key by which the host proved itself, None if it did not come to that."""
        key = self.transport.host_key if self.transport else None
        return (key.get_name(), key.asbytes()) if key else None

    @property
    def may_block(self) -> bool:
        """Whether even little may have to wait for new keys to be sent."""
        return self.transport is None or not self.transport.clear_to_send.is_set()

    def dial(self, jump: Callable[[], paramiko.Transport] | None) -> None:
        """Open it anew, through what `jump` gives, which is opened outside the bound.

        Raises:
            UnreachedError: that failed, or it was closed.
        """
        self._refuse_closed()
        self.hang_up()
        self.sock = self.transport = None
        via = jump() if jump else None
        with self._dialer.slots, self._watchdog.guard(self._seconds, self.hang_up) as deadline:
            try:
                self.sock = self._dialer.connect(self._target, via)
                self._refuse_closed()
                self._refuse_late(deadline)
                self.transport = self._dialer.secure(self._target, self.sock)
            except UnreachedError as error:
                self.hang_up()
                raise late(self._target, deadline, error, "does not answer") from error

    def tend(self, end: Callable[[], None]) -> None:
        """See whether the host still answers; if not, `end` is called.

        Raises:
            UnreachedError: it did not.
        """
        if self.transport is None:
            return
        with self._watchdog.guard(self._seconds, end) as deadline:
            self.transport.global_request("keepalive@openssh.com", wait=True)
        if deadline.passed:
            raise UnreachedError(f"{self._target.address} is silent")

    def hang_up(self) -> None:
        """End it now, whatever it is doing; it can be dialled again."""
        hang_up(self.sock, self.transport)

    def close(self) -> None:
        """End it now; it stays closed."""
        self._closed = True
        self.hang_up()

    def _refuse_late(self, deadline: Deadline) -> None:
        # It may have passed before there was a socket to be closed, and it passes only once.
        if deadline.passed:
            raise UnreachedError(f"{self._target.address} does not answer")

    def _refuse_closed(self) -> None:
        if self._closed:
            raise UnreachedError("swatbot is closing its connections")


def late(target: Target, deadline: Deadline, error: UnreachedError, what: str) -> UnreachedError:
    """Why something failed: that its time was over, if it was, says more than what came of that."""
    if not deadline.passed:
        return error
    return UnreachedError(f"{target.address} {what} within {deadline.seconds:g} s")
