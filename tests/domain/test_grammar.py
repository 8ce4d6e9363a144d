"""Whatever is typed: an answer that helps, and never a stumble."""

import random
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swatbot.chat.grammar import Spoken, concerns, read, read_override, read_sync, take_number
from swatbot.chat.handler import Request, Site, View
from swatbot.domain.person import Actor
from swatbot.domain.plan import Options, Plan, Step
from swatbot.errors import UserError
from tests.domain.paper import ACTORS, PLACE, STRANGER
from tests.domain.safe_lines import hostile_text
from tests.domain.walk import walk
from tests.world import RULES, handlers

HANDLERS = handlers()
NAMES = sorted({name for h in HANDLERS.values() for name in (h.name, *h.aliases)})
BARE = sorted({word for h in HANDLERS.values() for word in h.bare})
STATUS = walk(7, 120).status
NOW = walk(7, 120).now

ODD = ("--emergency", '"', "\n", "until 25:99", "until 14:30 UTC", "wmf-config")
MARKS = (
    "!",
    "#",
    ",",
    "-",
    "/",
    "?",
    "..",
    "42",
    "#42",
    "٣",
    "then",
    "not",
    "--for",
    "--override",
    "--partial",
)
pieces = st.sampled_from((*NAMES, *BARE, *MARKS, *ODD))
typed = st.lists(pieces | hostile_text, max_size=7).map(" ".join) | st.lists(pieces, max_size=4).map("".join)
word_chars = st.text(string.ascii_lowercase + string.digits + "-_./", min_size=1, max_size=12)
paths = word_chars.map(lambda w: "p" + w.replace("//", "").rstrip("/").replace("/.", "/x"))
names = st.text(string.ascii_lowercase, min_size=1, max_size=6)


@given(typed, st.booleans())
@example("!", True)
@example('!sync-dir "', False)
@example("!lock x until 99:99", False)
def test_reading_raises_nothing_but_what_a_person_can_mend(text: str, addressed: bool) -> None:
    concerns(text, HANDLERS)
    told = ""
    try:
        spoken = read(text, HANDLERS, addressed=addressed)
    except UserError as error:
        spoken, told = None, str(error)
    assert spoken is None or spoken.command in HANDLERS
    assert spoken or told.strip() or not addressed, "the bot was addressed, and had no answer"


@given(
    st.sampled_from(sorted(HANDLERS)),
    st.none() | st.integers(0, 99),
    typed,
    st.sampled_from((*ACTORS, STRANGER)),
)
def test_handlers_raise_nothing_but_what_a_person_can_mend(
    name: str, number: int | None, rest: str, actor: Actor
) -> None:
    view = View(STATUS, Site("swatbot", "deploy1001", RULES, HANDLERS), NOW)
    told: object
    try:
        told = HANDLERS[name].run(Request(actor, PLACE, name, number, rest.strip()), view)
    except UserError as error:
        told = str(error).strip()
    assert told


@given(typed)
def test_a_line_that_does_not_concern_the_bot_is_chatter(text: str) -> None:
    if not concerns(text, HANDLERS):
        assert read(text, HANDLERS, addressed=False) is None


@given(st.sampled_from(BARE), st.text(min_size=1, max_size=12), st.booleans())
def test_a_bare_word_counts_only_as_the_whole_line(word: str, more: str, before: bool) -> None:
    line = f"{more} {word}" if before else f"{word} {more}"
    spoken = read(line, HANDLERS, addressed=False) if not line.strip().startswith("!") else None
    if spoken is None or spoken.mumbled:
        return
    said = line.strip()
    assert said.lower().startswith(spoken_word(spoken)), f"{said!r} was taken for {spoken}"
    tail = said[len(spoken_word(spoken)) :]
    takes_why = spoken.command in ("broken", "untestable")
    assert takes_why or not tail.strip(" .!") or spoken.number is not None, f"{said!r} taken for {spoken}"


def spoken_word(spoken: Spoken) -> str:
    (word,) = HANDLERS[spoken.command].bare
    return word


@given(st.sampled_from(BARE), st.sampled_from(["", ".", "!"]), st.booleans())
def test_a_bare_word_alone_counts(word: str, end: str, loud: bool) -> None:
    line = f"  {word.upper() if loud else word}{end} "
    spoken = read(line, HANDLERS, addressed=False)
    assert spoken is not None
    assert (spoken.bare, spoken.mumbled, spoken.number) == (True, False, None)


@given(st.sampled_from(BARE), st.integers(0, 999_999_999), st.sampled_from(["", "#"]))
def test_a_number_may_follow(word: str, number: int, sign: str) -> None:
    spoken = read(f"{word} {sign}{number}", HANDLERS, addressed=False)
    assert spoken is not None
    assert (spoken.bare, spoken.number, spoken.rest) == (True, number, "")


@given(
    st.lists(st.lists(paths, min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from(["", "Why not, then"]),
)
def test_paths_and_steps_are_read_as_they_were_typed(steps: list[list[str]], message: str) -> None:
    plan = Plan(tuple(Step(tuple(step)) for step in steps))
    assert read_sync(f"{plan} {message}", "usage") == (plan, message, Options())


def test_then_after_a_comma_is_then_and_a_path_of_that_name_is_quoted() -> None:
    for text in ("a, then b Why", "a then, b Why", "a THEN b Why", "a , then b Why"):
        assert read_sync(text, "usage")[:2] == (Plan((Step(("a",)), Step(("b",)))), "Why"), text
    assert read_sync('a, "then" Why', "usage")[:2] == (Plan((Step(("a", "then")),)), "Why")
    for text in ("a, then", "a then", "a,"):
        with pytest.raises(UserError, match="a path is missing after"):
            read_sync(text, "usage")


@given(
    st.lists(names, max_size=2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "outage", "the site is down"]),
    st.randoms(use_true_random=False),
)
def test_options_are_read_in_any_order(
    people: list[str], partial: bool, dirty: bool, many: bool, why: str, order: random.Random
) -> None:
    options = [f"--for {name}" for name in people]
    options += [o for o, on in (("--partial", partial), ("--dirty", dirty), ("--delete-many", many)) if on]
    options += [f'--emergency "{why}"'] if why else []
    order.shuffle(options)
    _, _, found = read_sync(" ".join([*options, "wmf-config", "message"]), "usage")
    assert sorted(found.verifiers) == sorted(people)
    assert (found.partial, found.dirty, found.delete_many, found.emergency) == (partial, dirty, many, why)


@given(
    names,
    st.text(string.ascii_letters + " ", min_size=1, max_size=20).map(str.strip).filter(bool),
    st.booleans(),
)
def test_an_override_names_whom_it_stands_for(name: str, why: str, first: bool) -> None:
    text = f"--for {name} --override {why}" if first else f"--override {why} --for {name}"
    assert read_override(text, "usage") == (why, (name,))


@given(typed)
def test_a_number_is_taken_only_from_the_front(text: str) -> None:
    number, rest = take_number(text)
    assert number is not None or rest == text.strip()
    assert number is None or text.strip().startswith(("#", *"0123456789")) or text.strip()[0].isdecimal()


@given(typed)
def test_a_plan_that_was_read_names_at_least_one_path(text: str) -> None:
    try:
        plan, message, _ = read_sync(text, "usage")
    except UserError:
        return
    assert plan.paths
    assert message == message.strip()
