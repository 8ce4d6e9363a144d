"""From a line that was heard to what is to be done about it: grammar, permission, handler. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from swatbot.app.records import Heard
from swatbot.chat.grammar import Spoken, find, read
from swatbot.chat.handler import Handler, Query, Reply, Request, Site, View
from swatbot.chat.messages.again import alternatives
from swatbot.chat.messages.declines import why
from swatbot.domain.commands import Mumble, PersonCommand
from swatbot.domain.deployment import Place
from swatbot.domain.permissions import require
from swatbot.domain.person import Actor, Role
from swatbot.domain.reasons import DeclinedError
from swatbot.domain.status import Status
from swatbot.errors import UserError
from swatbot.ports import Incoming, Record

_TOO_OLD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Intake:
    """What a line comes to.

    Attributes:
        place: where the answer goes.
        nick: who is addressed.
        result: a command for the engine, a query for a worker, lines to answer with, or None for chatter.
    """

    place: Place
    nick: str
    result: PersonCommand | Query | tuple[str, ...] | None


def take(
    heard: Heard,
    record: Record,
    status: Status,
    site: Site,
    now: datetime,
    names_private: Callable[[str], bool],
) -> Intake:
    """Decide what a line comes to; a request that nobody could answer in time is not carried out late.

    Args:
        heard: the line.
        record: which has it.
        status: how things stand.
        site: names, rules and handlers.
        now: the time (UTC).
        names_private: whether a text names a private file; what does is answered where it was said.
    """
    line = heard.incoming
    place = Place(heard.network, line.reply_to or line.channel, line.private, record.seq)
    actor = site.rules.people.actor(line.nick, line.account, provable=line.provable)
    spoken: Spoken | None = None
    try:
        spoken = read(line.text, site.handlers, addressed=line.addressed)
        if line.aside and actor.person and spoken and _does_something(spoken, site):
            place = replace(place, in_the_open=not names_private(line.text))
        result = (
            _result(spoken, _spoken(spoken, actor, place, line), View(status, site, now)) if spoken else None
        )
    except UserError as error:
        result = worded(error)
    said_at = min(line.at or record.entry.time, record.entry.time)
    if result is not None and now - said_at > _TOO_OLD and not isinstance(result, tuple):
        if spoken is not None and spoken.bare and not _asked(actor, status):
            return Intake(place, line.nick, None)
        result = ("I was away when you said that, and have not done it: please say it again.",)
    return Intake(place, line.nick, result)


def worded(error: UserError) -> tuple[str, ...]:
    """What a person is told about what can not be done."""
    if not isinstance(error, DeclinedError):
        return (str(error),)
    lines = (why(error.reason), alternatives(error.reason))
    return tuple(line for line in lines if line)


def _does_something(spoken: Spoken, site: Site) -> bool:
    """Whether this is more than a question, so that whoever reads the channel must see what came of it."""
    handler = find(spoken.command, site.handlers)
    return handler is not None and not spoken.mumbled and bool(handler.least > Role.ANYONE or handler.bare)


def _asked(actor: Actor, status: Status) -> bool:
    """Whether the speaker's word is waited for, so that a bare word was hardly chatter."""
    return any(actor.person in d.waits_for for d in status.live.values())


def _spoken(spoken: Spoken, actor: Actor, place: Place, line: Incoming) -> Request:
    """What was taken apart, with who said it, where and when."""
    bare = spoken.bare and not line.addressed
    apart = line.apart and line.about is None
    return Request(actor, place, spoken.command, spoken.number, spoken.rest, bare, line.about, line.at, apart)


def _result(spoken: Spoken, request: Request, view: View) -> PersonCommand | Query | tuple[str, ...] | None:
    if spoken.mumbled:
        return Mumble(request.actor, request.place, spoken.rest)
    handler = _handler(spoken.command, view)
    require(request.actor, handler.least, handler.name, view.site.rules)
    result = handler.run(request, view)
    return result.lines if isinstance(result, Reply) else result


def _handler(name: str, view: View) -> Handler:
    found = find(name, view.site.handlers)
    if found is None:
        raise LookupError(name)
    return found
