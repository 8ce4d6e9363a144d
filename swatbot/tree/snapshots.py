"""The snapshot store: contents and manifests by their SHA-256, written once and proven when read."""

import hashlib
import json
import os
import re
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.errors import OperationalError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_REMEMBERED = 16
# Above this many new files one sync of all disks costs less than an fsync (1.5 ms) for each.
_MANY = 64


class SnapshotStore:
    """Contents under `objects/ab/cdef…`, manifests under `manifests/DIGEST.json`.

    A file is written beside its place, made durable and renamed, so what has a name is whole. Only the
    owner may read the store, because the tree may hold secrets.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._objects = directory / "objects"
        self._manifests = directory / "manifests"
        self.passing = directory / "tmp"
        self._lock = threading.Lock()
        self._known: dict[str, Manifest] = {}

    def manifest(self, digest: str) -> Manifest:
        """The manifest of this digest.

        Raises:
            OperationalError: the store does not have it, or has it damaged.
        """
        with self._lock:
            known = self._known.get(digest)
        if known is None:
            known = self._load(digest)
            self._remember(known)
        return known

    def content(self, sha256: str) -> bytes:
        """The bytes with this SHA-256, proven on reading.

        Raises:
            OperationalError: the store does not have them, or has them damaged.
        """
        path = self.place(sha256)
        data = _read(path)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise OperationalError(f"the snapshot store is damaged: {path} is not what its name says")
        return data

    def has(self, sha256: str) -> bool:
        """Whether the store has these bytes."""
        return self.place(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Keep some bytes, durably; their SHA-256."""
        with self.batch() as batch:
            return batch.add(data)

    def put_manifest(self, manifest: Manifest) -> str:
        """Keep a manifest, durably; its digest."""
        digest = manifest.digest
        path = self._manifests / f"{digest}.json"
        if not path.exists():
            with self.batch() as batch:
                batch.write(path, _dump(manifest))
        self._remember(manifest)
        return digest

    def batch(self) -> "Batch":
        """Several contents that are made durable together; they have names when the `with` block ends."""
        return Batch(self)

    def scratch(self) -> "tempfile.TemporaryDirectory[str]":
        """A directory for passing use on the store's disk; it goes when its `with` block ends."""
        return tempfile.TemporaryDirectory(dir=self.make(self.passing), ignore_cleanup_errors=True)

    def _load(self, digest: str) -> Manifest:
        path = self._manifests / f"{_checked(digest)}.json"
        try:
            manifest = _parse(_read(path))
        except (ValueError, KeyError, TypeError) as error:
            raise OperationalError(f"the snapshot store is damaged: {path} can not be read") from error
        if manifest.digest != digest:
            raise OperationalError(f"the snapshot store is damaged: {path} is not what its name says")
        return manifest

    def _remember(self, manifest: Manifest) -> None:
        with self._lock:
            self._known[manifest.digest] = manifest
            while len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]

    def place(self, sha256: str) -> Path:
        """Where the bytes with this SHA-256 are, or would be."""
        return self._objects / _checked(sha256)[:2] / sha256[2:]

    def make(self, directory: Path) -> Path:
        """A directory of the store, made if need be."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OperationalError(f"{directory} can not be made: {error.strerror}") from error
        return directory


class Batch:
    """New files of the store, on their way to their names. Used by one thread."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._moves: dict[Path, Path] = {}

    def add(self, data: bytes) -> str:
        """Take some bytes, unless the store has them; their SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._store.place(sha256)
        # A file of another size is the work of a broken disk: put it right while the bytes are at hand.
        if path not in self._moves and not (path.is_file() and path.stat().st_size == len(data)):
            self.write(path, data)
        return sha256

    def write(self, path: Path, data: bytes) -> None:
        """Take the content of one file of the store."""
        passing = self._store.make(self._store.passing)
        try:
            handle, name = tempfile.mkstemp(dir=passing)
            self._moves[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError as error:
            raise OperationalError(f"{path} can not be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._settle()
        except OSError as failure:
            place = self._store.directory
            raise OperationalError(f"{place} can not be written: {failure.strerror}") from failure
        finally:
            for passing in self._moves.values():
                passing.unlink(missing_ok=True)

    def _settle(self) -> None:
        if len(self._moves) > _MANY:
            os.sync()
        else:
            for passing in self._moves.values():
                _fsync(passing)
        for path, passing in self._moves.items():
            self._store.make(path.parent)
            passing.replace(path)
        parents = {path.parent for path in self._moves}
        for directory in parents | {parent.parent for parent in parents}:
            _fsync(directory)
        self._moves.clear()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise OperationalError(f"the snapshot store does not have {path}") from None
    except OSError as error:
        raise OperationalError(f"{path} can not be read: {error.strerror}") from error


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise OperationalError(f"{digest[:80]!r} is not a SHA-256")
    return digest


def _dump(manifest: Manifest) -> bytes:
    entries = [[e.path, e.kind.value, e.mode, e.size, e.content] for e in manifest.entries]
    return json.dumps({"roots": manifest.roots, "entries": entries}, indent=0).encode("ascii")


def _parse(data: bytes) -> Manifest:
    body: dict[str, Any] = json.loads(data)
    entries = (Entry(p, Kind(k), int(m), int(s), c) for p, k, m, s, c in body["entries"])
    return Manifest.of(body["roots"], entries)
