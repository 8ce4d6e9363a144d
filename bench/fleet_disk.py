"""A place on a disk: where files are in memory, an fsync costs nothing, and figures would flatter."""

import os
import shutil
import tempfile
from pathlib import Path

from swatbot.errors import OperationalError

_IN_MEMORY = ("tmpfs", "ramfs")
_SPACE = 6 << 30


def find_disk() -> tuple[Path, str]:
    """A directory that is not in memory, where an fsync costs what it costs, and its file system."""
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()]  # noqa: S108 - made privately there
    found = [(place, _file_system(place)) for place in places if os.access(place, os.W_OK)]
    found = [(place, kind) for place, kind in found if kind not in _IN_MEMORY]
    for place, kind in found:
        if shutil.disk_usage(place).free >= _SPACE:
            return place, kind
    tried = ", ".join(map(str, places))
    if found:
        raise OperationalError(f"it needs {_SPACE >> 30} GB free on a disk: tried {tried}")
    raise OperationalError(f"it needs a disk, and finds memory only: tried {tried}")


def _file_system(place: Path) -> str:
    """What kind of file system a directory lies on."""
    kind, longest = "unknown", -1
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        mount = Path(left.split()[4].replace("\\040", " "))
        if place.resolve().is_relative_to(mount) and len(mount.parts) >= longest:
            kind, longest = right.split()[0], len(mount.parts)
    return kind
