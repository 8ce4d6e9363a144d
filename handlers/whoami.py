"""!whoami: what the bot can prove of the speaker."""

from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import whoami
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Reply:
    """Account, name and role."""
    return Reply(whoami(request.actor, view.site))


HANDLER = Handler(
    name="whoami",
    usage="!whoami",
    about="tells what I can prove of you.",
    least=Role.ANYONE,
    run=run,
)
