"""Finds what is wrong with the ways to hosts: two that lead to one directory, and jumps that lead nowhere.

Two hosts that are one directory would be staged, checked and fenced as two, and neither would be what it is
believed to be. Such addresses are compared as they are written: nobody is asked where a name leads.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from swatbot.config.faults import nearest
from swatbot.config.raw import Found, Table, tables
from swatbot.domain.hosts import fold


class Way(NamedTuple):
    """Where a host's files are; the same address behind another jump host is another machine."""

    address: str
    port: int
    root: str
    jump: str

    def __str__(self) -> str:
        through = f", through {self.jump}" if self.jump else ""
        return f"address {self.address}, port {self.port}, root {self.root}{through}"


def way_faults(raw: Table, where: Mapping[str, Table], *, complete: bool) -> Found:
    """Key and sentence of each fault in how hosts are reached.

    Args:
        raw: the content of fleet.toml.
        where: the group of each host.
        complete: whether the hosts of all groups are known.
    """
    yield from _one_directory(where)
    yield from _jumps(raw, where) if complete else ()


def _one_directory(where: Mapping[str, Table]) -> Found:
    same: dict[Way, list[str]] = defaultdict(list)
    for host, group in where.items():
        if (way := _way(host, group)) is not None:
            same[way].append(host)
    for way, names in same.items():
        if len(names) > 1:
            yield "group", f"{fold(names)} are one directory of one machine: {way}"


def _way(host: str, group: Table) -> Way | None:
    """Where a host's files are, None where the config has the wrong shape for that."""
    addresses, ports = (_table(group, key) for key in ("addresses", "ports"))
    address = addresses.get(host) or group.get("address", "{host}")
    port, root, jump = ports.get(host, group.get("port", 22)), group.get("root"), group.get("jump", "")
    if not (isinstance(address, str) and isinstance(root, str) and isinstance(jump, str)):
        return None
    if type(port) is not int:
        return None
    # A name that is the same in other letters, or with the root's dot, is the same name.
    written = (address if host in addresses else address.replace("{host}", host)).lower().rstrip(".")
    return Way(written, port, posixpath.normpath(root.replace("{host}", host)), jump)


def _jumps(raw: Table, where: Mapping[str, Table]) -> Found:
    for key, group in tables(raw, "group"):
        jump = group.get("jump")
        if not isinstance(jump, str) or not jump:
            continue
        if jump not in where:
            yield f"{key}.jump", f"there is no host {jump}{nearest(jump, where, fold)}"
        elif (hops := _circle(group, where)) is not None:
            between = f" by way of {', '.join(hops[1:])}" if hops[1:] else ""
            yield f"{key}.jump", f"{jump} is reached through itself{between}: name a host outside of its way"


def _circle(group: Table, where: Mapping[str, Table]) -> list[str] | None:
    """The jump hosts from a group back to itself, None where they do not lead back."""
    hops: list[str] = []
    for hop, next_group in _hops(group, where):
        hops.append(hop)
        if next_group is group:
            return hops
    return None


def _hops(group: Table, where: Mapping[str, Table]) -> Iterator[tuple[str, Table]]:
    """The jump hosts on a group's way, each with its own group; none twice."""
    seen: set[str] = set()
    while isinstance(hop := group.get("jump"), str) and hop in where and hop not in seen:
        seen.add(hop)
        group = where[hop]
        yield hop, group


def _table(group: Table, key: str) -> Table:
    found = group.get(key)
    return found if isinstance(found, dict) else {}
