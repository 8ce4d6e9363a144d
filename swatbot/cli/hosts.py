"""The command that looks at the hosts themselves."""

import sys
from pathlib import Path

import click

from swatbot.bootstrap import look_at_hosts
from swatbot.cli.common import FAULT, config_option, told
from swatbot.config import load
from swatbot.visiting import document, lines


@click.command()
@click.argument("names", metavar="[HOST]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list instead.")
@config_option
@told
def hosts(names: tuple[str, ...], directory: Path, *, as_json: bool) -> None:
    """Look at the hosts: whether each can be reached and used, and what it holds.

    HOST may be folded: 'mw[1261-1263]'. Without one all are looked at but excluded ones, which are named
    with the reason. Hosts of which the same is to be told share a line: the host key, what the login shell
    prints unasked, Python and rsync, free space, how far the clock is ahead, and whether the host holds what
    the fleet does by the journal. Connections are opened anew, with the keys of the config: it needs no bot,
    and does one that runs no harm. Exit status 1 if a host that is not excluded needs mending.

        swatbot hosts 'mw[1261-1263]'
    """
    found = look_at_hosts(load(directory, secrets=False), names, lambda text: click.echo(text, err=True))
    for line in (document if as_json else lines)(found):
        click.echo(line)
    if not all(report.fit for report in found):
        sys.exit(FAULT)
