"""The config of a practice range, as the files that a site would write; the bot reads them like any other."""

import json
from collections.abc import Mapping
from pathlib import Path

from swatbot.domain.hosts import fold
from swatbot.domain.person import Person, Role
from swatbot.domain.stage import Stage
from swatbot.practice.facts import HostFacts, RangeFacts
from swatbot.practice.sample_files import SETTINGS

BOT = "swatbot"
CHANNEL = "#swat"
PASSWORD_ENV = "SWATBOT_PRACTICE_PASSWORD"  # noqa: S105 - the variable's name
_GROUPS = {Stage.TESTSERVERS: "debug", Stage.CANARIES: "canary", Stage.FLEET: "app"}

Value = str | int | bool | list[str] | list[list[str]] | Mapping[str, str | int]


Hooks = tuple[tuple[str, ...], ...]


def write_config(directory: Path, facts: RangeFacts, irc_port: int, hooks: Hooks = ()) -> Path:
    """Write the five files.

    Args:
        directory: where; made if it is not there.
        facts: the range.
        irc_port: of the range's IRC server on loopback.
        hooks: commands that every host runs after a sync.

    Returns:
        The directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state = facts.directory / "bot"
    state.mkdir(exist_ok=True)
    files = {
        "swatbot.toml": _swatbot(facts, state, irc_port),
        "fleet.toml": _fleet(facts, hooks),
        "checks.toml": _checks(facts),
        "people.toml": "\n".join(_person(p) for p in facts.people),
        "windows.toml": "# No windows here: one may always practise.\n",
    }
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def _swatbot(facts: RangeFacts, state: Path, irc_port: int) -> str:
    return "\n".join(
        (
            _table("[bot]", name=BOT, deploy_host="deploy1001"),
            _table("[journal]", path=str(state / "journal.sqlite")),
            _table(
                "[tree]",
                path=str(facts.tree),
                snapshots=str(state / "snapshots"),
                ignore=["tests/**", "*.md"],
            ),
            _table("[deploy]", outside="allow"),
            _table(
                "[[irc]]",
                network="practice",
                host="127.0.0.1",
                port=irc_port,
                tls=False,
                nick=BOT,
                channels=[CHANNEL],
                sasl_account=BOT,
                password_env=PASSWORD_ENV,
            ),
            _table("[local]", socket=str(state / "say.socket")),
        )
    )


def _fleet(facts: RangeFacts, hooks: Hooks) -> str:
    ssh = _table("[ssh]", known_hosts=str(facts.known_hosts), keys=[str(facts.client_key)])
    groups = [
        _group(name, [h for h in facts.hosts if h.stage is stage], facts.user, hooks)
        for stage, name in _GROUPS.items()
    ]
    stages = _table("[stages]", **{stage.value: [name] for stage, name in _GROUPS.items()})
    return "\n".join((ssh, *groups, stages))


def _group(name: str, hosts: list[HostFacts], user: str, hooks: Hooks) -> str:
    """One host's root holds its name, so a group's root is written with {host} in it."""
    root = str(hosts[0].root).replace(hosts[0].name, "{host}")
    return _table(
        "[[group]]",
        name=name,
        hosts=fold(h.name for h in hosts),
        address=hosts[0].address,
        ports={h.name: h.ssh_port for h in hosts},
        http_ports={h.name: h.http_port for h in hosts},
        user=user,
        root=root,
        after_sync=[list(hook) for hook in hooks],
    )


def _checks(facts: RangeFacts) -> str:
    every = [stage.value for stage in Stage]
    page = _table("[[check]]", kind="http", name="main page", stages=every, path="/", body="Practice")
    health = _table("[[check]]", kind="http", name="health", stages=every, path="/healthz")
    served = _table(
        "[[check]]",
        kind="served",
        name="served settings",
        stages=every,
        path="/config.json",
        file=SETTINGS,
        pointer=f"/files/{SETTINGS.replace('/', '~1')}",
        digest="sha256",
    )
    logs = _table(
        "[[check]]",
        kind="logs",
        name="logs",
        stages=[Stage.CANARIES.value],
        url=facts.log_url,
        index=facts.log_index,
    )
    return f"{health}\n{page}\n{served}\n{logs}"


def _person(person: Person) -> str:
    role = Role(person.role).name.lower()
    return _table(f"[{person.name}]", role=role, accounts=list(person.accounts), emails=list(person.emails))


def _table(header: str, **values: Value) -> str:
    """A TOML table; JSON's strings, numbers and lists are TOML's as well."""
    return "\n".join((header, *(f"{key} = {_value(value)}" for key, value in values.items()), ""))


def _value(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
