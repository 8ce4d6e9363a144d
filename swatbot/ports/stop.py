"""How a running effect is told that it is no longer wanted."""

from typing import Protocol


class Stop(Protocol):
    """Told to a running effect: finish what is in flight, begin nothing more."""

    def is_set(self) -> bool:
        """Whether it is time to stop."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is time to stop, at most `timeout` seconds; whether it is."""
        ...
