"""!cancel: end a deployment."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Cancel
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Cancel:
    """The intent, with the number if one was typed."""
    return Cancel(request.actor, request.place, request.meant, request.rest)


HANDLER = Handler(
    name="cancel",
    usage="!cancel [#] [WHY]",
    about="ends a deployment; what it touched is put back.",
    least=Role.DEPLOYER,
    run=run,
)
