"""Whatever is in it, a line is one line, fits, and says something."""

import os
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swatbot.app.intake import worded
from swatbot.chat.grammar import read_sync
from swatbot.chat.handler import Site, View
from swatbot.chat.messages.again import alternatives
from swatbot.chat.messages.announcements import tell
from swatbot.chat.messages.declines import why
from swatbot.chat.messages.replies import history, queue, status_one, usage, whoami
from swatbot.chat.messages.text import NOTHING, clean, fit, spelled, typed
from swatbot.domain import events as e
from swatbot.domain.coverage import Change
from swatbot.domain.deployment import State
from swatbot.domain.findings import MISSING, PathFault
from swatbot.domain.live import Live
from swatbot.domain.manifest import covered
from swatbot.domain.past import Past
from swatbot.domain.person import Actor, People, Person, Role
from swatbot.domain.plan import Plan, Step
from swatbot.domain.reasons import (
    AtWork,
    BadPaths,
    DeclinedError,
    Dirty,
    LeftBehind,
    ManyDeletions,
    Reason,
    UnknownAuthor,
)
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status
from swatbot.domain.transitions import BACK, TABLE
from tests.domain.made import EVENTS, REASONS, any_of, times
from tests.domain.paper import HOSTS, PLACE, STAGES, START, rules
from tests.domain.safe_lines import HOSTILE, LINE_BYTES, assert_safe, hostile_text
from tests.domain.walk import walk
from tests.world import handlers

patient = settings(
    max_examples=300 if os.environ.get("SOAK") == "1" else 15,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
SITE = Site("swatbot", "deploy1001", rules())
UNTOLD = {e.HostsReturned, e.DriftFound,
    e.Requested, e.Started, e.Pinned, e.Checked, e.StillStaged, e.CanariesStarted, e.FinishStarted,
    e.HostsRestored,
}  # fmt: skip


@pytest.mark.parametrize("reason_type", REASONS, ids=lambda t: t.__name__)
@patient
@given(data=st.data())
def test_every_reason_is_worded(reason_type: type[Any], data: st.DataObject) -> None:
    reason = data.draw(any_of(reason_type))
    assert why(reason).strip()
    lines = worded(DeclinedError(reason))
    assert lines == tuple(x for x in (why(reason), alternatives(reason)) if x)
    nick = data.draw(hostile_text)
    status = Status()
    for line in tell(e.Answered(PLACE, nick, lines), status, START, SITE):
        assert_safe(line.text)
        assert line.place == PLACE


def states_after(event_type: type[Any]) -> list[State]:
    """Where the event leads; what a hold interrupted may be anything that is not over."""
    found = {target for (_, by), target in TABLE.items() if by is event_type} or {State.INSPECTING}
    if BACK in found:
        return [state for state in State if not state.terminal]
    return [state for state in State if state in found]


def told_of(event: Any, state: State, data: st.DataObject) -> Status:
    """A status in which the event has just happened to a deployment with odd names in it."""
    d = data.draw(any_of(Live))
    hold = d.hold if state is State.HELD else None
    states = ("a" * 64, "b" * 64)
    marks = dict(zip(HOSTS, d.marks.values(), strict=False))
    d = replace(
        d, number=event.number, state=state, states=states, stages=STAGES, marks=marks, hold=hold, step=0
    )
    return Status().put(d)


def possible(event: Any) -> Any:
    """The event, about hosts that there are."""
    if isinstance(event, e.Completed):
        return replace(event, stale=HOSTS[3 : 3 + len(event.stale)])
    if isinstance(event, e.HostsSynced):
        return replace(event, stage=Stage.FLEET)
    return event


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda t: t.__name__)
@patient
@given(data=st.data())
def test_every_event_is_told_safely(event_type: type[Any], data: st.DataObject) -> None:
    event = possible(data.draw(any_of(event_type)))
    status = Status()
    if hasattr(event, "number") and not isinstance(event, e.GlobalEvent):
        status = told_of(event, data.draw(st.sampled_from(states_after(event_type))), data)
    for line in tell(event, status, data.draw(times), SITE):
        assert_safe(line.text)


def test_every_event_that_matters_is_told_at_some_time() -> None:
    told: set[type[Any]] = set()
    for seed in range(60):
        desk = walk(seed, 300)
        told |= desk.told
        if told >= set(EVENTS) - UNTOLD - {e.Answered}:
            return
    missing = {t.__name__ for t in set(EVENTS) - UNTOLD - {e.Answered} - told}
    assert not missing, f"nobody is told of {missing}"


def test_what_is_not_told_is_on_purpose() -> None:
    told: set[type[Any]] = set()
    for seed in range(8):
        told |= walk(seed, 200).told
    assert not told & UNTOLD


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a b.php", "a b.php"),
        ("caf\xe9", "caf\xe9"),
        ("a\x02b", "a\\x02b"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\udcff\udcfe.svg", "\\xff\\xfe.svg"),
        ("a\u202eb", "a\\u202eb"),
    ],
)
def test_what_can_not_be_seen_of_a_name_is_written_out(path: str, said: str) -> None:
    assert spelled(path, 60) == said
    assert spelled("x" * 50 + path, 20) == "x" * 17 + "…"


@patient
@given(hostile_text, hostile_text)
def test_replies_can_be_told_as_they_are(name: str, message: str) -> None:
    status = walk(3, 60).status
    people = People((Person(name, Role.PERSON, ("net/x",)),))
    site = Site("swatbot", "deploy1001", replace(SITE.rules, people=people))
    actor = Actor(name, "net/x", name, Role.PERSON)
    view = View(status, site, START)
    found = [*queue(view, actor)]
    found += [*whoami(actor, site), *history(list(status.past.values())[:4], START, site)]
    known: list[Live | Past] = [*status.live.values(), *status.past.values()]
    for d in (known[0], known[-1]):
        found += status_one(replace(d, message=message), view)
    for line in tell(e.Answered(PLACE, name, tuple(found)), status, START, site):
        assert_safe(line.text)


@given(hostile_text, st.integers(4, LINE_BYTES))
def test_fitting_is_safe_and_done_once(text: str, limit: int) -> None:
    short = fit(text, limit)
    assert len(short.encode()) <= limit
    assert fit(short, limit) == short
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "text", ["", "\x07", "\x00\x1b\r\n", "\u202e\u200b", "\u3164", "\u2800 \u00a0", "\ufe0f", "\udcff"]
)
def test_what_can_not_be_seen_is_said_to_be_so(text: str) -> None:
    for private in (True, False):
        for line in tell(e.Answered(replace(PLACE, private=private), "x", (text,)), Status(), START, SITE):
            assert_safe(line.text)
            assert line.text.isprintable()
            assert line.text == f"{'' if private else 'x: '}{NOTHING}"
    assert fit(text, 4) == ("(…" if text else "")


segments = st.text("abcxyz-_.", min_size=1, max_size=70).map("p".__add__)
long_paths = st.lists(segments, min_size=1, max_size=4).map("/".join)
plans = st.lists(st.lists(long_paths, min_size=1, max_size=3).map(tuple).map(Step), min_size=1, max_size=2)
CHANGE = Change("8c98f79a" * 5, "Zoe", "zoe@elsewhere.example", "x", START, (), "submitter")


def stopped(plan: Plan, left: tuple[str, ...], message: str, *, private: bool) -> list[Reason]:
    """Every reason that tells somebody to type a plan again."""
    name = str(plan)
    return [
        LeftBehind(change=CHANGE, left=left, more=1, private=private, plan=name, message=message),
        Dirty(files=left, private=private, plan=name, message=message),
        ManyDeletions(deletions=10**6, held=10**7, plan=name, message=message),
        UnknownAuthor(change=CHANGE, private=private, plan=name, message=message),
    ]


def all_of(line: str) -> str:
    """The line with all that may stand before it: who is addressed, and that a deployment has stopped."""
    stopped = "#99999 stopped before any host was touched: " if line.startswith("not queued") else ""
    return fit(f"{'n' * 40}: {stopped}{line}")


@patient
@given(
    plans.map(tuple).map(Plan),
    st.lists(long_paths | long_paths.map(" ".__add__), min_size=1, max_size=6).map(tuple),
    st.sampled_from(["", "Fix", "Show related articles on all projects (T12345)", "w" * 300]),
    st.booleans(),
)
def test_what_is_to_be_typed_is_told_whole_and_does_what_is_meant(
    plan: Plan, left: tuple[str, ...], message: str, private: bool
) -> None:
    for reason in stopped(plan, left, message, private=private):
        line = alternatives(reason) or why(reason)
        assert all_of(line).endswith(line)
        commands = re.findall(r'"!sync-dir (--[a-z-]+ (?:NAME )?)?(.*?)(?:"(?=[,.]? )|"\.?$)', line)
        assert bool(commands) == ("!sync-dir" in line)
        for option, rest in commands:
            found, words, _ = read_sync(rest, "")
            assert words in (message, "MESSAGE" if message else "")
            assert set(plan.paths) <= set(found.paths)
            assert option or all(covered(path, found.paths) for path in left)


def test_a_path_with_a_space_is_told_in_quotation_marks() -> None:
    reason = LeftBehind(change=CHANGE, left=("dblists/a b",), more=0, plan="static", message="")
    assert alternatives(reason) == (
        'say "!sync-dir "dblists/a b", static", or for an order "!sync-dir "dblists/a b" then static",'
        ' or "!sync-dir --partial static" if you mean it.'
    )
    assert read_sync('"dblists/a b" then static', "")[0] == Plan((Step(("dblists/a b",)), Step(("static",))))


def test_a_plan_that_would_be_read_otherwise_is_told_in_quotation_marks() -> None:
    for plan in (
        Plan((Step(("a", "then")),)),
        Plan((Step(("my dir/x",)),)),
        Plan((Step(("--x",)),)),
        Plan((Step(("a,b",)),)),
    ):
        assert read_sync(str(plan), "")[0] == plan
        for reason in stopped(plan, ("static/x",), "Fix", private=False):
            assert f"{plan}" in why(reason) + alternatives(reason)


def test_a_plan_that_can_not_be_typed_is_told_in_words() -> None:
    for reason in stopped(Plan((Step(('a"b',)),)), ("static/x",), "Fix", private=False):
        assert "!sync-dir" not in why(reason) + alternatives(reason)


@pytest.mark.parametrize(
    ("path", "as_typed"),
    [
        ("a/b", "a/b"),
        ("a b", '"a b"'),
        ("a,b", '"a,b"'),
        ("--x", '"--x"'),
        ("Then", '"Then"'),
        ('a"b', ""),
        ("a\x07b", ""),
    ],
)
def test_a_path_is_told_as_it_is_typed(path: str, as_typed: str) -> None:
    assert typed(path) == as_typed
    if as_typed:
        assert read_sync(as_typed, "")[0].paths == (path,)


def test_a_path_that_is_nearly_right_is_told_whole_or_not_at_all() -> None:
    near, far = f"wmf-config/{'x' * 130}.php", f"wmf-config/{'x' * 400}.php"
    for suggestion, told in ((near, f"Did you mean {near}?"), (far, "Paths are relative to it.")):
        line = why(BadPaths(faults=(PathFault("wmf-confg/" + "x" * 130, MISSING, suggestion),)))
        assert fit(line).endswith(told)


def test_usage_stands_whole_after_a_fault_of_any_length() -> None:
    usage_line = handlers()["sync-dir"].usage
    assert fit(f"{'n' * 50}: {usage('I do not know --' + 'w' * 400 + '.', usage_line)}").endswith(usage_line)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_path_with_a_trick_in_it_is_named_without_the_trick(text: str) -> None:
    line = fit(why(BadPaths(faults=(PathFault(text, "it has control characters in it"),))))
    assert_safe(line)
    assert line.endswith("it has control characters in it.")


def test_one_host_is_being_worked_on_and_two_are() -> None:
    assert why(AtWork(hosts=("mw1",))).startswith("mw1 is being worked on")
    assert why(AtWork(hosts=("mw1", "mw2"))).startswith("mw[1-2] are being worked on")
