"""Finds what is wrong between the keys of fleet.toml: a host is in one place, and what is named is there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from swatbot.config.faults import nearest
from swatbot.config.raw import Found, Table, listed, named, tables, twice
from swatbot.config.state_dirs import state_dir_faults
from swatbot.config.types import hosts
from swatbot.config.ways import way_faults
from swatbot.domain.hosts import fold
from swatbot.domain.stage import Stage


def fleet_faults(raw: Table) -> Found:
    """Key and sentence of each fault between the keys of fleet.toml.

    Where a group's hosts could not be found (which is told elsewhere), nobody is told that a host is not
    there; nor where a file or a command says the hosts, and one that is named here may be gone by tomorrow.
    """
    yield from twice(raw, "group", "name")
    where: dict[str, list[str]] = defaultdict(list)
    groups: dict[str, Table] = {}
    for key, group in tables(raw, "group"):
        for host in _hosts(group):
            where[host].append(str(group.get("name", key)))
            groups.setdefault(host, group)
    yield from _shared_hosts(where)
    yield from way_faults(raw, groups, complete=_complete(raw))
    yield from _tables_of_hosts(raw)
    for key, group in tables(raw, "group"):
        yield from state_dir_faults(key, group, _hosts(group))
    yield from _stages(raw)
    yield from _sites(raw)
    yield from _pull(raw)
    yield from _excluded(raw, where)


def _tables_of_hosts(raw: Table) -> Found:
    for key, group in tables(raw, "group"):
        for table in ("addresses", "ports", "http_ports"):
            own = () if _moves(group) else _hosts(group)
            for host in group[table] if isinstance(group.get(table), dict) and own else ():
                if host not in own:
                    yield f"{key}.{table}.{host}", f"the group has no host {host}{_meant(host, own)}"


def _shared_hosts(where: Mapping[str, list[str]]) -> Found:
    shared: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for host, groups in where.items():
        if len(groups) > 1:
            shared[tuple(groups)].append(host)
    for places, names in shared.items():
        yield "group", f"{fold(names)} found in {_places(places)}, expected in one group only"


def _places(groups: Sequence[str]) -> str:
    """The groups; two of one name, which is a fault of its own, are told apart by their number."""
    if len(set(groups)) == 1:
        return f"{len(groups)} groups named {groups[0]}"
    return " and ".join(groups)


def _stages(raw: Table) -> Found:
    table = raw.get("stages")
    stages: Table = table if isinstance(table, dict) else {}
    names = {group["name"] for _, group in tables(raw, "group") if isinstance(group.get("name"), str)}
    seen: dict[str, str] = {}
    for stage in Stage:
        found = stages.get(stage.value)
        for i, group in enumerate(found if isinstance(found, list) else ()):
            key = f"stages.{stage}[{i}]"
            if not isinstance(group, str):
                continue
            if group not in names:
                yield key, f"there is no group {group}{nearest(group, names)}"
            elif group in seen:
                yield key, f"{group} is in the stage {seen[group]} already, expected in one stage only"
            seen.setdefault(group, stage.value)


def _sites(raw: Table) -> Found:
    sites = dict(named(raw, "sites"))
    groups = [group for _, group in tables(raw, "group")]
    for key, group in tables(raw, "group"):
        site = group.get("site")
        if sites and isinstance(site, str) and site not in sites:
            yield f"{key}.site", f"there is no [sites.{site}]{nearest(site, sites)}"
    for name, site in sites.items():
        inside = [group for group in groups if group.get("site") == name]
        if not inside:
            yield f"sites.{name}", f'no group has site = "{name}"'
        elif not any(_moves(group) or not _hosts(group) for group in inside):
            yield from _proxies(raw, name, _hosts(site, "proxies"), inside)


def _proxies(raw: Table, site: str, proxies: tuple[str, ...], groups: Sequence[Table]) -> Found:
    """A test server gets deployments that nobody has verified, so others must not have them from there."""
    stages = raw.get("stages")
    first = stages.get(Stage.TESTSERVERS.value) if isinstance(stages, dict) else ()
    tests = first if isinstance(first, list) else ()
    near = {host: group.get("name") for group in groups for host in _hosts(group)}
    key = f"sites.{site}.proxies"
    if strangers := [host for host in proxies if host not in near]:
        yield key, f"{fold(strangers)} found, expected hosts of groups with this site"
    if odd := [host for host in proxies if host in near and near[host] in tests]:
        yield key, f"{fold(odd)} found, expected hosts that are no test servers"


def _pull(raw: Table) -> Found:
    """Without the deployment host's daemon nobody has anything from which to pull."""
    table = raw.get("pull")
    pull: Table = table if isinstance(table, dict) else {}
    if pull.get("transfer") == "pull" and "url" not in pull:
        yield "pull.url", "is missing, expected where the deployment host's rsync daemon serves the snapshots"
    if "proxy_url" in pull and "url" not in pull:
        yield "pull.proxy_url", "means nothing without url: proxies pull from the deployment host"
    for name, site in named(raw, "sites"):
        if _hosts(site, "proxies") and "url" in pull and "proxy_url" not in pull:
            yield "pull.proxy_url", f"is missing, expected where the proxies of {name} serve what they pulled"
    url = pull.get("url")
    if isinstance(url, str) and "{" in url:
        yield "pull.url", "has a name in braces: the deployment host is one host"


def _excluded(raw: Table, where: Mapping[str, object]) -> Found:
    seen: dict[str, str] = {}
    known = _complete(raw) and not any(_moves(group) for _, group in tables(raw, "group"))
    for key, entry in tables(raw, "exclude"):
        for host in _hosts(entry):
            if known and host not in where:
                yield f"{key}.hosts", f"there is no host {host}{_meant(host, where)}"
            if seen.setdefault(host, key) != key:
                yield f"{key}.hosts", f"{host} is excluded by {seen[host]} already"
    yield from _emptied(raw, set(seen))


def _emptied(raw: Table, excluded: set[str]) -> Found:
    table = raw.get("stages")
    stages: Table = table if isinstance(table, dict) else {}
    for stage in Stage:
        groups = {group for _, group in listed(stages, stage.value)}
        own = [_hosts(group) for _, group in tables(raw, "group") if group.get("name") in groups]
        if own and all(own) and not {host for found in own for host in found} - excluded:
            yield f"stages.{stage}", "all its hosts are excluded"


def _complete(raw: Table) -> bool:
    """Whether the hosts of all groups are known."""
    return all(_hosts(group) for _, group in tables(raw, "group"))


def _moves(group: Table) -> bool:
    """Whether what the group's hosts are is said outside of the config."""
    return "hosts_file" in group or "hosts_command" in group


def _hosts(table: Table, key: str = "hosts") -> tuple[str, ...]:
    try:
        return hosts(table.get(key))
    except ValueError:
        return ()


def _meant(word: object, known: object) -> str:
    return nearest(word, known, fold) if isinstance(word, str) and isinstance(known, (dict, tuple)) else ""
