"""The helper, but it dies at its Nth call to the operating system, as a kill -9 there would have it.

Usage: python crashing_helper.py N [KIND] < requests. Exit status 9: it died; 0: N was more than it needed.
With `moves` only those calls are counted that change which names there are; with `writes`, once there is a
marker, also those that open for writing, write or cut a file; with `finish` only the one that removes the
marker; with `makes` those that make a directory or give anything its mode.
"""

import os
import sys
from pathlib import Path
from typing import Any

_SOURCE = Path(__file__).parents[2] / "swatbot" / "fleet" / "helper.py"
_COUNTED = {
    "mkdir",
    "open",
    "rename",
    "unlink",
    "rmdir",
    "link",
    "symlink",
    "fsync",
    "fchmod",
    "fdopen",
    "close",
}
_MOVES = {"rename", "symlink", "unlink", "rmdir"}
_WRITES = _MOVES | {"open", "fdopen", "write", "truncate", "ftruncate", "fchmod"}
_KINDS = {
    "": _COUNTED,
    "moves": _MOVES,
    "writes": _WRITES,
    "finish": {"unlink"},
    "makes": {"mkdir", "fchmod"},
}


class DyingOs:
    """The os module until its calls are used up."""

    def __init__(self, calls: int, kind: str) -> None:
        self.left, self.kind, self.marked = calls, kind, False

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in _KINDS[self.kind]:
            return found

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.left -= self._counts(name, args)
            if self.left < 0:
                os._exit(9)
            return found(*args, **kwargs)

        return counted

    def _counts(self, name: str, args: tuple[Any, ...]) -> bool:
        if self.kind == "finish":
            return str(args[0]).startswith("step")
        if self.kind == "writes" and not self.marked:
            self.marked = name == "symlink" and args[1].startswith("step")
            return False
        if self.kind == "writes" and name in ("open", "fdopen"):
            how = args[1] if len(args) > 1 else 0
            return "w" in how if isinstance(how, str) else bool(how & (os.O_WRONLY | os.O_RDWR))
        return True


if __name__ == "__main__":
    names: dict[str, Any] = {"__name__": "helper"}
    exec(compile(_SOURCE.read_text(), "helper", "exec"), names)  # noqa: S102 - as the bootstrap does it
    names["os"] = DyingOs(int(sys.argv[1]), sys.argv[2] if sys.argv[2:] else "")
    names["main"]()
