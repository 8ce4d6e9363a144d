"""Finds what is wrong between keys and between files, also while other keys have faults of their own.

So it reads the files as TOML has them, and passes over whatever does not have the right shape: that is
told elsewhere.
"""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from swatbot.config.cross_fleet import fleet_faults
from swatbot.config.faults import Fault, nearest
from swatbot.config.raw import Found, Table, below, every, listed, tables, twice
from swatbot.config.served import served_faults
from swatbot.config.types import server
from swatbot.config.unseen import SECRETS, VARIABLE

_ROLES = ("channels", "progress_channels", "log_channels")


def cross_faults(name: str, file: str, raw: Table) -> Iterator[Fault]:
    """The faults between the keys of one file.

    Args:
        name: of the file, without its directory.
        file: as messages name it.
        raw: its content.
    """
    yield from (
        Fault(file, key, text) for place, table in every(raw, "") for key, text in _places(place, table)
    )
    check = {
        "swatbot.toml": _networks,
        "fleet.toml": fleet_faults,
        "people.toml": _people,
        "checks.toml": _checks,
        "windows.toml": _freezes,
    }[name]
    yield from (Fault(file, key, text) for key, text in check(raw))


def between_faults(file: str, people: Table, swatbot: Table) -> Iterator[Fault]:
    """Accounts of networks that the bot is not on, so that nothing could ever prove them.

    Args:
        file: people.toml, as messages name it.
        people: its content.
        swatbot: the content of swatbot.toml.
    """
    told = (irc.get("network") for _, irc in tables(swatbot, "irc"))
    networks = {name for name in told if isinstance(name, str)}
    persons = ((name, person) for name, person in people.items() if isinstance(person, dict))
    accounts = [(name, account) for name, person in persons for _, account in listed(person, "accounts")]
    for name, account in accounts:
        kind, _, network = account.partition("/")[0].partition(":")
        if kind == "irc" and networks and network not in networks:
            why = f"{account}: swatbot.toml has no [[irc]] network {network}"
            yield Fault(file, f"{name}.accounts", why + nearest(network, networks))
        # Users of other workspaces come through shared channels, so only having none at all is a fault.
        if kind == "slack" and not swatbot.get("slack"):
            yield Fault(file, f"{name}.accounts", f"{account}: swatbot.toml has no [[slack]]")


def _places(key: str, table: Table) -> Found:
    for name in SECRETS:
        variable = table.get(f"{name}_env")
        if isinstance(variable, str) and not VARIABLE.fullmatch(variable):
            # Not repeated: it may be the secret itself.
            yield below(key, f"{name}_env"), "expected the name of an environment variable, in capitals"
        if f"{name}_env" in table and f"{name}_file" in table:
            yield key, f"has both {name}_env and {name}_file, expected one of them"


def _without_tls(key: str, table: Table, how: str) -> Found:
    for name in ("ca_file", "server_name", "cert_file"):
        if name in table:
            yield below(key, name), f"means nothing without {how}"


def _networks(raw: Table) -> Found:
    yield from twice(raw, "irc", "network")
    yield from twice(raw, "slack", "team")
    for key, slack in tables(raw, "slack"):
        yield from _workspace(key, slack)
    for key, irc in tables(raw, "irc"):
        hosts = [irc.get("host"), *(_host_of(text) for _, text in listed(irc, "other_hosts"))]
        if irc.get("tls") is False and not all(map(_loopback, hosts)):
            yield f"{key}.tls", "found false, expected true: without TLS only to this machine itself"
        yield from _channels(key, irc)
        if irc.get("tls") is False:
            yield from _without_tls(key, irc, "TLS")
        yield from _login(key, irc)


def _workspace(key: str, slack: Table) -> Found:
    """What is there twice, and what is missing that nobody could connect without."""
    url = slack.get("api_url", "https:")
    host = urlsplit(url).hostname if isinstance(url, str) else None
    if isinstance(url, str) and url.startswith("http:") and not _loopback(host):
        yield below(key, "api_url"), "without TLS only to this machine itself: tokens go there"
    for name in ("bot_token", "app_token"):
        if not (f"{name}_env" in slack or f"{name}_file" in slack):
            yield key, f"can not connect without {name}_env or {name}_file"
    yield from _roles(key, slack)


def _host_of(text: str) -> str:
    try:
        return server(text)[0]
    except ValueError:
        return text  # a fault of its own, told elsewhere


def _channels(key: str, irc: Table) -> Found:
    """What is no channel, and what has two roles."""
    for role in _ROLES:
        for _, channel in listed(irc, role):
            if channel[:1] not in ("#", "&", "+", "!") or "," in channel:
                yield below(key, role), f'found "{channel}", expected a channel such as "#deploy"'
    yield from _roles(key, irc)


def _roles(key: str, network: Table) -> Found:
    seen: dict[str, str] = {}
    for role in _ROLES:
        for _, channel in listed(network, role):
            first = seen.setdefault(channel.casefold(), role)
            if first != role:
                yield below(key, role), f"{channel} is one of {first} already"


def _login(key: str, irc: Table) -> Found:
    """Who logs in needs an account and a proof of it; a certificate alone does no harm."""
    secret = "password_env" in irc or "password_file" in irc
    if secret and not irc.get("sasl_account"):
        yield key, "can not log in without sasl_account"
    if irc.get("sasl_account") and not (secret or "cert_file" in irc):
        yield key, "can not log in without password_env, password_file or cert_file"
    if "key_file" in irc and "cert_file" not in irc:
        yield f"{key}.key_file", "means nothing without cert_file"


def _loopback(host: object) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _people(raw: Table) -> Found:
    owners: dict[tuple[str, str], str] = {}
    for name, person in raw.items():
        if not isinstance(person, dict):
            continue
        ids = [("name", name), *listed(person, "accounts"), *listed(person, "emails")]
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
    yield from twice(raw, "check", "name")
    for key, check in tables(raw, "check"):
        if check.get("username") and not ("password_env" in check or "password_file" in check):
            yield key, "has a username, and neither password_env nor password_file"
        if check.get("kind") in ("http", "served") and check.get("scheme", "http") == "http":
            yield from _without_tls(key, check, 'scheme = "https"')
        if check.get("kind") == "served":
            yield from ((below(key, name), text) for name, text in served_faults(check))
        if check.get("kind") == "logs" and check.get("stages", ["canaries"]) != ["canaries"]:
            yield f"{key}.stages", 'expected ["canaries"]: logs are watched while canaries take traffic'
    yield from _unchecked(raw)


def _unchecked(raw: Table) -> Found:
    checks = raw.get("check", [])
    stages = [check.get("stages", ["canaries"]) for _, check in tables(raw, "check")]
    odd = not isinstance(checks, list) or len(stages) < len(checks)
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
    for key, freeze in tables(raw, "freeze"):
        start, until = freeze.get("from"), freeze.get("until")
        zoned = [t for t in (start, until) if isinstance(t, datetime) and t.tzinfo is not None]
        if len(zoned) == 2 and zoned[1] <= zoned[0]:
            yield f"{key}.until", f"found {until}, expected a time after {start}"
