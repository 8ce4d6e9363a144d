"""What a set of paths holds, byte for byte: the thing that is snapshotted, pushed and proven.

A manifest is canonical: the same content gives the same digest on the deployment host and on any
target, whatever the order in which the files were found.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What lies at a path. Directories exist only through the files in them."""

    FILE = "file"
    LINK = "link"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file or symbolic link.

    Attributes:
        path: relative to the tree, `/` between parts; bytes that are not UTF-8 are surrogate-escaped.
        kind: file or link.
        mode: permission bits (0o644), 0 for a link.
        size: bytes; for a link the length of its target.
        content: sha256 of the bytes in hex, or a link's target.
    """

    path: str
    kind: Kind
    mode: int
    size: int
    content: str


@dataclass(frozen=True)
class Manifest:
    """A sorted set of entries, and the roots (paths) that it speaks for.

    A root without entries says that nothing must be there.
    """

    roots: tuple[str, ...]
    entries: tuple[Entry, ...]

    @staticmethod
    def of(roots: Iterable[str], entries: Iterable[Entry]) -> "Manifest":
        """Make the canonical manifest of these entries."""
        return Manifest(tuple(sorted(set(roots))), tuple(sorted(entries)))

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, over one line for each root and each entry.

        A line is NUL-separated fields ended by NUL and newline, so no name can imitate another line.
        `fleet/helper.py` computes the same on a target; a contract test holds the two together.
        """
        sha = hashlib.sha256()
        for root in self.roots:
            sha.update(b"root\0" + root.encode("utf-8", "surrogateescape") + b"\0\n")
        for e in self.entries:
            fields = (e.kind.value, f"{e.mode:o}", str(e.size), e.content, e.path)
            sha.update("\0".join(fields).encode("utf-8", "surrogateescape") + b"\0\n")
        return sha.hexdigest()

    @cached_property
    def by_path(self) -> dict[str, Entry]:
        """The entries by their path."""
        return {e.path: e for e in self.entries}

    def select(self, roots: Iterable[str]) -> "Manifest":
        """The part of this manifest that lies at or under these roots."""
        wanted = tuple(roots)
        return Manifest.of(wanted, (e for e in self.entries if covered(e.path, wanted)))

    def overlay(self, other: "Manifest") -> "Manifest":
        """This manifest with everything under the other's roots replaced by the other's entries."""
        kept = [e for e in self.entries if not covered(e.path, other.roots)]
        roots = [*self.roots, *(r for r in other.roots if not covered(r, self.roots))]
        return Manifest.of(roots, [*kept, *other.entries])

    def differences(self, other: "Manifest") -> tuple[str, ...]:
        """The paths whose entries are not equal in both, sorted."""
        paths = self.by_path.keys() | other.by_path.keys()
        return tuple(sorted(p for p in paths if self.by_path.get(p) != other.by_path.get(p)))


def as_in_git(manifest: Manifest) -> Manifest:
    """The manifest with the modes that git can hold: 755 for what anybody may execute, else 644."""
    return Manifest.of(manifest.roots, map(_as_in_git, manifest.entries))


def _as_in_git(entry: Entry) -> Entry:
    if entry.kind is Kind.LINK:
        return replace(entry, mode=0)
    return replace(entry, mode=0o755 if entry.mode & 0o111 else 0o644)


def covered(path: str, roots: Iterable[str]) -> bool:
    """Whether a path is one of these roots or lies under one. The root "" or "." covers everything."""
    return any(root in ("", ".") or path == root or path.startswith(root + "/") for root in roots)
