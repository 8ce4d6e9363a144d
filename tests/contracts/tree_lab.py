"""What a test of the Tree port needs from a tree, whatever stands behind the port."""

import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from swatbot.domain.findings import Holdings
from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.person import People, Person, Role
from swatbot.ports import Tree
from swatbot.tree.lint import LintRule
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.tree import GitTree

PEOPLE = People(
    (
        Person("alice", Role.PERSON, emails=("alice@practice.example",)),
        Person("bob", Role.PERSON, emails=("bob@practice.example",)),
    )
)
FIRST = {
    "wmf-config/InitialiseSettings.php": b"<?php\n$a = 1;\n",
    "wmf-config/CommonSettings.php": b"<?php\nuse_it($a);\n",
    "dblists/all.dblist": b"enwiki\nfrwiki\n",
    "static/logo.png": bytes(range(256)),
    "README.md": b"read me\n",
}


class SystemClock:
    """The machine's time; appointments are not needed here."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - stands in for the clock adapter

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


class TreeLab(Protocol):
    """A tree that starts with FIRST, whose fleet holds just that; `*.md` is not deployed."""

    @property
    def path(self) -> Path: ...

    @property
    def tree(self) -> Tree: ...

    @property
    def holdings(self) -> Holdings: ...

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None: ...

    def delete(self, path: str) -> None: ...

    def commit(self, person: str, subject: str) -> str: ...


class GitLab:
    """A real git repository under a temporary directory."""

    def __init__(self, top: Path, lint: tuple[LintRule, ...] = ()) -> None:
        self.path = top / "tree"
        self.path.mkdir()
        self.store = SnapshotStore(top / "store")
        self.tree = GitTree(
            self.path,
            self.store,
            PEOPLE,
            ignore=("*.md", "tests/"),
            private=("private/",),
            clock=SystemClock(),
            lint=lint,
        )
        self._minutes = 0
        self.git("init", "-q", "-b", "main")
        for path, data in FIRST.items():
            self.write(path, data)
        self.base = self.commit("alice", "first")
        self.holdings = self.tree.adopt(fleet_manifest(FIRST), self.base)

    def git(self, *args: str) -> str:
        env = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_COMMITTER_NAME": "c",
            "GIT_COMMITTER_EMAIL": "c@practice.example",
            # Newest first is told by the commit time, which has whole seconds only.
            "GIT_COMMITTER_DATE": f"2026-01-05T10:{self._minutes % 60:02}:00Z",
        }
        done = subprocess.run(["git", *args], cwd=self.path, env=env, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)

    def delete(self, path: str) -> None:
        (self.path / path).unlink()

    def commit(self, person: str, subject: str) -> str:
        self._minutes += 1
        author = f"{person.title()} <{person}@practice.example>"
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", f"--author={author}", "-m", subject)
        return self.git("rev-parse", "HEAD")


def fleet_manifest(files: Mapping[str, bytes], mode: int = 0o644) -> Manifest:
    """What hosts with these files would prove."""
    return Manifest.of((".",), (file_entry(path, data, mode) for path, data in files.items()))


def file_entry(path: str, data: bytes, mode: int = 0o644) -> Entry:
    return Entry(path, Kind.FILE, mode, len(data), sha256(data).hexdigest())
