"""!hold: the brake, for everybody who is known."""

from swatbot.chat.handler import Handler, Request, View, number_and_why
from swatbot.domain.commands import PutHold
from swatbot.domain.person import Role


def run(request: Request, view: View) -> PutHold:
    """The intent; a number that is no live deployment belongs to the reason, for the brake always works."""
    number, why = number_and_why(request, view.status.live)
    return PutHold(request.actor, request.place, number, why)


HANDLER = Handler(
    name="hold",
    usage="!hold [#] [WHY]",
    about="stops what is going on: hosts in flight finish, none is begun. It never expires by itself.",
    least=Role.PERSON,
    run=run,
)
