"""Finds what is wrong between keys and between files, also while other keys have faults of their own.

So it reads the files as TOML has them, and passes over whatever does not have the right shape: that is
told elsewhere.
"""

import ipaddress
import re
import ssl
import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from swatbot.config.faults import Fault, nearest
from swatbot.config.served import served_faults
from swatbot.config.types import hosts
from swatbot.domain.hosts import fold
from swatbot.domain.stage import Stage

Table: TypeAlias = dict[str, Any]
Found: TypeAlias = Iterator[tuple[str, str]]
"""Key and sentence of each fault."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a config refers to outside of itself: where relative paths start, and the environment."""

    directory: Path
    environ: Mapping[str, str]


def cross_faults(name: str, file: str, raw: Table) -> Iterator[Fault]:
    """The faults between the keys of one file.

    Args:
        name: of the file, without its directory.
        file: as messages name it.
        raw: its content.
    """
    yield from (
        Fault(file, key, text) for place, table in _every(raw, "") for key, text in _places(place, table)
    )
    check = {
        "swatbot.toml": _networks,
        "fleet.toml": _fleet,
        "people.toml": _people,
        "checks.toml": _checks,
        "windows.toml": _freezes,
    }[name]
    yield from (Fault(file, key, text) for key, text in check(raw))


def between_faults(file: str, people: Table, swatbot: Table) -> Iterator[Fault]:
    """Accounts of IRC networks that the bot is not on, so that nothing could ever prove them.

    Args:
        file: people.toml, as messages name it.
        people: its content.
        swatbot: the content of swatbot.toml.
    """
    listed = (irc.get("network") for _, irc in _tables(swatbot, "irc"))
    networks = {name for name in listed if isinstance(name, str)}
    persons = ((name, person) for name, person in people.items() if isinstance(person, dict))
    for name, person in persons if networks else ():
        for _, account in _listed(person, "accounts"):
            kind, _, network = account.partition("/")[0].partition(":")
            if kind == "irc" and network not in networks:
                why = f"{account}: swatbot.toml has no [[irc]] network {network}"
                yield Fault(file, f"{name}.accounts", why + nearest(network, networks))


def secret_faults(file: str, raw: Table, around: Surroundings) -> Iterator[Fault]:
    """What is wrong with the secrets and certificates themselves, which not everybody may see.

    Args:
        file: as messages name it.
        raw: its content.
        around: where they are.
    """
    for place, table in _every(raw, ""):
        yield from (Fault(file, key, text) for key, text in _secrets(place, table, around))


def _every(table: Table, key: str) -> Iterator[tuple[str, Table]]:
    """All tables in a table, innermost first, with their keys."""
    dot = f"{key}." if key else ""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _every(value, f"{dot}{name}")
    for inner, one in (found for name in table for found in _tables(table, name)):
        yield from _every(one, f"{dot}{inner}")
    yield key, table


def _places(key: str, table: Table) -> Found:
    variable = table.get("password_env")
    if isinstance(variable, str) and not _VARIABLE.fullmatch(variable):
        # Not repeated: it may be the password itself.
        yield _below(key, "password_env"), "expected the name of an environment variable, in capitals"
    if "password_env" in table and "password_file" in table:
        yield key, "has both password_env and password_file, expected one of them"


def _secrets(key: str, table: Table, around: Surroundings) -> Found:
    variable, file = table.get("password_env"), table.get("password_file")
    named = isinstance(variable, str) and _VARIABLE.fullmatch(variable)
    if named and variable not in around.environ:
        yield _below(key, "password_env"), f"the environment variable {variable} is not set"
    for fault in _file_faults(around.directory / Path(file).expanduser()) if isinstance(file, str) else ():
        yield _below(key, "password_file"), fault
    trusted = table.get("ca_file")
    for fault in (
        _ca_faults(around.directory / Path(trusted).expanduser()) if isinstance(trusted, str) else ()
    ):
        yield _below(key, "ca_file"), fault


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _file_faults(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            first = file.readline().strip()
        mode = path.stat().st_mode
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"
        return
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        yield f"{path} can be read or written by everyone on this machine: chmod o= {path}"
    if not first:
        yield f"{path} has an empty first line, expected the password there"


def _ca_faults(path: Path) -> Iterator[str]:
    """Told before a host or a network is blamed for it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        yield f"{path} holds no certificates, expected them in PEM form"
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"


def _without_tls(key: str, table: Table, how: str) -> Found:
    for name in ("ca_file", "server_name"):
        if name in table:
            yield _below(key, name), f"means nothing without {how}"


def _networks(raw: Table) -> Found:
    yield from _twice(raw, "irc", "network")
    for key, irc in _tables(raw, "irc"):
        if irc.get("tls") is False and not _loopback(irc.get("host")):
            yield f"{key}.tls", "found false, expected true: without TLS only to this machine itself"
        if irc.get("tls") is False:
            yield from _without_tls(key, irc, "TLS")
        secret = "password_env" in irc or "password_file" in irc
        if bool(irc.get("sasl_account")) != secret:
            lacks = "sasl_account" if secret else "password_env or password_file"
            yield key, f"can not log in without {lacks}"


def _loopback(host: object) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _fleet(raw: Table) -> Found:
    yield from _twice(raw, "group", "name")
    where: dict[str, list[str]] = defaultdict(list)
    for key, group in _tables(raw, "group"):
        for host in _hosts(group):
            where[host].append(str(group.get("name", key)))
    yield from _shared_hosts(where)
    for key, group in _tables(raw, "group"):
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
    names = {group["name"] for _, group in _tables(raw, "group") if isinstance(group.get("name"), str)}
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


def _people(raw: Table) -> Found:
    owners: dict[tuple[str, str], str] = {}
    for name, person in raw.items():
        if not isinstance(person, dict):
            continue
        ids = [("name", name), *_listed(person, "accounts"), *_listed(person, "emails")]
        for kind, value in ids:
            first = owners.setdefault((kind, value.casefold()), name)
            if first != name:
                yield f"{name}.{kind}", f"{value} belongs to {first} already"
    yield from _nobody(raw)


def _nobody(raw: Table) -> Found:
    persons = [person for person in raw.values() if isinstance(person, dict)]
    if not any(p.get("role", "person") != "person" and p.get("accounts") for p in persons):
        yield "", 'nobody could deploy: give somebody with an account role = "deployer" or role = "admin"'


def _checks(raw: Table) -> Found:
    yield from _twice(raw, "check", "name")
    for key, check in _tables(raw, "check"):
        if check.get("username") and not ("password_env" in check or "password_file" in check):
            yield key, "has a username, and neither password_env nor password_file"
        if check.get("kind") in ("http", "served") and check.get("scheme", "http") == "http":
            yield from _without_tls(key, check, 'scheme = "https"')
        if check.get("kind") == "served":
            yield from ((_below(key, name), text) for name, text in served_faults(check))
        if check.get("kind") == "logs" and check.get("stages", ["canaries"]) != ["canaries"]:
            yield f"{key}.stages", 'expected ["canaries"]: logs are watched while canaries take traffic'
    yield from _unchecked(raw)


def _unchecked(raw: Table) -> Found:
    listed = raw.get("check", [])
    stages = [check.get("stages", ["canaries"]) for _, check in _tables(raw, "check")]
    odd = not isinstance(listed, list) or len(stages) < len(listed)
    if odd or any(not isinstance(named, list) or "canaries" in named for named in stages):
        return
    yield (
        "",
        (
            "no check runs on the canaries, so every deployment would pass unchecked: "
            'write a [[check]] with stages = ["canaries"], as in the sample'
        ),
    )


def _freezes(raw: Table) -> Found:
    for key, freeze in _tables(raw, "freeze"):
        start, until = freeze.get("from"), freeze.get("until")
        zoned = [t for t in (start, until) if isinstance(t, datetime) and t.tzinfo is not None]
        if len(zoned) == 2 and zoned[1] <= zoned[0]:
            yield f"{key}.until", f"found {until}, expected a time after {start}"


def _twice(raw: Table, key: str, field: str) -> Found:
    seen: dict[str, str] = {}
    for place, table in _tables(raw, key):
        value = table.get(field)
        if isinstance(value, str) and seen.setdefault(value, place) != place:
            yield f"{place}.{field}", f"{value} is the {field} of {seen[value]} already"


def _tables(raw: Table, key: str) -> Iterator[tuple[str, Table]]:
    listed = raw.get(key)
    for i, table in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(table, dict):
            yield f"{key}[{i}]", table


def _listed(person: Table, key: str) -> list[tuple[str, str]]:
    values = person.get(key)
    return [(key, v) for v in values if isinstance(v, str)] if isinstance(values, list) else []


def _hosts(group: Table) -> tuple[str, ...]:
    try:
        return hosts(group.get("hosts"))
    except ValueError:
        return ()


def _meant(word: object, known: object) -> str:
    return nearest(word, known) if isinstance(word, str) and isinstance(known, (dict, tuple)) else ""
