"""Says whose a file of the tree is, so that an edit in no commit can be asked about."""

import os
import pwd
from pathlib import Path


def owner(tree: Path, path: str) -> str:
    """The user on this host whose file it is, "uid 1234" without a name, "" if there is no file."""
    try:
        uid = os.lstat(tree / path).st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
