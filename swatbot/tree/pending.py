"""Which commits the fleet does not hold yet: git's graph held against the marks. Pure."""

from collections.abc import Callable, Iterable, Sequence

from swatbot.domain.coverage import Change
from swatbot.domain.findings import Mark
from swatbot.domain.manifest import covered
from swatbot.domain.person import People
from swatbot.errors import OperationalError
from swatbot.tree.history import Commit


def effective(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks that still say something: not those whose path a later mark covers."""
    later: list[str] = []
    kept: list[Mark] = []
    for mark in reversed(marks):
        if not covered(mark.path, later):
            kept.append(mark)
            later.append(mark.path)
    return tuple(reversed(kept))


def mark_for(path: str, marks: Sequence[Mark]) -> Mark | None:
    """The last mark that covers a path."""
    return next((mark for mark in reversed(marks) if covered(path, (mark.path,))), None)


def pending(
    commits: Sequence[Commit],
    head: str,
    marks: Sequence[Mark],
    differs: Callable[[str], bool],
    people: People,
) -> tuple[Change, ...]:
    """The commits of head that some path's mark does not have, with the paths the fleet holds differently.

    Args:
        commits: from `History.since` for this head and these marks, newest first.
        head: the commit checked out.
        marks: the effective marks.
        differs: whether a path is deployed, and tree and fleet differ in it; asked once for each path.
        people: whose addresses are whose.

    Raises:
        OperationalError: the tree's history has nothing in common with what the fleet holds.
    """
    graph = {commit.id: commit for commit in commits}
    held = {mark.commit: _reach(mark.commit, graph) for mark in marks}
    if _unrelated(head, graph):
        raise OperationalError(
            "the tree's history was rewritten: it has nothing in common with what the fleet holds; "
            'say "swatbot baseline" to take over anew what the fleet holds'
        )
    ours = _reach(head, graph)
    answers: dict[str, bool] = {}

    def waits(commit: Commit, path: str) -> bool:
        mark = mark_for(path, marks)
        if mark is not None and commit.id in held[mark.commit]:
            return False
        if path not in answers:
            answers[path] = differs(path)
        return answers[path]

    found = ((c, tuple(p for p in c.paths if waits(c, p))) for c in commits if c.id in ours)
    return tuple(_change(commit, files, people) for commit, files in found if files)


def _reach(tip: str, graph: dict[str, Commit]) -> frozenset[str]:
    """The commits of the graph that a tip contains, itself included."""
    reached: set[str] = set()
    waiting = [tip]
    while waiting:
        commit = graph.get(waiting.pop())
        if commit is not None and commit.id not in reached:
            reached.add(commit.id)
            waiting.extend(commit.parents)
    return frozenset(reached)


def _unrelated(head: str, graph: dict[str, Commit]) -> bool:
    """Whether no way leads from head out of the graph, to what every mark contains."""
    ours = _reach(head, graph)
    parents: Iterable[str] = (parent for commit in ours for parent in graph[commit].parents)
    return bool(ours) and all(parent in graph for parent in parents)


def _change(commit: Commit, files: tuple[str, ...], people: People) -> Change:
    person = people.by_email(commit.email)
    name = person.name if person else ""
    return Change(commit.id, commit.author, commit.email, commit.subject, commit.when, files, name)
