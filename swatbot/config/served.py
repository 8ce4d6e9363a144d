"""Finds what is wrong between the keys that say how a `served` check reads file and answer."""

from collections.abc import Iterator, Mapping

_WAYS = ("pointer", "pattern")


def served_faults(check: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Key and sentence of each fault in a [[check]] of this kind: there is exactly one way to compare."""
    if all(way in check or f"file_{way}" in check for way in _WAYS):
        yield "pattern", "has a pointer beside it, expected one of them"
    for way in _WAYS:
        ours, files = way in check, f"file_{way}" in check
        if "digest" in check and files:
            yield f"file_{way}", "means nothing with digest, which is that of the whole file"
        elif "digest" not in check and ours != files:
            lacks = f"file_{way}" if ours else way
            yield lacks, f"is missing, expected beside {f'file_{way}' if files else way}"
