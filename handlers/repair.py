"""!repair: bring hosts back to what the fleet holds."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.host_names import read_hosts
from swatbot.domain.commands import Repair
from swatbot.domain.person import Role

USAGE = "!repair HOST[,HOST…]"


def run(request: Request, view: View) -> Repair:
    """The intent, for the hosts that were named, folded or not."""
    del view
    typed = request.rest if request.number is None else f"{request.number} {request.rest}"
    return Repair(request.actor, request.place, read_hosts(typed, USAGE))


HANDLER = Handler(
    name="repair",
    usage=USAGE,
    about="puts everything on a host back to what the fleet has, and proves it.",
    least=Role.DEPLOYER,
    run=run,
)
