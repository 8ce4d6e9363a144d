"""!drift: which hosts hold something else than they should."""

from swatbot.chat.grammar import read_paths
from swatbot.chat.handler import DriftQuery, Handler, Request, View
from swatbot.domain.person import Role


def run(request: Request, view: View) -> DriftQuery:
    """The paths, or everything."""
    del view
    return DriftQuery(read_paths(request.rest) or (".",))


HANDLER = Handler(
    name="drift",
    usage="!drift [PATH]",
    about="asks every host what it holds, and names those that differ from what was deployed.",
    least=Role.PERSON,
    run=run,
)
