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


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += handle.readlink().name.startswith("socket:")
        except OSError:  # it was closed in this moment
            continue
    return found
