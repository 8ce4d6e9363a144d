"""!verify, and the bare word `verified`: the submitter's word, or a deployer's in its place."""

from swatbot.chat.grammar import read_override
from swatbot.chat.handler import Handler, Request, View, speak
from swatbot.domain.commands import Override, Speak
from swatbot.domain.deployment import Word
from swatbot.domain.person import Role

USAGE = "!verify [#] [--override WHY [--for NAME]]"


def run(request: Request, _view: View) -> Speak | Override:
    """The own word, or with `--override` one in the place of others."""
    override = None if request.bare else read_override(request.rest, USAGE)
    if override is not None:
        why, persons = override
        return Override(request.actor, request.place, request.meant, why, persons)
    return speak(request, Word.VERIFIED, request.number, request.rest)


HANDLER = Handler(
    name="verify",
    usage=USAGE,
    about='says that what is on the test servers is right; plain "verified" does the same.',
    least=Role.ANYONE,
    run=run,
    aliases=("verified",),
    bare=("verified",),
)
