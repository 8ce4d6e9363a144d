"""Finds state directories that no host would take: a relative one, and one that lies in the tree itself.

A file of the state directory would be shipped over, or removed as a stranger, if it were inside the root.
Paths are compared as they are written: a link on a host is found by its helper.
"""

import posixpath
from collections.abc import Iterable

from swatbot.config.faults import unfit
from swatbot.config.raw import Found, Table


def state_dir_faults(key: str, group: Table, hosts: Iterable[str]) -> Found:
    """Key and sentence of what is wrong with the `state_dir` of a group.

    Args:
        key: of the group.
        group: its table.
        hosts: its hosts, as far as they are known; each has its own name for {host}.
    """
    state, root = group.get("state_dir"), group.get("root")
    if not isinstance(state, str) or not state:
        return
    # A root that is everything is a fault of its own: nothing is outside of it.
    root = root if isinstance(root, str) and root.startswith("/") and root.strip("/") else ""
    names = tuple(hosts) or ("{host}",)
    if not state.startswith("/"):
        why = "begins with /"
    elif root and any(_inside(_path(state, name), _path(root, name)) for name in names):
        why = f"is not inside the root {root}"
    else:
        return
    expected = f'a directory that {why}{_such_as(root)}, or "" for one beside the root'
    yield f"{key}.state_dir", f"group {group.get('name', key)}: {unfit(state, expected)}"


def _path(text: str, host: str) -> str:
    return posixpath.normpath("/" + text.replace("{host}", host).lstrip("/"))


def _inside(path: str, root: str) -> bool:
    return f"{path}/".startswith(f"{root.rstrip('/')}/")


def _such_as(root: str) -> str:
    """What to write: the directory that is chosen where none is said."""
    head, name = posixpath.split(posixpath.normpath(root) if root else "")
    return f' such as "{posixpath.join(head, f".swatbot-{name}")}"' if name else ""
