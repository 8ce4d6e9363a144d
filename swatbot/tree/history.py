"""What git knows of the tree: its state, the commits since the fleet was synced, and old contents."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from swatbot.errors import OperationalError
from swatbot.tree.blobs import Blob, Committed, committed, text
from swatbot.tree.git import Git

_BASELINE = 'run "swatbot baseline" on the deployment host to take that over anew'
_REVERTS = re.compile(rb"\bThis reverts commit ([0-9a-f]{7,40})\b")
_FIELDS = "%x00%H%x00%P%x00%an%x00%ae%x00%ct%x00%s%x00%b%x00"
_LOG = (
    "--date-order",
    "--no-renames",
    "--diff-merges=combined",
    "--ignore-submodules=none",
    "--no-relative",
    "-z",
    "--name-only",
)
_LISTING = ("ls-tree", "-r", "-z", "--full-tree")
# Nothing is at `.git` for git: what is edited it is not asked, see `committed`, and need not look for.
_STATE = (
    "--porcelain=v2",
    "-z",
    "--branch",
    "--ahead-behind",
    "--untracked-files=no",
    "--ignore-submodules=all",
    "--no-renames",
    "--",
    ".git",
)


@dataclass(frozen=True, slots=True)
class TreeState:
    """Where the tree stands.

    Attributes:
        head: the commit checked out.
        behind: commits that the upstream branch is ahead, None without an upstream.
    """

    head: str
    behind: int | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit with the paths it touched; of a merge only those that differ from every parent.

    `reverts` has the ids, as they are written, of the commits that its message says it reverts.
    """

    id: str
    parents: tuple[str, ...]
    author: str
    email: str
    when: datetime
    subject: str
    paths: tuple[str, ...]
    reverts: tuple[str, ...] = ()


class History:
    """Questions to the git of one tree. Paths are surrogate-escaped, other text is repaired."""

    def __init__(self, git: Git) -> None:
        self.git = git
        self._directory: Path | None = None
        self._bases: dict[frozenset[str], str] = {}
        self._logs: dict[tuple[str, frozenset[str]], tuple[Commit, ...]] = {}
        self._whole: dict[str, Committed] = {}

    def state(self) -> TreeState:
        """The commit checked out in the tree, and how far its upstream is ahead.

        Raises:
            OperationalError: git failed, or the tree is not the top of a checkout with a commit.
        """
        self._git_directory()
        return _state(self.git.run("status", *_STATE), self.git.path)

    def fetched_at(self) -> datetime | None:
        """When the tree last fetched from its upstream, None if it never did."""
        try:
            seconds = (self._git_directory() / "FETCH_HEAD").stat().st_mtime
        except FileNotFoundError:
            return None
        return datetime.fromtimestamp(seconds, UTC)

    def since(self, head: str, marks: frozenset[str]) -> tuple[Commit, ...]:
        """Commits that are in head or in a mark, but not in all marks; newest first.

        Where head lacks what all marks have, because the tree was set back or its history was rewritten,
        also the commits that it lacks.

        Raises:
            OperationalError: a mark is not in the repository any more, or has no common history with the
                others: history was rewritten.
        """
        key = (head, marks)
        if key not in self._logs:
            tips, base = [head, *sorted(marks)], self._base(marks)
            try:
                found = self._log(tips, base)
            except OperationalError:
                self._refuse_lost(marks)
                raise
            if not _contains(found, head, base):
                common = self._common(tips)
                found = self._log(tips, common) if common else found
            self._logs = {key: found}  # the newest only: HEAD moves forward
        return self._logs[key]

    def commit(self, name: str) -> str | None:
        """The full id of a commit that is in the tree's history, None if there is no such commit."""
        if not name or name.startswith("-"):
            return None
        status, out = self.git.ask(
            "rev-parse", "--verify", "--quiet", name + "^{commit}", allowed=(0, 1, 128)
        )
        full = out.decode().strip()
        if status or not full:
            return None
        status, _ = self.git.ask("merge-base", "--is-ancestor", full, "HEAD", allowed=(0, 1))
        return full if status == 0 else None

    def blobs(self, commit: str, paths: Sequence[str] = ()) -> dict[str, Blob]:
        """Files and links of a commit by path, under these paths or all of them. Submodules are left out."""
        return committed(self.git.run(*_LISTING, commit, "--", *paths)).blobs

    def committed(self, commit: str) -> Committed:
        """Everything that a commit has, by its full id.

        Raises:
            OperationalError: git failed, or does not have the commit.
        """
        found = self._whole.get(commit)
        if found is None:
            found = committed(self.git.run(*_LISTING, commit))
            self._whole = {commit: found}  # HEAD's, until it moves
        return found

    def committed_or_none(self, commit: str) -> Committed | None:
        """Everything that a commit has, None where git has not got the commit, or can not be asked."""
        status, out = self.git.ask(*_LISTING, commit, allowed=(0, 128))
        return None if status else committed(out)

    def sizes(self, blobs: Iterable[Blob]) -> Iterator[tuple[Blob, int]]:
        """How many bytes each of these blobs has, of a link its target; not of those that git has lost."""
        wanted = list(blobs)
        asked = "".join(f"{blob.id}\n" for blob in wanted).encode()
        lines = self.git.run("cat-file", "--batch-check", given=asked).splitlines() if wanted else []
        for blob, line in zip(wanted, lines, strict=True):
            size = line.split()[-1]
            if size.isdigit():
                yield blob, int(size)

    def contents(self, blobs: Iterable[Blob]) -> Iterator[tuple[Blob, bytes]]:
        """The bytes of these blobs, of a link its target."""
        wanted = list(blobs)
        asked = "".join(f"{blob.id}\n" for blob in wanted).encode()
        out = memoryview(self.git.run("cat-file", "--batch", given=asked)) if wanted else memoryview(b"")
        at = 0
        for blob in wanted:
            end = at + bytes(out[at : at + 200]).index(b"\n")
            words = bytes(out[at:end]).split()
            if len(words) != 3 or not words[2].isdigit():
                raise OperationalError(f"git does not have {blob.path} any more ({blob.id})")
            at = end + 1 + int(words[2])
            yield blob, bytes(out[end + 1 : at])
            at += 1

    def _git_directory(self) -> Path:
        if self._directory is None:
            out = self.git.run("rev-parse", "--absolute-git-dir", "--show-cdup")
            directory, above = out.decode("utf-8", "surrogateescape").split("\n")[:2]
            if above:
                raise OperationalError(f"{self.git.path} is not the top of its git checkout")
            self._directory = Path(directory)
        return self._directory

    def _base(self, marks: frozenset[str]) -> str:
        """A commit that every mark contains."""
        if marks not in self._bases:
            found = self._common(sorted(marks))
            if not found:
                self._refuse_lost(marks)
                raise OperationalError(f"what the fleet holds has no history in common; {_BASELINE}")
            self._bases = {marks: found}
        return self._bases[marks]

    def _common(self, tips: Sequence[str]) -> str:
        """A commit that all tips contain, "" if there is none or a tip is not there."""
        status, out = self.git.ask("merge-base", "--octopus", *tips, allowed=(0, 1, 128))
        return "" if status else out.decode().split()[0]

    def _refuse_lost(self, marks: frozenset[str]) -> None:
        """Say which of the marks the repository does not have (any more), if it lacks one."""
        asked = "".join(f"{mark}\n" for mark in sorted(marks)).encode()
        answers = self.git.run("cat-file", "--batch-check", given=asked).decode().splitlines()
        gone = [line[:7] for line in answers if line.endswith(" missing")]
        if gone:
            more = f" and {len(gone) - 3} more" if gone[3:] else ""
            raise OperationalError(
                f"the tree's history was rewritten: it does not have {', '.join(gone[:3])}{more}, which the"
                f" fleet holds; {_BASELINE}"
            )

    def _log(self, tips: Sequence[str], base: str) -> tuple[Commit, ...]:
        marker = token_hex(16)  # no file has this name
        asked = (*_LOG, f"--format={marker}{_FIELDS}", *dict.fromkeys(tips), f"^{base}", "--")
        out = self.git.run("log", *asked)
        return tuple(_commit(part) for part in out.split(marker.encode())[1:])

    def stream(self, *revisions: str) -> Iterator[Commit]:
        """The commits of a range, newest first, one by one while git finds them.

        Args:
            revisions: as `git log` takes them; "^X" is without X.

        Raises:
            OperationalError: git failed.
        """
        marker = token_hex(16)
        asked = (*_LOG, f"--format={marker}{_FIELDS}", *revisions, "--")
        for part in self.git.parts(marker.encode(), "log", *asked):
            yield _commit(part)


def _contains(commits: Sequence[Commit], head: str, base: str) -> bool:
    """Whether head contains base, if the commits are all those of head that base does not have."""
    graph = {commit.id: commit for commit in commits}
    ours = reach(head, graph)
    return head == base or any(base in graph[commit].parents for commit in ours)


def reach(tip: str, graph: Mapping[str, Commit]) -> frozenset[str]:
    """The commits of the graph that a tip contains, itself included."""
    reached: set[str] = set()
    waiting = [tip]
    while waiting:
        commit = graph.get(waiting.pop())
        if commit is not None and commit.id not in reached:
            reached.add(commit.id)
            waiting.extend(commit.parents)
    return frozenset(reached)


def _state(out: bytes, tree: Path) -> TreeState:
    head, behind = "", None
    for line in text(out).split("\0"):
        if line.startswith("# branch.oid "):
            head = line.rpartition(" ")[2]
        elif line.startswith("# branch.ab "):
            behind = int(line.rpartition(" -")[2])
    if not head or head == "(initial)":
        raise OperationalError(f"{tree} has no commit yet")
    return TreeState(head, behind)


def _commit(part: bytes) -> Commit:
    _, commit, parents, author, email, seconds, subject, body, *paths = part.split(b"\0")
    above = tuple(parents.decode().split())
    listed = [path for path in paths if path]
    # Before the first path git writes a newline, and for a merge an empty string.
    if listed and len(above) < 2:
        listed[0] = listed[0].removeprefix(b"\n")
    return Commit(
        commit.decode(),
        above,
        author.decode("utf-8", "replace"),
        email.decode("utf-8", "replace"),
        datetime.fromtimestamp(int(seconds), UTC),
        subject.decode("utf-8", "replace"),
        tuple(text(path) for path in listed),
        tuple(dict.fromkeys(found.decode() for found in _REVERTS.findall(body))),
    )
