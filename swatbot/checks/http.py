"""The `http` check: whether every host answers as it should."""

import re
from collections.abc import Mapping, Sequence
from functools import partial

from swatbot.checks.settings import HttpCheck, WebAddress
from swatbot.checks.web import Answer, ask_all, opening, status_fault
from swatbot.checks.wording import first_line
from swatbot.domain.verdict import Verdict
from swatbot.ports import Stop


def check_http(
    check: HttpCheck, hosts: Sequence[str], addresses: Mapping[str, WebAddress], stop: Stop
) -> Verdict:
    """Ask all hosts: a pass if status, headers and body of each are as wanted; see `ask_all`."""
    return ask_all(check, hosts, addresses, stop, partial(_judge, check))


def _judge(check: HttpCheck, answer: Answer) -> str:
    if fault := status_fault(answer, check.status):
        return fault
    for name, wanted in check.headers:
        value = answer.headers.get(name)
        if value is None or not re.search(wanted, value):
            return f"answers {name}: {first_line(value)}" if value else f"answers without {name}"
    if check.body and not re.search(check.body, answer.body.decode("utf-8", "replace")):
        return f"answers without {check.body!r}{opening(answer)}"
    return ""
