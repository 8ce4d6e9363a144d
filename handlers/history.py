"""!history: what was deployed before."""

from itertools import islice

from swatbot.chat.handler import Handler, Reply, Request, View
from swatbot.chat.messages.replies import history
from swatbot.domain.deployment import Deployment
from swatbot.domain.manifest import covered
from swatbot.domain.person import Role

_SHOWN = 4


def run(request: Request, view: View) -> Reply:
    """The latest that are over; of one number, path or person if one is named."""
    past = (d for _, d in sorted(view.status.past.items(), reverse=True))
    found = (d for d in past if _fits(d, request))
    return Reply(history(list(islice(found, _SHOWN)), view.now, view.site))


def _fits(d: Deployment, request: Request) -> bool:
    if request.number is not None:
        return request.number in (d.number, d.of)
    word = request.rest.strip().rstrip("/")
    if not word:
        return True
    people = {name.casefold() for name in d.people}
    return word.casefold() in people or any(covered(p, (word,)) or covered(word, (p,)) for p in d.plan.paths)


HANDLER = Handler(
    name="history",
    usage="!history [#|PATH|NAME]",
    about="tells what was deployed before, newest first.",
    least=Role.ANYONE,
    run=run,
)
