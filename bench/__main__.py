"""Runs the benchmarks, prints their figures, and keeps them: `python -m bench [PART]`."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import chat, coverage, fleet, journal, process
from bench.figures import Figure, show, write
from swatbot.errors import OperationalError

PARTS: dict[str, Callable[[int], Iterable[Figure]]] = {
    "chat": chat.measure,
    "process": process.measure,
    "journal": journal.measure,
    "coverage": coverage.measure,
    "fleet": fleet.measure,
}
_ABOUT = """\
parts:
  chat     from a line received to the reply handed to the send queue, with and without fleet syncs running
  process  memory and idle CPU of one bot with 100 hosts connected
  journal  what an append takes, and how soon another process sees a record
  coverage what `swatbot coverage` takes for a history of 30,000 commits
  fleet    syncs of up to 300 hosts and connections to 1,000, beside one ssh process and rsync pull for each;
           as root, with a real sshd from apt

A figure is never an assertion: where a goal is missed, the table says so. The machine should have nothing
else to do meanwhile; all parts together take about 17 minutes, fleet nine of them."""


def main() -> None:
    """Run the parts that are asked for, all of them by default."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="swatbot's benchmarks.",
        epilog=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", nargs="*", metavar="PART", help=f"one or more of: {', '.join(PARTS)}")
    parser.add_argument("--requests", type=int, default=1000, help="of each kind in chat (default: 1000)")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where figures are kept")
    options = parser.parse_args()
    unknown = [part for part in options.part if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # so that servers are ended too
    figures: list[Figure] = []
    faults: list[str] = []
    for part in options.part or PARTS:
        print(f"-- {part} ...", file=sys.stderr)
        try:
            figures.extend(PARTS[part](options.requests))  # where a part fails, what it found by then stays
        except OperationalError as error:
            faults.append(f"{part}: {error}")
    if figures:
        print(show(figures))
        write(figures, options.out)
        print(f"\nkept in {options.out}")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
