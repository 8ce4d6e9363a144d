"""Reads `config/*.toml` into frozen settings, and tells every fault of all files at once."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from swatbot.config.cross import between_faults, cross_faults
from swatbot.config.faults import ConfigError, Fault, translate
from swatbot.config.fleet import FleetFile, GroupSection
from swatbot.config.inventory import find_hosts
from swatbot.config.keys import ssh_faults
from swatbot.config.probes import ChecksFile
from swatbot.config.sections import (
    LocalSection,
    PersonSection,
    SwatbotFile,
    WindowsFile,
)
from swatbot.config.unseen import Surroundings, secret_faults
from swatbot.domain.findings import StageHosts
from swatbot.domain.person import People, Person, Role
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Budget, Stage

__all__ = ["Config", "ConfigError", "Place", "load", "local_socket"]

REQUIRED = ("swatbot.toml", "fleet.toml", "people.toml", "checks.toml")
OPTIONAL = ("windows.toml",)

_AnyModel = TypeVar("_AnyModel", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host belongs.

    Attributes:
        host: its name.
        group: the one it is in.
        stage: that of the group, None if no stage has it (a jump host, say).
        excluded: why it is left out of its stage, "" if it is not.
    """

    host: str
    group: GroupSection
    stage: Stage | None
    excluded: str


@dataclass(frozen=True)
class Config:
    """All settings; each attribute is one file.

    Attributes:
        swatbot: the bot itself, its tree, its decisions, its networks.
        fleet: hosts and stages.
        checks: the automated probes.
        windows: windows and freezes.
        persons: by name.
        unseen: what is wrong with secrets, certificates and keys, where they were not asked for.
    """

    swatbot: SwatbotFile
    fleet: FleetFile
    checks: ChecksFile
    windows: WindowsFile
    persons: Mapping[str, PersonSection]
    unseen: tuple[Fault, ...] = ()

    def rules(self) -> Rules:
        """The site's decisions."""
        deploy = self.swatbot.deploy
        budgets = {stage: Budget(b.hosts, b.share) for stage, b in deploy.budgets.items()}
        same = {key: getattr(deploy, key) for key in type(deploy).model_fields if key != "budgets"}
        stages = tuple(StageHosts(stage, self.hosts(stage)) for stage in Stage)
        ignore = self.swatbot.tree.ignore
        return Rules(stages=stages, budgets=budgets, ignore=ignore, people=self.people(), **same)

    def people(self) -> People:
        """Everyone in people.toml."""
        return People(
            tuple(
                Person(name, Role[p.role.upper()], p.accounts, tuple(e.lower() for e in p.emails), p.nick)
                for name, p in self.persons.items()
            )
        )

    def hosts(self, stage: Stage) -> tuple[str, ...]:
        """The hosts of a stage, group by group, without those that are excluded."""
        groups = {group.name: group for group in self.fleet.group}
        named = (host for name in self.fleet.stages.groups(stage) for host in groups[name].hosts)
        return tuple(host for host in named if host not in self.excluded)

    @cached_property
    def excluded(self) -> Mapping[str, str]:
        """Hosts that are left out of every stage, also such as no group has, and why."""
        return {host: entry.why for entry in self.fleet.exclude for host in entry.hosts}

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Every host of every group, in the order of the file, with all that is true of it."""
        stages = {name: stage for stage in Stage for name in self.fleet.stages.groups(stage)}
        return {
            host: Place(host, group, stages.get(group.name), self.excluded.get(host, ""))
            for group in self.fleet.group
            for host in group.hosts
        }

    def proxies(self, site: str) -> tuple[str, ...]:
        """The hosts from which others of a site may pull, without those that are excluded or gone."""
        section = self.fleet.sites.get(site)
        named = section.proxies if section else ()
        return tuple(host for host in named if host in self.places and not self.places[host].excluded)

    def group_of(self, host: str) -> GroupSection:
        """The group of a host.

        Raises:
            KeyError: no group has it.
        """
        return self.places[host].group


def load(
    directory: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    secrets: bool = True,
    keys: bool = False,
    inventory: bool = True,
) -> Config:
    """Read and check the config.

    Args:
        directory: where the files are; relative paths in them start here.
        environ: where `password_env` is looked up.
        secrets: whether a password or certificate that is not there is a fault; if not, it is only told in
            `unseen`.
        keys: whether the files of [ssh] are looked at too, like secrets; hosts tell of them otherwise.
        inventory: whether the files and commands that say a group's hosts are asked; if not, such a group has
            none.

    Raises:
        ConfigError: with one line for every fault in any of the files.
    """
    reader = _Reader(Surroundings(directory, environ))
    raw = {name: reader.read(name) for name in (*REQUIRED, *OPTIONAL)}
    unseen = (*reader.secrets(raw), *(reader.keys("fleet.toml", raw) if keys else ()))
    if secrets:
        reader.faults += unseen
    if inventory:
        reader.inventory("fleet.toml", raw)
    swatbot = reader.model("swatbot.toml", raw, SwatbotFile)
    fleet = reader.model("fleet.toml", raw, FleetFile)
    checks = reader.model("checks.toml", raw, ChecksFile)
    windows = reader.model("windows.toml", raw, WindowsFile)
    persons = reader.persons("people.toml", raw)
    reader.between(raw)
    reader.look_around()
    if reader.faults or swatbot is None or fleet is None or checks is None or windows is None:
        raise ConfigError(reader.faults)
    return Config(swatbot, fleet, checks, windows, persons, unseen)


def local_socket(directory: Path) -> Path | None:
    """Where the bot on this machine listens, None for nowhere. Nothing else in the config need be right.

    Raises:
        ConfigError: swatbot.toml can not be read, or its [local] has faults.
    """
    reader = _Reader(Surroundings(directory, {}))
    section = reader.table("swatbot.toml", reader.read("swatbot.toml"), "local", LocalSection)
    if section is None:
        raise ConfigError(reader.faults)
    return section.socket


class _Reader:
    """Collects faults while the files are read one by one."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._context = {"directory": around.directory}
        self.faults: list[Fault] = []

    def read(self, name: str) -> dict[str, Any] | None:
        """The content of a file; None if it can not be had, {} if it is not there and need not be."""
        try:
            return tomllib.loads(self._path(name).read_text("utf-8"))
        except FileNotFoundError:
            if name in OPTIONAL:
                return {}
            self._fault(name, "is missing: copy the sample of this name, and change it")
        except OSError as error:
            self._fault(name, f"can not be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self._fault(name, f"is not UTF-8 at byte {error.start}")
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"(.*) \(at (.*)\)", str(error))
            self._fault(name, f"{place[2]}: {place[1]}" if place else str(error))
        return None

    def model(
        self, name: str, raw: Mapping[str, dict[str, Any] | None], model: type[_AnyModel]
    ) -> _AnyModel | None:
        """A file's content as its model, or None and faults."""
        content = raw[name]
        if content is None:
            return None
        found = None
        try:
            found = model.model_validate(content, context=self._context)
        except ValidationError as error:
            self.faults += translate(self._shown(name), model, error)
        self.faults += cross_faults(name, self._shown(name), content)
        return found

    def table(
        self, name: str, content: dict[str, Any] | None, key: str, model: type[_AnyModel]
    ) -> _AnyModel | None:
        """One table of a file as its model, with its defaults where it is left out; None and faults."""
        if content is None:
            return None
        try:
            return model.model_validate(content.get(key, {}), context=self._context)
        except ValidationError as error:
            self.faults += translate(self._shown(name), model, error, key)
            return None

    def secrets(self, raw: Mapping[str, dict[str, Any] | None]) -> tuple[Fault, ...]:
        """What is wrong with the secrets that the files name."""
        return tuple(
            fault
            for name, content in raw.items()
            for fault in secret_faults(self._shown(name), content or {}, self._around)
        )

    def keys(self, name: str, raw: Mapping[str, dict[str, Any] | None]) -> tuple[Fault, ...]:
        """What is wrong with the files without which no host lets us in."""
        found = ssh_faults((raw[name] or {}).get("ssh"), self._around.directory)
        return tuple(Fault(self._shown(name), key, text) for key, text in found)

    def inventory(self, name: str, raw: Mapping[str, dict[str, Any] | None]) -> None:
        """Fill in the hosts that a file or a command says."""
        self.faults += find_hosts(self._shown(name), raw[name] or {}, self._around.directory)

    def persons(self, name: str, raw: Mapping[str, dict[str, Any] | None]) -> dict[str, PersonSection]:
        """The persons in a file whose keys are names."""
        content = raw[name]
        if content is None:
            return {}
        found = {}
        for person, table in content.items():
            if re.search(r"\s", person) or not person:
                self.faults.append(Fault(self._shown(name), person, "expected a name without spaces"))
            try:
                found[person] = TypeAdapter(PersonSection).validate_python(table)
            except ValidationError as error:
                self.faults += translate(self._shown(name), PersonSection, error, person)
        self.faults += cross_faults(name, self._shown(name), content)
        return found

    def between(self, raw: Mapping[str, dict[str, Any] | None]) -> None:
        """What is wrong between two files."""
        people, swatbot = raw["people.toml"], raw["swatbot.toml"]
        if people and swatbot:
            self.faults += between_faults(self._shown("people.toml"), people, swatbot)

    def look_around(self) -> None:
        """A file with nearly the right name is one that somebody believes to be read."""
        known = [name.removesuffix(".toml") for name in (*REQUIRED, *OPTIONAL)]
        strangers = {p.stem for p in self._around.directory.glob("*.toml")} - set(known)
        for stem in sorted(strangers):
            if close := difflib.get_close_matches(stem, known, 1, 0.75):
                self._fault(f"{stem}.toml", f"is not read, did you mean {close[0]}.toml?")

    def _path(self, name: str) -> Path:
        return self._around.directory / name

    def _shown(self, name: str) -> str:
        return str(self._path(name))

    def _fault(self, name: str, text: str) -> None:
        self.faults.append(Fault(self._shown(name), "", text))
