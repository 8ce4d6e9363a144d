"""A card that somebody deletes is posted anew, but nobody is made to delete it for ever."""

import pytest

from swatbot.adapters.slack.cards import CardWall, Showing
from tests.wires.slack_bot import CHANNEL, WAIT, Alone, alone, card


def shown(place: Alone, state: str = "is live") -> str:
    """The message in which a card is seen."""
    place.show(card(1, state))
    return place.seen.get(timeout=WAIT)[1]


def texts(place: Alone) -> list[str]:
    return [text for text in place.texts() if "wmf-config" in text]


@pytest.mark.parametrize("thread", [False, True])
def test_it_is_posted_anew_at_once_and_new_lines_go_below_it(thread: bool) -> None:
    with alone() as place:
        old = shown(place)
        if thread:
            place.say("#1 on canaries", under=1).get(timeout=WAIT)
        place.dana.deletes(CHANNEL, old)
        _, new = place.seen.get(timeout=WAIT)
        assert new != old
        (text,) = texts(place)
        assert "is live" in text
        place.say("#1 is live", under=1).get(timeout=WAIT)
        assert place.ours()[-1]["thread_ts"] == new


@pytest.mark.parametrize("thread", [False, True])
def test_that_nobody_told_us_is_found_with_the_next_state(thread: bool) -> None:
    with alone() as place:
        old = shown(place, "is next")
        if thread:
            place.say("#1 on canaries", under=1).get(timeout=WAIT)
        place.slack.hold_events()
        place.dana.deletes(CHANNEL, old)
        assert shown(place, "is live") != old
        place.slack.release_events()
        place.slack.wait_for(lambda: all(delivery.done for delivery in place.slack.deliveries), WAIT)
        place.say("after").get(timeout=WAIT)
        (text,) = texts(place)
        assert "is live" in text


def test_one_that_could_not_be_edited_any_more_is_posted_with_what_it_is_to_show() -> None:
    with alone() as place:
        old = shown(place, "is next")
        place.slack.answer_next("chat.update", "edit_window_closed")
        place.show(card(1, "is live"))
        assert "(edit_window_closed)" in place.told.get(timeout=WAIT)
        place.dana.deletes(CHANNEL, old)
        _, new = place.seen.get(timeout=WAIT)
        (text,) = texts(place)
        assert "is live" in text
        assert shown(place, "is undone") == new, "it is edited as any card"


def test_one_that_is_deleted_twice_stays_away_and_its_lines_are_in_the_channel() -> None:
    with alone() as place:
        place.dana.deletes(CHANNEL, shown(place, "is next"))
        _, new = place.seen.get(timeout=WAIT)
        place.dana.deletes(CHANNEL, new)
        place.slack.wait_for(lambda: place.slack.deliveries[-1].done, WAIT)
        place.show(card(1, "is live"))
        place.say("#1 is live", under=1).get(timeout=WAIT)
        assert place.seen.empty()
        (line,) = place.ours()
        assert place.slack.text_of(line) == "#1 is live"
        assert "thread_ts" not in line


def edited() -> tuple[CardWall, Showing]:
    """A wall with a card that is on its way to Slack."""
    wall = CardWall()
    wall.want("C1", card(1), lambda _message: None, "1.1", perhaps=False)
    (showing,) = wall.open()
    return wall, showing


def test_one_that_is_deleted_while_it_is_edited_is_neither_shown_nor_given_up() -> None:
    wall, editing = edited()
    assert wall.lost("C1", "1.1")
    assert not wall.lost("C1", "1.1")
    wall.done(editing, "1.1")
    assert not wall.give_up(editing, for_good=True)
    (again,) = wall.open()
    assert (again.message, again.fixed) == ("", False)


def test_a_deletion_that_names_no_message_is_of_no_card() -> None:
    wall, _ = edited()
    assert wall.lost("C1", "1.1")
    assert not wall.lost("C1", "")
    assert not wall.lost("C2", "1.1")
