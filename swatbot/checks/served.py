"""The `served` check: a right file behind a stale cache is still the old site."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from swatbot.checks.reading import UnreadableError, at_pointer, captured, same
from swatbot.checks.settings import ServedCheck, WebAddress
from swatbot.checks.web import LARGEST, Answer, ask_all, status_fault
from swatbot.checks.wording import first_line
from swatbot.domain.manifest import Entry, Kind, covered
from swatbot.domain.verdict import Finding, Verdict
from swatbot.errors import OperationalError
from swatbot.ports import CheckTask, Contents, Stop

_SHOWN = 40
_SHOWN_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What hosts are to serve: the value, and how many bytes an answer may have."""

    value: object
    largest: int


def check_served(
    check: ServedCheck,
    task: CheckTask,
    addresses: Mapping[str, WebAddress],
    contents: Contents,
    stop: Stop,
) -> Verdict:
    """Hold what each host serves against the state that the hosts are in; see `ask_all`.

    An answer that can not be judged (another status than 200, no such value) fails like one that is wrong:
    the host does not serve what it should. It is unknown if the snapshot itself can not be judged: it has
    no such file, or the file no such value. A deployment that does not reach the file passes, and so does
    a step before the one that brings the file.
    """

    def verdict(finding: Finding, reason: str) -> Verdict:
        return Verdict(check.name, finding, reason, task.hosts)

    name = "its file" if check.private else check.file
    try:
        manifest = contents.manifest(task.state)
        if not covered(check.file, manifest.roots):
            return verdict(Finding.PASS, f"this deployment does not ship {name}")
        if check.file not in manifest.by_path and not task.last:
            return verdict(Finding.PASS, f"{name} comes with a later step")
        wanted = _wanted(check, manifest.by_path.get(check.file), contents)
    except UnreadableError as error:
        return verdict(Finding.UNKNOWN, f"in the snapshot {name} {error}")
    except OperationalError as error:
        return verdict(Finding.UNKNOWN, str(error))
    judge = partial(_judge, check, wanted)
    return ask_all(
        check,
        task.hosts,
        addresses,
        stop,
        judge,
        does="serve what the snapshot has",
        largest=wanted.largest + 1,
    )


def _wanted(check: ServedCheck, entry: Entry | None, contents: Contents) -> Wanted:
    if entry is None:
        raise UnreadableError("is not there")
    if entry.kind is not Kind.FILE:
        raise UnreadableError("is a symbolic link")
    largest = max(LARGEST, entry.size)
    if check.file_pointer is not None:
        return Wanted(at_pointer(contents.content(entry.content), check.file_pointer), largest)
    if check.file_pattern:
        return Wanted(captured(contents.content(entry.content), check.file_pattern), largest)
    return Wanted(entry.content, largest)


def _judge(check: ServedCheck, wanted: Wanted, answer: Answer) -> str:
    if fault := status_fault(answer):
        return fault
    if len(answer.body) > wanted.largest:
        return f"answers with more than {wanted.largest} bytes ({check.path})"
    try:
        found = _found(check, answer.body)
    except UnreadableError as error:
        return f"serves what {error} ({check.path})"
    if same(found, wanted.value):
        return ""
    return f"{_difference(check, found, wanted.value)}; try a reload"


def _found(check: ServedCheck, body: bytes) -> object:
    """The value in a body. Digests are of lower case, and a line's end or spaces around them are nothing."""
    if check.pointer is not None:
        found = at_pointer(body, check.pointer)
    elif check.pattern:
        found = captured(body, check.pattern)
    elif check.digest:
        found = body.decode("utf-8", "replace")
    else:
        return hashlib.sha256(body).hexdigest()
    return found.strip().lower() if check.digest and isinstance(found, str) else found


def _difference(check: ServedCheck, found: object, wanted: object) -> str:
    where = f"{check.path} {check.pointer}" if check.pointer and not check.private else check.path
    whole = not check.digest and check.pointer is None and not check.pattern
    one, other = _shown(check, found), _shown(check, wanted)
    if whole or check.private or one == other:
        what = "other bytes" if whole else "another value"
        return f"serves {what} than the snapshot has ({where})"
    return f"serves {one} where the snapshot has {other} ({where})"


def _shown(check: ServedCheck, value: object) -> str:
    if check.digest and isinstance(value, str):
        return first_line(value[:_SHOWN_DIGEST]) or "nothing"
    return first_line(json.dumps(value, ensure_ascii=False), _SHOWN) or "nothing"
