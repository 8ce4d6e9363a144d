"""However long what is said or shown is, Slack takes it; and what it finds too long it gets shorter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatbot.adapters.slack.api import DeniedError
from swatbot.adapters.slack.blocks import card_blocks
from swatbot.adapters.slack.shape import Shape
from swatbot.adapters.slack.text import Words, fitted, line_text, told, told_size
from swatbot.adapters.slack.text import cut as shortened
from swatbot.chat.card import Bar
from tests.wires.slack.blocks import block_faults
from tests.wires.slack.text import sent_by_app, unescaped
from tests.wires.slack_bot import WAIT, alone, card

PEOPLE = {"dana": "U0DANA1", "eve with a very long name indeed": "U0EVE01"}
# Long, and of what grows when it is escaped or sent.
LONG = st.builds(
    lambda parts, times: "".join(parts) * times,
    st.lists(st.sampled_from(["&", "<", ">", "dana: ", ". eve with a very long name indeed: ", "é", "x"])),
    st.integers(1, 2_000),
)
AMPS = "&" * 3_000


@given(LONG, st.integers(24, 9_000))
def test_a_text_fits_as_it_is_sent_and_is_cut_between_what_it_is_made_of(text: str, most: int) -> None:
    cut = shortened(Words(text, PEOPLE), most)
    sent = line_text(cut)
    assert len(sent.encode()) <= most
    assert sent == sent_by_app(sent), "an entity or a mention was cut"
    assert cut.text == text or (cut.text.endswith("…") and text.startswith(cut.text[:-1]))


@given(LONG, st.integers(24, 9_000))
def test_no_more_is_cut_than_has_to_be(text: str, most: int) -> None:
    cut = fitted(text, most, told_size)
    assert unescaped(told(cut)) == cut
    if cut != text:
        longer = f"{text[: len(cut)]}…"
        assert told_size(longer) > most


@given(LONG, LONG, LONG, st.integers(400, 3_000))
@settings(max_examples=50)
def test_every_long_card_keeps_slacks_rules(title: str, state: str, person: str, most: int) -> None:
    made = card(
        1, f"is {state}", title=f"#1 {title}", people=(person,) * 9, checks=(person,), changes=(state,)
    )
    assert block_faults(card_blocks(made, most)) == []


def test_a_long_card_is_posted_and_edited_whatever_its_text_grows_to() -> None:
    with alone() as place:
        place.show(card(1, "is next", message=AMPS, people=(AMPS,)))
        _, ts = place.seen.get(timeout=WAIT)
        place.show(card(1, "is live", message=AMPS, people=(AMPS,)))
        assert place.seen.get(timeout=WAIT) == (1, ts)
        assert "is live" in place.texts()[0]
        assert all(call.answer["ok"] for call in place.slack.calls)


def test_blocks_that_are_too_much_together_are_shortened_and_not_left_out() -> None:
    with alone() as place:
        line, bars = "x" * 2_900, (Bar("x" * 2_900, 1, 1),)
        place.show(card(1, message=line, people=(line,), checks=(line,), changes=(line,), bars=bars))
        place.seen.get(timeout=WAIT)
        (message,) = place.ours()
        assert len(message["blocks"]) == 8
        errors = [call.answer.get("error") for call in place.slack.calls if call.method == "chat.postMessage"]
        assert errors == ["msg_blocks_too_long", None]


@pytest.mark.parametrize("code", ["msg_too_long", "invalid_blocks", "msg_blocks_too_long"])
def test_a_card_that_slack_finds_too_long_is_shown_shorter_and_is_edited_from_then_on(code: str) -> None:
    with alone() as place:
        place.show(card(1, "is next"))
        _, ts = place.seen.get(timeout=WAIT)
        place.slack.answer_next("chat.update", code)
        place.show(card(1, "is live"))
        assert place.seen.get(timeout=WAIT) == (1, ts)
        (message,) = place.ours()
        assert "is live" in message["text"]
        assert "is live" in place.texts()[0], "the blocks of before are still there"
        assert place.told.empty()


def test_a_long_line_is_said_whole() -> None:
    with alone() as place:
        line = f"#1 {'&<>' * 2_000} end"
        assert place.say(line).get(timeout=WAIT) == line
        assert place.texts() == [line]


def test_of_a_line_that_no_form_can_hold_its_beginning_is_said_and_recorded_so() -> None:
    with alone() as place:
        line = f"#1 {'&' * 20_000}"
        said = place.say(line).get(timeout=WAIT)
        assert said is not None
        assert said.endswith("&…")
        assert line.startswith(said[:-1])
        assert place.texts() == [said]
        assert len(said) > 7_000, "as much as fits was said"
        assert [call.method for call in place.slack.calls].count("chat.postMessage") == 2


def test_a_line_is_shortened_for_as_long_as_slack_finds_it_too_long() -> None:
    with alone() as place:
        for _ in range(3):
            place.slack.answer_next("chat.postMessage", "msg_too_long")
        assert place.say("#1 is live").get(timeout=WAIT) == "#1 is live"
        for _ in range(9):
            place.slack.answer_next("chat.postMessage", "msg_too_long")
        assert place.say("#2 is live").get(timeout=WAIT) is None
        assert "(msg_too_long)" in place.told.get(timeout=WAIT)


def test_every_refusal_of_a_form_leaves_less_until_nothing_is_left() -> None:
    for code in ("msg_too_long", "msg_blocks_too_long", "invalid_blocks"):
        shape: Shape | None = Shape()
        for _ in range(20):
            shape = shape and shape.smaller(DeniedError(code, "must be less than 3001 characters"))
        assert shape is None
    assert Shape().smaller(DeniedError("invalid_blocks", "unsupported type")) == Shape(block=0)
    assert Shape().smaller(DeniedError("no_text")) is None
