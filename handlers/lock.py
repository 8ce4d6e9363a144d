"""!lock: nothing new begins."""

import re
from datetime import UTC, datetime, timedelta

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.messages.replies import usage
from swatbot.chat.messages.text import whole
from swatbot.domain.commands import PutLock
from swatbot.domain.person import Role
from swatbot.errors import UserError

USAGE = "!lock WHY [until HH:MM]"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)(?:\s*(?:UTC|GMT|Z)\b)?"
_UNTIL = re.compile(rf"(?P<before>.*?)\buntil\s+{_TIME}(?P<after>.*)", re.DOTALL | re.IGNORECASE)
_FIRST = re.compile(rf"(?:(?:at|by|from|till?|to)\s+)?{_TIME}[\s,:;-]*(?P<why>.*)", re.DOTALL | re.IGNORECASE)
# What is meant for an end, and can not be read as one: "2h", "until 3pm", "till 14:30", "until 14:30 CET".
_SPAN = re.compile(r"(?:for\s+)?\d+\s*(?:m|min|mins|minutes?|h|hours?)\b", re.IGNORECASE)
_OTHER_END = re.compile(
    r"\b(?:until|till?)\b(?=.*\b\d{1,2}:\d|\s+\d{1,2}(?:[.h]\d|\d{2}\b|\s*[ap]m\b)).*",
    re.DOTALL | re.IGNORECASE,
)
_OTHER_ZONE = re.compile(r"\s*(?:[AaPp]\.?[Mm]\b|[A-Z]{2,4}T\b|[+-]\d)")


def run(request: Request, view: View) -> PutLock:
    """The reason, and the time (UTC, today or tomorrow) if one was said; what is unclear is asked about."""
    text = request.rest if request.number is None else f"{request.number} {request.rest}"
    match = _UNTIL.fullmatch(text)
    if match is None:
        _refuse_unclear(text, view.now)
        return PutLock(request.actor, request.place, text)
    if _OTHER_ZONE.match(match["after"]):
        raise _unread(match["before"])
    why = " ".join((match["before"] + match["after"]).split())
    return PutLock(request.actor, request.place, why, _next(view.now, match))


def _refuse_unclear(text: str, now: datetime) -> None:
    """A lock whose end is misread would end too early, or never."""
    first = _FIRST.fullmatch(text)
    if first is not None:
        end = f"{_next(now, first):%H:%M}"
        asked = f"not done yet: does the lock end at {end} UTC? Then say "
        raise UserError(f"{_to_type(asked, first['why'], end)} Else begin with the reason.")
    span, other = _SPAN.match(text), _OTHER_END.search(text)
    if span or other:
        raise _unread(text[span.end() :] if span else _OTHER_END.sub("", text))


def _unread(why: str) -> UserError:
    return UserError(_to_type("not done yet: I can not read when it ends. In UTC, say ", why, "HH:MM"))


def _to_type(asked: str, why: str, end: str) -> str:
    """The command, with the reason if there is one that leaves it whole."""
    reasons = [why.strip(), "WHY"] if why.strip() else ["WHY"]
    return whole((f'{asked}"!lock {reason} until {end}".' for reason in reasons), 300)


def _next(now: datetime, said: re.Match[str]) -> datetime:
    hour, minute = int(said["hour"]), int(said["minute"])
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
