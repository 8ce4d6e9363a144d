"""Nothing is lost on Slack without a word: what may be of the moment is tried again, the rest is told."""

import queue
from collections.abc import Iterator
from functools import partial

import pytest

from swatbot.adapters.outbox import Post
from swatbot.adapters.slack import refusals, voice
from swatbot.adapters.slack.losses import Losses
from swatbot.adapters.slack.shape import Shape
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.voice import LONG_TRIES, TRIES
from swatbot.adapters.teller import Teller
from swatbot.adapters.watch import Watch
from swatbot.ports import Outgoing, Urgency
from tests.wires.slack_bot import CHANNEL, WAIT, Alone, alone, card

UNHEARD_OF = "mercury_in_retrograde"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Alone]:
    """The adapter, with short pauses between tries."""
    monkeypatch.setattr(voice, "PAUSE", 0.001)
    with alone() as place:
        yield place


def refuse(place: Alone, method: str, code: str, times: int) -> None:
    for _ in range(times):
        place.slack.answer_next(method, code)


def tries(place: Alone, method: str) -> int:
    return [call.method for call in place.slack.calls].count(method)


def tried(place: Alone, method: str, times: int) -> bool:
    return tries(place, method) >= times


def test_a_line_refused_for_a_reason_nobody_knows_is_tried_again(place: Alone) -> None:
    refuse(place, "chat.postMessage", UNHEARD_OF, TRIES - 1)
    done = place.say("#1 is live")
    place.say("after").get(timeout=WAIT)
    assert done.get_nowait() == "#1 is live"
    assert place.texts() == ["#1 is live", "after"]
    assert place.told.empty()


@pytest.mark.parametrize(("code", "times"), [(UNHEARD_OF, TRIES), ("no_text", 1)])
def test_a_line_that_is_given_up_is_told_with_its_words(place: Alone, code: str, times: int) -> None:
    refuse(place, "chat.postMessage", code, times)
    assert place.say("#1 is live").get(timeout=WAIT) is None
    words = f'Slack {CHANNEL} does not take a line ({code}), so it was not said there: "#1 is live"'
    assert place.told.get(timeout=WAIT) == words
    assert tries(place, "chat.postMessage") == times


def test_the_channel_that_refused_a_line_is_told_as_well(place: Alone) -> None:
    refuse(place, "chat.postMessage", "no_text", 1)
    place.say("#1 is live").get(timeout=WAIT)
    place.told.get(timeout=WAIT)
    assert place.but.get(timeout=WAIT) == frozenset()


def test_a_line_that_slack_stumbles_over_keeps_only_its_channel_waiting_and_not_for_ever(
    place: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "PAUSE", 3600.0)
    refuse(place, "chat.postMessage", "fatal_error", LONG_TRIES)
    poison, behind = place.say("#1 is live"), place.say("behind")
    place.slack.wait_for(lambda: tries(place, "chat.postMessage") == 1, WAIT)
    place.say("dana: here", to=f"{place.channel}@{place.dana.id}").get(timeout=WAIT)
    assert poison.empty()
    monkeypatch.setattr(voice, "PAUSE", 0.001)
    _a_minute_is_over(place)
    assert poison.get(timeout=WAIT) is None
    assert behind.get(timeout=WAIT) == "behind"
    assert "does not take a line (fatal_error)" in place.told.get(timeout=WAIT)
    assert place.told.empty()


def test_in_an_outage_nothing_is_given_up_however_often_it_was_tried(
    place: Alone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice, "PAUSE", 0.001)
    monkeypatch.setattr(voice, "MENDED", 0.01)
    refuse(place, "chat.postMessage", "service_unavailable", 2 * LONG_TRIES)
    first, second = place.say("#1 is live"), place.say("behind")
    assert first.get(timeout=WAIT) == "(perhaps again) #1 is live"
    assert second.get(timeout=WAIT) == "behind"
    assert "can not be reached: service_unavailable" in place.told.get(timeout=WAIT)
    assert "well again" in place.told.get(timeout=WAIT)
    assert place.told.empty()


def test_a_card_that_slack_stumbles_over_is_given_up_and_told_once_however_much_is_well(place: Alone) -> None:
    place.show(card(1, "is next"))
    place.seen.get(timeout=WAIT)
    refuse(place, "chat.update", "internal_error", LONG_TRIES)
    place.show(card(1, "is live"))
    for number in range(LONG_TRIES):
        place.slack.wait_for(partial(tried, place, "chat.update", number + 1), WAIT)
        place.say(f"line {number}").get(timeout=WAIT)
    assert "does not take the card of #1 (internal_error)" in place.told.get(timeout=WAIT)
    assert place.told.empty()


def test_a_card_that_slack_stumbled_over_is_looked_for_before_it_is_posted_again(place: Alone) -> None:
    refuse(place, "chat.postMessage", "internal_error", 1)
    place.show(card(1))
    place.seen.get(timeout=WAIT)
    assert tries(place, "conversations.history") == 1
    assert len(place.ours()) == 1


def test_an_edit_refused_for_a_reason_nobody_knows_is_tried_again(place: Alone) -> None:
    place.show(card(1, "is next"))
    place.seen.get(timeout=WAIT)
    refuse(place, "chat.update", UNHEARD_OF, TRIES - 1)
    place.show(card(1, "is live"))
    place.seen.get(timeout=WAIT)
    assert "is live" in place.texts()[0]
    assert place.told.empty()


def test_a_card_that_is_given_up_is_told_once_and_its_next_state_is_tried(place: Alone) -> None:
    place.show(card(1, "is next"))
    place.seen.get(timeout=WAIT)
    refuse(place, "chat.update", UNHEARD_OF, TRIES + 1)
    place.show(card(1, "is on canaries"))
    words = f'Slack {CHANNEL} does not take the card of #1 ({UNHEARD_OF}): "!status 1" tells how it stands'
    assert place.told.get(timeout=WAIT) == words
    place.show(card(1, "is on the fleet"))
    place.slack.wait_for(lambda: tries(place, "chat.update") == TRIES + 1, WAIT)
    place.show(card(1, "is live"))
    place.seen.get(timeout=WAIT)
    assert "is live" in place.texts()[0]
    assert place.told.empty()
    refuse(place, "chat.update", "no_text", 1)
    place.show(card(1, "is undone"))
    assert "(no_text)" in place.told.get(timeout=WAIT), "it was well in between"


def test_a_card_that_can_not_be_posted_is_told_and_its_lines_are_in_the_channel(place: Alone) -> None:
    refuse(place, "chat.postMessage", "invalid_arguments", 1)
    place.show(card(1))
    place.say("#1 is live", under=1).get(timeout=WAIT)
    assert "does not take the card of #1 (invalid_arguments)" in place.told.get(timeout=WAIT)
    (line,) = place.ours()
    assert "thread_ts" not in line


@pytest.mark.parametrize("code", sorted(refusals.THREAD))
@pytest.mark.parametrize("whose", ["a card's", "a person's"])
def test_what_a_thread_does_not_take_is_said_in_its_channel(place: Alone, code: str, whose: str) -> None:
    place.show(card(1))
    _, ts = place.seen.get(timeout=WAIT)
    refuse(place, "chat.postMessage", code, 1)
    if whose == "a card's":
        done = place.say("#1 is live", under=1)
    else:
        done = place.say("#1 is live", to=f"{place.channel}/{ts}")
    after = place.say("!log plain")
    assert done.get(timeout=WAIT) == "#1 is live"
    assert after.get(timeout=WAIT) == "!log plain"
    assert not any("thread_ts" in message for message in place.ours())
    assert place.told.empty()


def test_a_thread_code_for_what_is_in_no_thread_is_not_tried_for_ever(place: Alone) -> None:
    refuse(place, "chat.postMessage", "cannot_reply_to_message", 2)
    assert place.say("#1 is live").get(timeout=WAIT) is None
    assert "(cannot_reply_to_message)" in place.told.get(timeout=WAIT)


def test_what_one_person_alone_should_have_read_is_told_to_nobody_else(place: Alone) -> None:
    refuse(place, "chat.postEphemeral", UNHEARD_OF, TRIES)
    assert place.say("dana: no", to=f"{place.channel}@{place.dana.id}").get(timeout=WAIT) is None
    words = f"Slack does not take an answer for dana alone ({UNHEARD_OF})"
    assert place.told.get(timeout=WAIT) == words


@pytest.mark.parametrize("blocked", ["card", "line"])
def test_a_bug_in_what_is_said_keeps_nothing_else_from_being_said(
    place: Alone, blocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr("swatbot.adapters.slack.say_cards.told", stumble)
    monkeypatch.setattr("swatbot.adapters.slack.say_lines.line_text", stumble)
    if blocked == "card":
        place.show(card(1))
        assert "the card of #1 (a fault of mine)" in place.told.get(timeout=WAIT)
    else:
        assert place.say("#1 is live").get(timeout=WAIT) is None
        assert "a line (a fault of mine)" in place.told.get(timeout=WAIT)
    monkeypatch.undo()
    assert place.say("after").get(timeout=WAIT) == "after"


def test_a_scope_that_is_missing_is_named_once_and_stops_only_what_needs_it(place: Alone) -> None:
    refuse(place, "chat.postEphemeral", "missing_scope", 2)
    whispered = place.say("dana: no", to=f"{place.channel}@{place.dana.id}")
    assert place.told.get(timeout=WAIT).startswith("Slack does not allow chat.postEphemeral: ")
    assert place.say("#1 is live").get(timeout=WAIT) == "#1 is live"
    _a_minute_is_over(place)
    place.slack.wait_for(lambda: tries(place, "chat.postEphemeral") == 2, WAIT)
    assert place.say("after").get(timeout=WAIT) == "after"
    assert place.told.empty()
    assert whispered.empty()
    _a_minute_is_over(place)
    assert whispered.get(timeout=WAIT) == "dana: no"
    assert place.told.get(timeout=WAIT) == "Slack chat.postEphemeral is well again"


def test_a_card_that_can_not_be_looked_for_is_posted_and_the_scope_is_named(place: Alone) -> None:
    place.slack.app.scopes.discard("channels:history")
    place.show(card(1), perhaps=True)
    place.seen.get(timeout=WAIT)
    hint = "give the app the scope channels:history, and install it anew"
    assert place.told.get(timeout=WAIT) == f"Slack does not allow conversations.history: {hint}"


def test_a_line_that_a_newer_one_took_the_place_of_is_forgotten(place: Alone) -> None:
    sayer = place.chat._sender._lines
    refuse(place, "chat.postMessage", "no_permission", 1)  # until somebody mends that
    refuse(place, "chat.postMessage", "invalid_blocks", 1)
    first: queue.Queue[str | None] = queue.Queue()
    place.chat.post(Outgoing(place.channel, "#1 10 %", Urgency.PROGRESS, about=1), first.put)
    place.told.get(timeout=WAIT)
    sayer._shapes[Post(Outgoing(place.channel, "#1 9 %"), first.put, 0)] = Shape()
    _a_minute_is_over(place)
    assert first.get(timeout=WAIT) == "#1 10 %"
    assert not sayer._shapes


def _a_minute_is_over(place: Alone) -> None:
    place.chat._sender._pacing._not_before.clear()
    place.chat._sender.poke()


def test_a_channel_that_takes_nothing_is_told_of_once_and_how_much_it_lacks_when_it_does() -> None:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    losses = Losses(Teller("Slack", "is well again", ("C1",), Watch(lambda text, _: told.put(text))))
    for number in range(3):
        losses.line(Target("C1"), f"#{number} is live", "no_text")
    for number in (8, 9):
        losses.line(Target("C2"), f"#{number} is live", "no_text")
    losses.said(Target("U1"))
    losses.said(Target("C1"))
    losses.said(Target("C1"))
    losses.said(Target("C2"))
    assert [told.get_nowait() for _ in range(4)] == [
        'Slack C1 does not take a line (no_text), so it was not said there: "#0 is live"',
        'Slack C2 does not take a line (no_text), so it was not said there: "#8 is live"',
        "Slack C1 did not get 2 more lines: my log has what",
        "Slack C2 did not get 1 more line: my log has what",
    ]
    assert told.empty()


def test_a_refusal_means_one_thing_only() -> None:
    """A code in two lists would mean what is asked first."""
    lists = [refusals.APP, refusals.CHANNEL, refusals.NOT_NOW, refusals.MOMENT, refusals.METHOD]
    final = refusals.FINAL - refusals.NOBODY  # of a channel these mean that it is shut
    found = [code for codes in (*lists, final) for code in codes]
    assert len(found) == len(set(found))
