"""Commands that need nothing but this program: the practice range, watched or joined."""

import signal
import tempfile
import threading
from pathlib import Path

import click

from swatbot.adapters.clock import SystemClock
from swatbot.cli.common import FAULT, end, told
from swatbot.practice.config_files import CHANNEL
from swatbot.practice.demo import play
from swatbot.practising import bot, ground, introduction, prove


@click.command()
@click.option("--hosts", default=12, show_default=True, help="How many hosts the range has.")
@told
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


@click.command()
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
@told
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
                end(process.fault, FAULT)
