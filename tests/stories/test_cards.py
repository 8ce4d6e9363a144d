"""A deployment as a card: what it shows, what can be clicked, and what is said in its thread."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from swatbot.app.records import Heard
from swatbot.chat.card import Tone
from swatbot.domain.deployment import State
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding
from swatbot.ports import ChannelRole, Entry, Record
from tests.card_chat import CardChat, card_story
from tests.world import START, StoryChat, World

SETTINGS = "wmf-config/InitialiseSettings.php"


def staged(world: World, chat: CardChat, text: str = "2") -> None:
    """One deployment waits for its submitter, and what was said so far was read."""
    world.tree.change("submitter", "Enable related articles", {SETTINGS: text})
    chat.says("deployer", "!sync-dir wmf-config Enable related articles (T12345)")
    chat.skip()


def live(world: World, chat: CardChat, text: str = "2") -> None:
    """One deployment is live."""
    staged(world, chat, text)
    number = world.engine.status.latest
    chat.below(number, "submitter", "verified")
    assert world.engine.status.past[number].state is State.COMPLETED
    chat.skip()


def test_the_lines_are_in_the_cards_thread_and_the_log_line_is_in_the_channel() -> None:
    with card_story() as (world, chat):
        world.tree.change("submitter", "Enable related articles", {SETTINGS: "2"})
        chat.says("deployer", "!sync-dir wmf-config Enable related articles (T12345)")
        chat.expect(
            "deployer: #1 wmf-config: 1 change by submitter, 1 file (+1 −0). Nothing is ahead of it.",
            "submitter: #1 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001,"
            ' then say "verified", or "broken" and why, by 14:22 UTC.',
            to="card-1",
        )
        chat.below(1, "submitter", "verified")
        chat.expect(
            "#1 verified by submitter (~). Syncing canaries mw[1261-1263].",
            "#1 canaries: 3/3 have ~, 3/3 answer. Watching them under traffic.",
            "#1 canaries pass after 14 s: 0.4 errors/s per host, control group 0.5. Syncing 97 hosts.",
            to="card-1",
        )
        chat.expect(
            "!log deployer@deploy1001 Synchronized wmf-config: Enable related articles (T12345)"
            " (duration: 00m 00s)"
        )
        chat.expect("deployer, submitter: #1 is live on 101 hosts (~).", to="card-1")


def test_the_card_says_how_things_stand() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        card = chat.seen[1]
        digest = world.engine.status.live[1].digest
        assert card.title == "#1 wmf-config"
        assert card.state == f"is on mwdebug1001 and waits for submitter until 14:22 UTC ({digest})"
        assert card.tone is Tone.WAITING
        assert card.message == "deployer: Enable related articles (T12345)"
        assert [line[7:] for line in card.changes] == [" by submitter: Enable related articles"]
        assert card.people == ("submitter: no answer yet",)
        assert [(bar.stage, bar.done, bar.total) for bar in card.bars] == [
            ("testservers", 1, 1),
            ("canaries", 0, 3),
            ("fleet", 0, 97),
        ]
        chat.below(1, "submitter", "untestable needs a logged-out visitor")
        chat.skip()
        card = chat.seen[1]
        assert card.state == f"is live on 101 hosts ({digest})"
        assert card.tone is Tone.GOOD
        assert card.people == ('submitter: untestable "needs a logged-out visitor"',)
        assert card.over
        assert chat.posted == [1]


def test_a_card_knows_since_when_there_may_be_one() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        assert chat.seen[1].since == world.engine.status.live[1].requested_at


def test_only_what_makes_sense_can_be_clicked() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        assert chat.labels(1) == ["Verified", "Broken…", "Hold", "Roll back", "Diff"]
        chat.clicks("submitter", 1, "Hold")
        chat.skip()
        assert chat.labels(1) == ["Verified", "Broken…", "Resume", "Roll back", "Diff"]
        assert chat.seen[1].tone is Tone.HELD
        chat.clicks("deployer", 1, "Resume")
        chat.clicks("submitter", 1, "Verified")
        chat.skip()
        assert chat.labels(1) == ["Roll back", "Diff"]
        chat.clicks("deployer", 1, "Roll back")
        chat.skip()
        assert chat.seen[2].title == "#2 wmf-config (rolls back #1)"
        assert chat.seen[2].state.startswith("#1 is undone (")
        assert chat.labels(2) == ["Diff"]
        going = next(
            card for card in chat.shown if card.state.startswith("puts back what was there before #1: ")
        )
        assert going.tone is Tone.WORKING
        assert chat.seen[1].state == "was live, undone by #2"
        assert chat.labels(1) == ["Diff"]


def test_a_question_of_the_checks_can_be_answered_by_a_click() -> None:
    with card_story() as (world, chat):
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "no log line from mw1262", step=1, baking=True)
        staged(world, chat)
        chat.below(1, "submitter", "verified")
        chat.skip()
        assert chat.labels(1) == ["Check again", "Go on…", "Roll back", "Diff"]
        assert "the checks can not judge" in chat.seen[1].state
        chat.clicks("deployer", 1, "Go on…")
        chat.skip()
        assert world.engine.status.past[1].state is State.COMPLETED


def test_what_is_not_theirs_to_click_is_told_to_them_alone() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.clicks("other", 1, "Verified")
        chat.expect("other: #1 waits for submitter.", to="only-other")
        chat.clicks("stranger", 1, "Verified")
        chat.expect("stranger: #1 waits for submitter, and I do not know your account.", to="only-stranger")
        chat.clicks("submitter", 1, "Roll back")
        chat.expect("submitter: !rollback is for deployers. Ask one: deployer, boss.", to="only-submitter")
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION


def test_a_second_click_and_one_on_an_old_card_are_answered() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        old = chat.seen[1]
        chat.clicks("submitter", 1, "Verified")
        chat.skip()
        chat.seen[1] = old
        chat.clicks("submitter", 1, "Verified")
        chat.expect(
            'submitter: #1 is completed, so I can not verify it: "!status 1" tells more.', to="only-submitter"
        )


def test_a_word_under_another_card_does_not_count() -> None:
    with card_story() as (world, chat):
        live(world, chat)
        world.advance(minutes=5)
        staged(world, chat, "3")
        chat.below(1, "submitter", "verified")
        over = 'submitter: #1 is completed, so I can not verify it: "!status 1" tells more.'
        chat.expect(over, to="card-1")
        chat.below(1, "submitter", "verified 2")
        chat.expect(
            "submitter: this is under the card of #1: say it under that of #2, or in the channel.",
            to="card-1",
        )
        assert world.engine.status.live[2].state is State.AWAITING_VERIFICATION
        chat.says("submitter", "verified")
        chat.skip()
        assert world.engine.status.past[2].state is State.COMPLETED


def test_under_its_card_no_number_is_needed_where_two_could_be_meant() -> None:
    with card_story() as (world, chat):
        live(world, chat)
        staged(world, chat, "3")
        chat.says("submitter", "verified")
        chat.expect('submitter: #1 is over and #2 has just been staged. If you tested #2, say "verified 2".')
        chat.below(2, "submitter", "verified")
        chat.skip()
        assert world.engine.status.past[2].state is State.COMPLETED


def test_a_bare_word_in_a_thread_about_something_else_does_not_count() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(0, "submitter", "verified", thread="T999")
        chat.expect(
            'submitter: a thread may be about anything. If you mean #1, say "verified 1",'
            " or say it in the channel.",
            to="T999",
        )
        chat.below(0, "submitter", "broken the logo is upside down", thread="T999")
        chat.expect(
            'submitter: a thread may be about anything. If you mean #1, say "broken 1" and why,'
            " or say it in the channel.",
            to="T999",
        )
        chat.below(0, "other", "verified", thread="T999")
        chat.silent()
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION
        chat.below(0, "submitter", "verified 1", thread="T999")
        chat.skip()
        assert world.engine.status.past[1].state is State.COMPLETED


def test_who_says_here_in_a_thread_about_something_else_is_asked_for_what() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        world.tree.change("other", "New logo", {"static/logo.png": "logo 2"})
        chat.says("deployer", "!sync-dir static New logo")
        world.advance(minutes=6)
        chat.skip()
        assert world.engine.status.live[1].state is State.PARKED
        chat.below(0, "submitter", "here", thread="T999")
        chat.expect(
            'submitter: a thread may be about anything. If you mean #1, say "here 1",'
            " or say it in the channel.",
            to="T999",
        )
        assert world.engine.status.live[1].state is State.PARKED


def test_a_command_in_a_thread_about_something_else_is_one() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(0, "submitter", "!verify", thread="T999")
        chat.skip()
        assert world.engine.status.past[1].state is State.COMPLETED


def test_chatter_under_a_card_is_let_be() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(1, "other", "verified")
        chat.below(1, "stranger", "broken link in the docs, by the way")
        chat.below(1, "other", "here")
        chat.silent()


def test_a_command_under_a_card_is_about_its_deployment_but_the_brake_is_not() -> None:
    with card_story() as (world, chat):
        live(world, chat)
        staged(world, chat, "3")
        chat.below(1, "deployer", "!status")
        assert chat.skip()[0].startswith("deployer: #1 wmf-config by deployer")
        chat.below(1, "other", "!hold I see errors")
        chat.skip()
        assert world.engine.status.live[2].state is State.HELD
        chat.below(2, "deployer", "!rollback")
        chat.skip()
        assert world.engine.status.past[2].state is State.ROLLED_BACK


def test_a_word_that_was_said_before_anybody_was_asked_does_not_count() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(1, "submitter", "verified", at=START - timedelta(seconds=1))
        chat.expect(
            "submitter: you said that before #1 was there to be tested."
            ' If you have tested it, say "verified 1".',
            to="card-1",
        )
        chat.below(1, "submitter", "verified", at=START)
        chat.skip()
        assert world.engine.status.past[1].state is State.COMPLETED


def test_a_word_that_comes_minutes_late_is_to_be_said_again() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        world.advance(minutes=3)
        chat.below(1, "submitter", "verified", at=START + timedelta(minutes=1))
        late = "submitter: I was away when you said that, and have not done it: please say it again."
        chat.expect(late, to="card-1")


def test_what_is_delivered_twice_is_heard_once_even_by_another_process() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(1, "deployer", "!status", message="m")
        assert len(chat.skip()) > 0
        chat.below(1, "deployer", "!status", message="m")
        chat.silent()
        world.restart()
        chat.skip()
        chat.below(1, "deployer", "!status", message="m")
        chat.silent()


def test_a_card_outlives_the_process_that_posted_it() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        world.restart()
        chat.skip()
        chat.below(1, "submitter", "verified")
        chat.skip()
        assert chat.posted == [1]
        assert chat.seen[1].state.startswith("is live")


def test_a_card_that_was_not_edited_before_a_crash_is_edited_after_it() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.shows = False
        chat.below(1, "submitter", "verified")
        chat.skip()
        chat.shows = True
        assert chat.seen[1].state.startswith("is on mwdebug1001")
        world.restart()
        chat.skip()
        assert chat.seen[1].state.startswith("is live")
        assert chat.posted == [1]


def test_a_card_of_which_nobody_noted_that_it_was_posted_is_looked_for_after_a_crash() -> None:
    with card_story() as (world, chat):
        chat.notes = False
        staged(world, chat)
        chat.notes = True
        chat.posted = [1]
        world.restart()
        chat.skip()
        chat.below(1, "submitter", "verified")
        chat.skip()
        assert chat.posted == [1]
        assert chat.seen[1].state.startswith("is live")


def test_where_no_command_is_heard_a_card_has_no_buttons_and_the_log_has_none_at_all() -> None:
    with card_story() as (world, chat):
        chat.channels |= {"#told": ChannelRole.PROGRESS, "#log": ChannelRole.LOG}
        staged(world, chat)
        assert chat.places.keys() == {"#swat", "#told"}
        assert chat.places["#swat"].buttons
        assert not chat.places["#told"].buttons


@pytest.mark.parametrize("chat", [CardChat(), StoryChat()])
def test_what_is_not_delivered_again_need_not_be_on_the_disk_at_once(
    chat: StoryChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(chat=chat)
    append = world.journal.append
    durable: list[bool] = []

    def watched(entries: Sequence[Entry], **more: Any) -> tuple[Record, ...]:
        durable.extend(more.get("durable", True) for entry in entries if entry.type == Heard.__name__)
        return append(entries, **more)

    monkeypatch.setattr(world.journal, "append", watched)
    chat.says("other", "!queue")
    chat.skip()
    assert durable == [chat.redelivers]


def test_what_does_not_make_sense_can_not_be_clicked() -> None:
    with card_story() as (world, chat):
        world.fleet.progress_at["mw1310"] = 12
        world.fleet.before["mw1270"] = lambda: chat.clicks("other", 1, "Hold")
        staged(world, chat)
        (staging, *_) = [c for c in chat.shown if c.state.startswith("is being put on")]
        assert "Broken…" not in [button.label for button in staging.buttons]
        chat.below(1, "submitter", "verified")
        chat.skip()
        assert world.engine.status.live[1].state is State.HELD
        assert chat.labels(1) == ["Resume", "Roll back", "Diff"]
        chat.clicks("deployer", 1, "Resume")
        chat.skip()
        assert 47 in [card.bars[-1].done for card in chat.shown if card.bars]


def test_what_went_live_nowhere_can_not_be_rolled_back() -> None:
    with card_story() as (world, chat):
        staged(world, chat)
        chat.below(1, "submitter", "broken the logo is upside down")
        chat.skip()
        assert world.engine.status.past[1].state is State.ROLLED_BACK
        assert chat.labels(1) == ["Diff"]


def test_what_is_refused_has_no_card() -> None:
    with card_story() as (_world, chat):
        chat.says("deployer", "!sync-dir wmf-confg New logo")
        chat.expect("deployer: there is no wmf-confg in the tree. Did you mean wmf-config?")
        assert chat.seen == {}


@pytest.mark.parametrize("private", [False, True])
def test_a_private_deployment_names_nothing_on_its_card(private: bool) -> None:
    with card_story() as (world, chat):
        path = "private/secret.php" if private else "wmf-config/secret.php"
        world.tree.change("submitter", "Hush the hole", {path: "2"})
        chat.says("deployer", f"!sync-dir {path} Hush the hole")
        chat.skip()
        assert ("secret.php" in chat.seen[1].text) is not private
        assert ("Hush" in chat.seen[1].text) is not private
        assert ("Diff" in chat.labels(1)) is not private


def test_who_is_not_asked_any_more_was_not_asked() -> None:
    with card_story() as (world, chat):
        chat.says("deployer", "!lock switch-over")
        staged(world, chat)
        assert chat.seen[1].people == ("submitter: will be asked",)
        chat.clicks("deployer", 1, "Hold")
        chat.says("deployer", "!cancel 1")
        chat.skip()
        assert chat.seen[1].people == ("submitter: was not asked",)


def test_who_is_only_named_in_what_people_write_is_called_by_no_line() -> None:
    with card_story() as (world, chat):
        words = "Fix it, as asked. other: look. WARNING: x"
        world.tree.change("submitter", words, {SETTINGS: f"2. {words}"})
        chat.says("deployer", f"!sync-dir wmf-config {words}")
        for line in ("!status 1", "!diff 1", "!hold 1 Wait. other: look", "!resume 1"):
            chat.says("deployer", line)
        chat.below(1, "submitter", "verified")
        chat.says("deployer", f"!rollback 1 {words}")
        assert world.engine.status.past[2].state is State.COMPLETED
        assert chat.notified == {"deployer", "submitter"}
        assert any("other: " in line for line in chat.skip())
