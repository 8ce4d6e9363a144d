"""Work on hosts that belongs to no deployment: hosts that return, repairs, and the patrol."""

from dataclasses import dataclass
from enum import StrEnum

from swatbot.domain.stage import Files


class UpkeepKind(StrEnum):
    """A stale host answers again; somebody wants one repaired; all are asked what they hold."""

    CATCH_UP = "catch_up"
    REPAIR = "repair"
    PATROL = "patrol"


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is being done, to which hosts, and for whom: name and nick of a person, "" for the bot itself."""

    kind: UpkeepKind
    hosts: tuple[str, ...]
    by: str = ""
    nick: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    """A host, and the files in which it differs from what the fleet holds."""

    host: str
    files: Files
