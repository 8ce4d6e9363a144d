"""The table is what runs: nothing in it is out of reach, nothing outside of it is taken, docs show it."""

from pathlib import Path
from typing import Any

import pytest

from swatbot.domain import events as e
from swatbot.domain.deployment import TERMINAL, Kind, Place, State
from swatbot.domain.diagram import mermaid, states_page
from swatbot.domain.evolve import evolve
from swatbot.domain.plan import Options, Plan, Step
from swatbot.domain.reasons import NoBaseline
from swatbot.domain.status import Status
from swatbot.domain.transitions import BACK, TABLE
from tests.domain.paper import ACTORS, START
from tests.domain.walk import walk

WALKS, STEPS = 200, 300
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "states.md"


def test_every_entry_is_reached_by_what_the_code_decides() -> None:
    missing = set(TABLE)
    for seed in range(WALKS):
        missing -= walk(seed, STEPS).promises.pairs
        if not missing:
            break
    assert not missing, f"in the table, and never seen: {sorted((s, e.__name__) for s, e in missing)}"


def test_nothing_leaves_a_terminal_state_and_something_leaves_every_other() -> None:
    leaving = {source for source, _ in TABLE}
    assert leaving == set(State) - TERMINAL


def test_every_state_is_reached_and_every_end_has_a_way_to_it() -> None:
    reached = {target for target in TABLE.values() if target != BACK}
    assert reached | {State.INSPECTING} == set(State)


def deployment_in(state: State) -> Status:
    """A status with one deployment that claims to be in this state."""
    plan = Plan((Step(("a",)),))
    asked = e.Requested(1, Kind.SYNC, plan, "", Options(), ACTORS[0], Place("net", "#swat"))
    status = evolve(Status(), asked, START)
    d = status.live[1]
    object.__setattr__(d, "state", state)
    return status.put(d)


STRANGE = [
    (state, event)
    for state in State
    for event in (
        e.Refused,
        e.Started,
        e.RolledBack,
        e.BakeStarted,
        e.FleetStarted,
        e.FinishStarted,
        e.Reminded,
    )
    if (state, event) not in TABLE
]


@pytest.mark.parametrize(("state", "event"), STRANGE)
def test_what_the_table_does_not_have_is_refused(state: State, event: type[Any]) -> None:
    made = e.Refused(1, NoBaseline()) if event is e.Refused else event(1)
    with pytest.raises(ValueError, match="is not allowed for #1"):
        evolve(deployment_in(state), made, START)


def test_an_event_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="is not allowed for #7"):
        evolve(Status(), e.Started(7), START)


def test_the_page_in_the_docs_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == states_page(), "run: make docs"


def test_the_diagram_names_every_state_and_every_way_between_two() -> None:
    drawn = mermaid()
    for (source, event), target in TABLE.items():
        if target not in (BACK, source):
            (line,) = [x for x in drawn.splitlines() if x.strip().startswith(f"{source} --> {target}:")]
            assert event.__name__ in line
    assert all(state.value in drawn for state in State)
