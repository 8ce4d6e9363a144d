"""!hold: the brake, for everybody who is known."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import PutHold
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> PutHold:
    """The intent, with the number if one was typed."""
    return PutHold(request.actor, request.place, request.number, request.rest)


HANDLER = Handler(
    name="hold",
    usage="!hold [#] [WHY]",
    about="stops what is active: hosts in flight finish, none is begun. It never expires by itself.",
    least=Role.PERSON,
    run=run,
)
