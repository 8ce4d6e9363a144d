"""Whose word counts, and what everybody else is told."""

import pytest

from swatbot.domain.deployment import State
from tests.world import World, story


def staged(world: World, who: str = "submitter") -> None:
    """One deployment waits for a submitter's word."""
    world.tree.change(who, f"By {who}", {"wmf-config/CommonSettings.php": f"by {who} {world.clock.now()}"})
    world.chat.says("deployer", "!sync-dir wmf-config A change")
    world.chat.skip()


def test_a_stranger_is_told_whom_it_waits_for() -> None:
    with story() as world:
        staged(world)
        world.chat.says("stranger", "verified 1")
        world.chat.expect("stranger: #1 waits for submitter, and I do not know your account.")
        world.chat.says("stranger", "verified")
        world.chat.says("other", "verified")
        world.chat.silent()
        world.chat.says("other", "verified 1")
        world.chat.expect("other: #1 waits for submitter.")


@pytest.mark.parametrize(
    "text", ["verified", "verified 1", "!verify", "!verified 1", "broken it is", "verified?"]
)
def test_no_account_no_privilege(text: str) -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", text, account=None)
        world.chat.expect(
            "submitter: I can not tell that it is you: /msg NickServ identify, then say it again."
        )
        world.chat.says("submitter", text, account="irc:net/impostor")
        world.chat.skip()
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION


def test_override_is_for_deployers_with_a_reason_in_public() -> None:
    with story() as world:
        staged(world)
        world.chat.says("other", "!verify 1 --override trust me")
        world.chat.expect("other: !verify --override is for deployers. Ask one: deployer, boss.")
        world.chat.says("deployer", "!verify 1 --override")
        world.chat.expect('deployer: please say why: "!verify [#] --override WHY".')
        world.chat.says("deployer", "!verify 1 --override submitter asked me by phone")
        assert world.chat.skip()[0].startswith(
            '#1 verified by deployer in place of submitter: "submitter asked me by phone".'
            " Syncing canaries mw[1261-1263]."
        )


def test_a_bare_word_never_decides_between_two() -> None:
    with story() as world:
        staged(world)
        world.chat.says("deployer", "!cancel 1")
        world.chat.skip()
        staged(world)
        world.advance(seconds=5)
        world.chat.says("submitter", "verified")
        world.chat.expect(
            'submitter: #1 is over and #2 has just been staged. If you tested #2, say "verified 2".'
        )
        world.advance(minutes=2)
        world.chat.says("submitter", "verified")
        assert world.chat.skip()[0].startswith("#2 verified by submitter")


@pytest.mark.parametrize("text", ["not verified", "verified?", "verifed", "it is verified", "verified not"])
def test_what_is_nearly_a_word_is_asked_about(text: str) -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", text)
        world.chat.expect(f'submitter: I take "{text}" as neither. Say "verified 1", or "broken 1" and why.')
        world.chat.says("other", text)
        world.chat.silent()


@pytest.mark.parametrize(
    "text", ["I verified my e-mail address yesterday on that site", "> verified", "lunch?", "here we go"]
)
def test_chatter_is_left_alone(text: str) -> None:
    with story() as world:
        staged(world)
        world.chat.says("other", text)
        world.chat.silent()


def test_untestable_goes_on_and_is_recorded_as_such() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "untestable needs a logged-out visitor from Brazil")
        lines = world.chat.skip()
        assert lines[0] == (
            '#1 untestable, says submitter: "needs a logged-out visitor from Brazil".'
            " Syncing canaries mw[1261-1263]."
        )
        assert world.engine.status.past[1].asked[0].word == "untestable"


def test_words_without_their_reason() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "untestable")
        world.chat.expect('submitter: please say why: "untestable 1 WHY".')
        world.chat.says("submitter", "broken")
        world.chat.expect('submitter: please say why: "broken 1 WHY".')


def test_the_own_change() -> None:
    with story() as world:
        staged(world, "deployer")
        world.chat.says("deployer", "verified")
        assert world.chat.skip()[0].startswith(
            "#1 verified by deployer (own change). Syncing canaries mw[1261-1263]."
        )
    with story(self_verify=False) as world:
        staged(world, "deployer")
        world.chat.says("deployer", "verified")
        world.chat.expect(
            "deployer: #1 is your own change, and here somebody else has to look: ask another deployer for"
            ' "!verify 1 --override WHY".'
        )


def test_a_private_word_counts_and_is_told_in_the_channel() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "verified", private=True)
        assert world.chat.skip()[0].startswith(
            "#1 verified by submitter (~)".replace("~", world.engine.status.past[1].digest) + " (in private)."
        )


def test_broken_after_the_verification_is_a_hold() -> None:
    with story() as world:
        staged(world)
        world.fleet.before["mw1290"] = lambda: world.chat.says("submitter", "broken seeing 503s")
        world.chat.settle = world.meanwhile
        world.chat.says("submitter", "verified")
        world.settle()
        lines = world.chat.skip()
        assert any(line.startswith('#1 held by submitter: "seeing 503s".') for line in lines)
        assert world.engine.status.live[1].state is State.HELD


@pytest.mark.parametrize(
    "command", ["!sync-dir static x", "!cancel 1", "!lock x", "!resume 1", "!rollback 1", "!continue 1 x"]
)
def test_deployers_commands_are_for_deployers(command: str) -> None:
    with story() as world:
        staged(world)
        world.chat.says("other", command)
        (line,) = world.chat.skip()
        assert "is for deployers." in line
        assert "deployer, boss" in line
        world.chat.says("stranger", command, account="irc:net/stranger")
        world.chat.expect(
            "stranger: I do not know the account irc:net/stranger: ask an admin to add it to people.toml."
        )
