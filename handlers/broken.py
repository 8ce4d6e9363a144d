"""!broken, and the bare word: a submitter's word about the test servers."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Speak
from swatbot.domain.deployment import Word
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Speak:
    """The word, with its reason."""
    return Speak(request.actor, request.place, Word.BROKEN, request.number, request.rest, bare=request.bare)


HANDLER = Handler(
    name="broken",
    usage="!broken [#] WHY",
    about="says that it must not go out; the test servers are put back, and later it acts as a hold.",
    least=Role.ANYONE,
    run=run,
    bare=("broken",),
)
