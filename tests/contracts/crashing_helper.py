"""The helper, but it dies at its Nth call to the operating system, as a kill -9 there would have it.

Usage: python crashing_helper.py N < requests. Exit status 9: it died; 0: N was more than it needed.
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


class DyingOs:
    """The os module until its calls are used up."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in _COUNTED:
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
    names["os"] = DyingOs(int(sys.argv[1]))
    names["main"]()
