"""Which pending changes a plan ships whole, in part, along with, or not at all."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from swatbot.domain.manifest import covered
from swatbot.domain.plan import Plan

_TASK = re.compile(r"\bT\d+\b")
_COMMIT = re.compile(r"\b[0-9a-f]{7,40}\b")
# A shorter subject says too little to find it again in a message by chance.
_TELLING = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One commit in the tree that the fleet does not hold yet.

    Attributes:
        commit: the full id.
        author: the author's name in git.
        email: the author's address in git.
        subject: first line of the commit message.
        when: the commit time (UTC).
        files: the deployable paths it touches that the fleet holds differently; both sides of a rename.
        person: name of the person with this address, "" if unknown.
        reverts: ids of the pending commits that it reverts by its own words, () if none or if not all wait.
    """

    commit: str
    author: str
    email: str
    subject: str
    when: datetime
    files: tuple[str, ...]
    person: str = ""
    reverts: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.commit[:7]

    @property
    def owner(self) -> str:
        """Whose change it is, as a message says it."""
        return self.person or self.author


class Share(StrEnum):
    """How much of a change a plan ships. ALONG is whole, and not what the deployer spoke of."""

    WHOLE = "whole"
    PART = "part"
    ALONG = "along"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Covered:
    """One change against a plan: how much ships, and which files would be left behind."""

    change: Change
    share: Share
    left_behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Changes that wait together with their revert, and so are not shipped: short ids.

    Attributes:
        changes: what was reverted, newest first.
        revert: what reverts all of it.
    """

    changes: tuple[str, ...]
    revert: str


def against(change: Change, paths: Sequence[str]) -> Covered:
    """Hold one change against the paths of a plan, whoever's it is."""
    outside = tuple(f for f in change.files if not covered(f, paths))
    # A submodule is one path to git, and a plan may have a path in it.
    within = any(covered(path, (f,)) for f in outside for path in paths)
    if len(outside) == len(change.files) and not within:
        return Covered(change, Share.APART)
    return Covered(change, Share.PART if outside else Share.WHOLE, outside)


def coverage(
    changes: Iterable[Change], plan: Plan, person: str = "", message: str = ""
) -> tuple[Covered, ...]:
    """Hold every pending change against the plan, in the order given.

    Args:
        changes: what waits.
        plan: what would ship.
        person: name of the deployer: the own changes are never along.
        message: what the deployer typed: nor are those that it speaks of, by task, id or subject. A change
            that ships alone is not along either.
    """
    found = tuple(against(change, plan.paths) for change in changes)
    if len(shipped(found)) < 2:
        return found
    return tuple(_whose(one, person, message) for one in found)


def missing(changes: Sequence[Change], paths: Sequence[str]) -> tuple[str, ...]:
    """The files that a plan lacks so that it ships no change in part; each may bring a further change along.

    Args:
        changes: what waits.
        paths: of the plan.
    """
    found: dict[str, None] = {}
    while left := [f for c in changes for f in against(c, (*paths, *found)).left_behind]:
        found |= dict.fromkeys(left)
    return tuple(found)


def shipped(found: Iterable[Covered]) -> tuple[Change, ...]:
    """The changes of which the plan ships something."""
    return tuple(c.change for c in found if c.share is not Share.APART)


def cancel(
    changes: Sequence[Change],
    differs: Callable[[str], bool],
    is_nothing: Callable[[tuple[str, ...], str], bool],
) -> tuple[tuple[Change, ...], dict[Cancelled, frozenset[str]]]:
    """Take out changes that wait together with their revert.

    A revert counts as one if it touches the very files that the reverted changes touch. It is believed only
    where the files bear it out: each is as the fleet holds it, or another change that waits touches it too,
    and the revert leaves nothing of the reverted ones in it.

    Args:
        changes: what waits, newest first, with all paths that wait, whether they differ or not.
        differs: whether tree and fleet differ in a path.
        is_nothing: whether these commits (their ids) do nothing to a path, taken together.

    Returns:
        What is left, and what cancels out with its files.
    """
    pairs = _pairs(changes)
    gone = {commit for pair in pairs for commit in pair}
    explained = {f for change in changes if change.commit not in gone for f in change.files}
    by_id = {change.commit: change for change in changes}
    out: set[str] = set()
    found: dict[Cancelled, frozenset[str]] = {}
    for pair in pairs:
        revert, *reverted = [by_id[commit] for commit in pair]
        if all(not differs(f) or (f in explained and is_nothing(pair, f)) for f in revert.files):
            out.update(pair)
            found[Cancelled(tuple(c.short for c in reverted), revert.short)] = frozenset(revert.files)
    return tuple(change for change in changes if change.commit not in out), found


def _pairs(changes: Sequence[Change]) -> list[tuple[str, ...]]:
    """Each revert with what it reverts, the newest first: a revert that is reverted reverts nothing."""
    by_id = {change.commit: change for change in changes}
    pairs: list[tuple[str, ...]] = []
    gone: set[str] = set()
    for revert in changes:
        pair = (revert.commit, *revert.reverts)
        reverted = [by_id[commit] for commit in revert.reverts if commit in by_id]
        files = {f for change in reverted for f in change.files}
        all_wait = bool(reverted) and len(reverted) == len(revert.reverts)
        if all_wait and gone.isdisjoint(pair) and files == set(revert.files):
            pairs.append(pair)
            gone.update(pair)
    return pairs


def _whose(one: Covered, person: str, message: str) -> Covered:
    own = bool(person) and one.change.person == person
    if one.share is not Share.WHOLE or own or _speaks_of(message, one.change):
        return one
    return replace(one, share=Share.ALONG)


def _speaks_of(message: str, change: Change) -> bool:
    """Whether what the deployer typed means this change: by its task, its id, or its subject."""
    said, subject = message.strip().strip('"').casefold().strip(), change.subject.casefold().strip()
    if set(_TASK.findall(message)) & set(_TASK.findall(change.subject)):
        return True
    if any(change.commit.startswith(word) for word in _COMMIT.findall(said)):
        return True
    if said == subject:
        return bool(said)
    shorter, longer = sorted((said, subject), key=len)
    return len(shorter) >= _TELLING and shorter in longer
