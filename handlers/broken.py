"""!broken, and the bare word: a submitter's word about the test servers."""

from swatbot.chat.handler import Handler, Request, View, number_and_why, speak
from swatbot.domain.commands import Speak
from swatbot.domain.deployment import Word
from swatbot.domain.person import Role


def run(request: Request, view: View) -> Speak:
    """The word, with its reason."""
    known = range(1, view.status.latest + 1)
    number, why = number_and_why(request, known)
    return speak(request, Word.BROKEN, number, why)


HANDLER = Handler(
    name="broken",
    usage="!broken [#] WHY",
    about="says that it must not go out; the test servers are put back, and later it acts as a hold.",
    least=Role.ANYONE,
    run=run,
    bare=("broken",),
)
