"""!status: how things stand, or how one deployment does."""

from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import status_all, status_one
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Reply:
    """All, or the one of this number."""
    if request.meant is None:
        return Reply(status_all(view, request.actor))
    return Reply(status_one(known(view.status, request.meant), view))


HANDLER = Handler(
    name="status",
    usage="!status [#]",
    about="tells how things stand, or how one deployment does.",
    least=Role.ANYONE,
    run=run,
)
