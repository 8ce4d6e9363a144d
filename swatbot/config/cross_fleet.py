"""Finds what is wrong between the keys of fleet.toml: a host is in one place, and what is named is there."""

from collections import defaultdict
from collections.abc import Mapping

from swatbot.config.faults import nearest
from swatbot.config.raw import Found, Table, tables, twice
from swatbot.config.types import hosts
from swatbot.domain.hosts import fold
from swatbot.domain.stage import Stage


def fleet_faults(raw: Table) -> Found:
    """Key and sentence of each fault between the keys of fleet.toml."""
    yield from twice(raw, "group", "name")
    where: dict[str, list[str]] = defaultdict(list)
    for key, group in tables(raw, "group"):
        for host in _hosts(group):
            where[host].append(str(group.get("name", key)))
    yield from _shared_hosts(where)
    for key, group in tables(raw, "group"):
        if group.get("jump") and group["jump"] not in where:
            yield f"{key}.jump", f"there is no host {group['jump']}{_meant(group['jump'], where)}"
        for table in ("addresses", "ports", "http_ports"):
            own = _hosts(group)
            for host in group[table] if isinstance(group.get(table), dict) and own else ():
                if host not in own:
                    yield f"{key}.{table}.{host}", f"the group has no host {host}{_meant(host, own)}"
    yield from _stages(raw)


def _shared_hosts(where: Mapping[str, list[str]]) -> Found:
    shared: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for host, groups in where.items():
        if len(groups) > 1:
            shared[tuple(groups)].append(host)
    for places, names in shared.items():
        yield "group", f"{fold(names)} found in {' and '.join(places)}, expected in one group only"


def _stages(raw: Table) -> Found:
    table = raw.get("stages")
    stages: Table = table if isinstance(table, dict) else {}
    names = {group["name"] for _, group in tables(raw, "group") if isinstance(group.get("name"), str)}
    seen: dict[str, str] = {}
    for stage in Stage:
        listed = stages.get(stage.value)
        for i, group in enumerate(listed if isinstance(listed, list) else ()):
            key = f"stages.{stage}[{i}]"
            if not isinstance(group, str):
                continue
            if group not in names:
                yield key, f"there is no group {group}{nearest(group, names)}"
            elif group in seen:
                yield key, f"{group} is in the stage {seen[group]} already, expected in one stage only"
            seen.setdefault(group, stage.value)


def _hosts(group: Table) -> tuple[str, ...]:
    try:
        return hosts(group.get("hosts"))
    except ValueError:
        return ()


def _meant(word: object, known: object) -> str:
    return nearest(word, known) if isinstance(word, str) and isinstance(known, (dict, tuple)) else ""
