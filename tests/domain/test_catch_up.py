"""Who holds something else than was expected takes the states between, one after the other."""

from hypothesis import given
from hypothesis import strategies as st

from swatbot.domain.catch_up import next_state, strays
from swatbot.domain.manifest import Entry, Kind, Manifest

Files = dict[str, int]
PATHS = [f"conf/{n}" for n in range(6)]
files: st.SearchStrategy[Files] = st.dictionaries(st.sampled_from(PATHS), st.integers(0, 3))


def made(found: Files) -> Manifest:
    return Manifest.of(["conf"], (Entry(p, Kind.FILE, 0o644, n, f"{n:064x}") for p, n in found.items()))


@given(st.lists(files, min_size=1, max_size=5), files, st.data())
def test_every_way_ends_at_the_goal_and_leaves_out_no_state(
    texts: list[Files], found: Files, data: st.DataObject
) -> None:
    states = [made(text) for text in texts]
    goal = data.draw(st.integers(0, len(states) - 1))
    index = next_state(made(found), states, goal)
    seen = [index]
    while index != goal:
        index = next_state(states[index], states, goal)
        seen.append(index)
    way = [states[index].digest for index in range(seen[0], goal, 1 if goal >= seen[0] else -1)]
    # Steps that change nothing make equal states, of which one is enough.
    assert list(dict.fromkeys(states[i].digest for i in seen)) == list(
        dict.fromkeys([*way, states[goal].digest])
    )


@given(st.lists(files, min_size=1, max_size=5, unique_by=lambda f: made(f).digest), st.data())
def test_who_is_in_a_state_goes_to_the_one_beside_it_and_has_nothing_astray(
    texts: list[Files], data: st.DataObject
) -> None:
    states = [made(text) for text in texts]
    at, goal = (data.draw(st.integers(0, len(states) - 1)) for _ in range(2))
    assert abs(next_state(states[at], states, goal) - at) == (at != goal)
    assert abs(next_state(states[at], states, goal) - goal) == max(abs(at - goal) - 1, 0)
    assert strays(states[at], states) == frozenset()


def test_who_broke_off_within_a_step_completes_or_undoes_that_step_first() -> None:
    old = {"conf/0": 0, "conf/1": 0, "conf/2": 0, "conf/3": 0}
    first = {**old, "conf/0": 1, "conf/1": 1, "conf/2": 1}
    states = [made(old), made(first), made({**first, "conf/3": 1})]
    nearly = made({**first, "conf/2": 0})
    assert [next_state(nearly, states, goal) for goal in range(3)] == [0, 1, 1]


def test_who_is_in_no_state_is_taken_to_be_where_the_fewest_files_are_astray() -> None:
    old, first, last = ({"conf/1": n, "conf/2": n, "conf/3": n} for n in range(3))
    states = [made(old), made(first), made(last)]
    assert next_state(made({**old, "conf/9": 1}), states, 2) == 1
    assert next_state(made({**last, "conf/9": 1}), states, 2) == 2
    assert next_state(made({**last, "conf/9": 1}), states, 0) == 1
    # Whether it lacks the end of the first step or the beginning of the second can not be told.
    assert next_state(made({**first, "conf/9": 1}), states, 2) == 1
    assert next_state(made({**first, "conf/9": 1}), states, 0) == 1
    assert strays(made({**old, "conf/9": 1}), states) == {"conf/9"}
    assert strays(made({"conf/1": 0, "conf/2": 9, "conf/3": 1}), states) == {"conf/2"}
    assert strays(made({"conf/1": 1, "conf/2": 1}), states) == {"conf/3"}
