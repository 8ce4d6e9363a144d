"""!diff: what a deployment ships, or what waits under a path."""

from swatbot.chat.handler import DiffQuery, Handler, Request, View
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Role
from swatbot.domain.plan import normal_path


def run(request: Request, view: View) -> DiffQuery:
    """The paths of a deployment, those named, or those of the active one."""
    if request.number is not None:
        return DiffQuery(request.number, known(view.status, request.number).plan.paths)
    if request.rest:
        return DiffQuery(None, tuple(normal_path(p) for p in request.rest.replace(",", " ").split()))
    active = view.status.active
    return DiffQuery(active.number, active.plan.paths) if active else DiffQuery(None, (".",))


HANDLER = Handler(
    name="diff",
    usage="!diff [#|PATH]",
    about="shows in few lines what differs between tree and fleet.",
    least=Role.ANYONE,
    run=run,
)
