"""A card that a process has posted which died before it noted so is found again, however busy the channel."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swatbot.adapters.slack import find_cards, voice
from swatbot.chat.card import Card
from tests.wires.slack.limits import Limits
from tests.wires.slack_bot import CHANNEL, WAIT, Alone, alone, card


@contextmanager
def died(said: int, since: datetime | None = None, **more: Any) -> Iterator[tuple[Alone, str, Card]]:
    """A channel with the card of a process that died and so many messages below it; the card's next state."""
    with alone(**more) as place:
        place.show(card(1, "is next"))
        _, ts = place.seen.get(timeout=WAIT)
        place.chat.stop()
        for number in range(said):
            place.dana.says(CHANNEL, f"chatter {number}")
        at = datetime.fromtimestamp(float(ts), UTC)
        yield place, ts, card(1, "is live", since=at if since is None else since)


def taken_up(place: Alone, newer: Card) -> str:
    """The message in which another process shows the card."""
    again = place.another()
    again.start(place.heard.put)
    try:
        again.show(place.channel, newer, lambda ts: place.seen.put((1, ts)), perhaps=True)
        return place.seen.get(timeout=WAIT)[1]
    finally:
        again.stop()


def looked(place: Alone) -> list[dict[str, Any]]:
    return [call.args for call in place.slack.calls if call.method == "conversations.history"]


def test_it_is_found_below_more_messages_than_a_page_has() -> None:
    with died(2 * find_cards.PAGE + 5) as (place, ts, newer):
        assert taken_up(place, newer) == ts
        assert len(place.ours()) == 1
        assert len(looked(place)) == 3
        assert all(int(args["limit"]) == find_cards.PAGE for args in looked(place))


def test_another_bots_message_with_the_same_mark_is_not_the_card() -> None:
    with died(0) as (place, ts, newer):
        (ours,) = place.ours()
        forger = place.slack.other_bot()
        forger._say(CHANNEL, forger._author("swatbot") | {"text": "#1", "metadata": ours["metadata"]})
        assert taken_up(place, newer) == ts


def test_what_is_older_than_the_deployment_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_cards, "PAGE", 2)
    later = datetime(2100, 1, 1, tzinfo=UTC)
    with died(6, later) as (place, ts, newer):
        assert taken_up(place, newer) != ts
        (args,) = looked(place)
        assert float(args["oldest"]) < later.timestamp() - timedelta(minutes=5).total_seconds()


def test_a_card_that_is_not_among_so_many_messages_is_posted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_cards, "PAGE", 2)
    monkeypatch.setattr(find_cards, "PAGES", 3)
    with died(6) as (place, ts, newer):
        assert taken_up(place, newer) != ts
        assert len(looked(place)) == 3


def test_it_goes_on_where_slack_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_cards, "PAGE", 1)
    monkeypatch.setattr(find_cards, "PAGES", 63)
    with died(62, limits=Limits(post_seconds=None, tiers={3: 60})) as (place, ts, newer):
        assert taken_up(place, newer) == ts
        refused = [call for call in place.slack.calls if call.status == 429]
        assert refused, "Slack never asked to wait, so nothing was shown"
        assert len(looked(place)) == 63 + len(refused), "no page was read twice"


def test_a_cursor_that_slack_does_not_know_any_more_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_cards, "PAGE", 2)
    monkeypatch.setattr(voice, "PAUSE", 0.001)
    monkeypatch.setattr(voice.Voice, "call", _forgetful(voice.Voice.call))
    with died(6) as (place, ts, newer):
        assert taken_up(place, newer) == ts
        assert [args.get("cursor", "") for args in looked(place)][:3] == ["", "forgotten", ""]


def _forgetful(call: Any) -> Any:
    """The first page comes with a cursor that Slack does not know when it is asked for the next."""
    cursors = ["forgotten"]

    def changed(self: Any, method: str, arguments: dict[str, Any], channel: str = "") -> Any:
        answer = call(self, method, arguments, channel)
        if method == "conversations.history" and cursors:
            answer["response_metadata"] = {"next_cursor": cursors.pop()}
        return answer

    return changed
