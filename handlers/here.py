"""!here, and the bare word: a parked deployment rejoins when its submitter is present."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Here
from swatbot.domain.deployment import State
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Here:
    """Somebody is here; a bare word under the card of one that is not parked is chatter."""
    parked = {d.number for d in view.status.in_state(State.PARKED)}
    number = request.meant if not request.bare or request.about in parked else request.number
    return Here(request.actor, request.place, number, bare=request.bare, apart=request.apart)


HANDLER = Handler(
    name="here",
    usage="!here [#]",
    about="says that you are present; a parked deployment of yours rejoins the queue.",
    least=Role.ANYONE,
    run=run,
    bare=("here",),
)
