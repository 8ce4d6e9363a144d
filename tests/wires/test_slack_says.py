"""What is said on Slack arrives once and whole, whatever Slack answers; and cards end up true."""

import queue
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.slack.blocks import card_blocks, dialog, line_blocks
from swatbot.adapters.slack.text import Words
from swatbot.chat.card import Bar, Button, Card, Tone, Weight
from swatbot.ports import Outgoing, Urgency
from tests.wires.slack.blocks import block_faults, view_faults
from tests.wires.slack.limits import Limits
from tests.wires.slack_bot import CHANNEL, WAIT, Alone, alone, card


def last_text(place: Alone, ts: str) -> str:
    return place.slack.text_of(place.slack.versions(CHANNEL, ts)[-1])


def test_a_card_is_posted_before_the_lines_below_it_whatever_comes_first() -> None:
    with alone() as place:
        place.show(card(1))
        done = place.say("dana: #1 wmf-config: 1 change", under=1)
        assert done.get(timeout=WAIT) == "dana: #1 wmf-config: 1 change"
        first, second = place.ours()
        assert second["thread_ts"] == first["ts"]
        assert place.slack.text_of(second) == "@dana: #1 wmf-config: 1 change"
        assert place.seen.get(timeout=WAIT) == (1, first["ts"])


def test_a_line_about_what_has_no_card_is_in_the_channel() -> None:
    with alone() as place:
        place.say("#7 is off", under=7).get(timeout=WAIT)
        (line,) = place.ours()
        assert "thread_ts" not in line


def test_the_newest_state_is_shown_and_edits_keep_their_distance() -> None:
    with alone(edit_every=0.5) as place:
        place.show(card(1, "state 0"))
        _, ts = place.seen.get(timeout=WAIT)
        for number in range(1, 40):
            place.show(card(1, f"state {number}"))
        place.slack.wait_for(lambda: "state 39" in last_text(place, ts), WAIT)
        edits = [call.at for call in place.slack.calls if call.method == "chat.update"]
        assert len(edits) <= 3
        assert all(later - earlier >= 0.5 for earlier, later in pairwise(edits))


def test_without_blocks_a_card_says_the_same() -> None:
    with alone() as place:
        place.show(card(1, "waits for alice until 14:22 UTC (3f2a9c)"))
        place.seen.get(timeout=WAIT)
        (message,) = place.ours()
        for words in (
            "#1 wmf-config",
            "waits for alice",
            "Enable it (T1)",
            "a54a3d1 by alice",
            "alice: not yet",
        ):
            assert words in message["text"]


def test_when_slack_asks_to_wait_nothing_goes_too_early_and_nothing_is_lost() -> None:
    with alone(Limits(post_seconds=1.0, post_burst=2, tiers={3: 6, 4: 100})) as place:
        place.show(card(1, "state 0"))
        dones = [place.say(f"line {number}") for number in range(5)]
        for number in range(1, 4):
            place.show(card(1, f"state {number}"))
        assert [done.get(timeout=WAIT) for done in dones] == [f"line {number}" for number in range(5)]
        _, ts = place.seen.get(timeout=WAIT)
        place.slack.wait_for(lambda: "state 3" in last_text(place, ts), WAIT)
        assert [text for text in place.texts() if text.startswith("line")] == [f"line {n}" for n in range(5)]
        assert any(call.status == 429 for call in place.slack.calls)
        assert place.slack.meter.too_early == []


def test_an_edit_waits_as_long_as_slack_asks() -> None:
    with alone(Limits(post_seconds=None, tiers={3: 12})) as place:  # of which the bot knows nothing
        place.show(card(1, "state 0"))
        _, ts = place.seen.get(timeout=WAIT)
        for number in range(1, 100):
            place.show(card(1, f"state {number}"))
            place.slack.wait_for(partial(_edited_or_refused, place, ts, number), WAIT)
            if _refused(place):
                break
        place.show(card(1, "the last"))
        place.slack.wait_for(lambda: "the last" in last_text(place, ts), WAIT)
        assert _refused(place) == 1
        assert place.slack.too_early == []


def _refused(place: Alone) -> int:
    return [call.status for call in place.slack.calls if call.method == "chat.update"].count(429)


def _edited_or_refused(place: Alone, ts: str, number: int) -> bool:
    return bool(_refused(place)) or f"state {number}" in last_text(place, ts)


def test_a_card_that_was_posted_though_nobody_heard_so_is_found_again() -> None:
    with alone() as place:
        place.slack.lose_answer("chat.postMessage")
        place.show(card(1))
        _, ts = place.seen.get(timeout=WAIT)
        (message,) = place.ours()
        assert message["ts"] == ts
        assert place.told.get(timeout=WAIT).startswith("Slack can not be reached: ")
        assert place.told.get(timeout=WAIT) == "Slack is well again"


def test_a_card_of_a_process_that_died_is_found_and_made_true() -> None:
    with alone() as place:
        place.show(card(1, "is next"))
        _, ts = place.seen.get(timeout=WAIT)
        place.chat.stop()
        again = place.another()
        again.start(place.heard.put)
        try:
            again.show(place.channel, card(1, "is live"), lambda ts: place.seen.put((1, ts)), perhaps=True)
            assert place.seen.get(timeout=WAIT) == (1, ts)
            assert "is live" in last_text(place, ts)
            assert len(place.ours()) == 1
        finally:
            again.stop()


@pytest.mark.parametrize(
    "code", ["rate_limited", "message_limit_exceeded", "team_added_to_org", "accesslimited"]
)
def test_what_slack_refuses_for_the_moment_is_said_after_it(code: str) -> None:
    with alone() as place:
        place.slack.answer_next("chat.postMessage", code)
        assert place.say("#1 is live").get(timeout=WAIT) == "#1 is live"
        place.show(card(1, "is next"))
        _, ts = place.seen.get(timeout=WAIT)
        place.slack.answer_next("chat.update", code)
        place.show(card(1, "is live"))
        place.slack.wait_for(lambda: "is live" in last_text(place, ts), WAIT)


def test_that_lines_can_be_said_does_not_say_that_they_are_heard() -> None:
    with alone(told_after=1.0) as place:
        place.slack.sockets.enabled = False
        place.slack.disconnect("link_disabled")
        assert "does not deliver to me" in place.told.get(timeout=WAIT)
        assert place.say("a line").get(timeout=WAIT) == "a line"
        assert place.told.empty()
        place.slack.sockets.enabled = True
        assert place.told.get(timeout=WAIT * 3) == "Slack is well again"
        assert place.chat.wait_joined(0)


def test_after_a_429_for_an_edit_no_card_is_edited_for_as_long_as_slack_says() -> None:
    with alone() as place:
        pacing = place.chat._sender._pacing
        place.show(card(1))
        place.seen.get(timeout=WAIT)
        place.slack.answer_next("chat.update", "ratelimited", 429)
        place.show(card(1, "is live"))
        place.slack.wait_for(lambda: pacing.until_edit("C1 #2") > 0, WAIT)
        assert pacing.until_line("C1") == 0
        place.seen.get(timeout=WAIT)


def test_a_card_that_was_just_posted_rests_before_it_is_edited() -> None:
    with alone(edit_every=60.0) as place:
        place.show(card(1))
        place.seen.get(timeout=WAIT)
        assert place.chat._sender._pacing.until_edit(f"{place.channel} #1") > 0


def test_a_line_that_may_have_arrived_says_so_when_it_is_said_again() -> None:
    with alone() as place:
        place.slack.lose_answer("chat.postMessage")
        assert place.say("#1 is live").get(timeout=WAIT) == "(perhaps again) #1 is live"
        assert place.texts() == ["#1 is live", "(perhaps again) #1 is live"]


def test_a_card_that_can_not_be_edited_any_more_stays_and_its_thread_goes_on() -> None:
    with alone() as place:
        place.show(card(1, "is next"))
        _, ts = place.seen.get(timeout=WAIT)
        place.slack.answer_next("chat.update", "edit_window_closed")
        place.show(card(1, "is live"))
        place.slack.wait_for(lambda: any(call.method == "chat.update" for call in place.slack.calls), WAIT)
        place.say("#1 is live", under=1).get(timeout=WAIT)
        assert place.ours()[-1]["thread_ts"] == ts
        place.show(card(1, "is live, and more"))
        place.say("after").get(timeout=WAIT)
        assert [call.method for call in place.slack.calls].count("chat.update") == 1


def test_what_slack_refuses_of_blocks_is_said_without_them() -> None:
    with alone() as place:
        place.slack.answer_next("chat.postMessage", "invalid_blocks")
        assert place.say("#1 <is> live").get(timeout=WAIT) == "#1 <is> live"
        (line,) = place.ours()
        assert not line.get("blocks")
        assert place.slack.text_of(line) == "#1 <is> live"


def test_where_the_bot_is_not_let_in_lines_wait_and_that_is_told() -> None:
    with alone() as place:
        place.slack.remove_bot(CHANNEL)
        waits = place.say("#1 is live")
        told = place.told.get(timeout=WAIT)
        assert told == f"Slack {CHANNEL} says not_in_channel: invite the app to it"
        assert waits.empty()
        place.slack.invite_bot(CHANNEL)
        place.chat._sender._pacing._not_before.clear()  # a minute is over
        place.chat._sender.poke()
        assert waits.get(timeout=WAIT) == "#1 is live"
        assert place.told.get(timeout=WAIT) == f"Slack {CHANNEL} is well again"


def test_a_channel_whose_name_can_not_be_learnt_is_called_by_its_id() -> None:
    with alone() as place:
        place.slack.app.scopes.discard("channels:read")
        again = place.another()
        again.start(place.heard.put)
        assert again.wait_joined(WAIT)
        assert (again.called(place.channel), place.chat.called(place.channel)) == (place.channel, CHANNEL)
        again.stop()


def test_a_token_that_is_not_valid_any_more_is_told_and_nothing_is_lost() -> None:
    with alone() as place:
        place.slack.answer_next("chat.postMessage", "token_revoked")
        waits = place.say("#1 is live")
        assert place.told.get(timeout=WAIT) == "Slack says token_revoked: see docs/slack.md"
        place.chat._sender._pacing._not_before.clear()  # a minute is over
        place.chat._sender.poke()
        assert waits.get(timeout=WAIT) == "#1 is live"


def test_an_answer_for_one_persons_eyes_is_given_up_when_they_are_gone() -> None:
    with alone() as place:
        assert place.say("dana: no", to=f"{place.channel}@{place.dana.id}").get(timeout=WAIT) == "dana: no"
        (whispered,) = place.dana.ephemerals(CHANNEL)
        assert place.slack.text_of(whispered) == "@dana: no"
        assert place.say("joe: no", to=f"{place.channel}@U0NOBODY").get(timeout=WAIT) is None
        assert place.say("after").get(timeout=WAIT) == "after"


def test_what_is_queued_is_said_before_it_stops() -> None:
    with alone() as place:
        place.show(card(1, "is next"))
        dones = [place.say(f"last words {number}", under=1) for number in range(5)]
        place.chat.stop()
        assert [done.get_nowait() for done in dones] == [f"last words {number}" for number in range(5)]


def test_a_progress_line_that_waits_gives_way_to_a_newer_one() -> None:
    with alone(Limits(post_seconds=1.0, post_burst=1), post_burst=1) as place:
        place.say("first").get(timeout=WAIT)
        became: queue.Queue[str | None] = queue.Queue()
        for percent in range(10):
            line = Outgoing(place.channel, f"#1 {percent}%", Urgency.PROGRESS, about=1)
            place.chat.post(line, became.put)
        assert [became.get(timeout=WAIT) for _ in range(10)] == [None] * 9 + ["#1 9%"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("again", [False, True])
def test_who_is_addressed_is_notified_however_late_or_often_it_is_said(late: bool, again: bool) -> None:
    with alone() as place:
        if again:
            place.slack.answer_next("chat.postMessage", "internal_error")
        ago = timedelta(minutes=2 if late else 0)
        said = place.say("dana: #1 is on mwdebug1001", at=SystemClock().now() - ago).get(timeout=WAIT)
        assert said is not None
        assert ("UTC] " in said, "(perhaps again) " in said) == (late, again)
        (notified,) = place.dana.mentions_received()
        assert place.slack.text_of(notified) == said.replace("dana", "@dana")


TEXTS = st.text(max_size=400)
BUTTONS = (
    Button("verify", "Verified", Weight.GO),
    Button("rollback", "Roll back", Weight.STOP, sure="Sure?"),
)
CARDS = st.builds(
    Card,
    st.integers(1, 10**6),
    TEXTS.filter(str.strip),
    st.sampled_from(Tone),
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=6).map(tuple),
    st.lists(TEXTS, max_size=6).map(tuple),
    st.lists(TEXTS, max_size=6).map(tuple),
    st.lists(st.builds(Bar, TEXTS, st.integers(0, 1000), st.integers(0, 1000)), max_size=3).map(tuple),
    st.just(BUTTONS),
)


@given(CARDS)
@settings(max_examples=200)
def test_every_card_keeps_slacks_rules(made: Card) -> None:
    assert block_faults(card_blocks(made)) == []


@given(st.text(min_size=1, max_size=400).filter(str.strip))
def test_every_line_and_dialog_keeps_slacks_rules(text: str) -> None:
    assert block_faults(line_blocks(Words(text, {"dana": "U0DANA"}))) == []
    assert view_faults(dialog("broken", 1, text, "1 C1")) == []
