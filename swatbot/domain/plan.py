"""What a deployer asks to ship: ordered steps of paths, with the options typed beside them."""

import re
import unicodedata
from dataclasses import dataclass

from swatbot.domain.manifest import covered


def as_typed(path: str) -> str:
    """A path in quotation marks, if it would be read as something else without."""
    odd = path.startswith("-") or path.lower() == "then" or re.search(r"[\s,]", path)
    return f'"{path}"' if odd and '"' not in path else path


@dataclass(frozen=True, slots=True)
class Step:
    """The paths that ship together, moved into place back to back on each host."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they go live."""

    steps: tuple[Step, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path of the plan, in the order of the steps, each once."""
        return tuple(dict.fromkeys(path for step in self.steps for path in step.paths))

    def overlaps(self, other: "Plan") -> bool:
        """Whether some file could belong to both plans."""
        return any(covered(a, (b,)) or covered(b, (a,)) for a in self.paths for b in other.paths)

    def __str__(self) -> str:
        """As it can be typed."""
        return " then ".join(", ".join(map(as_typed, step.paths)) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Options:
    """What was typed before the paths.

    Attributes:
        verifiers: whose word is wanted instead of the authors' (`--for NAME`).
        partial: ship a change in part, knowingly.
        dirty: ship uncommitted edits, knowingly.
        delete_many: delete more files than the guard allows, knowingly.
        emergency: why it can not wait for a window, a freeze or a lock to end; "" when it can.
    """

    verifiers: tuple[str, ...] = ()
    partial: bool = False
    dirty: bool = False
    delete_many: bool = False
    emergency: str = ""


NO_OPTIONS = Options()


def path_fault(path: str) -> str | None:
    """Why a typed path can not be inside any tree, from its letters alone; None if it might be."""
    if not path:
        return "it is empty"
    if path.startswith(("/", "~")):
        return "it is absolute, and paths begin at the top of the tree: wmf-config/file.php"
    if any(unicodedata.category(c) in ("Cc", "Cf") for c in path):
        return "it has control characters in it"
    odd = next((part for part in path.split("/") if part in ("..", ".", ".git")), "")
    if path != "." and odd:
        return f"it has {odd} in it"
    return None


def normal_path(path: str) -> str:
    """The path without doubled or trailing slashes and a leading `./`; `.` is the whole tree.

    An absolute path stays as it is, to be refused.
    """
    if path == "." or path.startswith("/"):
        return path
    return "/".join(part for part in path.removeprefix("./").split("/") if part)
