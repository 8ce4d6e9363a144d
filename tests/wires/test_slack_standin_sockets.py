"""The stand-in for Slack delivers as Socket Mode does: once more if need be, over what socket there is."""

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode.builtin.connection import Connection

from tests.wires.slack.bolt import bolt_app, close, connected
from tests.wires.slack.deliveries import Delivery
from tests.wires.slack.limits import Limits
from tests.wires.slack.people import Person
from tests.wires.slack.standin import SlackStandIn
from tests.wires.slack.text import Json


@pytest.fixture
def slack() -> Iterator[SlackStandIn]:
    """With a short patience: a quarter of a second for an acknowledgement."""
    retries = (0.0, 0.1, 60.0)
    with SlackStandIn(limits=Limits.off(), ack_seconds=0.25, retries=retries, ping_seconds=0.2) as standin:
        yield standin


@pytest.fixture
def amy(slack: SlackStandIn) -> Person:
    amy = slack.user("amy")
    slack.channel("#swat", amy)
    return amy


class Ear:
    """An app that keeps the texts it hears, and its middleware that does as the test says first."""

    def __init__(self, slack: SlackStandIn) -> None:
        self.heard: list[tuple[str, str]] = []
        self.first: Callable[[], object] = lambda: None
        self.app: App = bolt_app(slack)
        self.app.middleware(self._middleware)
        self.app.event("message")(self._listen)

    def _middleware(self, req: BoltRequest, body: Json, next: Callable[[], Any]) -> object:  # noqa: A002
        attempt = req.headers.get("x-slack-retry-num", ["none"])[0]
        self.heard.append((body["event"].get("text", ""), attempt))
        answer = self.first()
        return answer if isinstance(answer, BoltResponse) else next()

    def _listen(self) -> None:
        """Have the event acknowledged."""


def numbers(delivery: Delivery) -> list[int]:
    return [attempt.number for attempt in delivery.attempts]


def test_a_link_admits_once(slack: SlackStandIn) -> None:
    with connected(slack, bolt_app(slack)) as handler:
        assert handler.client.wss_uri is not None
        session = Connection(handler.client.wss_uri, handler.client.logger)
        session.connect()
        assert not session.is_active()


def test_what_is_not_acknowledged_comes_again_at_its_time_and_says_so(
    slack: SlackStandIn, amy: Person
) -> None:
    slack.feed.retries = (0.0, 0.1, 0.2)
    ear = Ear(slack)
    ear.first = lambda: 1 / 0
    with connected(slack, ear.app):
        amy.says("#swat", "hello")
        (delivery,) = slack.deliveries
        slack.wait_for(lambda: delivery.lost)
    assert ear.heard == [("hello", "0"), ("hello", "1"), ("hello", "2"), ("hello", "3")]
    sent = [attempt.sent for attempt in delivery.attempts]
    pauses = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert [round(pause, 1) for pause in pauses] == pytest.approx([0.25, 0.35, 0.45], abs=0.1)


def test_bolt_acknowledges_before_the_listener_ends_and_whatever_it_raises(
    slack: SlackStandIn, amy: Person
) -> None:
    app, go = bolt_app(slack), threading.Event()

    @app.event("message")
    def listen() -> None:
        assert go.wait(10)
        raise ValueError

    with connected(slack, app):
        amy.says("#swat", "hello")
        slack.wait_for(lambda: slack.deliveries[0].done)
        go.set()


def test_a_middleware_that_drops_must_say_so(slack: SlackStandIn, amy: Person) -> None:
    ear = Ear(slack)
    answers = iter([BoltResponse(status=404), BoltResponse(status=200)])
    ear.first = lambda: next(answers)
    with connected(slack, ear.app):
        amy.says("#swat", "hello")
        slack.wait_for(lambda: slack.deliveries[0].done)
    assert numbers(slack.deliveries[0]) == [0, 1]


def test_bolt_acknowledges_an_event_that_it_could_not_authorize(slack: SlackStandIn, amy: Person) -> None:
    """Bolt asks auth.test lazily then; an error makes it answer 200, and no listener hears of the event."""
    ear = Ear(slack)
    quiet = App(client=ear.app.client, token_verification_enabled=False)
    quiet.event("message")(ear.heard.append)
    slack.answer_next("auth.test", "internal_error")
    with connected(slack, quiet):
        amy.says("#swat", "hello")
        slack.wait_for(lambda: slack.deliveries[0].done)
    assert numbers(slack.deliveries[0]) == [0]
    assert ear.heard == []


def test_what_nobody_listens_to_is_never_acknowledged_and_a_click_comes_once(
    slack: SlackStandIn, amy: Person
) -> None:
    with connected(slack, bolt_app(slack)):
        answer = amy.slash("/swat", "help", "#swat")
    assert (answer.acked, answer.payload) == (False, {})
    assert answer.seconds == pytest.approx(0.25, abs=0.2)
    assert numbers(slack.deliveries[0]) == [0]


def test_what_happens_while_nobody_is_connected_comes_as_a_retry(slack: SlackStandIn, amy: Person) -> None:
    ear = Ear(slack)
    amy.says("#swat", "while you were out")
    (delivery,) = slack.deliveries
    assert amy.slash("/swat", "help", "#swat").acked is False
    with connected(slack, ear.app):
        slack.wait_for(lambda: delivery.done)
    ((text, attempt),) = ear.heard
    assert text == "while you were out"
    assert int(attempt) >= 1


def test_a_socket_that_dies_before_the_acknowledgement(slack: SlackStandIn, amy: Person) -> None:
    slack.sockets.ack_seconds = 10.0
    ear, waits, go = Ear(slack), threading.Event(), threading.Event()

    def wait_once() -> None:
        if not waits.is_set():
            waits.set()
            go.wait(10)

    ear.first = wait_once
    with connected(slack, ear.app):
        amy.says("#swat", "hello")
        assert waits.wait(10)
        slack.reset_sockets()
        with connected(slack, ear.app):
            slack.wait_for(lambda: slack.deliveries[0].done)
            go.set()
    assert [attempt.failed for attempt in slack.deliveries[0].attempts] == ["connection lost", ""]
    first, again = (int(attempt) for _text, attempt in ear.heard)
    assert (first, again > 0) == (0, True)


def test_several_sockets_share_what_comes(slack: SlackStandIn, amy: Person) -> None:
    ear = Ear(slack)
    with connected(slack, ear.app), connected(slack, ear.app):
        for number in range(6):
            amy.says("#swat", f"{number}")
        slack.wait_for(lambda: all(delivery.done for delivery in slack.deliveries))
    assert {delivery.attempts[0].link for delivery in slack.deliveries} == {1, 2}
    assert sorted(ear.heard) == [(f"{number}", "0") for number in range(6)]


@pytest.mark.parametrize("ill", ["close_sockets", "hang_up_sockets", "reset_sockets", "freeze_sockets"])
def test_the_client_comes_back(slack: SlackStandIn, amy: Person, ill: str) -> None:
    slack.feed.retries = (0.2,) * 50
    ear = Ear(slack)
    with connected(slack, ear.app, ping_interval=0.2):
        getattr(slack, ill)()
        amy.says("#swat", "hello")
        slack.wait_for(lambda: slack.sockets.opened == 2 and slack.deliveries[0].done)
    assert slack.deliveries[0].attempts[-1].link == 2


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_client_that_is_told_to_disconnect_connects_anew_at_once(slack: SlackStandIn, reason: str) -> None:
    with connected(slack, bolt_app(slack), ping_interval=60):
        slack.disconnect(reason, grace=60)
        slack.wait_for(lambda: slack.sockets.opened == 2, 3)


def test_socket_mode_that_is_switched_off(slack: SlackStandIn) -> None:
    """Bolt's client knows no reason to stop, and connects again and again."""
    slack.sockets.enabled = False
    handler = SocketModeHandler(bolt_app(slack), slack.app_token)
    handler.client.connect()
    slack.wait_for(lambda: slack.sockets.opened >= 3)
    assert slack.sockets.links == []
    close(handler)


def test_pings_go_both_ways(slack: SlackStandIn) -> None:
    with connected(slack, bolt_app(slack), ping_interval=0.1) as handler:
        (link,) = slack.sockets.links
        slack.wait_for(lambda: link.client_pings > 2 and link.pongs > 2)
        session = handler.client.current_session
        assert session is not None
        assert session.last_ping_pong_time is not None


def test_a_client_that_says_nothing_is_given_up(slack: SlackStandIn) -> None:
    with connected(slack, bolt_app(slack), ping_interval=60):
        slack.freeze_sockets()
        slack.wait_for(lambda: not slack.sockets.links)


def test_events_in_another_order_and_once_more(slack: SlackStandIn, amy: Person) -> None:
    ear = Ear(slack)
    with connected(slack, ear.app, concurrency=1):
        slack.hold_events()
        for text in ("a", "b", "c"):
            amy.says("#swat", text)
        released = slack.release_events(2, 0)
        slack.wait_for(lambda: all(delivery.done for delivery in released))
        slack.redeliver(released[0].event_id)
        slack.wait_for(lambda: len(released[0].attempts) == 2 and released[0].attempts[1].acked)
    assert ear.heard == [("c", "0"), ("a", "0"), ("c", "1")]


def test_slack_is_gone_for_a_while(slack: SlackStandIn, amy: Person) -> None:
    ear = Ear(slack)
    with connected(slack, ear.app, ping_interval=0.2):
        slack.stop()
        amy.says("#swat", "meanwhile")
        slack.start()
        slack.wait_for(lambda: slack.deliveries[0].done)
    assert [text for text, _attempt in ear.heard] == ["meanwhile"]
