"""Makes the git checkout that is practised with: a baseline, pending changes, and patches to merge."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from swatbot.errors import OperationalError, UserError
from swatbot.practice.sample_files import BASELINE
from swatbot.practice.sample_patches import PATCHES, PENDING, Patch

DOMAIN = "practice.example"
_MADE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
# Who merges and reverts in the tree: the deployer, so that the bot knows whose it is.
_SOMEBODY = ("dana", f"dana@{DOMAIN}")
_CONFIG = f"""\
[user]
	name = {_SOMEBODY[0]}
	email = {_SOMEBODY[1]}
[commit]
	gpgsign = false
[gc]
	auto = 0
"""


class SampleTree:
    """The checkout at `path`, on branch `main`; make it with `SampleTree.make`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def make(cls, path: Path, made: datetime = _MADE) -> "SampleTree":
        """Write the repository.

        Args:
            path: a directory that is not there yet.
            made: the time of its first commit; the same time gives the same commit ids.

        Raises:
            OperationalError: git failed.
        """
        tree = cls(path)
        path.mkdir(parents=True)
        tree.git("init", "--quiet", "--initial-branch=main")
        with (path / ".git" / "config").open("a", encoding="utf-8") as config:
            config.write(_CONFIG)
        tree.git("fast-import", "--quiet", stdin=_history(made))
        tree.git("reset", "--quiet", "--hard", "main")
        return tree

    @property
    def head(self) -> str:
        """The commit checked out."""
        return self.git("rev-parse", "HEAD").strip()

    @property
    def baseline(self) -> str:
        """The commit that the fleet holds at first."""
        return self.git("rev-parse", "baseline^{commit}").strip()

    def apply(self, name: str) -> str:
        """Merge a patch on top of the tree; its commit.

        Raises:
            UserError: there is no such patch, or it is merged already.
        """
        patch = next((p for p in PATCHES if p.name == name), None)
        if patch is None:
            known = ", ".join(p.name for p in PATCHES)
            raise UserError(f"there is no patch {name}; there are {known}")
        when = self.git("log", "-1", "--format=%aI", f"patch/{name}").strip()
        try:
            self.git("cherry-pick", f"patch/{name}", committed=when)
        except OperationalError as error:
            self.git("cherry-pick", "--abort")
            raise UserError(f"patch {name} does not apply; is it merged already?") from error
        return self.head

    def revert(self, commit: str) -> str:
        """Undo a commit by another one; the new commit."""
        self.git("revert", "--no-edit", commit)
        return self.head

    def git(self, *arguments: str, stdin: bytes = b"", committed: str = "") -> str:
        """Run git in the tree, out of reach of the configuration and hooks of whoever runs it.

        Args:
            arguments: what follows `git`.
            stdin: what it reads.
            committed: the committer's date, where it matters.

        Raises:
            OperationalError: it failed; the text has what it said.
        """
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        if committed:
            env["GIT_COMMITTER_DATE"] = committed
        command = ["git", "-C", str(self.path), "-c", "core.hooksPath=/dev/null", *arguments]
        try:
            done = subprocess.run(command, input=stdin, env=env, capture_output=True, check=False)
        except FileNotFoundError:
            raise OperationalError("git is not installed") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise OperationalError(f"git {arguments[0]} in {self.path}: {said}")
        return done.stdout.decode("utf-8", "surrogateescape")


def _history(made: datetime) -> bytes:
    """All commits as `git fast-import` reads them: one process instead of forty."""
    stream = [_commit("refs/heads/main", made, _SOMEBODY, "Import the practice tree", BASELINE)]
    stream.append(b"reset refs/tags/baseline\nfrom refs/heads/main\n\n")
    files = dict(BASELINE)
    for age, patch in enumerate(PENDING, 1):
        stream.append(_patched("refs/heads/main", made + timedelta(hours=age), patch, files))
    for age, patch in enumerate(PATCHES, len(PENDING) + 1):
        branch = f"refs/heads/patch/{patch.name}"
        stream.append(f"reset {branch}\nfrom refs/heads/main\n\n".encode())
        stream.append(_patched(branch, made + timedelta(hours=age), patch, dict(files)))
    return b"".join(stream)


def _patched(branch: str, when: datetime, patch: Patch, files: dict[str, bytes]) -> bytes:
    changed = {edit.path: edit.apply(files) for edit in patch.edits}
    files |= changed
    author = (patch.author.capitalize(), f"{patch.author}@{DOMAIN}")
    return _commit(branch, when, author, patch.title, changed)


def _commit(branch: str, when: datetime, who: tuple[str, str], title: str, files: dict[str, bytes]) -> bytes:
    stamp = f"{who[0]} <{who[1]}> {int(when.timestamp())} +0000"
    head = f"commit {branch}\nauthor {stamp}\ncommitter {stamp}\n".encode()
    parts = [head, _data(f"{title}\n".encode())]
    parts += [f"M 100644 inline {path}\n".encode() + _data(data) for path, data in sorted(files.items())]
    return b"".join(parts) + b"\n"


def _data(data: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(data), data)
