"""What a journal record holds, and its JSON form: events, and what was heard and said."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from swatbot.domain import events as e
from swatbot.errors import OperationalError
from swatbot.ports import Entry, Incoming, Record, RecordKind


@dataclass(frozen=True, slots=True)
class Heard:
    """A line that may be a request, as a front end heard it."""

    network: str
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Said:
    """A line that left for the network.

    Attributes:
        network: where.
        channel: the channel or private partner.
        text: as it was queued for sending.
        of: sequence number of the record that it tells.
        part: which of that record's lines it is, from 0.
    """

    network: str
    channel: str
    text: str
    of: int
    part: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A deployment's card, as it is seen by everybody from now on.

    Attributes:
        network: where.
        channel: in which channel.
        number: the deployment.
        message: the network's id of the message.
        text: the card in one line.
    """

    network: str
    channel: str
    number: int
    message: str
    text: str


Body = e.Event | Heard | Said | Shown

_TYPES: dict[str, type[Body]] = {
    cls.__name__: cls for cls in (*get_args(e.GlobalEvent), *get_args(e.DeploymentEvent), Heard, Said, Shown)
}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_TYPES[name])


def decided(event: e.Event, now: datetime, request: int = 0) -> Entry:
    """The entry for an event; `request` is the heard record that it follows from."""
    number = event.number if not isinstance(event, e.EngineStarted) and hasattr(event, "number") else None
    actor = getattr(event, "actor", None)
    source = f"record/{request}" if request else None
    account = actor.account if actor else None
    return _entry(RecordKind.DECIDED, event, now, number, account, source)


def heard(network: str, incoming: Incoming, now: datetime) -> Entry:
    """The entry for a line that was heard."""
    source = f"{network}/{incoming.channel}" + (f"/{incoming.message}" if incoming.message else "")
    return _entry(RecordKind.HEARD, Heard(network, incoming), now, None, incoming.account, source)


def said(body: Said, number: int | None, now: datetime) -> Entry:
    """The entry for a line that left."""
    return _entry(RecordKind.SAID, body, now, number, None, f"{body.network}/{body.channel}")


def shown(body: Shown, now: datetime) -> Entry:
    """The entry for a card that was posted or edited."""
    return _entry(RecordKind.SAID, body, now, body.number, None, f"{body.network}/{body.channel}")


def body_of(record: Record) -> Body:
    """What a record holds.

    Raises:
        OperationalError: its type is not known to this version, or its body is damaged.
    """
    entry = record.entry
    if entry.type not in _TYPES:
        raise OperationalError(
            f"record {record.seq} of the journal is a {entry.type}, which this version of swatbot"
            " does not know: run the version that wrote it, or a newer one"
        )
    try:
        found: Body = _adapter(entry.type).validate_python(entry.body)
    except ValueError as error:
        raise OperationalError(f"record {record.seq} of the journal is damaged: {error}") from error
    return found


def _entry(
    kind: RecordKind, body: Body, now: datetime, number: int | None, account: str | None, source: str | None
) -> Entry:
    data: dict[str, Any] = _adapter(type(body).__name__).dump_python(body, mode="json")
    return Entry(kind, type(body).__name__, data, now, number, account, source)
