"""Where commands are heard, where only is told, and what is said in private."""

import pytest

from swatbot.ports import ChannelRole, Incoming
from tests.card_chat import card_story
from tests.world import World, story

TOLD, LOG = "#operations", "#sal"


def with_more_channels(world: World) -> None:
    world.chat.channels |= {TOLD: ChannelRole.PROGRESS, LOG: ChannelRole.LOG}


def lines_in(world: World, channel: str) -> list[str]:
    found = [text for where, text in world.chat.unread if where == channel]
    world.chat.unread = type(world.chat.unread)(one for one in world.chat.unread if one[0] != channel)
    return found


def test_each_channel_is_told_what_it_is_for() -> None:
    with story() as world:
        with_more_channels(world)
        world.tree.change("submitter", "Related articles", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")
        world.chat.says("submitter", "verified")
        commands, progress, log = (lines_in(world, channel) for channel in ("#swat", TOLD, LOG))
        assert commands == progress
        assert commands[-1].startswith("deployer, submitter: #1 is live on 101 hosts")
        assert log == [line for line in commands if line.startswith("!log deployer@deploy1001 Synchronized")]
        assert len(log) == 1


def test_an_answer_goes_where_the_question_was() -> None:
    with story() as world:
        with_more_channels(world)
        world.chat.says("other", "!queue")
        world.chat.expect("other: nothing is active.")


def test_who_speaks_where_nothing_is_heard_is_shown_the_way() -> None:
    with story() as world:
        with_more_channels(world)
        for line in ("!queue", "verified", "!sync-dir wmf-config Again"):
            world.chat.says("other", line, to=TOLD)
            world.chat.expect("other: here I only report. I hear what is said in #swat.", to=TOLD)
        for line in ("!unknown 1", "lunch?", "!log deployer: something"):
            world.chat.says("other", line, to=TOLD)
        world.chat.says("other", "!queue", to=LOG)
        assert not world.engine.status.live


def test_trouble_is_told_everywhere_but_where_it_is() -> None:
    with story() as world:
        with_more_channels(world)
        world.front.tell("IRC net: kicked by x (y) in #swat; coming back", but={"#swat"})
        world.chat.expect("IRC net: kicked by x (y) in #swat; coming back", to=TOLD)


def test_a_command_in_private_is_answered_in_the_channel() -> None:
    with story() as world:
        world.chat.says("deployer", "!hold nothing is going on", private=True)
        world.chat.expect('deployer (in private): there is nothing to hold now: "!queue" says what there is.')
        world.chat.says("deployer", "!lock", private=True)
        assert [where for where, _ in world.chat.unread] == ["#swat"]
        assert world.chat.skip()[0].startswith("deployer (in private): ")
        world.chat.says("deployer", "sync-dir nowhere Fix", private=True)
        world.chat.expect("deployer (in private): there is no nowhere in the tree. Paths are relative to it.")


def test_a_question_in_private_is_answered_there() -> None:
    with story() as world:
        world.chat.says("other", "!queue", private=True)
        world.chat.expect("nothing is active.", to="other")
        world.chat.says("other", "!whoami", private=True)
        world.chat.expect("you are other (irc:net/other), role person.", to="other")


@pytest.mark.parametrize("line", ["!hold me", "!lock it", "verified", "!sync-dir wmf-config Fix"])
def test_nobody_can_make_the_bot_speak_in_the_channel_from_outside(line: str) -> None:
    with story() as world:
        world.chat.says("stranger", line, private=True)
        assert [where for where, _ in world.chat.unread] == ["stranger"]
        world.chat.skip()


def test_what_is_private_is_not_answered_in_the_channel() -> None:
    with story() as world:
        world.chat.says("deployer", "!sync-dir private/nowhere.php Fix", private=True)
        assert [where for where, _ in world.chat.unread] == ["deployer"]
        world.chat.skip()


def test_where_nobody_can_be_proven_the_bot_says_so() -> None:
    told = "nobody's account is proven on this network, so here I only report."
    with story() as world:
        world.tree.change("submitter", "Related articles", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")
        world.chat.skip()
        world.chat.provable = False
        world.chat.says("submitter", "verified", account=None)
        world.chat.expect(f"submitter: {told}")
        world.chat.says("deployer", "!hold", account=None)
        world.chat.expect(f"deployer: {told}")
        world.chat.says("other", "!whoami", account=None)
        world.chat.expect("other: nobody's account is proven on this network, so I can not tell who you are.")
        world.chat.says("other", "!queue", account=None)
        (line,) = world.chat.skip()
        assert line.startswith("other: active #1 wmf-config")


def test_progress_that_was_overtaken_counts_as_told() -> None:
    """Lines that a newer one has replaced are not waited for, and are no part of what was said."""
    with story() as world:
        world.tree.change("submitter", "Related articles", {"wmf-config/InitialiseSettings.php": "2"})
        world.chat.says("deployer", "!sync-dir wmf-config Enable related articles")
        world.chat.drops_progress = True
        world.fleet.progress_at = {"mw1290": 3.0, "mw1300": 3.0}
        world.chat.says("submitter", "verified")
        told = world.chat.skip()
        assert not any("fleet: " in line for line in told)
        world.restart()
        (line,) = world.chat.skip()
        assert line.startswith("I was away for ")


def test_a_stranger_can_not_keep_everybodys_answers_waiting() -> None:
    with story() as world:
        world.chat.confirms = False  # the network takes its time
        for _ in range(20):
            world.chat.says("stranger", "!queue")
        slower = "stranger: you ask faster than I may answer. Ask again when you have all your answers."
        assert world.chat.skip() == [*["stranger: nothing is active."] * 6, slower]
        for _ in range(3):
            world.chat.says("stranger", "it rains")
        with_more_channels(world)
        for _ in range(10):
            world.chat.says("guest", "!queue", to=TOLD)
        assert len(world.chat.skip()) == 7
        world.chat.says("another", "!queue")
        world.chat.expect("another: nothing is active.")
        for _ in range(10):
            world.chat.says("submitter", "!queue")
        assert world.chat.skip() == ["submitter: nothing is active."] * 10, "who is known is always heard"
        for done, text in world.chat.kept:
            done(text)
        for _ in range(20):
            world.chat.says("stranger", "!queue")
        assert world.chat.skip()[-2:] == ["stranger: nothing is active.", slower], "and is told so again"


def test_chatter_of_a_stranger_who_waits_for_answers_is_let_be() -> None:
    with story() as world:
        world.chat.confirms = False
        for _ in range(6):
            world.chat.says("stranger", "!queue")
        world.chat.skip()
        world.chat.says("stranger", "it rains")
        world.chat.silent()


def test_who_is_shown_the_way_is_shown_it_once_though_the_network_delivers_it_again() -> None:
    with card_story() as (world, chat):
        chat.channels |= {TOLD: ChannelRole.PROGRESS}
        for message in ("message-1", "message-1", "message-2"):
            chat._hear(Incoming("!queue", "other", "irc:net/other", TOLD, message=message))
        shown = "other: here I only report. I hear what is said in #swat."
        assert chat.skip() == [shown, shown]
        assert world.engine.status.latest == 0
