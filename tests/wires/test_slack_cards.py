"""Whose turn it is among cards that all have something new to show."""

from swatbot.adapters.slack.cards import CardWall, Showing
from swatbot.chat.card import Bar
from tests.wires.slack_bot import card


def wall(*places: tuple[str, int]) -> CardWall:
    """Cards that show what they are to."""
    made = CardWall()
    for channel, number in places:
        want(made, channel, number, "is next")
        posted = made.unposted(anything)
        assert posted is not None
        made.done(posted, f"{channel}-{number}")
    return made


def want(wall: CardWall, channel: str, number: int, state: str, done: int = 0) -> None:
    shown = card(number, state, bars=(Bar("fleet", done, 97),))
    wall.want(channel, shown, lambda _: None, "", perhaps=False)


def edited(wall: CardWall) -> tuple[str, int]:
    """The card that is edited now."""
    found = wall.unedited(anything)
    assert found is not None
    wall.done(found, found.message)
    return found.place


def anything(_: Showing) -> bool:
    return True


def test_one_that_is_always_new_leaves_the_others_their_turn() -> None:
    places = [("C1", 1), ("C2", 1), ("C1", 2)]
    cards = wall(*places)
    turns = []
    for step in range(6):
        for place in places:
            want(cards, *place, f"is at step {step}")
        turns.append(edited(cards))
    assert turns == places * 2


def test_one_that_slack_does_not_take_leaves_the_others_their_turn() -> None:
    cards = wall(("C1", 1), ("C1", 2))
    want(cards, "C1", 1, "is live")
    want(cards, "C1", 2, "is live")
    refused = cards.unedited(anything)
    assert refused is not None
    assert refused.place == ("C1", 1)
    assert edited(cards) == ("C1", 2)


def test_how_far_a_stage_is_waits_for_what_is_decided() -> None:
    cards = wall(("C1", 1), ("C2", 1), ("C1", 2))
    want(cards, "C1", 1, "is next", done=50)
    want(cards, "C2", 1, "is next", done=50)
    want(cards, "C1", 2, "is held")
    assert [edited(cards) for _ in range(3)] == [("C1", 2), ("C1", 1), ("C2", 1)]
