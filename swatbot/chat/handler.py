"""The form of a chat command: one declaration, from which grammar, help, suggestions and reference come."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from swatbot.domain.commands import PersonCommand, Speak
from swatbot.domain.deployment import Place, Word
from swatbot.domain.person import Actor, Role
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status


@dataclass(frozen=True, slots=True)
class Request:
    """What a person typed, taken apart as far as every command needs.

    Attributes:
        actor: who.
        place: where, so that the answer goes there.
        command: the command's name, never an alias.
        number: a deployment's number typed first, if there was one.
        rest: what followed the command (and the number), as typed.
        bare: whether it was a bare word, without `!` and without addressing the bot.
        about: the deployment under whose card it was said, None if it was elsewhere.
        at: when (UTC) it was said, where that is known.
        apart: whether it was said in a thread that may be about anything.
    """

    actor: Actor
    place: Place
    command: str
    number: int | None
    rest: str
    bare: bool = False
    about: int | None = None
    at: datetime | None = None
    apart: bool = False

    @property
    def meant(self) -> int | None:
        """The deployment that was named, or else the one whose card it was said under."""
        return self.about if self.number is None else self.number

    @property
    def typed(self) -> str:
        """All that followed the command, for commands in which a number is no deployment's."""
        return self.rest if self.number is None else f"{self.number} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that needs nothing but the status."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """The change that a deployment ships, or that lies under a path, is to be shown."""

    number: int | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriftQuery:
    """All hosts are to be asked what they hold under these paths."""

    paths: tuple[str, ...]


Query = DiffQuery | DriftQuery
"""What the app answers, by looking at the world."""


@dataclass(frozen=True)
class Site:
    """What a message needs to know of the site, besides its rules.

    Attributes:
        bot: the bot's name in the channels.
        deploy_host: the deployment host's name, for `!log` lines.
        rules: the site's decisions.
        handlers: every command by name, without aliases.
    """

    bot: str
    deploy_host: str
    rules: Rules
    handlers: "Mapping[str, Handler]" = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """What a handler may look at."""

    status: Status
    site: Site
    now: datetime


def number_and_why(request: Request, numbers: Container[int]) -> tuple[int | None, str]:
    """The deployment that is named, and the reason; "500 errors" is a reason where there is no #500.

    Args:
        request: with a number first, or none.
        numbers: the deployments that could be meant.
    """
    if request.number is None or request.number in numbers:
        return request.number, request.rest
    return None, request.typed


def speak(request: Request, word: Word, number: int | None, why: str) -> Speak:
    """A submitter's word, with where and when it was said."""
    return Speak(
        request.actor,
        request.place,
        word,
        number,
        why,
        bare=request.bare,
        about=request.about,
        at=request.at,
        apart=request.apart,
    )


Result = PersonCommand | Query | Reply


@dataclass(frozen=True)
class Handler:
    """A chat command.

    Attributes:
        name: what is typed after `!`.
        usage: one line, with the arguments.
        about: one sentence for `!help` and the reference.
        least: who may use it.
        run: a pure function: request and view in, a command, a query or a reply out. It may raise
            UserError with what to type instead.
        aliases: other names.
        bare: the words that count without `!`, by the rules for bare words.
    """

    name: str
    usage: str
    about: str
    least: Role
    run: Callable[[Request, View], Result]
    aliases: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
