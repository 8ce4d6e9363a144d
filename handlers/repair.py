"""!repair: bring hosts back to what the fleet holds."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.messages.replies import usage
from swatbot.domain.commands import Repair
from swatbot.domain.hosts import unfold
from swatbot.domain.person import Role
from swatbot.errors import UserError

USAGE = "!repair HOST[,HOST…]"


def run(request: Request, view: View) -> Repair:
    """The intent, for the hosts that were named, folded or not."""
    del view
    if not request.rest:
        raise UserError(usage("which host?", USAGE))
    try:
        hosts = unfold(",".join(request.rest.replace(",", " ").split()))
    except ValueError as error:
        raise UserError(usage(f"{error}.", USAGE)) from error
    return Repair(request.actor, request.place, hosts)


HANDLER = Handler(
    name="repair",
    usage=USAGE,
    about="puts everything on a host back to what the fleet has, and proves it.",
    least=Role.DEPLOYER,
    run=run,
)
