"""!sync-dir: ask for a deployment."""

from swatbot.chat.grammar import read_sync
from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Sync
from swatbot.domain.person import Role

USAGE = (
    "!sync-dir [--for NAME] [--partial] [--dirty] [--delete-many] [--emergency WHY]"
    " PATH[, PATH] [then PATH] [MESSAGE]"
)


def run(request: Request, _view: View) -> Sync:
    """Read the plan; whether it may be shipped is found out later, by looking at the tree."""
    typed = request.rest if request.number is None else f"{request.number} {request.rest}"
    plan, message, options = read_sync(typed, USAGE)
    return Sync(request.actor, request.place, plan, message, options)


HANDLER = Handler(
    name="sync-dir",
    usage=USAGE,
    about="queues a deployment of these paths; after `then` the next ones go live only when the first are.",
    least=Role.DEPLOYER,
    run=run,
    aliases=("sync-file", "sync"),
)
