"""The world of the stories over a real git checkout, with an upstream that others push to."""

import hashlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from swatbot.domain.findings import Holdings
from swatbot.domain.manifest import Manifest
from swatbot.tree.manifest import capture
from swatbot.tree.patterns import Patterns
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.tree import GitTree
from tests.contracts.tree_lab import SystemClock
from tests.world import PEOPLE, START, World

FIRST = {
    "wmf-config/InitialiseSettings.php": "<?php\n$settings = 1;\n",
    "wmf-config/CommonSettings.php": "<?php\nuse_it( $settings );\n",
    "dblists/all.dblist": "enwiki\nfrwiki\n",
    "static/logo.svg": "<svg/>\n",
    "static/icon.svg": "<svg></svg>\n",
    "README.md": "not deployed\n",
}
IGNORE = ("*.md", "tests/")


class Checkout(GitTree):
    """The tree of a story: a clone of a bare upstream, changed as people change one."""

    def __init__(self, top: Path, first: Mapping[str, str | bytes] = FIRST) -> None:
        self.path, self.upstream = top / "tree", top / "upstream.git"
        self.configure(IGNORE)
        self._made = START - timedelta(days=3)
        self.git("init", "-q", "--bare", "-b", "main", str(self.upstream), cwd=top)
        self.git("clone", "-q", str(self.upstream), str(self.path), cwd=top)
        self.git("checkout", "-q", "-b", "main")
        self.commit("deployer", "First", first)
        self.git("push", "-q", "-u", "origin", "main")

    def configure(self, ignore: Sequence[str]) -> None:
        """The config says what is not deployed; for the bot, a restart with another one."""
        self._ignored = Patterns(ignore)
        super().__init__(
            self.path,
            SnapshotStore(self.path.parent / "store"),
            PEOPLE,
            ignore=ignore,
            private=("private/",),
            clock=SystemClock(),
        )

    def ignores(self, path: str) -> bool:
        """Whether the config leaves a path out."""
        return self._ignored.match(path)

    def git(self, *args: str, who: str = "deployer", cwd: Path | None = None) -> str:
        """What git prints, as this person, at a time that grows by a minute with each call."""
        self._made += timedelta(minutes=1)
        env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": who.title(), f"GIT_{role}_EMAIL": f"{who}@example.org"}
            env[f"GIT_{role}_DATE"] = self._made.isoformat()
        done = subprocess.run(["git", *args], cwd=cwd or self.path, env=env, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Edit the tree: bytes are the target of a link, None deletes."""
        for path, text in files.items():
            place = self.path / path
            if text is None or place.is_symlink():
                place.unlink()
            if text is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(os.fsdecode(text)) if isinstance(text, bytes) else place.write_text(text)

    def commit(self, who: str, subject: str, files: Mapping[str, str | bytes | None]) -> str:
        """Commit these files; the short id, as the bot says it."""
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject, who=who)
        return self.head

    def revert(self, who: str, commit: str, *options: str) -> str:
        """Revert a commit with git's own words; the short id of the revert."""
        self.git("revert", "--no-edit", *options, commit, who=who)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")[:7]

    def adopt_all(self) -> Holdings:
        """The fleet holds what the tree has."""
        found = capture(self.path, ["."], Patterns(IGNORE), lambda seen: _sha256(self.path / seen.path))
        return self.adopt(Manifest.of(["."], found.entries.values()), self.git("rev-parse", "HEAD"))


@dataclass
class TreeWorld(World):
    """A world whose tree is real."""

    tree: Checkout = field(kw_only=True)  # type: ignore[assignment]  # for a tree that does not obey a story

    def holds(self, path: str, host: str = "mw1300") -> bool:
        """Whether a host holds a path exactly as the tree has it; both may have nothing there."""
        place, entry = self.tree.path / path, self.fleet.holds[host].get(path)
        if place.is_symlink():
            return entry is not None and entry.content == str(place.readlink())
        return (_sha256(place) if place.is_file() else None) == (entry.content if entry else None)

    def deployed(self, command: str, *people: str) -> list[str]:
        """Say a command, verify it as these people, and see it go live."""
        self.chat.says("deployer", command)
        for person in people:
            self.chat.says(person, f"verified {max(self.engine.status.live)}")
        lines = self.chat.skip()
        assert " is live on 101 hosts" in lines[-1], lines
        return lines


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def tree_story(top: Path, first: Mapping[str, str | bytes] = FIRST) -> Iterator[TreeWorld]:
    """A world for one story; it fails on a line of the bot's that nobody expected."""
    world = TreeWorld(tree=Checkout(top, first))
    yield world
    world.chat.silent()
