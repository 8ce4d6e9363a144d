"""Whom the lines of an event address, so that nobody else is notified whatever people wrote into them."""

from swatbot.chat.handler import Site
from swatbot.chat.messages.names import called, concerned
from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment, Kind
from swatbot.domain.live import Live
from swatbot.domain.status import Status
from swatbot.domain.upkeep import UpkeepKind


def addressed(event: e.Event, after: Status, site: Site) -> tuple[str, ...]:
    """The names as the lines have them; nobody's where all are told.

    Args:
        event: what happened.
        after: the status that the event led to.
        site: names and rules.
    """
    if isinstance(event, e.Answered):
        return (event.nick,)
    if isinstance(event, e.HostsMended):
        return (called(event.upkeep.by, site),) if event.upkeep.kind is UpkeepKind.REPAIR else ()
    if isinstance(event, e.GlobalEvent):
        return ()
    d = after.deployment(event.number)
    return () if d is None else tuple(called(person, site) for person in _of(event, d))


def _of(event: e.DeploymentEvent, d: Deployment) -> tuple[str, ...]:
    match event:
        case e.Accepted() | e.Refused() | e.Failed() | e.Held():
            return (d.actor.name,)
        case e.Reminded() if isinstance(d, Live) and d.hold is not None:
            return (d.actor.name,)
        case e.VerificationAsked() | e.Reminded():
            return d.waits_for
        case e.Completed() if d.kind is Kind.ROLLBACK:
            return concerned(d)
        case e.Completed() | e.RolledBack() | e.RollbackIncomplete():
            return d.people
    return ()
