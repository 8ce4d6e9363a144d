"""What was looked up in tree, git and calendar about a request: facts only, judged by the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from swatbot.domain.coverage import Cancelled, Change
from swatbot.domain.hosts import fold
from swatbot.domain.manifest import Entry, covered
from swatbot.domain.stage import Stage


@dataclass(frozen=True, slots=True)
class Mark:
    """A path, the commit at which the fleet holds it, and the deployment that put it there (0: baseline)."""

    path: str
    commit: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the fleet holds.

    Attributes:
        manifest: digest of the whole tree's manifest in the snapshot store.
        marks: later marks win over earlier ones that cover the same path; the first covers ".".
    """

    manifest: str
    marks: tuple[Mark, ...]


def mark_for(path: str, marks: Sequence[Mark]) -> Mark | None:
    """The last mark that covers a path: where what the fleet holds there comes from."""
    return next((mark for mark in reversed(marks) if covered(path, (mark.path,))), None)


MISSING = "it is not in the tree, and the fleet does not hold it"
"""The fault of a path that is nowhere."""

IGNORED = "it is not deployed: the config ignores it"
"""The fault of a path that `[tree] ignore` matches."""


EMPTY = "nothing in it is deployed"
"""The fault of a directory that has no file which could be shipped."""


@dataclass(frozen=True, slots=True)
class PathFault:
    """A path that can not be shipped, why, and the nearest path that could be meant ("" if none)."""

    path: str
    fault: str
    suggestion: str = ""


UNEXPLAINED = "unexplained"
"""In the place of an owner: the file is in a commit, and differs for no change that waits."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A file with uncommitted edits, or one that git does not have.

    Attributes:
        path: relative to the tree.
        owner: the user on the deployment host whose file it is, "uid 1234" if that has no name, "" if the
            file was deleted; or UNEXPLAINED.
        sha256: of what lies there, kind and mode included; "" if the file was deleted.
    """

    path: str
    owner: str = ""
    sha256: str = ""

    @staticmethod
    def of(path: str, owner: str, entry: Entry | None) -> "Edit":
        """The edit that left this entry in the tree, or nothing."""
        if entry is None:
            return Edit(path, owner)
        held = f"{entry.kind}\0{entry.mode:o}\0{entry.content}"
        return Edit(path, owner, sha256(held.encode("utf-8", "surrogateescape")).hexdigest())


@dataclass(frozen=True, slots=True)
class Link:
    """A path of a plan that is a symbolic link in the tree: the link ships, not what it leads to."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Notes:
    """What a deployer should know of a plan, beside what ships.

    Attributes:
        cancelled: changes under the plan that wait together with their revert.
        links: paths of the plan that are symbolic links.
        undone: short ids of commits that the fleet holds, that the tree does not have any more, and that the
            plan would take back: the tree was set back, or its history was rewritten.
        idle: paths of the plan in which nothing differs, while something does in others.
    """

    cancelled: tuple[Cancelled, ...] = ()
    links: tuple[Link, ...] = ()
    undone: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


NO_NOTES = Notes()


@dataclass(frozen=True, slots=True)
class Findings:
    """The tree against what the fleet holds, for one plan.

    Attributes:
        head: the commit checked out in the tree.
        faults: paths that can not be shipped; with any, the other fields may be empty.
        changes: every pending change in the tree, newest first, also those apart from the plan.
        files: paths under the plan in which tree and fleet differ.
        added: lines added in them, as git counts.
        removed: lines removed in them.
        deletions: how many files under the plan would be deleted on the hosts.
        held: how many files the fleet holds under the plan.
        dirty: files under the plan with uncommitted edits, or untracked, and whose they are.
        upstream_ahead: commits the upstream branch is ahead, None without an upstream.
        fetched_at: when the tree last fetched from its upstream.
        private: whether a path of the plan is private.
        notes: what else should be told.
        absent: paths of changes that wait which the tree does not have any more, also outside of the plan.
        taken_back: commits that the fleet holds and the tree has not any more, with the files that differ.
        emptied: directories of the plan of which the tree has nothing any more, not even under other names.
    """

    head: str
    faults: tuple[PathFault, ...] = ()
    changes: tuple[Change, ...] = ()
    files: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    deletions: int = 0
    held: int = 0
    dirty: tuple[Edit, ...] = ()
    upstream_ahead: int | None = None
    fetched_at: datetime | None = None
    private: bool = False
    notes: Notes = NO_NOTES
    absent: tuple[str, ...] = ()
    taken_back: tuple[Change, ...] = ()
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A snapshot, taken at one moment.

    Attributes:
        states: digests of S_0 (what the fleet holds under the plan) to S_n (the snapshot); S_k has the
            new content of steps 1..k and the old content of the others. A sync goes S_k to S_k+1,
            a rollback S_k to S_k-1: the same engine, the same proof.
        findings: what the tree held at that moment, to be compared with what the deployer was told.
    """

    states: tuple[str, ...]
    findings: Findings

    @property
    def digest(self) -> str:
        """The snapshot's digest."""
        return self.states[-1]


@dataclass(frozen=True, slots=True)
class StageHosts:
    """The hosts of one stage, as the inventory had them when the snapshot was pinned."""

    stage: Stage
    hosts: tuple[str, ...]

    @property
    def folded(self) -> str:
        """As messages name them."""
        return fold(self.hosts)


@dataclass(frozen=True, slots=True)
class Season:
    """What the calendar says of a moment.

    Attributes:
        window: the name of the window that is open, "" if none is.
        closes: when it closes.
        upcoming: the name of the next window, "" if none is known.
        opens: when that opens.
        freeze: why deploying is frozen now, "" if it is not.
        thaws: when the freeze ends.
    """

    window: str = ""
    closes: datetime | None = None
    upcoming: str = ""
    opens: datetime | None = None
    freeze: str = ""
    thaws: datetime | None = None
