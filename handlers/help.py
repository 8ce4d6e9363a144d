"""!help: the commands, or one of them."""

from swatbot.chat.grammar import find, near
from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import help_all, help_one, unknown_command
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Reply:
    """All commands in few lines, or one with its usage."""
    name = request.rest.strip().removeprefix("!").lower()
    if not name:
        return Reply(help_all(view.site))
    handler = find(name, view.site.handlers)
    return Reply(help_one(handler) if handler else (unknown_command(name, near(name, view.site.handlers)),))


HANDLER = Handler(
    name="help",
    usage="!help [COMMAND]",
    about="lists the commands, or tells more about one.",
    least=Role.ANYONE,
    run=run,
)
