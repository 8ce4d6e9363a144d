"""What the fleet's benchmark ships: trees of text, changes of them, and their bytes for the fleet."""

import hashlib
import os
import random
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path

from swatbot.domain.manifest import Entry, Kind, Manifest

ROOT = "wmf-config"
_WORDS = 4000
_EPOCH = 1_700_000_000

Tree = Mapping[str, bytes]
"""The bytes of each file, by path."""


class Library:
    """Makes trees, and is the Contents port for them."""

    def __init__(self) -> None:
        self._rng = random.Random(42)  # noqa: S311 - the same trees every time
        letters = "abcdefghijklmnopqrstuvwxyz_$"
        self._words = ["".join(self._rng.choices(letters, k=self._rng.randint(2, 10))) for _ in range(_WORDS)]
        self._contents: dict[str, bytes] = {}
        self._serial = count()

    def make(self, files: int, size: int) -> Tree:
        """So many files of text of so many bytes in all, fifty in a directory."""
        each = size // files
        paths = (f"{ROOT}/{n // 50}/file-{n % 50}.php" for n in range(files))
        return {path: self._text(each) for path in paths}

    def changed(self, tree: Tree, files: int, *, rewritten: bool = False) -> Tree:
        """The tree after somebody changed a line in so many files, or wrote all of each anew.

        A changed file gets another length: rsync takes one of the same length and second for the same.
        """
        change = self._rewrite if rewritten else self._edit
        return {**tree, **{path: change(tree[path]) for path in self._rng.sample(sorted(tree), files)}}

    def manifest_of(self, tree: Tree) -> Manifest:
        """The manifest of a tree, whose contents can be asked for from now on."""
        entries = []
        for path, data in tree.items():
            sha = hashlib.sha256(data).hexdigest()
            self._contents[sha] = data
            entries.append(Entry(path, Kind.FILE, 0o644, len(data), sha))
        return Manifest.of([ROOT], entries)

    def store(self, manifest: Manifest, directory: Path) -> None:
        """Write its contents as the snapshot store has them."""
        for entry in manifest.entries:
            place = directory / entry.content[:2] / entry.content[2:]
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(self._contents[entry.content])

    def manifest(self, digest: str) -> Manifest:
        """Part of the Contents port; a push does not ask for manifests."""
        raise LookupError(digest)

    def content(self, sha256: str) -> bytes:
        """The bytes of a file of any tree."""
        return self._contents[sha256]

    def _edit(self, data: bytes) -> bytes:
        place = data.index(b"\n", self._rng.randrange(len(data) // 2)) + 1
        return data[:place] + b"changed for the %d. time\n" % next(self._serial) + data[place:]

    def _rewrite(self, data: bytes) -> bytes:
        return self._edit(self._text(len(data)))

    def _text(self, size: int) -> bytes:
        words = self._rng.choices(self._words, k=size // 6 + 20)
        lines = (" ".join(words[n : n + 12]) for n in range(0, len(words), 12))
        return "\n".join(lines).encode()[:size]


def write(tree: Tree, directory: Path, before: Tree | None = None) -> None:
    """Write what differs from a tree that is there already; a file's time stamp says which bytes it has."""
    for path, data in tree.items():
        if before is not None and before.get(path) == data:
            continue
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o644)
        stamp = _EPOCH + int.from_bytes(hashlib.sha256(data).digest()[:3])
        os.utime(place, (stamp, stamp))


def lacking(tree: Tree, roots: Iterable[Path], paths: Iterable[str]) -> list[Path]:
    """Those of the files under these directories that have other bytes than in the tree."""
    found = [(root / path, tree[path]) for path in paths for root in roots]
    return [place for place, data in found if not place.exists() or place.read_bytes() != data]
