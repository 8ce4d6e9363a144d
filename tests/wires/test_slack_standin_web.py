"""The stand-in for Slack refuses what Slack refuses: tokens, scopes, wrong arguments, too many calls."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.wires.slack.app import SCOPES
from tests.wires.slack.bolt import body_of, web_client
from tests.wires.slack.limits import Limits
from tests.wires.slack.standin import SlackStandIn


@pytest.fixture
def slack() -> Iterator[SlackStandIn]:
    with SlackStandIn(limits=Limits.off()) as standin:
        yield standin


def refused(call: Callable[[], object]) -> dict[str, Any]:
    """The body with which a call is refused."""
    with pytest.raises(SlackApiError) as caught:
        call()
    return body_of(caught.value.response)


def error_of(call: Callable[[], object]) -> str:
    return str(refused(call)["error"])


def test_who_the_app_is_and_which_scopes_it_has(slack: SlackStandIn) -> None:
    answer = web_client(slack).auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        "T0SWAT",
        slack.bot_user,
        slack.bot_id,
    )
    assert answer.headers["x-oauth-scopes"] == ",".join(sorted(SCOPES))


def test_tokens(slack: SlackStandIn) -> None:
    client = web_client(slack)
    assert error_of(WebClient("xoxb-no", base_url=slack.api_url).auth_test) == "invalid_auth"
    assert error_of(WebClient(base_url=slack.api_url).auth_test) == "not_authed"
    wrong = error_of(lambda: client.apps_connections_open(app_token=slack.bot_token))
    assert wrong == "not_allowed_token_type"
    assert client.apps_connections_open(app_token=slack.app_token)["url"].startswith("ws://127.0.0.1:")
    assert error_of(lambda: client.api_call("chat.shout")) == "unknown_method"


def test_bodies_as_json_as_a_form_and_empty(slack: SlackStandIn) -> None:
    channel = slack.channel("#swat")
    client = web_client(slack)
    blocks = json.dumps([{"type": "divider"}])
    client.api_call("chat.postMessage", params={"channel": channel, "text": "x", "blocks": blocks})
    assert slack.messages("#swat")[0]["blocks"][0]["type"] == "divider"
    assert client.api_call("auth.test", json={})["ok"] is True
    body = urllib.request.Request(  # noqa: S310, RUF100
        slack.api_url + "auth.test", b"{", {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(body) as answer:  # noqa: S310
        assert json.load(answer)["error"] == "invalid_json"


def test_channels_that_the_app_does_not_see_or_is_not_in(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    public = slack.channel("#other", amy, bot=False)
    private = slack.channel("#secret", amy, private=True, bot=False)
    client = web_client(slack)

    def post(channel: str) -> Callable[[], object]:
        return lambda: client.chat_postMessage(channel=channel, text="x")

    assert error_of(post(public)) == "not_in_channel"
    assert error_of(post(private)) == error_of(post("C0NOWHERE")) == "channel_not_found"
    assert error_of(lambda: client.conversations_history(channel=public)) == "not_in_channel"
    client.conversations_join(channel=public)
    assert client.chat_postMessage(channel="#other", text="x")["channel"] == public
    assert client.conversations_info(channel=public)["channel"]["is_member"] is True


def test_messages_that_are_no_good(slack: SlackStandIn) -> None:
    amy, bob = slack.user("amy"), slack.user("bob")
    channel = slack.channel("#swat", amy)
    client = web_client(slack)
    theirs = amy.says("#swat", "mine")
    assert error_of(lambda: client.api_call("chat.postMessage", json={"channel": channel})) == "no_text"
    assert error_of(lambda: client.chat_postMessage(channel=channel, text="x" * 40_001)) == "msg_too_long"
    assert error_of(lambda: client.chat_update(channel=channel, ts="1.2", text="x")) == "message_not_found"
    assert error_of(lambda: client.chat_update(channel=channel, ts=theirs, text="x")) == "cant_update_message"
    whisper = error_of(lambda: client.chat_postEphemeral(channel=channel, user=bob.id, text="x"))
    assert whisper == "user_not_in_channel"
    ts = client.chat_postMessage(channel=channel, text="x")["ts"]
    slack.inside.edit_window = 0.0
    assert error_of(lambda: client.chat_update(channel=channel, ts=ts, text="y")) == "edit_window_closed"


def test_reactions_links_people_and_lists(slack: SlackStandIn) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    slack.channel("#secret", amy, private=True)
    client = web_client(slack)
    ts = amy.says("#swat", "x")
    reply = amy.says("#swat", "y", thread=ts)
    client.reactions_add(channel=channel, timestamp=ts, name="eyes")
    again = error_of(lambda: client.reactions_add(channel=channel, timestamp=ts, name="eyes"))
    assert again == "already_reacted"
    link = client.chat_getPermalink(channel=channel, message_ts=reply)["permalink"]
    assert link.endswith(f"/{channel}/p{reply.replace('.', '')}?thread_ts={ts}&cid={channel}")
    assert client.users_info(user=amy.id)["user"]["team_id"] == "T0SWAT"
    assert client.conversations_members(channel=channel)["members"] == sorted([amy.id, slack.bot_user])
    listed = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert [one["name"] for one in listed] == ["swat", "secret"]
    assert client.conversations_history(channel=channel)["messages"][0]["reactions"][0]["count"] == 1


def test_history_by_pages_with_metadata_and_without_replies(slack: SlackStandIn) -> None:
    channel = slack.channel("#swat")
    client = web_client(slack)
    meta = {"event_type": "card", "event_payload": {"id": 1}}
    all_ts = [client.chat_postMessage(channel=channel, text=f"{n}", metadata=meta)["ts"] for n in range(5)]
    client.chat_postMessage(channel=channel, text="reply", thread_ts=all_ts[0])
    pages = client.conversations_history(channel=channel, limit=2, include_all_metadata=True)
    found = [message for page in pages for message in page["messages"]]
    assert [message["text"] for message in found] == ["4", "3", "2", "1", "0"]
    assert {message["metadata"]["event_type"] for message in found} == {"card"}
    assert found[-1]["reply_count"] == 1
    since = client.conversations_history(channel=channel, oldest=all_ts[3])["messages"]
    assert [message["text"] for message in since] == ["4"]
    ends = client.conversations_history(channel=channel, oldest=all_ts[3], inclusive=True)["messages"]
    assert [message["text"] for message in ends] == ["4", "3"]
    assert "metadata" not in since[0]
    thread = client.conversations_replies(channel=channel, ts=all_ts[0])["messages"]
    assert [message["text"] for message in thread] == ["0", "reply"]


def test_a_page_goes_on_where_the_last_one_ended_whatever_comes_or_goes_meanwhile(
    slack: SlackStandIn,
) -> None:
    amy = slack.user("amy")
    channel = slack.channel("#swat", amy)
    client = web_client(slack)
    said = [amy.says("#swat", f"{n}") for n in range(5)]

    def read(cursor: str) -> tuple[list[str], str]:
        found = body_of(client.conversations_history(channel=channel, limit=2, oldest=said[0], cursor=cursor))
        texts = [message["text"] for message in found["messages"]]
        return texts, found.get("response_metadata", {}).get("next_cursor", "")

    first, cursor = read("")
    amy.says("#swat", "5")
    amy.deletes("#swat", said[2])
    second, end = read(cursor)
    assert (first, second, end) == (["4", "3"], ["1"], "")
    assert error_of(lambda: read("2")) == error_of(lambda: read("bmV4dA==")) == "invalid_cursor"


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("chat:write", lambda client, channel: client.chat_postMessage(channel=channel, text="x")),
        ("channels:history", lambda client, channel: client.conversations_history(channel=channel)),
        ("channels:read", lambda client, channel: client.conversations_info(channel=channel)),
        ("users:read", lambda client, _channel: client.users_info(user="U00000001")),
    ],
)
def test_a_missing_scope_is_named(missing: str, call: Callable[[WebClient, str], object]) -> None:
    with SlackStandIn(set(SCOPES) - {missing}) as slack:
        channel = slack.channel("#swat")
        body = refused(lambda: call(web_client(slack), channel))
    assert (body["error"], body["needed"]) == ("missing_scope", missing)
    assert missing not in body["provided"].split(",")


def test_an_event_needs_its_scope_and_its_subscription() -> None:
    manifest = {
        "oauth_config": {"scopes": {"bot": ["channels:history", "chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels", "app_mention"]}},
    }
    slack = SlackStandIn.of_manifest(manifest)
    amy = slack.user("amy")
    slack.channel("#swat", amy)
    slack.channel("#secret", amy, private=True)
    amy.says("#swat", "@swatbot hello")
    amy.says("#secret", "hello")
    assert [delivery.event["type"] for delivery in slack.deliveries] == ["message"]
    assert slack.feed.passed_over == {
        ("app_mention", "app_mentions:read"),
        ("message.groups", "groups:history"),
    }
    assert slack.app.used == {"channels:history"}


def test_bad_blocks_refuse_the_message(slack: SlackStandIn) -> None:
    channel = slack.channel("#swat")
    blocks = [{"type": "divider"}] * 51
    body = refused(lambda: web_client(slack).chat_postMessage(channel=channel, text="x", blocks=blocks))
    assert body["error"] == "invalid_blocks"
    messages = body["response_metadata"]["messages"]
    assert messages == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]


def test_too_many_posts_in_a_channel_are_refused_for_whole_seconds() -> None:
    with SlackStandIn(limits=Limits(post_burst=2)) as slack:
        one, other = slack.channel("#one"), slack.channel("#other")
        client = web_client(slack)
        for _ in range(2):
            client.chat_postMessage(channel=one, text="x")
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel="#one", text="x")
        response = caught.value.response
        assert (response.status_code, response["error"]) == (429, "ratelimited")
        assert response.headers["Retry-After"] == "1"
        client.chat_postMessage(channel=other, text="x")
        assert slack.too_early == []
        assert error_of(lambda: client.chat_postMessage(channel=one, text="x")) == "ratelimited"
        ((method, channel, early),) = slack.too_early
        assert (method, channel, 0 < early <= 1) == ("chat.postMessage", one, True)
        assert [call.status for call in slack.calls] == [200, 200, 429, 200, 429]


def test_an_edit_a_second_is_more_than_tier_three_allows() -> None:
    with SlackStandIn(limits=Limits(None)) as slack:
        channel = slack.channel("#swat")
        client = web_client(slack)
        ts = client.chat_postMessage(channel=channel, text="x")["ts"]
        for number in range(50):
            client.chat_update(channel=channel, ts=ts, text=f"{number}")
        assert error_of(lambda: client.chat_update(channel=channel, ts=ts, text="x")) == "ratelimited"


def test_what_goes_wrong_on_the_way(slack: SlackStandIn) -> None:
    channel = slack.channel("#swat")
    client = web_client(slack)
    slack.answer_next("chat.postMessage", "internal_error")
    assert error_of(lambda: client.chat_postMessage(channel=channel, text="x")) == "internal_error"
    assert slack.messages("#swat") == []
    slack.lose_answer("chat.postMessage")
    client.retry_handlers.clear()
    with pytest.raises(OSError, match=r"closed connection|reset"):
        client.chat_postMessage(channel=channel, text="x")
    assert len(slack.messages("#swat")) == 1
