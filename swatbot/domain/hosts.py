"""Host names as people read them: mw[1261-1263] instead of three names (ClusterShell's folding)."""

import re
from collections import defaultdict
from collections.abc import Iterable

_NUMBERED = re.compile(r"(?P<head>.*?)(?P<digits>\d+)(?P<tail>\D*)", re.DOTALL)
_FOLDED = re.compile(r"(?P<head>[^\[\]]*)\[(?P<ranges>[\d,-]+)\](?P<tail>[^\[\]]*)")
_LARGEST_RANGE = 100_000
_LONGEST_QUOTE = 60

Families = dict[tuple[str, str, int], set[int]]
"""Numbers by what stands before and after them, and how wide they are padded with zeros (0: not at all)."""


def fold(names: Iterable[str]) -> str:
    """Write host names in short: {"mw1261", "mw1262", "db1"} -> "db1,mw[1261-1262]".

    The last run of digits in a name is what is folded; its zero padding is kept apart.
    """
    families: Families = defaultdict(set)
    plain: set[str] = set()
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            plain.add(name)
            continue
        digits = match["digits"]
        padding = len(digits) if digits.startswith("0") and len(digits) > 1 else 0
        families[match["head"], match["tail"], padding].add(int(digits))
    _join(families)
    folded = [_family(*family, numbers) for family, numbers in families.items()]
    return ",".join(sorted([*plain, *folded]))


def unfold(text: str) -> tuple[str, ...]:
    """Read what `fold` writes: "mw[1261-1262],db1" -> ("mw1261", "mw1262", "db1").

    Raises:
        ValueError: a range is malformed, runs backwards, or names over 100,000 hosts; the text is quoted as
            it was given.
    """
    names: list[str] = []
    parts = re.findall(r"(?:[^,\[\]]|\[[^\]]*\])+|[\[\]]", text.replace(" ", ""))
    try:
        for part in parts:
            names.extend(_unfold_one(part))
    except _BrokenError as error:
        raise ValueError(f"{error}: {_quoted(text)}") from None
    return tuple(dict.fromkeys(names))


class _BrokenError(Exception):
    """A part of a text can not be unfolded; what is wrong, without the text."""


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")


def _unfold_one(part: str) -> list[str]:
    if "[" not in part and "]" not in part:
        return [part]
    match = _FOLDED.fullmatch(part)
    if match is None:
        raise _BrokenError("not a host range")
    return [f"{match['head']}{n}{match['tail']}" for r in match["ranges"].split(",") for n in _numbers(r)]


def _numbers(piece: str) -> list[str]:
    first, dash, last = piece.partition("-")
    last = last if dash else first
    if not (first.isdigit() and last.isdigit()):
        raise _BrokenError("not a host range")
    low, high = int(first), int(last)
    if high < low or high - low > _LARGEST_RANGE:
        raise _BrokenError(f"host range {piece!r} runs backwards or is too long")
    width = len(first) if first.startswith("0") else 0
    return [str(n).zfill(width) for n in range(low, high + 1)]


def _join(families: Families) -> None:
    """A number that fills the width of padded ones goes with them: 10 follows 09."""
    for head, tail, padding in [key for key in families if key[2]]:
        bare = families.get((head, tail, 0), set())
        full = {n for n in bare if len(str(n)) == padding}
        families[head, tail, padding] |= full
        bare -= full
        if not bare:
            families.pop((head, tail, 0), None)


def _family(head: str, tail: str, padding: int, numbers: set[int]) -> str:
    if len(numbers) == 1:
        return f"{head}{str(next(iter(numbers))).zfill(padding)}{tail}"
    return f"{head}[{','.join(_runs(sorted(numbers), padding))}]{tail}"


def _runs(numbers: list[int], padding: int) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [
        str(run[0]).zfill(padding)
        if len(run) == 1
        else f"{str(run[0]).zfill(padding)}-{str(run[-1]).zfill(padding)}"
        for run in runs
    ]
