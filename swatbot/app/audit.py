"""Walks a whole journal and says whether it proves itself, or the first record that does not."""

from dataclasses import dataclass

from swatbot.app.chain import Walk
from swatbot.errors import OperationalError
from swatbot.ports import Journal

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a walk found.

    Attributes:
        count: records that prove themselves, from the first on.
        head_hash: hash of the last of them; who noted it elsewhere can tell that the end was not cut off.
        fault: the first thing that is wrong, as a sentence; None when nothing is.
    """

    count: int
    head_hash: str
    fault: str | None


def verify(journal: Journal) -> AuditReport:
    """Walk the journal from the first record to the newest, a page at a time."""
    walk = Walk()
    try:
        fault = _walk(journal, walk)
    except OperationalError as error:
        fault = str(error)
    return AuditReport(walk.count, walk.head, fault)


def _walk(journal: Journal, walk: Walk) -> str | None:
    while page := journal.read(walk.count, _PAGE):
        for record in page:
            if fault := walk.fault(record):
                return fault
    return None
