"""!here, and the bare word: a parked deployment rejoins when its submitter is present."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Here
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Here:
    """Somebody is here."""
    return Here(request.actor, request.place, request.number, bare=request.bare)


HANDLER = Handler(
    name="here",
    usage="!here [#]",
    about="says that you are present; a parked deployment of yours rejoins the queue.",
    least=Role.ANYONE,
    run=run,
    bare=("here",),
)
