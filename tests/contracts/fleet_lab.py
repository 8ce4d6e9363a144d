"""What the contract of the Fleet port needs from any implementation's laboratory."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.stage import Budget
from swatbot.errors import OperationalError
from swatbot.ports import Clock, Fleet, Order

Files = Mapping[str, tuple[int, bytes]]
"""Path -> (mode, bytes); a link has mode 0, and its target as bytes."""


IGNORE = ("*.md", "tests/", "conf/*.sample")


class Lab(Protocol):
    """A fleet whose hosts can be looked at and broken; what matches IGNORE is ignored."""

    @property
    def fleet(self) -> Fleet:
        """What is tested."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """At least four hosts, empty at first."""
        ...

    def put(self, host: str, path: str, data: bytes, mode: int = 0o644) -> None:
        """Write a file on a host, behind the fleet's back; mode 0 makes a link with that target."""
        ...

    def read(self, host: str) -> dict[str, tuple[int, bytes]]:
        """Everything that a host holds."""
        ...

    def back_door(self, host: str, path: str) -> Callable[[bytes], None]:
        """A way to change a file's bytes that leaves its size and its time stamps as they are."""
        ...

    def break_(self, host: str) -> None:
        """From now on the host refuses connections, and those that were open are broken."""
        ...

    def mend(self, host: str) -> None:
        """From now on the host can be reached again."""
        ...

    def close(self) -> None:
        """End the fleet, and the servers of the laboratory."""
        ...


class Store:
    """The Contents port in memory."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._contents: dict[str, bytes] = {}
        self._manifests: dict[str, Manifest] = {}

    def take(self, roots: Iterable[str], files: Files) -> Manifest:
        """Store these files, and return the manifest of them."""
        entries = []
        for path, (mode, data) in files.items():
            sha = hashlib.sha256(data).hexdigest()
            self._contents[sha] = data
            link = data.decode("utf-8", "surrogateescape")
            kind, content = (Kind.FILE, sha) if mode else (Kind.LINK, link)
            entries.append(Entry(path, kind, mode, len(data), content))
        manifest = Manifest.of(roots, entries)
        self._manifests[manifest.digest] = manifest
        return manifest

    def forget(self, data: bytes) -> None:
        """Lose a content."""
        del self._contents[hashlib.sha256(data).hexdigest()]

    def manifest(self, digest: str) -> Manifest:
        return self._manifests[digest]

    def content(self, sha256: str) -> bytes:
        self.asked.append(sha256)
        if sha256 not in self._contents:
            raise OperationalError(f"the store does not have {sha256}")
        return self._contents[sha256]


def write_file(root: Path, path: str, data: bytes, mode: int = 0o644) -> None:
    """Write a file under a directory; mode 0 makes a link with that target."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if not mode:
        place.symlink_to(os.fsdecode(data))
        return
    place.write_bytes(data)
    place.chmod(mode)


def read_files(root: Path) -> dict[str, tuple[int, bytes]]:
    """All files and links under a directory."""
    found = {}
    for directory, inner, names in os.walk(root):
        for name in [*names, *(d for d in inner if (Path(directory) / d).is_symlink())]:
            place = Path(directory) / name
            key = os.fsencode(place.relative_to(root)).decode("utf-8", "surrogateescape")
            if place.is_symlink():
                found[key] = (0, os.fsencode(place.readlink()))
            else:
                found[key] = (place.stat().st_mode & 0o7777, place.read_bytes())
    return found


def order(
    hosts: Iterable[str],
    base: Manifest,
    target: Manifest,
    *,
    token: int = 1,
    batch: int = 10,
    budget: int = 0,
    number: int = 42,
    step: int = 1,
) -> Order:
    """An order with the usual values; to step 0 it leads back."""
    states, since = ((*[base] * step, target), step - 1) if step else ((target, base), 1)
    return Order(number, states, since, step, tuple(hosts), token, batch, Budget(hosts=budget))


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 3, 4, 14, 0, tzinfo=UTC)

    def at(self, when: datetime | None, call: object) -> None:
        """Nothing is ever due."""

    def stop(self) -> None:
        """Nothing was appointed."""


def fixed_clock() -> Clock:
    """A clock that stands, as the port."""
    return FixedClock()
