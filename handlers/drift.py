"""!drift: which hosts hold something else than they should."""

from swatbot.chat.handler import DriftQuery, Handler, Request, View
from swatbot.domain.person import Role
from swatbot.domain.plan import normal_path


def run(request: Request, view: View) -> DriftQuery:
    """The paths, or everything."""
    del view
    paths = tuple(normal_path(p) for p in request.rest.replace(",", " ").split())
    return DriftQuery(paths or (".",))


HANDLER = Handler(
    name="drift",
    usage="!drift [PATH]",
    about="asks every host what it holds, and names those that differ from what was deployed.",
    least=Role.PERSON,
    run=run,
)
