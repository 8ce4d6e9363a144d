"""The stand-in for Slack does to slack_sdk and Bolt, both unchanged, what Slack does when people talk."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import Ack, App, Say
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

from tests.wires.slack.bolt import bolt_app, connected, web_client
from tests.wires.slack.limits import Limits
from tests.wires.slack.standin import SlackStandIn
from tests.wires.slack.text import Json

BUTTON: Json = {
    "type": "button",
    "action_id": "verified",
    "value": "1",
    "text": {"type": "plain_text", "text": "Verified"},
}
CARD: list[Json] = [{"type": "actions", "block_id": "row", "elements": [BUTTON]}]
REASON: Json = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@pytest.fixture
def slack() -> Iterator[SlackStandIn]:
    with SlackStandIn(limits=Limits.off()) as standin:
        yield standin


def test_what_a_person_types_reaches_a_listener_and_its_answer_the_person(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    app = bolt_app(slack)

    @app.event("message")
    def answer(event: Json, say: Say) -> None:
        say(f"<@{event['user']}>: a < b", thread_ts=event["ts"])

    with connected(slack, app):
        ts = amy.says("#swat", "a & b")
        (reply,) = slack.wait_for(lambda: slack.thread("#swat", ts))
    assert slack.text_of(reply) == "@amy: a < b"
    assert reply["text"] == f"{amy.mention}: a &lt; b"
    assert amy.mentions_received() == [reply]
    assert slack.text_of(slack.messages(channel)[0]) == "a & b"


def test_text_comes_as_slack_stores_it(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    amy.says("#swat", "@swatbot sync-dir docs/x.php README.md <b> & https://x.example/a, #swat @nobody")
    (delivery, mention) = slack.deliveries
    text = (
        f"<@{slack.bot_user}> sync-dir docs/x.php <http://README.md|README.md> &lt;b&gt; &amp; "
        f"<https://x.example/a>, <#{channel}|swat> @nobody"
    )
    assert delivery.event["text"] == mention.event["text"] == text
    assert (delivery.event["type"], mention.event["type"]) == ("message", "app_mention")
    assert slack.text_of(slack.messages("#swat")[0]) == (
        "@swatbot sync-dir docs/x.php README.md <b> & https://x.example/a, #swat @nobody"
    )


def test_the_bots_own_message_edits_and_other_bots_come_back_as_events(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    client = web_client(slack)
    ts = client.chat_postMessage(channel=channel, text="one")["ts"]
    client.chat_update(channel=channel, ts=ts, text=f"two {amy.mention}")
    forged = slack.other_bot().says("#swat", "verified", "amy")
    own, change, other = (delivery.event for delivery in slack.deliveries)
    assert (own["bot_id"], own["user"], "subtype" in own) == (slack.bot_id, slack.bot_user, False)
    assert change["subtype"] == "message_changed"
    assert (change["previous_message"]["text"], change["message"]["text"]) == ("one", f"two {amy.mention}")
    assert change["message"]["edited"]["ts"] > change["message"]["ts"] == ts
    assert (other["subtype"], other["username"], other["ts"]) == ("bot_message", "amy", forged)
    assert "user" not in other
    assert amy.mentions_received() == [], "an edit notifies nobody"


def test_a_person_edits_and_deletes(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    slack.channel("#swat", amy)
    ts = amy.says("#swat", "no")
    amy.edits("#swat", ts, "@swatbot yes")
    amy.deletes("#swat", ts)
    _said, changed, mention, deleted = (delivery.event for delivery in slack.deliveries)
    assert (changed["previous_message"]["text"], changed["channel"]) == ("no", deleted["channel"])
    assert mention["type"] == "app_mention"
    assert mention["edited"]["user"] == amy.id
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert slack.messages("#swat") == []


def test_slack_connect_tells_the_actors_team_only_where_slack_does(slack: SlackStandIn) -> None:
    guest = slack.user("guest", team="T0OTHER")
    channel = slack.channel("#shared", guest)
    seen: list[tuple[Any, Any]] = []
    app = bolt_app(slack)

    @app.event("message")
    def hear(context: Json) -> None:
        seen.append((context["team_id"], context["actor_team_id"]))

    @app.action("verified")
    def click(ack: Ack, context: Json, body: Json) -> None:
        seen.append((context["team_id"], body["user"]["team_id"]))
        ack()

    with connected(slack, app):
        guest.says("#shared", "hello")
        slack.wait_for(lambda: slack.deliveries[0].done)
        ts = app.client.chat_postMessage(channel=channel, text="card", blocks=CARD)["ts"]
        assert guest.clicks("#shared", ts, "verified").acked
    assert seen == [("T0SWAT", "T0OTHER"), ("T0SWAT", "T0OTHER")]


def test_a_direct_message_is_no_mention(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    amy.says("@swatbot", "@swatbot help")
    (delivery,) = slack.deliveries
    assert (delivery.event["channel_type"], delivery.event["type"]) == ("im", "message")
    answer = web_client(slack).chat_postMessage(channel=amy.id, text="help yourself")
    assert answer["channel"] == delivery.event["channel"]


def _with_modal(app: App) -> None:
    @app.action("verified")
    def click(ack: Ack, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=REASON)

    @app.view("reason")
    def submit(ack: Ack, view: Json) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        ack(response_action="errors", errors={"why": "too short"}) if len(text) < 3 else ack()


def test_a_click_opens_a_modal_that_can_be_refused_and_sent_again(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    app = bolt_app(slack)
    _with_modal(app)
    with connected(slack, app):
        ts = app.client.chat_postMessage(channel=channel, text="card", blocks=CARD)["ts"]
        answer = amy.clicks("#swat", ts, "verified")
        assert answer.acked
        assert answer.seconds < 3
        view = amy.opened_view()
        assert amy.submits(view["id"], {"why": "no"}).payload["errors"] == {"why": "too short"}
        assert amy.opened_view()["errors"] == {"why": "too short"}
        assert amy.submits(view["id"], {"why": "it is broken"}).acked
        assert not amy.has_view()
    payload = slack.deliveries[1].payload
    assert payload["container"]["message_ts"] == ts
    assert payload["actions"][0]["block_id"] == "row"
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        app.client.views_open(trigger_id=payload["trigger_id"], view=REASON)


def test_a_modal_that_is_closed_tells_only_an_app_that_asked(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    client = web_client(slack)
    ts = client.chat_postMessage(channel=channel, text="card", blocks=CARD)["ts"]
    for view in (REASON, {**REASON, "notify_on_close": True}):
        amy.clicks("#swat", ts, "verified")
        client.views_open(trigger_id=slack.deliveries[-1].payload["trigger_id"], view=view)
        amy.closes(amy.opened_view()["id"])
    kinds = [delivery.payload["type"] for delivery in slack.deliveries[1:]]
    assert kinds == ["block_actions", "block_actions", "view_closed"]


def test_reactions_and_invitations_are_events(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy, bot=False)
    ts = amy.says("#swat", "nobody hears this")
    slack.invite_bot("#swat")
    amy.reacts("#swat", ts, "eyes")
    joined, reacted = (delivery.event for delivery in slack.deliveries)
    assert (joined["type"], joined["user"]) == ("member_joined_channel", slack.bot_user)
    assert reacted["item"] == {"type": "message", "channel": channel, "ts": ts}
    assert (reacted["type"], reacted["user"], reacted["reaction"]) == ("reaction_added", amy.id, "eyes")


def test_a_trigger_is_over_after_a_while(slack: SlackStandIn) -> None:
    slack.inside.interactions.trigger_seconds = 0.0
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    client = web_client(slack)
    ts = client.chat_postMessage(channel=channel, text="card", blocks=CARD)["ts"]
    assert not amy.clicks("#swat", ts, "verified").acked, "nobody is connected"
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=slack.deliveries[-1].payload["trigger_id"], view=REASON)


def test_a_command_is_answered_to_one_person_and_by_its_url(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    slack.channel("#swat", amy)
    app = bolt_app(slack)

    @app.command("/swat")
    def swat(ack: Ack, command: Json) -> None:
        ack(f"working on {command['text']}")

    with connected(slack, app):
        answer = amy.slash("/swat", "sync-dir README.md", "#swat")
    assert answer.payload == {"text": "working on sync-dir README.md"}
    assert [slack.text_of(one) for one in amy.ephemerals("#swat")] == ["working on sync-dir README.md"]
    hook = WebhookClient(slack.deliveries[-1].payload["response_url"])
    for number in range(5):
        assert hook.send(text=f"done {number}", response_type="in_channel").status_code == 200
    assert hook.send(text="once more").status_code == 404
    assert len(slack.messages("#swat")) == 5
    assert slack.app.used >= {"commands"}


def test_a_click_on_what_an_edit_has_removed_is_still_sent(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    app = bolt_app(slack)
    app.action("verified")(lambda ack, respond: (ack(), respond(text="too late", replace_original=False)))
    with connected(slack, app):
        ts = app.client.chat_postMessage(channel=channel, text="card", blocks=CARD)["ts"]
        app.client.chat_update(channel=channel, ts=ts, text="over", blocks=[])
        with pytest.raises(AssertionError, match="no verified to click"):
            amy.clicks("#swat", ts, "verified")
        assert amy.clicks("#swat", ts, "verified", version=0).acked
        slack.wait_for(lambda: amy.ephemerals("#swat"))
    assert [slack.text_of(one) for one in amy.ephemerals("#swat")] == ["too late"]
