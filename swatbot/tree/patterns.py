"""Which files of the tree are left alone: the glob patterns of `[tree] ignore` and `[tree] private`."""

import re
from collections.abc import Sequence
from fnmatch import translate


class Patterns:
    """Glob patterns over paths.

    A pattern without a slash (`*.md`) matches a name at any depth, one that ends with a slash (`tests/`)
    a directory of that name, and any other (`wmf-config/*.sample`) the path from the top of the tree.
    What lies under a directory that matches, matches. `*` also matches a slash. The directory `.git`
    matches always, since it is no part of what is deployed.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        cleaned = [p.strip("/") for p in patterns if p.strip("/")]
        self._name = _any_of([".git", *(p for p in cleaned if "/" not in p)])
        self._path = _any_of([p for p in cleaned if "/" in p])

    def match(self, path: str) -> bool:
        """Whether the path, or a directory above it, matches one of the patterns."""
        parts = path.split("/")
        return any(self.match_here(part, "/".join(parts[: n + 1])) for n, part in enumerate(parts))

    def match_here(self, name: str, path: str) -> bool:
        """The same for a path whose last part is `name`, if it is known that nothing above it matches."""
        return bool(self._name.match(name) or self._path.match(path))


def _any_of(globs: Sequence[str]) -> re.Pattern[str]:
    """One expression for all globs; for none, one that never matches."""
    return re.compile("|".join(translate(glob) for glob in globs) or r"(?!)")
