"""How the fleet's figures are named, and the goals that they are held against."""

from dataclasses import dataclass

from bench.figures import Figure

WIDTH = 80
"""How many hosts both engines work on at once."""

DEFAULT, CURVE = "ssh+rsync (default kex)", "ssh+rsync (curve25519)"
"""The baselines, in names of figures: one ssh process for each host, and the key exchange that it uses."""


@dataclass(frozen=True)
class Goals:
    """The most that swatbot may take, as shares of what it is compared with; None: told for information.

    Attributes:
        wall: warm, of the pull with the default key exchange, and of the one with curve25519.
        controller: CPU on the deployment host, the same.
        target: CPU on a host, with sshd of an rsync pull's over ssh, and without of that of rsync alone.
        cold: wall and controller CPU, connecting included, of the pull with the default key exchange.
        back: wall of a rollback, of the sync's.
    """

    wall: tuple[float | None, float | None] = (None, None)
    controller: tuple[float | None, float | None] = (None, None)
    target: float | None = None
    cold: tuple[float | None, float | None] = (None, None)
    back: float | None = None


NONE = Goals()
ASKED = Goals((1 / 20, 1 / 8), (1 / 50, 1 / 10), 1 / 4, (1 / 3, 1 / 10), 1 / 2)


def milliseconds(
    name: str, seconds: float, baseline: float, share: float | None = None, note: str = ""
) -> Figure:
    """A figure in milliseconds out of seconds; its goal is a share of the baseline."""
    goal = None if share is None else baseline * share * 1000
    return Figure("fleet", name, seconds * 1000, "ms", baseline * 1000, goal, note)
