"""Which commits the fleet does not hold yet: git's graph held against the marks. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from swatbot.domain.coverage import Cancelled, Change, cancel
from swatbot.domain.findings import Mark, mark_for
from swatbot.domain.manifest import covered
from swatbot.domain.person import People
from swatbot.errors import OperationalError
from swatbot.tree.history import Commit, reach


def effective(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks that still say something: not those whose path a later mark covers."""
    later: list[str] = []
    kept: list[Mark] = []
    for mark in reversed(marks):
        if not covered(mark.path, later):
            kept.append(mark)
            later.append(mark.path)
    return tuple(reversed(kept))


_REVERT = re.compile(r'(?P<verb>Revert|Reapply) "(?P<what>.*)"')


@dataclass(frozen=True, slots=True)
class Waiting:
    """What stands between the fleet and the tree, as commits.

    Attributes:
        changes: commits of the tree that some path's mark does not have, newest first, with the paths that
            the fleet holds differently, or would if no edit undid that; without those that cancel out.
        cancelled: changes that wait together with their revert, and the paths that they touch.
        undone: commits that some path's mark has and the tree has not, with the paths that differ.
    """

    changes: tuple[Change, ...]
    cancelled: dict[Cancelled, frozenset[str]]
    undone: tuple[Change, ...]


@dataclass(frozen=True)
class Sight:
    """What is seen of a path, or of commits in it.

    Attributes:
        deployed: whether it is deployed at all.
        differs: whether tree and fleet differ in it, if it is deployed.
        lacks: whether the tree has not what HEAD has there, though it does not differ from the fleet.
        is_nothing: whether these commits do nothing to it, taken together.
    """

    deployed: Callable[[str], bool]
    differs: Callable[[str], bool]
    lacks: Callable[[str], bool]
    is_nothing: Callable[[tuple[str, ...], str], bool]

    def once(self) -> "Sight":
        """The same, which looks at each path once."""
        return Sight(cache(self.deployed), cache(self.differs), cache(self.lacks), self.is_nothing)


def pending(
    commits: Sequence[Commit], head: str, marks: Sequence[Mark], sight: Sight, people: People
) -> Waiting:
    """Hold the commits against what the fleet holds.

    Args:
        commits: from `History.since` for this head and these marks, newest first.
        head: the commit checked out.
        marks: the effective marks.
        sight: what tree and git show.
        people: whose addresses are whose.

    Raises:
        OperationalError: the tree's history has nothing in common with what the fleet holds.
    """
    graph = {commit.id: commit for commit in commits}
    held = {mark.commit: reach(mark.commit, graph) for mark in marks}
    _refuse_unrelated(head, graph)
    ours, sight = reach(head, graph), sight.once()

    def has(commit: Commit, path: str) -> bool:
        mark = mark_for(path, marks)
        return mark is not None and commit.id in held[mark.commit]

    def change(commit: Commit, *, have: bool) -> Change:
        files = (p for p in commit.paths if sight.deployed(p) and has(commit, p) is have)
        return change_of(commit, people, tuple(files))

    waiting = [change(commit, have=False) for commit in commits if commit.id in ours]
    told = _with_reverts([c for c in waiting if c.files], graph, sight)
    left, cancelled = cancel(told, sight.differs, sight.is_nothing)
    back = [change(commit, have=True) for commit in commits if commit.id not in ours]
    return Waiting(
        _cut(left, lambda path: sight.differs(path) or sight.lacks(path)),
        cancelled,
        _cut(back, sight.differs),
    )


def change_of(commit: Commit, people: People, files: tuple[str, ...]) -> Change:
    """A commit as a change in these files."""
    person = people.by_email(commit.email)
    name = person.name if person else ""
    return Change(commit.id, commit.author, commit.email, commit.subject, commit.when, files, name)


def _cut(changes: Iterable[Change], wanted: Callable[[str], bool]) -> tuple[Change, ...]:
    """The changes with the files that are wanted; those that have none are left out."""
    found = (replace(c, files=tuple(f for f in c.files if wanted(f)), reverts=()) for c in changes)
    return tuple(change for change in found if change.files)


def _with_reverts(waiting: Sequence[Change], graph: dict[str, Commit], sight: Sight) -> list[Change]:
    """The changes that wait with what each of them reverts."""
    counted = {c.commit for c in waiting}
    silent = {commit.id for commit in graph.values() if not any(map(sight.deployed, commit.paths))}
    return [replace(c, reverts=_reverted(graph[c.commit], graph, counted, silent)) for c in waiting]


def _reverted(
    revert: Commit, graph: dict[str, Commit], waiting: set[str], silent: set[str]
) -> tuple[str, ...]:
    """What a commit reverts by its own words, of a merge what that merged; () unless all of it waits.

    Args:
        revert: the commit.
        graph: all commits.
        waiting: those that wait.
        silent: those that touch nothing that is deployed.
    """
    found: dict[str, None] = {}
    for word in revert.reverts:
        exact = graph.get(word)
        named = [exact] if exact else [commit for commit in graph.values() if commit.id.startswith(word)]
        named = named or _by_subject(revert, graph, waiting)
        if len(named) != 1 or named[0] is revert:
            return ()
        first, *merged = named[0].parents or ("",)
        inside = set[str]().union(*(reach(tip, graph) for tip in merged)) - reach(first, graph)
        found |= dict.fromkeys([named[0].id, *sorted(inside)])
    wanted = tuple(commit for commit in found if commit not in silent)
    return wanted if waiting.issuperset(wanted) else ()


def _by_subject(revert: Commit, graph: dict[str, Commit], waiting: set[str]) -> list[Commit]:
    """The newest older commit that waits and has the subject that is reverted: a rebase gives new ids."""
    quoted = _REVERT.fullmatch(revert.subject)
    if quoted is None:
        return []
    subject = quoted["what"] if quoted["verb"] == "Revert" else f'Revert "{quoted["what"]}"'
    older = list(graph.values())
    older = older[older.index(revert) + 1 :]
    return [commit for commit in older if commit.id in waiting and commit.subject == subject][:1]


def _refuse_unrelated(head: str, graph: dict[str, Commit]) -> None:
    """Some way must lead from head out of the graph, to what every mark contains."""
    ours = reach(head, graph)
    parents: Iterable[str] = (parent for commit in ours for parent in graph[commit].parents)
    if ours and all(parent in graph for parent in parents):
        raise OperationalError(
            "the tree's history was rewritten: it has nothing in common with what the fleet holds; "
            'run "swatbot baseline" on the deployment host to take that over anew'
        )
