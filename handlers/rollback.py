"""!rollback: undo a deployment."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Rollback
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Rollback:
    """The intent, with the number if one was typed."""
    return Rollback(request.actor, request.place, request.meant, request.rest)


HANDLER = Handler(
    name="rollback",
    usage="!rollback [#] [WHY]",
    about="puts back what was there before; a completed deployment is undone as a new number.",
    least=Role.DEPLOYER,
    run=run,
)
