"""!exclude: leave hosts out of everything, with the reason."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.chat.host_names import read_hosts_and_why
from swatbot.domain.commands import Exclude
from swatbot.domain.person import Role

USAGE = "!exclude HOST[,HOST…] WHY"


def run(request: Request, view: View) -> Exclude:
    """The intent, for the hosts that were named, folded or not."""
    del view
    hosts, why = read_hosts_and_why(request.rest, USAGE)
    return Exclude(request.actor, request.place, hosts, why)


HANDLER = Handler(
    name="exclude",
    usage=USAGE,
    about="leaves hosts that are ill out of everything, until somebody includes them again.",
    least=Role.DEPLOYER,
    run=run,
)
