"""The command line: what an operator, or somebody who is curious, can do with swatbot."""

import logging
import os
import pwd
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import click

from swatbot import __version__
from swatbot.adapters.clock import SystemClock
from swatbot.adapters.local_chat import say as say_locally
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.audit import verify
from swatbot.bootstrap import PARTS, Process, read_status, take_baseline
from swatbot.config import ConfigError, load, local_socket
from swatbot.domain.plan import normal_path
from swatbot.errors import OperationalError, UserError
from swatbot.ports import LeaseTakenError
from swatbot.practice.config_files import CHANNEL
from swatbot.practice.demo import play
from swatbot.practising import bot, ground, introduction, prove
from swatbot.surveying import document, table
from swatbot.tree.survey import Survey

P = ParamSpec("P")
R = TypeVar("R")
_FAULT, _CONFIG, _TAKEN = 1, 2, 3


def _told(command: Callable[P, R]) -> Callable[P, R]:
    """Faults that are not bugs end in a sentence and an exit status, not in a trace."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            number = len(error.faults)
            _end(f"the config has {number} fault{'s' if number > 1 else ''}:\n{error}", _CONFIG)
        except LeaseTakenError as error:
            _end(f"{error}. Stop it first, or use `swatbot say` to speak to it.", _TAKEN)
        except (UserError, OperationalError) as error:
            _end(str(error), _FAULT)

    return guarded


def _end(text: str, status: int) -> NoReturn:
    click.echo(f"swatbot: {text}", err=True)
    sys.exit(status)


config_option = click.option(
    "--config",
    "directory",
    type=click.Path(path_type=Path),
    default=Path("config"),
    envvar="SWATBOT_CONFIG",
    show_default=True,
    show_envvar=True,
    help="Directory with swatbot.toml, fleet.toml and the other files.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="swatbot")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
def main(*, verbose: bool) -> None:
    """Chat-ops for deployment windows: what was verified is what ships.

    New here? `swatbot demo` plays two deployments on a practice range, with nothing to set up.
    """
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


@main.command()
@click.argument("name", required=False, type=click.Choice(PARTS))
@config_option
@_told
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
        _end(process.fault, _FAULT)


@main.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--wait", default=3.0, show_default=True, help="Seconds of silence after which to leave.")
@config_option
@_told
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


@main.command("check-config")
@config_option
@click.option("--secrets", is_flag=True, help="A password that can not be seen from here is a fault.")
@_told
def check_config(directory: Path, *, secrets: bool) -> None:
    """Read the config, and tell every fault in it at once.

    Passwords that only the bot may see are told, and are no faults. As the bot, with its environment,
    say --secrets.
    """
    config = load(directory, secrets=secrets)
    for fault in config.unseen:
        click.echo(f"note: {fault}")
    stages = ", ".join(f"{len(stage.hosts)} {stage.stage.value}" for stage in config.rules().stages)
    checks = _count(len(config.checks.check), "check")
    people = _count(len(config.persons), "person", "people")
    windows = _count(len(config.windows.window), "window")
    click.echo(f"{directory} is well: {stages}; {checks}; {people}; {windows}.")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


@main.command()
@click.option(
    "--at", "commit", default="", help="The commit that the hosts hold. Default: the newest that fits."
)
@config_option
@_told
def baseline(commit: str, directory: Path) -> None:
    """Take over what the fleet holds, once, before the first deployment.

    Every host is asked to prove what it holds. That must be the same everywhere, and equal to a commit
    of the tree, which is found if it is not named; where it is not, hosts and files are named.
    """
    click.echo(take_baseline(load(directory), commit, f"local user {_user()}"))


def _user() -> str:
    """Who runs this, as the operating system knows it: the environment may say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@main.command()
@click.argument("number", required=False, type=int)
@config_option
@_told
def status(number: int | None, directory: Path) -> None:
    """Tell how things stand, or how one deployment does; the bot need not run."""
    for line in read_status(load(directory, secrets=False), number):
        click.echo(line)


@main.command()
@click.argument("revisions", metavar="OLD..NEW")
@click.option("--paths", required=True, multiple=True, metavar="PATH[,PATH...]", help="What is synced.")
@click.option(
    "--tree",
    type=click.Path(path_type=Path),
    help="A git repository. Default: [tree] of the config if that is here, else this directory.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="GLOB[,GLOB...]",
    help="What is not deployed, like '*.md' or 'tests/'. Default: that of the config, if its tree is taken.",
)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@config_option
@_told
def coverage(
    revisions: str,
    paths: tuple[str, ...],
    tree: Path | None,
    ignore: tuple[str, ...],
    form: str,
    directory: Path,
) -> None:
    """Show which commits of any git history a sync of some paths would ship whole, in part or not at all.

    For each commit that is in NEW and not in OLD (or that led to NEW, if only that is named), newest first:
    whether PATH covers all files that it touches (whole), some of them (part, with those that would be left
    behind), or none (apart). A rename touches both of its paths. Commits that touch only what is not
    deployed are counted, and not listed. Needs no config and no bot:

        swatbot coverage HEAD~500..HEAD --paths src --tree ~/project
    """
    ignored = _split(ignore)
    if tree is None and (directory / "swatbot.toml").exists():
        section = load(directory, secrets=False).swatbot.tree
        if Path(section.path).is_dir():
            tree, ignored = Path(section.path), ignored or list(section.ignore)
        else:
            click.echo(f"note: the config's tree {section.path} is not here: taking this directory", err=True)
    wanted = [normal_path(path) for path in _split(paths)]
    survey = Survey(tree or Path(), revisions, wanted, ignored)
    for line in (table if form == "text" else document)(survey):
        click.echo(line)


def _split(values: tuple[str, ...]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


@main.group()
def audit() -> None:
    """Prove what the journal says."""


@audit.command("verify")
@config_option
@_told
def audit_verify(directory: Path) -> None:
    """Walk the journal's hash chain; exit status 1 at the first record that does not fit."""
    path = Path(load(directory, secrets=False).swatbot.journal.path)
    if not path.exists():
        raise OperationalError(f"there is no journal at {path}")
    journal = SqliteJournal(path)
    try:
        report = verify(journal)
    finally:
        journal.close()
    if report.fault:
        _end(f"{path}: {report.fault}", _FAULT)
    click.echo(f"{path}: {report.count} records, unbroken; the last one's hash is {report.head_hash}")


@main.command()
@click.option("--hosts", default=12, show_default=True, help="How many hosts the range has.")
@_told
def demo(hosts: int) -> None:
    """Play a good deployment and a bad one on a practice range.

    Needs nothing but this program: hosts are real SSH servers on loopback, with a site, visitors, logs
    and an IRC server, in a directory that is gone afterwards. Exit status 0 only if every host proves
    what it should hold.
    """
    with tempfile.TemporaryDirectory(prefix="swatbot-demo-") as name:
        click.echo(
            f"-- The practice range: {hosts} hosts on loopback, the bot in {CHANNEL} on its IRC server."
        )
        with ground(Path(name) / "range", SystemClock(), hosts, opcache=True) as place, bot(place) as process:
            play(
                place.scene,
                place.irc_port,
                place.passwords,
                click.echo,
                lambda paths: prove(process, paths),
            )


@main.command()
@click.option("--hosts", default=12, show_default=True, help="How many hosts the range has.")
@click.option(
    "--irc-port",
    type=click.IntRange(0, 65535),
    default=6667,
    show_default=True,
    help="Port for IRC clients; 0 takes a free one.",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help="Keep the range here, and find it again next time; without it, it is gone at the end.",
)
@_told
def practice(hosts: int, irc_port: int, directory: Path | None) -> None:
    """Run the practice range with a bot on it, for you to join with any IRC client."""
    with tempfile.TemporaryDirectory(prefix="swatbot-practice-") as name:
        where = directory or Path(name) / "range"
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: ended.set())
        with ground(where, SystemClock(), hosts, irc_port, opcache=True) as place, bot(place) as process:
            for line in introduction(place):
                click.echo(line)
            while not ended.wait(0.5) and not process.ended.is_set():
                pass
            click.echo("Ending ...")
            if process.fault:
                _end(process.fault, _FAULT)
