"""!drift: which hosts hold something else than they should."""

from swatbot.chat.grammar import read_paths
from swatbot.chat.handler import DriftQuery, Handler, Request, View
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Role


def run(request: Request, view: View) -> DriftQuery:
    """The paths, those of a deployment, or everything; the paths of a private one are not to be named."""
    paths = read_paths(request.rest)
    if request.number is not None:
        d = known(view.status, request.number)
        paths = (".",) if d.private else tuple(dict.fromkeys((*d.plan.paths, *paths)))
    return DriftQuery(paths or (".",))


HANDLER = Handler(
    name="drift",
    usage="!drift [#|PATH]",
    about="asks every host what it holds, and names those that differ from what was deployed.",
    least=Role.PERSON,
    run=run,
)
