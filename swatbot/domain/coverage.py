"""Which pending changes a plan ships whole, in part, along with, or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from swatbot.domain.manifest import covered
from swatbot.domain.plan import Plan


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
    """

    commit: str
    author: str
    email: str
    subject: str
    when: datetime
    files: tuple[str, ...]
    person: str = ""

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.commit[:7]

    @property
    def owner(self) -> str:
        """Whose change it is, as a message says it."""
        return self.person or self.author


class Share(StrEnum):
    """How much of a change a plan ships."""

    WHOLE = "whole"
    PART = "part"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Covered:
    """One change against a plan: how much ships, and which files would be left behind."""

    change: Change
    share: Share
    left_behind: tuple[str, ...] = ()


def coverage(changes: Iterable[Change], plan: Plan) -> tuple[Covered, ...]:
    """Hold every pending change against the plan, in the order given."""
    return tuple(_one(change, plan.paths) for change in changes)


def shipped(found: Iterable[Covered]) -> tuple[Change, ...]:
    """The changes of which the plan ships something."""
    return tuple(c.change for c in found if c.share is not Share.APART)


def _one(change: Change, paths: tuple[str, ...]) -> Covered:
    inside = [f for f in change.files if covered(f, paths)]
    if not inside:
        return Covered(change, Share.APART)
    outside = tuple(f for f in change.files if not covered(f, paths))
    return Covered(change, Share.PART if outside else Share.WHOLE, outside)
