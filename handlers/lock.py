"""!lock: nothing new begins."""

import re
from datetime import UTC, datetime, timedelta

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.messages.replies import usage
from swatbot.domain.commands import PutLock
from swatbot.domain.person import Role
from swatbot.errors import UserError

USAGE = "!lock WHY [until HH:MM]"
_UNTIL = re.compile(
    r"(?P<before>.*?)\buntil\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s*UTC)?(?P<after>.*)", re.DOTALL
)


def run(request: Request, view: View) -> PutLock:
    """The reason, and the time (UTC, today or tomorrow) if one was said."""
    text = request.rest if request.number is None else f"{request.number} {request.rest}"
    match = _UNTIL.fullmatch(text)
    if match is None:
        return PutLock(request.actor, request.place, text)
    why = " ".join((match["before"] + match["after"]).split())
    return PutLock(
        request.actor, request.place, why, _next(view.now, int(match["hour"]), int(match["minute"]))
    )


def _next(now: datetime, hour: int, minute: int) -> datetime:
    if hour > 23 or minute > 59:
        raise UserError(usage(f"{hour}:{minute:02d} is no time of day.", USAGE))
    today = now.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


HANDLER = Handler(
    name="lock",
    usage=USAGE,
    about="lets nothing new begin; what is active may finish. Times are UTC.",
    least=Role.DEPLOYER,
    run=run,
)
