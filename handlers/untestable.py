"""!untestable, and the bare word: a submitter's word about the test servers."""

from swatbot.chat.handler import Handler, Request, View
from swatbot.domain.commands import Speak
from swatbot.domain.deployment import Word
from swatbot.domain.person import Role


def run(request: Request, _view: View) -> Speak:
    """The word, with its reason."""
    return Speak(
        request.actor, request.place, Word.UNTESTABLE, request.number, request.rest, bare=request.bare
    )


HANDLER = Handler(
    name="untestable",
    usage="!untestable [#] WHY",
    about="says that it can not be tested there, and why; it goes on, and is recorded as such.",
    least=Role.ANYONE,
    run=run,
    bare=("untestable",),
)
