"""!unlock: let deployments begin again."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Unlock
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Unlock:
    """The intent, with the number if one was typed."""
    return Unlock(request.actor, request.place)


HANDLER = Handler(
    name="unlock",
    usage="!unlock",
    about="takes the lock away; the queue goes on.",
    least=Role.DEPLOYER,
    run=run,
)
