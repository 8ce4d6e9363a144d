"""Prints what was found at hosts: a line for all that are alike, or JSON; and what to do about faults."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from swatbot.bootstrap import Report
from swatbot.domain.hosts import fold

_MIB, _GIB = 1 << 20, 1 << 30
_HINTS = {
    "unknown host key": "compare the fingerprint with what `ssh-keygen -l` says of the public key on the "
    "host; if it is the same, add the line that `ssh-keyscan` prints to known_hosts.",
    "host key changed": "was the host set up anew? Then compare the fingerprint there, and put the new key "
    "in that line's place. If not, somebody else answers for it.",
    "login as": "put the public half of a key of [ssh] into the user's authorized_keys on the host.",
    "no key to log in": "name a private key in [ssh] keys, or set agent = true and give the "
    "agent one (`ssh-add -l` lists those that it has).",
    "the helper did not start(?!.*(login shell|install sudo|no user))": "try it by hand, as the bot: "
    "ssh USER@HOST sudo -n -u RUN_AS PYTHON -V. It must be 3.7 or newer; run_as needs a line in sudoers "
    "that asks for no password.",
    "the helper can not work: (No such file|Permission denied|Operation not permitted)": "the root must be "
    "there, also the directory of state_dir if it is set; and run_as must be able to write beside the root.",
    "the helper can not work: Not a directory": "if root is a link on the host, name the directory that it "
    "leads to.",
    "Name or service not known|name resolution|No address associated": "see `address` and `addresses` of the "
    "group: this machine must find the host by them (`getent hosts ADDRESS`).",
    "refused$|does not answer|No route": "is the host up? `!exclude HOST WHY`, or [[exclude]] in "
    "fleet.toml, leaves it out.",
}
_REPAIR = "`!repair HOST` puts a host back to what the fleet holds; so does the next deployment."


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """A line for each set of hosts of which the same is to be told, and hints at the end."""
    alike: dict[tuple[str, ...], list[Report]] = defaultdict(list)
    for report in reports:
        alike[_kind(report)].append(report)
    for same in alike.values():
        yield _line(same)
    faults = "\n".join(report.fault for report in reports)
    yield from (f"hint: {hint}" for fault, hint in _HINTS.items() if re.search(fault, faults, re.MULTILINE))
    if any(r.differing or r.unfinished or r.stale for r in reports if not r.fit):
        yield f"hint: {_REPAIR}"


def document(reports: Sequence[Report]) -> Iterator[str]:
    """A JSON list, one host on each line."""
    rows = [json.dumps(_values(report)) for report in reports]
    yield "[" + ",\n ".join(rows) + "]"


def _kind(report: Report) -> tuple[str, ...]:
    """What hosts on one line have in common."""
    place, seen = report.place, report.visited
    facts = seen.facts if seen else None
    return (
        _place(report),
        _without_names(report),
        seen.key_type if seen else "",
        seen.noise if seen else "",
        facts.python if facts else "",
        _rsync(report),
        _silent(report),
        place.excluded,
        _held(report),
    )


def _line(same: Sequence[Report]) -> str:
    first = same[0]
    return f"{fold(r.place.host for r in same)}  {_place(first)}: {'; '.join(_parts(same))}"


def _place(report: Report) -> str:
    place = report.place
    stage = place.stage.value if place.stage else "no stage"
    inside = f"group {place.group.name}" + (f", site {place.group.site}" if place.group.site else "")
    return f"{stage} ({inside})"


def _parts(same: Sequence[Report]) -> Iterator[str]:
    first = same[0]
    if first.place.excluded:
        yield f"excluded: {first.place.excluded}"
    if first.visited is None:
        return
    if first.fault:
        yield f"NOT FIT: {first.fault if len(same) == 1 else _without_names(first)}"
    elif not first.place.excluded:
        yield "fit" if first.fit else "NOT FIT"
    yield from filter(None, (_held(first), _key(same), *_tools(same), _clock(same)))
    if first.visited.noise:
        yield f'its shell prints "{first.visited.noise}" before anything else'


def _held(report: Report) -> str:
    """What a host holds; "" if that is not known."""
    if not report.digest:
        return ""
    stale = f", and missed {', '.join(f'#{n}' for n in report.stale)}" if report.stale else ""
    left = f", and {report.unfinished}" if report.unfinished else ""
    match report.differing:
        case None:
            said = f"holds {report.digest[:6]}"
        case 0:
            said = f"holds {report.digest[:6]} as the fleet does"
        case number:
            during = f" (#{report.active} is under way)" if report.active else ""
            files = f"{number} file{'' if number == 1 else 's'}"
            said = f"holds {report.digest[:6]}, {files} not as the fleet has them{during}"
    return f"{said}{stale}{left}"


def _key(same: Sequence[Report]) -> str:
    seen = same[0].visited
    if seen is None or not seen.key_type:
        return ""
    keys = {r.visited.fingerprint for r in same if r.visited}
    return f"{seen.key_type} {seen.fingerprint}" if len(keys) == 1 else f"{seen.key_type}, {len(keys)} keys"


def _tools(same: Sequence[Report]) -> Iterator[str]:
    facts = [r.visited.facts for r in same if r.visited and r.visited.facts]
    if not facts:
        return
    yield f"Python {facts[0].python}, {_rsync(same[0])}{_silent(same[0])}"
    yield _free([f.free for f in facts])


def _free(sizes: Sequence[int]) -> str:
    if min(sizes) < _GIB:
        return _span([float(size // _MIB) for size in sizes], ".0f", "MiB free")
    return _span([size / _GIB for size in sizes], ".1f", "GiB free")


def _rsync(report: Report) -> str:
    return "rsync" if report.visited and report.visited.rsync else "no rsync"


def _silent(report: Report) -> str:
    """The rsync daemons that do not answer the host; contents are pushed to it then."""
    silent = report.visited.silent if report.visited else ()
    return f" that can not pull from {fold(silent)}" if silent else ""


def _clock(same: Sequence[Report]) -> str:
    offsets = [r.visited.clock_offset for r in same if r.visited and r.visited.clock_offset is not None]
    return f"clock {_span(offsets, '+.2f', 's')}" if offsets else ""


def _span(values: Sequence[float], form: str, unit: str) -> str:
    low, high = (format(round(value, 2) + 0.0, form) for value in (min(values), max(values)))
    return f"{low} {unit}" if low == high else f"{low} to {high} {unit}"


def _without_names(report: Report) -> str:
    """A fault without what is different at each host, so that many that are down are one line."""
    place = report.place
    address = place.group.address_of(place.host)
    text = report.fault
    for name in sorted({address, place.host}, key=len, reverse=True):
        text = text.replace(name, "HOST")
    text = re.sub(r"\[HOST\]:\d+|HOST port \d+", "HOST", text)
    return re.sub(r"SHA256:\S+?(?=[,:]|$|\s)", "SHA256:…", re.sub(r"\bline \d+", "a line", text))


def _values(report: Report) -> dict[str, Any]:
    place, seen = report.place, report.visited
    facts = seen.facts if seen else None
    return {
        "host": place.host,
        "stage": place.stage.value if place.stage else None,
        "group": place.group.name,
        "site": place.group.site or None,
        "excluded": place.excluded or None,
        "fit": report.fit,
        "fault": report.fault or None,
        "key_type": seen.key_type or None if seen else None,
        "fingerprint": seen.fingerprint or None if seen else None,
        "noise": seen.noise or None if seen else None,
        "python": facts.python if facts else None,
        "rsync": seen.rsync or None if seen else None,
        "silent_daemons": list(seen.silent) if seen else [],
        "free_bytes": facts.free if facts else None,
        "clock_offset_seconds": seen.clock_offset if seen else None,
        "holds": report.digest or None,
        "differing_files": report.differing,
        "unfinished": report.unfinished or None,
        "stale": list(report.stale),
    }
