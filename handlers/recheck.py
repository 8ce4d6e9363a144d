"""!recheck: ask the checks again."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Recheck
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Recheck:
    """The intent, with the number if one was typed."""
    return Recheck(request.actor, request.place, request.meant)


HANDLER = Handler(
    name="recheck",
    usage="!recheck [#]",
    about="asks the checks again that could not tell.",
    least=Role.DEPLOYER,
    run=run,
)
