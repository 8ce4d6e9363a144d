"""What a process uses, as the kernel tells it."""

import os
import threading
from pathlib import Path
from time import monotonic


def memory(pid: int) -> dict[str, float]:
    """Resident (`Rss`) and proportional (`Pss`) memory in MB; some kernels have only the first."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii").replace("VmRSS", "Rss")
    rows = (line.split() for line in text.splitlines())
    return {row[0].rstrip(":"): int(row[1]) / 1024 for row in rows if row and row[0] in ("Rss:", "Pss:")}


def cpu_seconds(pid: int) -> float:
    """CPU time of a process since it began, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share(pid: int, seconds: float) -> float:
    """Per cent of one core that a process uses while this waits."""
    before, began = cpu_seconds(pid), monotonic()
    threading.Event().wait(seconds)
    return 100 * (cpu_seconds(pid) - before) / (monotonic() - began)


def children(pid: int) -> list[int]:
    """The processes that a process has started and that live."""
    return [child for child, (parent, *_) in _processes().items() if parent == pid]


def family_cpu(pid: int, name: str = "") -> float:
    """CPU seconds of a process and of all that come from it: those that live, and those it has waited for.

    With a name, only of those whose program's name begins so.

    What lives is read to the nanosecond: a sync costs a target less than the hundredth of a second in which
    the kernel counts otherwise. What has ended is counted in its parent.
    """
    found = _processes()
    total, wanted = 0.0, [pid]
    while wanted:
        one = wanted.pop()
        if found[one][2].startswith(name):
            total += found[one][1] + _run_seconds(one)
        wanted += [child for child, (parent, *_) in found.items() if parent == one]
    return total


def loopback_bytes() -> int:
    """What went over the loopback device since the machine was started, headers included."""
    rows = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.lstrip().startswith("lo:"))


def _processes() -> dict[int, tuple[int, float, str]]:
    """Of each process its parent, the CPU seconds of the children that it has waited for, and its name."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit():
                continue
            text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended in this moment
            continue
        said, _, rest = text.rpartition(") ")
        fields = rest.split()
        waited = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        found[int(entry.name)] = (int(fields[1]), waited, said.partition(" (")[2])
    return found


def _run_seconds(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except FileNotFoundError:  # this kernel has none, or it has ended
        return cpu_seconds(pid) if Path(f"/proc/{pid}").exists() else 0.0


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += handle.readlink().name.startswith("socket:")
        except OSError:  # it was closed in this moment
            continue
    return found
