"""The command line: what an operator, or somebody who is curious, can do with swatbot."""

import logging

import click

from swatbot import __version__
from swatbot.cli.hosts import hosts
from swatbot.cli.look import audit, coverage, status
from swatbot.cli.operate import baseline, check_config, run, say
from swatbot.cli.practice import demo, practice

__all__ = ["main"]


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


for _command in (run, say, check_config, hosts, baseline, status, coverage, audit, demo, practice):
    main.add_command(_command)
