"""!help: the commands, or one of them."""

from swatbot.chat.grammar import find
from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import help_all, help_one
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Reply:
    """All commands in few lines, or one with its usage."""
    name = request.rest.strip().removeprefix("!").lower()
    handler = find(name, view.site.handlers) if name else None
    return Reply(help_one(handler) if handler else help_all(view.site))


HANDLER = Handler(
    name="help",
    usage="!help [COMMAND]",
    about="lists the commands, or tells more about one.",
    least=Role.ANYONE,
    run=run,
)
