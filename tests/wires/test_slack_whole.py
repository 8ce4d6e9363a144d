"""A whole bot on Slack: the first transcript by every way to say verified, and on two networks at once."""

from collections.abc import Callable
from pathlib import Path

from swatbot.practising import Ground, bot
from tests.wires.bot_process import WAIT, edit, people, swatbot
from tests.wires.slack.limits import Limits
from tests.wires.slack_ground import CHANNEL, SYNC, Workspace, slack_ground, workspace

LOG = r"!log dana@deploy1001 Synchronized wmf-config: Enable related articles on frwiki \(T12345\) \("


def test_a_sync_start_to_end(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        slack.says("dana", SYNC)
        asked = slack.below(1, "is on mwdebug1001")
        assert asked.startswith("@alice: #1 is on mwdebug1001 (")
        slack.says("alice", "verified", thread=slack.card(1)["ts"])
        log = slack.told(f"^{LOG}duration: 00m ")
        slack.below(1, "^@dana, @alice: #1 is live on 5 hosts ")
        first, *rest = slack.thread(1)
        assert first == "@dana: #1 wmf-config: 1 change by alice, 1 file (+1 −1). Nothing is ahead of it."
        for words in (" verified by alice ", " canaries: 3/3 have ", " canaries pass"):
            assert [line for line in rest if words in line], words
        assert slack.channel_lines() == [log]
        card = slack.reads(1, "is live")
        assert "[Roll back] [Diff]" in card
        assert "alice: verified" in card
        asked_for = next(d for d in slack.slack.deliveries if d.event.get("text") == SYNC)
        slack.slack.redeliver(asked_for.event_id)
        slack.says("bob", "!status 2")
        slack.told("there is no #2")
        notified = [slack.text(message) for message in slack.people["alice"].mentions_received()]
        assert [line.partition(":")[0] for line in notified] == ["@alice", "@dana, @alice"]


def test_who_asks_on_irc_is_answered_by_who_is_on_slack_and_the_other_way_round(tmp_path: Path) -> None:
    with (
        workspace() as slack,
        slack_ground(tmp_path / "range", slack) as ground,
        bot(ground),
        people(ground, "dana", "alice") as (dana, alice),
    ):
        dana.say("#swat", SYNC)
        slack.below(1, "^@alice: #1 is on mwdebug1001")
        dana.expect_text("alice: #1 is on mwdebug1001", WAIT)
        slack.click("alice", 1, "verify")
        dana.expect_text("#1 verified by alice", WAIT)
        dana.expect_text(LOG, WAIT)
        slack.told(LOG)
        dana.expect_text("dana, alice: #1 is live on 5 hosts", WAIT)
        slack.below(1, "^@dana, @alice: #1 is live on 5 hosts")
        slack.says("dana", "!rollback 1 too loud")
        dana.expect_text("#1 is undone on 5 hosts", WAIT)
        slack.says("dana", "!retry 1")
        alice.expect_text("alice: #3 is on mwdebug1001", WAIT)
        alice.say("#swat", "verified 3")
        slack.below(3, "^#3 verified by alice")
        slack.reads(3, "is live on ")


def test_only_the_submitters_own_word_counts_on_slack(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        guest = slack.slack.user("alice", team="T0ELSEWHERE")
        with slack.slack.workspace.changed:
            shared = slack.slack.workspace.find_channel(CHANNEL)
            assert shared is not None
            shared.members.add(guest.id)
            shared.shared = True
        slack.staged()
        slack.slack.other_bot().says(CHANNEL, "verified 1", username="alice")
        ts = slack.says("alice", "I will look at it")
        slack.people["alice"].edits(CHANNEL, ts, "verified 1")
        guest.says(CHANNEL, "verified 1")
        assert "#1 waits for alice, and I do not know your account." in slack.told("I do not know")
        slack.click("bob", 1, "verify")
        assert slack.whispered("bob", "waits for alice") == "@bob: #1 waits for alice."
        slack.click("joe", 1, "verify")
        assert slack.whispered("joe", "waits for alice").endswith("and I do not know your account.")
        slack.says("bob", "!status 1")
        slack.told("waiting for alice")
        shown = len(slack.slack.versions(CHANNEL, slack.card(1)["ts"])) - 1
        slack.click("alice", 1, "verify")
        slack.reads(1, "is live on ")
        slack.click("alice", 1, "verify", version=shown)  # on a screen that was not drawn anew
        slack.whispered("alice", "#1 is completed, so I can not verify it")


def test_who_was_taken_out_of_people_is_not_known_any_more(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground:
        with bot(ground):
            slack.staged()
        account = f', "slack:{slack.slack.app.team}/{slack.people["alice"].id}"'
        edit(ground, "people.toml", account, "")
        with bot(ground):
            slack.slack.wait_connected()
            slack.click("alice", 1, "verify")
            assert "I do not know your account" in slack.whispered("alice", "#1 waits for alice")
            slack.click("alice", 1, "hold")
            slack.whispered("alice", "I do not know the account slack:")


def test_a_broken_one_is_rejected_with_the_reason_from_the_dialog(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        slack.staged()
        slack.click("alice", 1, "broken")
        view = slack.people["alice"].opened_view()
        answer = slack.people["alice"].submits(view["id"], {"reason": "the logo is upside down"})
        assert answer.acked
        assert 'rejected by alice "the logo is upside down"' in slack.reads(1, "was put back")
        slack.below(1, '^#1 rejected by alice: "the logo is upside down".')
        notified = slack.people["dana"].mentions_received()[-1]
        assert "@dana: revert " in slack.text(notified)


def test_a_word_below_a_card_that_was_deleted_counts_and_what_follows_is_below_the_new_one(
    tmp_path: Path,
) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        slack.staged()
        old = slack.card(1)["ts"]
        slack.people["bob"].deletes(CHANNEL, old)
        slack.says("alice", "verified", thread=old)
        slack.below(1, "^@dana, @alice: #1 is live on 5 hosts")
        assert slack.card(1)["ts"] != old
        slack.reads(1, "is live")


def test_slash_commands_mentions_and_private_words(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        dana = slack.people["dana"]
        assert dana.slash("/swat", "queue", CHANNEL).acked
        assert slack.told("nothing is active") == "@dana: nothing is active."
        dana.says(CHANNEL, "@swatbot whoami")
        slack.told(r"^@dana: you are dana \(slack:T0SWAT/")
        elsewhere = slack.slack.channel("#random", dana)
        dana.slash("/swat", "whoami", "#random")
        slack.slack.wait_for(lambda: [m for m in private(slack) if "you are dana" in m], WAIT)
        assert not slack.slack.messages(elsewhere)
        dana.says("@swatbot", "!lock Database maintenance")
        slack.told("^@dana, in private|^dana \\(in private\\)|Deployments are locked by dana")
        slack.says("joe", "!sync-dir wmf-config mine")
        slack.told("I do not know the account slack:T0SWAT/")
        slack.says("dana", "@swatbot sync-dir README.md x")
        slack.told("^@dana: I can not ship README.md: it is not deployed")


def private(slack: Workspace) -> list[str]:
    """What dana and the bot say to each other."""
    return [slack.text(m) for m in slack.slack.messages(slack.people["dana"].place("@swatbot").id)]


def test_at_one_message_a_second_nothing_is_lost_and_the_card_ends_right(tmp_path: Path) -> None:
    limits = Limits(post_seconds=1.0, post_burst=1)
    with workspace(limits) as slack, slack_ground(tmp_path / "range", slack) as ground, bot(ground):
        slack.staged()
        for number in range(6):
            slack.says("bob", f"!status {number % 2}")
        slack.says("alice", "Verified!")
        slack.told(LOG)
        slack.below(1, "#1 is live on 5 hosts")
        slack.reads(1, "is live on ")
        slack.slack.wait_for(lambda: len(answers(slack)) >= 6, WAIT)
        refused = [call for call in slack.slack.calls if call.status == 429]
        assert refused, "the limit was never met, so nothing was shown"
        assert slack.slack.meter.too_early == []


def answers(slack: Workspace) -> list[str]:
    """What bob was told: three times that there is no #0, three times how #1 stands."""
    first = [line for line in slack.channel_lines() if line.startswith("@bob: there is no #0")]
    return first + [line for line in slack.channel_lines() if line.startswith("@bob: #1 wmf-config by dana")]


def test_a_socket_that_is_told_to_refresh_or_breaks_loses_nothing(tmp_path: Path) -> None:
    with (
        workspace(retries=(0.0, 1.0, 2.0)) as slack,
        slack_ground(tmp_path / "range", slack) as ground,
        bot(ground),
    ):
        asked = 0
        mishaps: tuple[Callable[[], None], ...] = (
            lambda: slack.slack.disconnect("refresh_requested", 1.0),
            lambda: slack.slack.disconnect("warning", 1.0),
            slack.slack.close_sockets,
            slack.slack.reset_sockets,
        )
        for mishap in mishaps:
            mishap()
            for _ in range(3):
                asked += 1
                slack.says("dana", f"!status {asked}")
            slack.told(f"there is no #{asked}:")
        answers = [line for line in slack.channel_lines() if "there is no #" in line]
        assert len(answers) == asked, "each was answered, and once"


def test_it_says_that_it_was_cut_off_and_hears_what_is_delivered_late(tmp_path: Path) -> None:
    with (
        workspace(retries=(0.0, 2.0, 4.0, 8.0, 16.0)) as slack,
        slack_ground(tmp_path / "range", slack) as ground,
        bot(ground),
        people(ground, "dana") as (dana,),
    ):
        slack.staged()
        slack.slack.stop()
        dana.say("#swat", "!status 1")
        dana.expect_text("waiting for alice", WAIT)
        slack.slack.start()
        slack.says("alice", "verified")
        slack.reads(1, "is live on ")


def test_the_manifest_asks_for_what_is_needed_and_for_nothing_else(tmp_path: Path) -> None:
    with workspace() as slack, slack_ground(tmp_path / "range", slack) as ground:
        members = list(slack.people.values())
        secret = slack.slack.channel("#secret", *members, private=True)
        edit(ground, "swatbot.toml", f'["{slack.channel}"]', f'["{slack.channel}", "{secret}"]')
        looked = look(ground)
        with bot(ground):
            slack.staged()
            for place in ("#secret", "@swatbot"):
                slack.people["dana"].says(place, "!status 1")
            slack.people["dana"].slash("/swat", "status 1", CHANNEL)
            slack.told("waiting for alice")
            slack.slack.wait_for(lambda: len(slack.slack.messages(secret)) >= 4, WAIT)
            slack.slack.wait_for(lambda: len(private(slack)) >= 2, WAIT)
        assert slack.slack.app.used == slack.slack.app.scopes
        assert slack.slack.feed.passed_over == set()
        assert "slack T0SWAT, scopes: all there" in looked


def look(ground: Ground) -> str:
    """What check-config says of the workspace."""
    found = swatbot(ground, "check-config", "--live")
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout
