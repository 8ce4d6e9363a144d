"""Looks at the tree without ever following a link: what lies at a path, and the bytes of a file."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from swatbot.domain.findings import PathFault
from swatbot.domain.manifest import Kind
from swatbot.errors import OperationalError
from swatbot.tree.patterns import Patterns

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A file that became a fifo since it was looked at must not block its reader.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SPECIAL = {
    stat.S_IFIFO: "a fifo",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class ChangedError(Exception):
    """The file of this path is not the one that was looked at a moment ago."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file or link as it was seen.

    Attributes:
        path: relative to the tree, surrogate-escaped.
        kind: file or link.
        mode: 0o755 for a file that anybody may execute, 0o644 for any other, as git has it; 0 for a link.
        size: bytes; for a link the length of its target.
        target: of a link, else "".
        stamp: device, inode, and the nanoseconds of the last change of content and of inode: equal stamps,
            equal files, unless one is edited twice within a tick (about 4 ms) of the kernel's clock.
    """

    path: str
    kind: Kind
    mode: int
    size: int
    target: str
    stamp: tuple[int, int, int, int]

    @property
    def changed(self) -> float:
        """When the inode last changed, in seconds since 1970; nobody can set that time."""
        return self.stamp[3] / 1e9


@dataclass(frozen=True, slots=True)
class Sight:
    """What lies at or under a path; `present` is false if nothing is there at all."""

    files: tuple[Seen, ...] = ()
    faults: tuple[PathFault, ...] = ()
    present: bool = True


def look(tree: Path, path: str, ignore: Patterns) -> Sight:
    """List what lies at or under a path ("." is the whole tree), without what is ignored.

    Raises:
        OperationalError: the disk failed, or a directory may not be read.
    """
    try:
        return _look(tree, [] if path in (".", "") else path.split("/"), ignore)
    except FileNotFoundError:
        if not tree.is_dir():
            raise OperationalError(f"there is no tree at {tree}") from None
        return Sight(present=False)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return Sight(present=False)
        raise OperationalError(f"{path} can not be read in {tree}: {error.strerror}") from error


def glance(tree: Path, path: str) -> Seen | None:
    """The file or link at exactly this path, None if there is none that could be shipped."""
    sight = look(tree, path, Patterns(()))
    return next((seen for seen in sight.files if seen.path == path), None)


def read(tree: Path, seen: Seen) -> bytes:
    """The bytes of a file that was seen.

    Raises:
        ChangedError: it is not the file that was seen, or it changed while it was read.
        OperationalError: it may not be read, or the disk failed.
    """
    parts = seen.path.split("/")
    try:
        with _Opened(tree) as opened:
            for part in parts[:-1]:
                opened.enter(part)
            handle = os.open(parts[-1], _FILE, dir_fd=opened.handle)
            with os.fdopen(handle, "rb") as file:
                before = os.fstat(file.fileno())
                data = file.read() if stat.S_ISREG(before.st_mode) else b""
                after = os.fstat(file.fileno())
    except PermissionError as error:
        raise OperationalError(f"{seen.path} can not be read in {tree}: {error.strerror}") from error
    except OSError as error:
        raise ChangedError(seen.path) from error
    if not seen.stamp == _stamp(before) == _stamp(after) or len(data) != seen.size:
        raise ChangedError(seen.path)
    return data


class _Opened:
    """A directory handle that goes down the tree one part at a time, and is closed at the end."""

    def __init__(self, tree: Path) -> None:
        self.handle = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def enter(self, part: str) -> None:
        below = os.open(part, _DIRECTORY, dir_fd=self.handle)
        os.close(self.handle)
        self.handle = below

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)


def _look(tree: Path, parts: list[str], ignore: Patterns) -> Sight:
    with _Opened(tree) as opened:
        for depth, part in enumerate(parts[:-1], start=1):
            facts = os.stat(part, dir_fd=opened.handle, follow_symlinks=False)
            if stat.S_ISLNK(facts.st_mode):
                link = "/".join(parts[:depth])
                return Sight(faults=(PathFault("/".join(parts), f"it lies behind the link {link}"),))
            if not stat.S_ISDIR(facts.st_mode):
                return Sight(present=False)
            opened.enter(part)
        if parts:
            found = list(_one(tree, opened.handle, parts[-1], "/".join(parts), ignore))
        else:
            found = list(_under(tree, opened.handle, "", ignore))
    files = sorted((f for f in found if isinstance(f, Seen)), key=lambda seen: seen.path)
    faults = sorted((f for f in found if isinstance(f, PathFault)), key=lambda fault: fault.path)
    return Sight(tuple(files), tuple(faults))


def _under(tree: Path, handle: int, above: str, ignore: Patterns) -> Iterator[Seen | PathFault]:
    for name in os.listdir(handle):
        path = f"{above}{name}"
        if not ignore.match_here(name, path):
            try:
                yield from _one(tree, handle, name, path, ignore)
            except FileNotFoundError:
                continue  # it went while its directory was listed: as if it had never been there


def _one(tree: Path, handle: int, name: str, path: str, ignore: Patterns) -> Iterator[Seen | PathFault]:
    facts = os.stat(name, dir_fd=handle, follow_symlinks=False)
    if stat.S_ISDIR(facts.st_mode):
        below = os.open(name, _DIRECTORY, dir_fd=handle)
        try:
            yield from _under(tree, below, path + "/", ignore)
        finally:
            os.close(below)
    elif stat.S_ISLNK(facts.st_mode):
        yield _link(tree, path, os.readlink(name, dir_fd=handle), facts)
    elif stat.S_ISREG(facts.st_mode):
        mode = 0o755 if facts.st_mode & 0o111 else 0o644
        yield Seen(path, Kind.FILE, mode, facts.st_size, "", _stamp(facts))
    else:
        special = _SPECIAL.get(stat.S_IFMT(facts.st_mode), "a special file")
        yield PathFault(path, f"it is {special}")


def _link(tree: Path, path: str, target: str, facts: os.stat_result) -> Seen | PathFault:
    if _leaves(tree, path, target):
        return PathFault(path, f"it is a link that leaves the tree (to {target})")
    return Seen(path, Kind.LINK, 0, len(os.fsencode(target)), target, _stamp(facts))


def _leaves(tree: Path, path: str, target: str) -> bool:
    """Whether a link's target is outside the tree, by its letters or by where other links lead it."""
    above = os.path.dirname(path)  # noqa: PTH120 - pathlib would drop the `..` that matter here
    written = os.path.normpath(f"{above or '.'}/{target}")
    if target.startswith("/") or written == ".." or written.startswith("../"):
        return True
    top = os.path.realpath(tree)
    real = os.path.realpath(f"{top}/{above}/{target}")
    return real != top and not real.startswith(top + "/")


def _stamp(facts: os.stat_result) -> tuple[int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns
