"""Hosts that are brought back to what the fleet holds, and what the patrol found."""

from dataclasses import dataclass

from swatbot.domain.findings import StageHosts
from swatbot.domain.stage import HostResult
from swatbot.domain.upkeep import Drift, Upkeep


@dataclass(frozen=True, slots=True)
class HostsReturned:
    """Stale hosts answer again: they are caught up as soon as no deployment is active."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UpkeepStarted:
    """Hosts are being worked on, or asked, outside of any deployment."""

    upkeep: Upkeep


@dataclass(frozen=True, slots=True)
class UpkeepStopped:
    """Hosts in flight are finished, none is begun, and nothing is reported.

    Attributes:
        upkeep: what was going on.
        number: the deployment that comes first, 0 where a person put the brake on.
        by: that person's name.
        why: the reason given.
        private: whether it was asked for in private.
    """

    upkeep: Upkeep
    number: int
    by: str = ""
    why: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class HostsMended:
    """What came of a catch-up or a repair; `late` if it had been stopped: of hosts that were done by then."""

    upkeep: Upkeep
    results: tuple[HostResult, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Patrolled:
    """What hosts proved to hold.

    Attributes:
        hosts: how many were asked.
        drift: those that hold something else than the fleet does, stale ones left out.
        news: of these, hosts of which that was not known.
        back: hosts that had drifted, and do not any more.
        fault: why nobody could be asked, "" if all could.
        silent: those that could not be asked, stale ones left out.
        missing: of these, hosts of which that was not known.
    """

    hosts: int
    drift: tuple[Drift, ...]
    news: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    fault: str = ""
    silent: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftFound:
    """Somebody asked, and was told what hosts hold; `right` are those that hold all as the fleet does."""

    drift: tuple[Drift, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostsConfigured:
    """The config has other hosts than before.

    Attributes:
        stages: the hosts.
        new: those that are new, and have to prove what the fleet holds before anything is done with them.
        gone: those that are no more among them.
    """

    stages: tuple[StageHosts, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostsExcluded:
    """Nothing is done with these hosts any more; who asked, why, and whether in private."""

    hosts: tuple[str, ...]
    by: str
    why: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class HostsIncluded:
    """These hosts take part again."""

    hosts: tuple[str, ...]
    by: str
