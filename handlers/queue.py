"""!queue: what is active, and what comes then."""

from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import queue
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Reply:
    """The queue, with the speaker's own marked."""
    return Reply(queue(view, request.actor))


HANDLER = Handler(
    name="queue",
    usage="!queue",
    about="tells what is active and what comes then.",
    least=Role.ANYONE,
    run=run,
)
