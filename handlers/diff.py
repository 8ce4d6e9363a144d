"""!diff: what a deployment ships, or what waits under a path."""

from swatbot.chat.grammar import read_paths
from swatbot.chat.handler import DiffQuery, Handler, Request, View
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Role


def run(request: Request, view: View) -> DiffQuery:
    """The paths of a deployment, those named, or those of the active one."""
    if request.number is not None:
        return DiffQuery(request.number, known(view.status, request.number).plan.paths)
    if paths := read_paths(request.rest):
        return DiffQuery(None, paths)
    if request.about is not None:
        return DiffQuery(request.about, known(view.status, request.about).plan.paths)
    active = view.status.active
    return DiffQuery(active.number, active.plan.paths) if active else DiffQuery(None, (".",))


HANDLER = Handler(
    name="diff",
    usage="!diff [#|PATH]",
    about="shows in few lines what differs between tree and fleet.",
    least=Role.ANYONE,
    run=run,
)
