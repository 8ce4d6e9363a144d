"""Holds each commit of any history against some paths: what the bot would have said to a sync of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from swatbot.domain.coverage import Covered, Share, against
from swatbot.domain.person import People
from swatbot.domain.plan import path_fault
from swatbot.errors import OperationalError, UserError
from swatbot.tree.git import Git
from swatbot.tree.history import History
from swatbot.tree.patterns import Patterns
from swatbot.tree.pending import change_of
from swatbot.tree.suggest import nearest

_NOBODY = People(())
_REMEMBERED = 50_000
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass
class Totals:
    """How the commits of a survey are shared out; grows while they are read.

    Attributes:
        commits: all of them.
        unknown: those where a shallow clone begins: what they touch can not be told.
        deployable: those that touch something deployable.
        shares: how many of these are whole, in part, apart.
    """

    commits: int = 0
    unknown: int = 0
    deployable: int = 0
    shares: dict[Share, int] = field(default_factory=lambda: dict.fromkeys(Share, 0))

    @property
    def touching(self) -> int:
        """Commits of which a sync of the paths ships something."""
        return self.shares[Share.WHOLE] + self.shares[Share.PART]

    @property
    def need_more(self) -> float:
        """The share (0 to 1) of those that need other paths too."""
        return self.shares[Share.PART] / self.touching if self.touching else 0.0


class Survey:
    """The commits of a range, against the paths of a sync.

    Args:
        tree: a git repository, with or without a work tree.
        revisions: "OLD..NEW", or one revision for all that led to it.
        paths: what would be synced.
        ignore: glob patterns of what is not deployed.

    Raises:
        UserError: the range or a path is not right; the text says what would be.
        OperationalError: there is no repository, or git failed.
    """

    def __init__(self, tree: Path, revisions: str, paths: Sequence[str], ignore: Sequence[str]) -> None:
        self._git = Git(tree)
        self._ignore = Patterns(ignore)
        self._paths = tuple(paths)
        try:
            above = self._git.run("rev-parse", "--show-cdup").decode().strip()
        except OperationalError as error:
            raise OperationalError(f"{error}. Name a git repository with --tree") from error
        self._git = Git(tree / above)  # paths are relative to the top, wherever one stands
        self._old, self._new = self._ends(revisions)
        self._refuse_backwards(revisions)
        self._shallow = self._boundary()
        self._check_paths()
        self.totals = Totals()

    def rows(self) -> Iterator[Covered]:
        """Each commit that touches something deployable, newest first, while git finds them."""
        deployed = lru_cache(_REMEMBERED)(lambda path: not self._ignore.match(path))
        for commit in History(self._git).stream(*self._range):
            self.totals.commits += 1
            if commit.id in self._shallow:
                self.totals.unknown += 1
                continue
            files = tuple(filter(deployed, commit.paths))
            if files:
                found = against(change_of(commit, _NOBODY, files), self._paths)
                self.totals.deployable += 1
                self.totals.shares[found.share] += 1
                yield found

    @property
    def _range(self) -> tuple[str, ...]:
        return (self._new, f"^{self._old}") if self._old else (self._new,)

    def _ends(self, revisions: str) -> tuple[str, str]:
        """The ids of both ends; no old end means all that led to the new one."""
        if not revisions.strip("."):
            raise UserError("no commits were named: I take OLD..NEW, like HEAD~20..HEAD")
        old, dots, new = revisions.partition("..")
        if new.startswith("."):
            raise UserError(f"{revisions} has three dots: I take OLD..NEW, all that NEW has and OLD has not")
        return (self._id(old or "HEAD"), self._id(new or "HEAD")) if dots else ("", self._id(old))

    def _id(self, revision: str) -> str:
        if revision.endswith(("^!", "^@", "^-")):
            raise UserError(f"{revision[:80]} is no single commit: I take OLD..NEW, like HEAD~1..HEAD")
        words = ("--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        status, out = self._git.ask("rev-parse", *words, allowed=(0, 1, 128))
        found = out.decode().split()
        if not status and (len(found) != 1 or not _ID.fullmatch(found[0])):
            raise UserError(
                f"{revision[:80]} is no single commit: I take OLD..NEW, like HEAD~20..HEAD, or one commit for"
                " all that led to it"
            )
        if status:
            raise UserError(
                f"{self._git.path.resolve()} has no commit {revision[:80]}: name one that git log shows"
            )
        return found[-1]

    def _refuse_backwards(self, revisions: str) -> None:
        if not self._old or self._old == self._new:
            return
        if self._git.ask("merge-base", "--is-ancestor", self._new, self._old, allowed=(0, 1))[0] == 0:
            old, _, new = revisions.partition("..")
            raise UserError(
                f"{old or 'HEAD'} has all of {new or 'HEAD'}: I take OLD..NEW, the older one first"
            )

    def _boundary(self) -> frozenset[str]:
        """Where a shallow clone begins: git shows such a commit as if it had brought all that it has."""
        place = self._git.run("rev-parse", "--git-path", "shallow").decode("utf-8", "surrogateescape")
        try:
            return frozenset((self._git.path / place.rstrip("\n")).read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def _check_paths(self) -> None:
        if not self._paths:
            raise UserError("no path was named: I take --paths PATH[,PATH...], like wmf-config,static")
        for path in self._paths:
            fault = path_fault(path)
            if fault:
                raise UserError(f"{path or 'a path'} can not be in a tree: {fault}")
            if path != "." and self._ignore.match(path):
                raise UserError(f"{path} is not deployed: it is ignored")
            if path != "." and not self._known(path):
                near = nearest(path, self._files())
                hint = (
                    f" Did you mean {near}?" if near else " Paths are relative to the top of the repository."
                )
                raise UserError(f"no commit there has {path}.{hint}")

    def _known(self, path: str) -> bool:
        ends = filter(None, (self._new, self._old))
        if any(self._git.ask("cat-file", "-e", f"{end}:{path}", allowed=(0, 1, 128))[0] == 0 for end in ends):
            return True
        return bool(self._git.run("log", "-1", "--format=%H", *self._range, "--", path))

    def _files(self) -> Iterable[str]:
        out = self._git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", self._new)
        return out.decode("utf-8", "surrogateescape").split("\0")[:-1]
