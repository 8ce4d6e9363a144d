"""What a commit has at its paths, from git's listings."""

from dataclasses import dataclass

_LINK, _SUBMODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Blob:
    """What a commit has at a path."""

    path: str
    id: str
    link: bool
    executable: bool


@dataclass(frozen=True, slots=True)
class Committed:
    """Everything that a commit has: files and links, and the commits of submodules, by path."""

    blobs: dict[str, Blob]
    submodules: dict[str, str]


def committed(listing: bytes) -> Committed:
    """What `git ls-tree -r -z` lists."""
    found = Committed({}, {})
    for line in filter(None, listing.split(b"\0")):
        facts, _, name = line.partition(b"\t")
        mode, _, commit = facts.decode().split()
        path = text(name)
        if blob := blob_of(path, mode, commit):
            found.blobs[path] = blob
        else:
            found.submodules[path] = commit
    return found


def blob_of(path: str, mode: str, blob: str) -> Blob | None:
    """A file or link from git's facts, None for a submodule or for nothing."""
    if mode in (_SUBMODULE, "000000"):
        return None
    return Blob(path, blob, mode == _LINK, mode == "100755")


def text(raw: bytes) -> str:
    """A path or other bytes of git's, surrogate-escaped."""
    return raw.decode("utf-8", "surrogateescape")
