"""What is wrong with what would ship."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from swatbot.domain.coverage import Change
from swatbot.domain.findings import NO_NOTES, Edit, Notes, PathFault
from swatbot.domain.meant import Doubt
from swatbot.domain.plan import NO_OPTIONS, Options


@dataclass(frozen=True, kw_only=True)
class BadPaths:
    """Paths that can not be shipped; or, for a `command` that only looks, not be looked at."""

    faults: tuple[PathFault, ...]
    command: str = ""
    why: Literal["bad_paths"] = "bad_paths"


@dataclass(frozen=True, kw_only=True)
class NothingToSync:
    """Test servers and fleet hold the paths as they are in the tree."""

    plan: str
    digest: str
    upstream_ahead: int | None
    fetched_at: datetime | None
    notes: Notes = NO_NOTES
    why: Literal["nothing_to_sync"] = "nothing_to_sync"


@dataclass(frozen=True, kw_only=True)
class PathInMessage:
    """The message seems to go on with the plan: somebody forgot a comma."""

    doubt: Doubt
    plan: str
    message: str
    options: Options = NO_OPTIONS
    why: Literal["path_in_message"] = "path_in_message"


class Idle(StrEnum):
    """Why a step would ship nothing, or not what it seems to.

    A path is named twice; the steps before it cover its paths; or all that differs there; nothing differs.
    """

    TWICE = "twice"
    COVERED = "covered"
    BEFORE = "before"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class IdleStep:
    """A step of the plan would ship nothing, and could not be said to have passed; `plans` may be meant."""

    step: int
    idle: Idle
    paths: tuple[str, ...]
    plans: tuple[str, ...]
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["idle_step"] = "idle_step"


@dataclass(frozen=True, kw_only=True)
class LeftBehind:
    """Changes would ship in part.

    Attributes:
        change: the newest of them.
        left: its files that would be left behind.
        plan: what was typed.
        more: how many further ones there are.
        message: what was typed after it.
        private: whether no file may be named.
        options: what was typed before it.
        gone: those of the files lacking that are deleted.
        lacking: all files that the plan lacks to ship nothing in part.
        also: the id and owner of the only further one.
        back: whether they are not shipped, but taken back, since the tree has them no more.
    """

    change: Change
    left: tuple[str, ...]
    plan: str
    more: int
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    gone: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    also: Change | None = None
    back: bool = False
    why: Literal["left_behind"] = "left_behind"


@dataclass(frozen=True, kw_only=True)
class Dirty:
    """There are uncommitted edits under the plan; `owners` says of each file whose it is ("": deleted)."""

    files: tuple[str, ...]
    owners: tuple[str, ...] = ()
    plan: str
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["dirty"] = "dirty"


@dataclass(frozen=True, kw_only=True)
class ManyDeletions:
    """The plan deletes more than the guard allows; `emptied` are directories of which nothing is left."""

    deletions: int
    held: int
    plan: str
    message: str
    options: Options = NO_OPTIONS
    emptied: tuple[str, ...] = ()
    why: Literal["many_deletions"] = "many_deletions"


@dataclass(frozen=True, kw_only=True)
class UnknownAuthor:
    """Nobody knows whom to ask about a change."""

    change: Change
    plan: str
    message: str
    private: bool = False
    options: Options = NO_OPTIONS
    why: Literal["unknown_author"] = "unknown_author"


@dataclass(frozen=True, kw_only=True)
class NoBaseline:
    """What the fleet holds was never taken over."""

    why: Literal["no_baseline"] = "no_baseline"


@dataclass(frozen=True, kw_only=True)
class LookupFailed:
    """The tree, git or a disk failed."""

    error: str
    why: Literal["lookup_failed"] = "lookup_failed"


@dataclass(frozen=True, kw_only=True)
class TreeChanged:
    """Between the request and the snapshot the tree changed in a way the deployer was not told.

    Attributes:
        new: short ids of changes that would ship, and would not have then.
        undone: short ids of changes that the fleet holds and that would be taken back.
        edits: those in no commit that are new, or changed since.
        private: whether all of these are only counted.
        left: files of changes that ship in part which would be left behind, and would not have then.
        known: the paths of edits that were told of, and that were edited again.
        plan: what was typed, with its message and options.
        message: see there.
        options: see there.
    """

    number: int
    new: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    private: bool = False
    left: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    plan: str = ""
    message: str = ""
    options: Options = NO_OPTIONS
    why: Literal["tree_changed"] = "tree_changed"
