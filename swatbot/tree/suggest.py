"""Finds the path that a mistyped one could mean."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(path: str, known: Iterable[str]) -> str:
    """The known file or directory whose path is nearest, "" if none is near.

    Each part is mended on its own, so a typo in a directory is found however long the rest is. Failing
    that, a file of the same name in another directory is taken, if there is only one.

    Args:
        path: what was typed.
        known: paths of all files that there are.
    """
    files = list(known)
    return _by_parts(path.split("/"), files) or _by_name(path, files)


def _by_parts(parts: list[str], files: list[str]) -> str:
    above = ""
    for part in parts:
        names = {f[len(above) :].split("/", 1)[0] for f in files if f.startswith(above)}
        near = [part] if part in names else _close(part, names)
        if not near:
            return ""
        above += near[0] + "/"
    return above.rstrip("/")


def _by_name(path: str, files: list[str]) -> str:
    places: dict[str, list[str]] = {}
    for file in files:
        places.setdefault(file.rpartition("/")[2], []).append(file)
    near = _close(path.rpartition("/")[2], places)
    found = places[near[0]] if near else []
    return found[0] if len(found) == 1 else ""


def _close(name: str, names: Iterable[str]) -> list[str]:
    lowered = {n.casefold(): n for n in sorted(names)}
    near = get_close_matches(name.casefold(), lowered, n=1, cutoff=0.7)
    return [lowered[n] for n in near]
