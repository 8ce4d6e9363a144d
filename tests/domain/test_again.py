"""What a refusal tells somebody to type does the same as before, and one thing more."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swatbot.chat.grammar import read_sync
from swatbot.chat.messages.again import again, alternatives
from swatbot.chat.messages.text import LINE_BYTES
from swatbot.domain.coverage import Change
from swatbot.domain.plan import Options, Plan, Step
from swatbot.domain.reasons import Dirty, LeftBehind
from tests.domain.paper import START

CHANGE = Change("8c98f79a" * 5, "Zoe", "zoe@elsewhere.example", "x", START, (), "submitter")
names = st.sampled_from(["olaf", "Jane Doe", "o'neil", 'q"uote'])
whys = st.sampled_from(["", "outage", "site is down", "--now", 'a "b" c', "w" * 300])
options = st.builds(
    Options,
    st.lists(names, max_size=2, unique=True).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    whys,
)
PLAN = str(Plan((Step(("wmf-config", "static/logo.png")), Step(("w",)))))


def assert_kept(command: str, before: Options, **more: bool) -> None:
    _, message, found = read_sync(command, "")
    assert message in ("Fix it", "MESSAGE")
    assert found.verifiers == before.verifiers
    assert found.emergency in (before.emergency, "WHY" if before.emergency else "")
    for flag in ("partial", "dirty", "delete_many"):
        assert getattr(found, flag) == (getattr(before, flag) or more.get(flag, False))


@given(options)
def test_the_command_that_a_refusal_tells_keeps_what_was_typed(before: Options) -> None:
    reason: Any = Dirty(files=("w/x",), plan=PLAN, message="Fix it", options=before)
    *commands, words = again("--dirty", reason)
    assert words == "the same with --dirty before the paths"
    for command in commands:
        assert_kept(command.removeprefix('"!sync-dir ').removesuffix('"'), before, dirty=True)
    can_be_typed = not any('"' in name for name in before.verifiers)
    assert bool(commands) == can_be_typed


@given(options)
def test_the_three_commands_keep_what_was_typed(before: Options) -> None:
    reason = LeftBehind(change=CHANGE, left=("docs/x",), plan="w", more=0, message="Fix it", options=before)
    line = alternatives(reason)
    assert len(line.encode()) <= LINE_BYTES
    found = re.findall(r'"!sync-dir (.*?)"(?=, or |,? if )', line)
    assert len(found) in (0, 3)
    if any('"' in name for name in before.verifiers):
        assert not found
    for command, partial in zip(found, (False, False, True), strict=False):
        assert_kept(command, before, partial=partial)
