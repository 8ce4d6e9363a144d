"""Whatever is in it, a line is one line, fits, and says something."""

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swatbot.app.intake import worded
from swatbot.chat.handler import Site, View
from swatbot.chat.messages.announcements import tell
from swatbot.chat.messages.declines import alternatives, why
from swatbot.chat.messages.replies import diff, history, queue, status_one, whoami
from swatbot.chat.messages.text import clean, fit
from swatbot.domain import events as e
from swatbot.domain.deployment import Deployment, State
from swatbot.domain.findings import PathFault
from swatbot.domain.person import Actor, People, Person, Role
from swatbot.domain.reasons import BadPaths, DeclinedError
from swatbot.domain.stage import Stage
from swatbot.domain.status import Status
from tests.domain.made import EVENTS, REASONS, any_of, times
from tests.domain.paper import HOSTS, PLACE, STAGES, START, rules
from tests.domain.safe_lines import HOSTILE, LINE_BYTES, assert_safe, hostile_text
from tests.domain.walk import walk

patient = settings(
    max_examples=300 if os.environ.get("SOAK") == "1" else 15,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
SITE = Site("swatbot", "deploy1001", rules())
UNTOLD = {
    e.Requested, e.Started, e.Pinned, e.Checked, e.CanariesStarted, e.FinishStarted, e.HostsRestored,
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


def told_of(event: Any, state: State, data: st.DataObject) -> Status:
    """A status in which the event has just happened to a deployment with odd names in it."""
    d = data.draw(any_of(Deployment))
    hold = d.hold if state is State.HELD else None
    states = ("a" * 64, "b" * 64)
    marks = dict(zip(HOSTS, d.marks.values(), strict=False))
    d = replace(
        d, number=event.number, state=state, states=states, stages=STAGES, marks=marks, hold=hold, step=0
    )
    return Status(live={} if state.terminal else {d.number: d}, past={d.number: d} if state.terminal else {})


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
        status = told_of(event, data.draw(st.sampled_from(State)), data)
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


@patient
@given(hostile_text, hostile_text, st.lists(hostile_text, max_size=8))
def test_replies_can_be_told_as_they_are(name: str, message: str, lines: list[str]) -> None:
    status = walk(3, 60).status
    people = People((Person(name, Role.PERSON, ("net/x",)),))
    site = Site("swatbot", "deploy1001", replace(SITE.rules, people=people))
    actor = Actor(name, "net/x", name, Role.PERSON)
    view = View(status, site, START)
    found = [*diff("\n".join(f"+{x}" for x in lines), message, private=False), *queue(view, actor)]
    found += [*whoami(actor, site), *history(list(status.past.values())[:4], START, site)]
    for d in [*status.live.values(), *status.past.values()][:2]:
        found += status_one(replace(d, message=message), view)
    for line in tell(e.Answered(PLACE, name, tuple(found)), status, START, site):
        assert_safe(line.text)


@given(hostile_text, st.integers(4, LINE_BYTES))
def test_fitting_is_safe_and_done_once(text: str, limit: int) -> None:
    short = fit(text, limit)
    assert len(short.encode()) <= limit
    assert fit(short, limit) == short
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_path_with_a_trick_in_it_is_named_without_the_trick(text: str) -> None:
    line = fit(why(BadPaths(faults=(PathFault(text, "it has control characters in it"),))))
    assert_safe(line)
    assert line.endswith("it has control characters in it.")
