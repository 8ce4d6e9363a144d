"""Whether a request was typed as it is meant, as far as its words and the tree can tell."""

from swatbot.domain import commands as c
from swatbot.domain.live import Live
from swatbot.domain.meant import doubt
from swatbot.domain.reasons import PathInMessage, Reason


def mistyped(d: Live, command: c.Inspected) -> Reason | None:
    """Why the deployer is asked to type it again; faults of paths go first."""
    if command.findings.faults:
        return None
    found = doubt(d.message, d.plan.paths, command.paths)
    if found is not None:
        return PathInMessage(doubt=found, plan=str(d.plan), message=d.message, options=d.options)
    return None
