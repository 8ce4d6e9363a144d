"""!retry: ask for a deployment once more, with the tree as it is now."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.messages.replies import usage
from swatbot.domain.commands import Retry
from swatbot.domain.person import Role
from swatbot.errors import UserError

USAGE = "!retry #"


def run(request: Request, _view: View) -> Retry:
    """Which one must be said: the latest that failed may not be the one that is meant."""
    if request.meant is None:
        raise UserError(usage("which one?", USAGE))
    return Retry(request.actor, request.place, request.meant)


HANDLER = Handler(
    name="retry",
    usage=USAGE,
    about="asks for the same paths again, as a new number, with the tree as it is now.",
    least=Role.DEPLOYER,
    run=run,
)
