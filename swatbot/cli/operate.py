"""Commands for who runs the bot: the config, the baseline, the bot itself, and a word to it."""

import logging
import os
import pwd
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from swatbot.adapters.local_chat import say as say_locally
from swatbot.bootstrap import PARTS, Process, look_at_networks, look_at_workspaces, take_baseline
from swatbot.cli.common import FAULT, config_option, count, end, told
from swatbot.config import Config, load, local_socket
from swatbot.domain.hosts import fold
from swatbot.domain.stage import Stage
from swatbot.errors import UserError
from swatbot.visiting_networks import found_of


@click.command()
@click.argument("name", required=False, type=click.Choice(PARTS))
@config_option
@told
def run(name: str | None, directory: Path) -> None:
    """Run the bot, or one part of it.

    Without NAME all configured parts run in this process. With NAME only that one does: the parts may
    run in several processes on this machine, and meet in the journal.
    """
    logging.getLogger().setLevel(logging.INFO)
    process = Process(load(directory), [name] if name else PARTS)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: process.ended.set())
    process.start()
    try:
        process.ended.wait()
    finally:
        process.stop()
    if process.fault:
        end(process.fault, FAULT)


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--wait", default=3.0, show_default=True, help="Seconds of silence after which to leave.")
@config_option
@told
def say(words: tuple[str, ...], wait: float, directory: Path) -> None:
    """Say a line to the bot that runs on this machine, and read its answer.

    You speak as local:HOST/USER, which people.toml may map to a person: the way in when there is no chat.
    Quote the line, so that the shell leaves it alone:

        swatbot say '!sync-dir wmf-config Mend the search'
    """
    path = local_socket(directory)
    if path is None:
        raise UserError("swatbot.toml has no [local] socket: without it nobody can speak to the bot here")
    sys.exit(say_locally(Path(path), " ".join(words), click.echo, wait))


@click.command("check-config")
@config_option
@click.option("--secrets", is_flag=True, help="A password or key that can not be used from here is a fault.")
@click.option("--live", is_flag=True, help="Also look at every IRC server, and at Slack. Needs secrets.")
@told
def check_config(directory: Path, *, secrets: bool, live: bool) -> None:
    """Read the config, and tell every fault in it at once.

    Passwords and keys that only the bot may see are told, and are no faults. As the bot, with its
    environment, say --secrets. With --live every IRC server is gone to and logged in at, under another nick
    and in no channel, and what it can prove of people is told; of Slack, tokens, scopes, channels and clock
    are looked at. A bot that runs is not disturbed.
    """
    config = load(directory, secrets=secrets or live, keys=True)
    for note in (*map(str, config.unseen), *_notes(config)):
        click.echo(f"note: {note}")
    stages = ", ".join(f"{stage.stage.value} {len(stage.hosts)}" for stage in config.rules().stages)
    checks = count(len(config.checks.check), "check")
    people = count(len(config.persons), "person", "people")
    windows = count(len(config.windows.window), "window")
    click.echo(f"{directory} is well: {stages}; {checks}; {people}; {windows}.")
    if live and not _look_at_networks(config):
        sys.exit(FAULT)


def _look_at_networks(config: Config) -> bool:
    """Tell what every IRC server and workspace is like; whether the bot can be at all of them."""
    well = True
    for seen in look_at_networks(config):
        click.echo(f"irc {seen.network}, {seen.server[0]} port {seen.server[1]}: {found_of(seen)}")
        well = well and not seen.fault
    for team, looked in look_at_workspaces(config):
        click.echo(f"slack {team}, {looked.what}: {looked.found}")
        well = well and looked.well
    if not (config.swatbot.irc or config.swatbot.slack):
        click.echo("no chat network is configured: nothing to look at")
    return well


def _notes(config: Config) -> Iterator[str]:
    """What is no fault, and may yet be a mistake."""
    for entry in config.fleet.exclude:
        known = [host for host in entry.hosts if host in config.places]
        gone = [host for host in entry.hosts if host not in config.places]
        if known:
            yield f"{fold(known)} is in no stage: {entry.why}"
        if gone:
            yield f"{fold(gone)} is excluded, and no group has it"
    canaries, fleet = (
        {config.places[host].group.site for host in config.hosts(stage)}
        for stage in (Stage.CANARIES, Stage.FLEET)
    )
    for site in sorted(fleet - canaries):
        yield f"the site {site} has no canary" if site else "hosts of the fleet without a site have no canary"


@click.command()
@click.option(
    "--at", "commit", default="", help="The commit that the hosts hold. Default: the newest that fits."
)
@config_option
@told
def baseline(commit: str, directory: Path) -> None:
    """Take over what the fleet holds, once, before the first deployment.

    Every host is asked to prove what it holds. That must be the same everywhere, and equal to a commit
    of the tree, which is found if it is not named; where it is not, hosts and files are named.
    """
    click.echo(take_baseline(load(directory, secrets=False), commit, f"local user {_user()}"))


def _user() -> str:
    """Who runs this, as the operating system knows it: the environment may say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
