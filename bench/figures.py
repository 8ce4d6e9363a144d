"""What a benchmark found, as values: percentiles, the printed table, and the kept file."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_HEAD = ("part", "figure", "value", "unit", "baseline", "ratio", "goal", "")
_RIGHT = (False, False, True, False, True, True, True, False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        part: the benchmark.
        name: what was measured.
        value: how much.
        unit: of value, baseline and goal.
        baseline: what the bare operation under it takes here, None if there is none to compare with.
        goal: the most that it should be, None if it is told for information.
        note: what one must know to read it.
    """

    part: str
    name: str
    value: float
    unit: str
    baseline: float | None = None
    goal: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the baseline it is."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether it is within its goal, None without one."""
        return None if self.goal is None else self.value <= self.goal


def percentile(samples: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of the samples does not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(
    part: str, name: str, seconds: Sequence[float], baseline: float | None, goals: tuple[float, float] | None
) -> list[Figure]:
    """Median, 99th percentile and maximum of what was timed, in milliseconds; the baseline is in seconds."""
    base = None if baseline is None else baseline * 1000
    p50, p99 = goals or (None, None)
    return [
        Figure(part, f"{name}, p50", percentile(seconds, 0.50) * 1000, "ms", base, p50),
        Figure(part, f"{name}, p99", percentile(seconds, 0.99) * 1000, "ms", base, p99),
        Figure(part, f"{name}, max", max(seconds) * 1000, "ms", base),
    ]


def show(figures: Iterable[Figure]) -> str:
    """The figures as a table."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def write(figures: Iterable[Figure], path: Path) -> None:
    """Keep the figures as JSON: a list of objects, null where something does not apply."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = [asdict(figure) | {"ratio": figure.ratio, "met": figure.met} for figure in figures]
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = zip(_RIGHT, row, widths, strict=True)
    return "  ".join(
        cell.rjust(width) if right else cell.ljust(width) for right, cell, width in cells
    ).rstrip()


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    note = f" ({figure.note})" if figure.note else ""
    return (
        figure.part,
        figure.name + note,
        _number(figure.value),
        figure.unit,
        _number(figure.baseline),
        _ratio(figure.ratio),
        f"<= {_short(figure.goal)}" if figure.goal is not None else "",
        verdict,
    )


def _ratio(value: float | None) -> str:
    """Both ways round a person would say it: so many times as much, or one of so many parts."""
    if not value:
        return ""
    return f"{value:.1f}x" if value >= 1 else f"1/{1 / value:.1f}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
