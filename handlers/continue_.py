"""!continue: go on where checks could not tell."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Continue
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Continue:
    """The intent, with the number if one was typed."""
    return Continue(request.actor, request.place, request.meant, request.rest)


HANDLER = Handler(
    name="continue",
    usage="!continue [#] WHY",
    about="goes on although the checks could not tell, on your word.",
    least=Role.DEPLOYER,
    run=run,
)
