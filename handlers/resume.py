"""!resume: a held deployment goes on."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Resume
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Resume:
    """The intent, with the number if one was typed."""
    return Resume(request.actor, request.place, request.meant)


HANDLER = Handler(
    name="resume",
    usage="!resume [#]",
    about="lets a held deployment go on where it was.",
    least=Role.DEPLOYER,
    run=run,
)
