"""What all commands of the program share: where the config is, and how faults are told."""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import click

from swatbot.config import ConfigError
from swatbot.errors import OperationalError, UserError
from swatbot.ports import LeaseTakenError

P = ParamSpec("P")
R = TypeVar("R")
FAULT, CONFIG, TAKEN = 1, 2, 3
"""Exit statuses: something is wrong, the config has faults, another engine runs."""


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Faults that are not bugs end in a sentence and an exit status, not in a trace."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ConfigError as error:
            number = len(error.faults)
            end(f"the config has {number} fault{'s' if number > 1 else ''}:\n{error}", CONFIG)
        except LeaseTakenError as error:
            end(f"{error}. Stop it first, or use `swatbot say` to speak to it.", TAKEN)
        except (UserError, OperationalError) as error:
            end(str(error), FAULT)

    return guarded


def end(text: str, status: int) -> NoReturn:
    """Say why on stderr, and exit with this status."""
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


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 check", "2 people"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
