"""!include: hosts that were excluded take part again."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.host_names import read_hosts
from swatbot.domain.commands import Include
from swatbot.domain.person import Role

USAGE = "!include HOST[,HOST…]"


def run(request: Request, view: View) -> Include:
    """The intent, for the hosts that were named, folded or not."""
    del view
    return Include(request.actor, request.place, read_hosts(request.rest, USAGE))


HANDLER = Handler(
    name="include",
    usage=USAGE,
    about="lets excluded hosts take part again; first they are brought to what the fleet has.",
    least=Role.DEPLOYER,
    run=run,
)
