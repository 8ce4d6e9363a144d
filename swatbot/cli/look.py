"""Commands that only look: at the journal, at a history."""

from pathlib import Path

import click

from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app.audit import verify
from swatbot.bootstrap import read_status
from swatbot.cli.common import FAULT, config_option, end, told
from swatbot.config import load
from swatbot.domain.plan import normal_path
from swatbot.errors import OperationalError
from swatbot.surveying import document, table
from swatbot.tree.survey import Survey


@click.command()
@click.argument("number", required=False, type=int)
@config_option
@told
def status(number: int | None, directory: Path) -> None:
    """Tell how things stand, or how one deployment does; the bot need not run."""
    for line in read_status(load(directory, secrets=False), number):
        click.echo(line)


@click.command()
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
@told
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
        section = load(directory, secrets=False, inventory=False).swatbot.tree
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


@click.group()
def audit() -> None:
    """Prove what the journal says."""


@audit.command("verify")
@config_option
@told
def audit_verify(directory: Path) -> None:
    """Walk the journal's hash chain; exit status 1 at the first record that does not fit."""
    path = Path(load(directory, secrets=False, inventory=False).swatbot.journal.path)
    if not path.exists():
        raise OperationalError(f"there is no journal at {path}")
    journal = SqliteJournal(path)
    try:
        report = verify(journal)
    finally:
        journal.close()
    if report.fault:
        end(f"{path}: {report.fault}", FAULT)
    click.echo(f"{path}: {report.count} records, unbroken; the last one's hash is {report.head_hash}")
