"""The helper, but it dies at its Nth call to the operating system, as a kill -9 there would have it.

Usage: python crashing_helper.py N [moves] < requests. Exit status 9: it died; 0: N was more than it needed.
With `moves` only those calls are counted that change what has a name.
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
_MOVES = {"rename", "unlink", "rmdir"}


class DyingOs:
    """The os module until its calls are used up."""

    def __init__(self, calls: int, counted: set[str]) -> None:
        self.left, self.counted = calls, counted

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in self.counted:
            return found

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                os._exit(9)
            return found(*args, **kwargs)

        return counted


if __name__ == "__main__":
    names: dict[str, Any] = {"__name__": "helper"}
    exec(compile(_SOURCE.read_text(), "helper", "exec"), names)  # noqa: S102 - as the bootstrap does it
    names["os"] = DyingOs(int(sys.argv[1]), _MOVES if "moves" in sys.argv else _COUNTED)
    names["main"]()
