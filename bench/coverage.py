"""What `swatbot coverage` takes for a history of 30,000 commits, beside what git alone takes to list it."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.figures import Figure

COMMITS = 30_000
_GOAL = 2.0
_FILES, _AUTHORS = 400, 60
_TOPS = ("wmf-config", "dblists", "static", "w", "docroot", "tests")


def measure(_requests: int) -> list[Figure]:
    """The program as a person starts it, its table going nowhere; git's own listing is the baseline."""
    with tempfile.TemporaryDirectory(prefix="swatbot-bench-") as name:
        tree = Path(name) / "tree"
        make_repository(tree, COMMITS)
        listing = ["git", "-C", str(tree), "log", "--name-only", "--no-renames", "main"]
        bare, _ = _timed(listing)
        asked = ["coverage", "main", "--tree", str(tree), "--paths", "wmf-config", "--ignore", "tests/"]
        command = [sys.executable, "-m", "swatbot", *asked]
        whole, first = _timed(command)
        as_json, _ = _timed([*command, "--format", "json"])
    thousands = COMMITS / 1000
    note = f"a history of {COMMITS:,} commits"
    return [
        Figure("coverage", "per 1,000 commits", whole / thousands, "s", bare / thousands, _GOAL, note),
        Figure("coverage", "per 1,000 commits, as JSON", as_json / thousands, "s", bare / thousands, _GOAL),
        Figure("coverage", "until the first commit is shown", first, "s", note="the program's start with it"),
    ]


def _timed(command: list[str]) -> tuple[float, float]:
    """Seconds until the command ends, and until it printed its second line: before that is the heading."""
    began = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        first = perf_counter() - began
        for _ in process.stdout:
            pass
    assert process.returncode == 0, command
    return perf_counter() - began, first


def make_repository(tree: Path, commits: int) -> None:
    """A history with edits, renames, deletions, and a merge after about every twentieth commit."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(tree)], check=True)
    importing = ["git", "-C", str(tree), "fast-import", "--quiet", "--force"]
    with subprocess.Popen(importing, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for part in _stream(commits):
            process.stdin.write(part)
    assert process.returncode == 0


def _stream(commits: int) -> Iterator[bytes]:
    rng = random.Random(30_000)  # noqa: S311 - the same history every time
    files = [f"{rng.choice(_TOPS)}/{n % 23}/file{n}" for n in range(_FILES)]
    yield _commit(1, "main", rng, "", [_edit(path, 0) for path in files])
    side = 0
    for number in range(2, commits + 1):
        if side and rng.random() < 0.3:
            yield _commit(number, "main", rng, f"merge :{side}\n", [_edit(files[0], number)])
            side = 0
        elif not side and rng.random() < 0.05:
            parent = f"from :{number - 1}\n"
            yield _commit(number, "side", rng, parent, [_edit(f"static/side/{number}", number)])
            side = number
        else:
            yield _commit(number, "main", rng, "", _steps(files, number, rng))


def _steps(files: list[str], number: int, rng: random.Random) -> list[str]:
    """Mostly an edit or two; a rename or a deletion now and then."""
    n, chance = rng.randrange(len(files)), rng.random()
    if chance < 0.05:
        old, files[n] = files[n], f"{rng.choice(_TOPS)}/{number % 23}/moved{number}"
        return [f"R {old} {files[n]}\n"]
    if chance < 0.08:
        old, files[n] = files[n], f"{rng.choice(_TOPS)}/{number % 23}/new{number}"
        return [f"D {old}\n", _edit(files[n], number)]
    chosen = [files[0] if rng.random() < 0.3 else files[n]]
    chosen += rng.sample(files, rng.choice((0, 0, 0, 0, 1, 3)))
    return [_edit(path, number) for path in dict.fromkeys(chosen)]


def _edit(path: str, number: int) -> str:
    text = f"{path} {number}\n"
    return f"M 100644 inline {path}\ndata {len(text)}\n{text}"


def _commit(number: int, branch: str, rng: random.Random, parents: str, steps: list[str]) -> bytes:
    who = rng.randrange(_AUTHORS)
    message = f"Change {number} (T{number})"
    return (
        f"commit refs/heads/{branch}\nmark :{number}\n"
        f"committer Author {who} <author{who}@example.org> {1_300_000_000 + number * 9000} +0000\n"
        f"data {len(message)}\n{message}\n{parents}{''.join(steps)}\n"
    ).encode()
