"""How people are called in a message, so that their clients notice."""

from collections.abc import Iterable

from swatbot.chat.handler import Site
from swatbot.chat.messages.text import fit
from swatbot.domain.coverage import Change
from swatbot.domain.deployment import Deployment, Place


def called(name: str, site: Site) -> str:
    """The nick of the person of this name, or the name itself."""
    return fit(site.rules.people.called(name), 40)


def address(name: str, place: Place) -> str:
    """What an answer begins with: nothing in private, unless it is given in the channel."""
    if place.private and not place.in_the_open:
        return ""
    return f"{name} (in private): " if place.private else f"{name}: "


def testers(names: Iterable[str], site: Site) -> str:
    """Those whose word is waited for, as an address: `alice, bob`."""
    return ", ".join(called(n, site) for n in names)


def concerned(d: Deployment) -> tuple[str, ...]:
    """The deployer and those whose changes these are, each once; of a private one only the deployer."""
    owners = [c.person for c in d.changes if c.person and not d.private]
    return tuple(dict.fromkeys((d.actor.name, *owners)))


def owners(changes: Iterable[Change], site: Site) -> list[str]:
    """Whose changes these are, each once, in order."""
    return list(dict.fromkeys(called(c.person, site) if c.person else fit(c.author, 40) for c in changes))


def plan_of(d: Deployment, limit: int = 100) -> str:
    """What ships, in short; of a private deployment not even the paths."""
    return "private files" if d.private else plan_words(str(d.plan), limit)


def plan_words(plan: str, limit: int) -> str:
    """A plan as it is read; the whole tree would be a dot that looks like the end of a sentence."""
    return "everything" if plan in ("", ".") else fit(plan, limit)


def message_of(d: Deployment, limit: int = 150) -> str:
    """What the deployer typed beside the paths; of a private deployment nothing."""
    return "(private)" if d.private else fit(d.message, limit)
