"""What Slack delivers is heard in order, with who said it, where and when; what is nobody's word is not."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from swatbot.adapters.slack import socket
from swatbot.adapters.slack.dialogs import MOST
from swatbot.chat.card import Button
from tests.wires.slack_bot import CHANNEL, WAIT, Alone, alone, card


def test_who_said_what_where_and_when() -> None:
    with alone() as place:
        ts = place.dana.says(CHANNEL, "!queue")
        line = place.heard.get(timeout=WAIT)
        assert (line.text, line.nick, line.account) == ("!queue", "dana", f"slack:T0SWAT/{place.dana.id}")
        assert (line.channel, line.message, line.thread) == (place.channel, f"{place.channel}/{ts}", "")
        assert line.at is not None
        assert abs(line.at - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251 - as the stand-in stamps it
        below = place.dana.says(CHANNEL, "verified", thread=ts)
        line = place.heard.get(timeout=WAIT)
        assert (line.thread, line.reply_to) == (ts, f"{place.channel}/{ts}")
        assert line.message == f"{place.channel}/{below}"


def test_a_thread_of_somebody_elses_is_told_from_one_of_the_bots() -> None:
    with alone() as place:
        place.say("I was away").get(timeout=WAIT)
        (ours,) = place.ours()
        theirs = place.dana.says(CHANNEL, "T999?")
        place.dana.says(CHANNEL, "verified", thread=theirs)
        place.dana.says(CHANNEL, "verified", thread=ours["ts"])
        assert [place.heard.get(timeout=WAIT).apart for _ in range(3)] == [False, True, False]


def test_bots_edits_and_deletions_are_not_heard() -> None:
    with alone() as place:
        place.slack.other_bot().says(CHANNEL, "verified", username="dana")
        ts = place.dana.says(CHANNEL, "hello")
        place.dana.edits(CHANNEL, ts, "verified")
        place.dana.deletes(CHANNEL, ts)
        place.say("!queue").get(timeout=WAIT)
        place.dana.says(CHANNEL, "last")
        assert [place.heard.get(timeout=WAIT).text for _ in range(2)] == ["hello", "last"]


def test_a_user_of_another_workspace_is_that_and_no_other() -> None:
    with alone() as place:
        guest = place.slack.user("guest", team="T0ELSEWHERE")
        shared = place.slack.channel("#shared", place.dana, guest)
        guest.says(shared, "verified")
        assert place.heard.get(timeout=WAIT).account == f"slack:T0ELSEWHERE/{guest.id}"
        place.dana.says(CHANNEL, "after")
        assert place.heard.get(timeout=WAIT).account == f"slack:T0SWAT/{place.dana.id}"


def test_a_bot_that_speaks_as_its_user_is_not_heard_either() -> None:
    with alone() as place:
        place.slack.other_bot().says_as(CHANNEL, "verified", place.dana.id)
        place.dana.says(CHANNEL, "last")
        assert place.heard.get(timeout=WAIT).text == "last"


def test_a_token_that_is_revoked_while_it_runs_is_named() -> None:
    with alone(told_after=1.0) as place:
        assert place.chat.wait_joined(WAIT)
        for _ in range(2):
            place.slack.answer_next("apps.connections.open", "token_revoked")
        place.slack.close_sockets()
        assert (
            place.told.get(timeout=WAIT) == "Slack says token_revoked of the app's token: see docs/slack.md"
        )
        told = place.told.get(timeout=WAIT)
        if "does not deliver to me" in told:
            told = place.told.get(timeout=WAIT)
        assert told == "Slack is well again"


def test_what_the_bots_own_user_says_is_not_heard() -> None:
    with alone() as place:
        event = {"type": "message", "channel": place.channel, "text": "verified", "ts": "1.0"}
        assert place.chat._ears is not None
        assert place.chat._ears.message({"event": event | {"user": place.dana.id}}) is not None
        assert place.chat._ears.message({"event": event | {"user": place.slack.app.user}}) is None


def test_a_short_gap_is_not_told() -> None:
    with alone(told_after=5.0) as place:
        place.chat._there(4.9)
        assert place.gaps.empty()
        place.chat._there(5.1)
        assert not place.gaps.empty()


ACTION = {"action_id": "verify", "value": "1", "action_ts": "1"}
CLICK = {"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}}


@pytest.mark.parametrize(
    "body",
    [
        CLICK | {"actions": [ACTION]},
        CLICK | {"actions": [ACTION], "channel": None},
        CLICK | {"actions": [], "channel": {"id": "C1"}},
        CLICK | {"channel": {"id": "C1"}},
        CLICK | {"actions": [{"action_id": "link", "action_ts": "1"}], "channel": {"id": "C1"}},
        {
            "type": "event_callback",
            "event": {"type": "message", "subtype": "message_changed", "message": None},
        },
    ],
)
def test_what_has_not_all_that_a_click_or_a_message_has_is_acknowledged_and_let_be(
    body: dict[str, Any],
) -> None:
    with alone() as place:
        assert place.chat.wait_joined(WAIT)
        assert place.chat._deliver(body) == {}
        place.dana.says(CHANNEL, "last")
        assert place.heard.get(timeout=WAIT).text == "last"


def test_a_click_from_another_workspace_is_not_a_click_of_ours() -> None:
    with alone() as place:
        guest = place.slack.user("guest", team="T0ELSEWHERE")
        shared = place.slack.channel("#shared", place.dana, guest)
        place.chat.show(shared, card(42), lambda ts: place.seen.put((42, ts)))
        _, ts = place.seen.get(timeout=WAIT)
        guest.clicks(shared, ts, "verify")
        assert place.heard.get(timeout=WAIT).account == f"slack:T0ELSEWHERE/{guest.id}"


def test_a_click_is_its_command_with_the_cards_number() -> None:
    with alone() as place:
        place.show(card(42))
        _, ts = place.seen.get(timeout=WAIT)
        answer = place.dana.clicks(CHANNEL, ts, "verify")
        assert answer.acked
        line = place.heard.get(timeout=WAIT)
        assert (line.text, line.account) == ("!verify 42", f"slack:T0SWAT/{place.dana.id}")
        assert line.reply_to == f"{place.channel}@{place.dana.id}"
        assert line.addressed
        place.dana.clicks(CHANNEL, ts, "verify")
        assert place.heard.get(timeout=WAIT).message != line.message


def test_events_come_in_the_order_of_their_delivery_each_with_its_time() -> None:
    with alone() as place:
        place.slack.hold_events()
        for text in ("one", "two", "three"):
            place.dana.says(CHANNEL, text)
        place.slack.release_events(2, 0, 1)
        lines = [place.heard.get(timeout=WAIT) for _ in range(3)]
        assert [line.text for line in lines] == ["three", "one", "two"]
        times = [line.at for line in lines if line.at]
        assert times[0] > times[2] > times[1]


def test_what_is_delivered_again_has_the_id_that_it_had() -> None:
    with alone() as place:
        place.dana.says(CHANNEL, "verified")
        first = place.heard.get(timeout=WAIT)
        place.slack.redeliver(place.slack.deliveries[-1].event_id)
        assert place.heard.get(timeout=WAIT).message == first.message


def test_what_could_not_be_journaled_is_not_acknowledged_and_comes_again() -> None:
    with alone() as place:
        fails = [True]
        hear = place.heard.put

        def once(line: object) -> None:
            if fails.pop() if fails else False:
                raise OSError("the disk is full")
            hear(line)  # type: ignore[arg-type]  # a line

        place.chat._hear = once
        place.dana.says(CHANNEL, "verified")
        assert place.heard.get(timeout=WAIT).text == "verified"
        place.slack.wait_for(lambda: place.slack.deliveries[-1].done, WAIT)
        assert len(place.slack.deliveries[-1].attempts) == 2


@pytest.mark.parametrize("mishap", ["stop", "freeze"])
def test_a_gap_is_told_and_what_was_said_in_it_is_heard(mishap: str) -> None:
    with alone() as place:
        if mishap == "stop":
            place.slack.stop()
            place.dana.says(CHANNEL, "in the gap")
            place.slack.start()
        else:
            place.slack.freeze_sockets()
            place.dana.says(CHANNEL, "in the gap")
        assert place.heard.get(timeout=2 * WAIT).text == "in the gap"
        if mishap == "stop":
            start, end = place.gaps.get(timeout=WAIT)
            assert start < end


def test_a_wrong_token_and_a_wrong_team_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with alone() as place:
        for changes, words in (
            ({"team": "T0OTHER"}, "the token is of T0SWAT, and not of T0OTHER"),
            ({"bot_token": "xoxb-wrong"}, "invalid_auth"),
            ({"app_token": "xapp-wrong"}, "invalid_auth"),
        ):
            assert words in _trouble(place, changes)
    assert "xoxb-wrong" not in "".join(capsys.readouterr())


def _trouble(place: Alone, changes: dict[str, str]) -> str:
    chat = place.another(**changes)
    chat.start(place.heard.put)
    try:
        return place.told.get(timeout=WAIT)
    finally:
        chat.stop()


def test_a_slash_command_of_another_name_is_told_what_to_type() -> None:
    with alone() as place:
        place.slack.app.commands.add("/swatt")
        answer = place.dana.slash("/swatt", "queue", CHANNEL)
        assert answer.payload["response_type"] == "ephemeral"
        assert answer.payload["text"] == 'I listen to /swat, and not to /swatt: type "/swat help".'
        place.dana.says(CHANNEL, "last")
        assert place.heard.get(timeout=WAIT).text == "last"


def test_many_clicks_for_dialogs_are_one_thread_and_who_is_too_many_is_told_what_to_say() -> None:
    with alone() as place:
        place.show(card(1, buttons=(Button("broken", "Broken…", reason="What is broken?"),)))
        _, ts = place.seen.get(timeout=WAIT)
        opens, api = threading.Event(), place.chat._api
        call = api.call

        def slow(method: str, arguments: Mapping[str, Any]) -> Any:
            assert method != "views.open" or opens.wait(WAIT)
            return call(method, arguments)

        api.call = slow  # type: ignore[method-assign]  # Slack takes its time
        for _ in range(MOST + 3):
            assert place.dana.clicks(CHANNEL, ts, "broken").acked
        assert [t.name for t in threading.enumerate()].count("slack-T0SWAT-asks") == 1
        assert not [t for t in threading.enumerate() if t.name == "slack-dialog"]
        opens.set()
        place.slack.wait_for(lambda: place.dana.ephemerals(CHANNEL), WAIT)
        told = place.slack.text_of(place.dana.ephemerals(CHANNEL)[0])
        assert told == '@dana: the dialog did not open. Say "broken 1 WHY".'
        place.slack.wait_for(place.dana.has_view, WAIT)


def test_a_socket_that_did_not_begin_in_time_is_not_there_beside_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with alone() as place:
        place.chat.stop()
        begins, first, make = threading.Event(), [True], socket._app

        def slow(*arguments: Any) -> Any:
            assert not first or not first.pop() or begins.wait(WAIT)
            return make(*arguments)

        monkeypatch.setattr(socket, "_app", slow)
        monkeypatch.setattr(socket, "_STOP_SECONDS", 0.5)
        again = place.another()
        again.start(place.heard.put)
        try:
            assert place.told.get(timeout=WAIT) == "Slack can not connect: TimeoutError"
            assert again.wait_joined(WAIT)
            late = [t for t in threading.enumerate() if t.name == "slack-T0SWAT-hears"]
            begins.set()
            assert len(late) == 2
            late[0].join(WAIT)
            assert [t.is_alive() for t in late] == [False, True]
            assert len(place.slack.sockets.links) == 1
        finally:
            again.stop()
