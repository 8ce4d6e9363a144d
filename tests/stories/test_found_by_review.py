"""Faults that a hostile reader found, each as the story in which it showed."""

import pytest

from swatbot.domain.deployment import State
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from tests.stories.test_brake_and_queue import shipping
from tests.stories.test_who_may_say_it import staged
from tests.world import World, story


def two_authors(world: World) -> None:
    world.tree.change("other", "Old", {"wmf-config/CommonSettings.php": "common 2"})
    world.tree.change("submitter", "New", {"wmf-config/InitialiseSettings.php": "2"})
    world.chat.says("deployer", "!sync-dir wmf-config Both")
    world.chat.skip()


@pytest.mark.parametrize("words", ["--override phoned --for other", "--for other --override phoned"])
def test_an_override_for_one_leaves_the_others_asked(words: str) -> None:
    with story() as world:
        two_authors(world)
        world.chat.says("deployer", f"!verify 1 {words}")
        world.chat.expect(
            '#1 verified by deployer in place of other: "phoned"; still waiting for submitter,'
            " until 14:22 UTC."
        )
        world.chat.says("deployer", "!verify 1 --override phoned --for stranger")
        world.chat.expect("deployer: #1 waits for submitter.")


@pytest.mark.parametrize("words", ["500 errors everywhere", "1000 users complain", "#503 on every page"])
def test_a_number_that_is_no_deployment_does_not_stop_the_brake(words: str) -> None:
    with story() as world:
        shipping(world, "mw1295", f"!hold {words}")
        assert world.engine.status.live[1].state is State.HELD
        assert words.removeprefix("#") in world.chat.skip()[-2]


def test_broken_with_a_number_of_errors() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "broken 500 errors on the main page")
        assert 'rejected by submitter: "500 errors on the main page"' in world.chat.skip()[0]


def test_the_budget_is_that_of_the_stage_also_after_a_hold() -> None:
    with story(budgets={Stage.FLEET: Budget(share=0.03)}) as world:
        world.fleet.fail("mw1358", "mw1359", outcome=Outcome.UNREACHABLE)
        shipping(world, "mw1355", "!hold")
        world.chat.skip()
        world.chat.says("deployer", "!resume 1")
        assert "#1 is live on 99 hosts" in world.chat.skip()[-1]


def test_no_effect_begins_after_the_lease_was_given_up() -> None:
    with story() as world:
        staged(world)
        world.engine.release()
        world.chat.says("submitter", "verified")
        assert not world.workers.jobs
        world.chat.skip()


def test_self_verification_can_not_be_had_by_an_override() -> None:
    with story(self_verify=False) as world:
        staged(world, "deployer")
        world.chat.says("deployer", "!verify 1 --override I am sure")
        assert "is your own change" in world.chat.skip()[0]
        world.chat.says("boss", "!verify 1 --override looked at it")
        assert "#1 is live" in world.chat.skip()[-1]


def test_accounts_are_compared_as_their_network_does() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "verified", account="irc:net/ſubmitter")
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION
        world.chat.says("submitter", "verified", account="irc:net/SUBMITTER")
        assert "#1 is live" in world.chat.skip()[-1]
        people = world.rules.people
        assert people.actor("x", "local:host/Submitter").person is None


def test_anothers_lock_is_for_admins_to_remove() -> None:
    with story() as world:
        world.chat.says("boss", "!lock Incident")
        world.chat.skip()
        world.chat.says("deployer", "!unlock")
        (line,) = world.chat.skip()
        assert "is for admins" in line
        assert "boss" in line
        world.chat.says("boss", "!unlock")
        world.chat.expect("Deployments are unlocked by boss.")


def test_a_verifier_is_found_however_the_name_is_written() -> None:
    with story() as world:
        world.tree.change("submitter", "x", {"static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir --for Other static x")
        world.chat.skip()
        world.chat.says("other", "verified")
        assert "#1 is live" in world.chat.skip()[-1]


def test_a_rollback_is_not_rolled_back() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "verified")
        world.chat.says("deployer", "!rollback 1")
        world.chat.skip()
        world.chat.says("deployer", "!rollback 2")
        world.chat.expect(
            'deployer: #2 is the rollback of #1, so I can not roll it back: "!status 2" tells more.'
        )


def test_private_paths_and_messages_stay_private() -> None:
    with story() as world:
        world.tree.files["private/keys.php"] = "1"
        world.take_baseline()
        world.tree.change("submitter", "CVE-2026-1", {"private/keys.php": "2"})
        world.chat.says("deployer", "!sync-dir private/keys.php Fix CVE-2026-1", private=True)
        world.chat.says("submitter", "verified")
        world.chat.says("stranger", "!history")
        world.chat.says("stranger", "!status 1")
        lines = world.chat.skip()
        assert any("#1 is live" in line for line in lines)
        assert not [line for line in lines if "keys.php" in line or "CVE" in line]


def test_a_retry_inherits_neither_emergency_nor_what_was_done_knowingly() -> None:
    with story() as world:
        world.tree.change("submitter", "x", {"static/logo.png": "2"})
        world.chat.says("deployer", '!sync-dir --emergency "site down" static x')
        assert 'EMERGENCY: "site down".' in world.chat.skip()[0]
        world.chat.says("deployer", "!cancel 1")
        world.chat.says("deployer", "!retry 1")
        assert not any("EMERGENCY" in line for line in world.chat.skip())


def test_a_hold_is_credited_to_those_who_are_asked() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "!hold a meeting")
        world.advance(minutes=30)
        world.chat.skip()
        world.chat.says("deployer", "!resume 1")
        world.chat.expect("#1 resumed by deployer: awaiting verification.")
        assert world.engine.status.live[1].state is State.AWAITING_VERIFICATION


def test_a_test_server_that_no_one_reaches_is_not_offered_for_testing() -> None:
    with story(budgets={Stage.TESTSERVERS: Budget(hosts=1)}) as world:
        world.fleet.fail("mwdebug1001", outcome=Outcome.UNREACHABLE)
        world.tree.change("submitter", "x", {"static/logo.png": "2"})
        world.chat.says("deployer", "!sync-dir static x")
        lines = world.chat.skip()
        assert "testservers fail: mwdebug1001: no answer" in lines[1]
        assert not any("Test with" in line for line in lines)


def test_who_addresses_the_bot_gets_an_answer() -> None:
    with story() as world:
        world.chat.says("other", "verified", private=True)
        told = 'other (in private): there is nothing to verify now: "!queue" says what there is.'
        world.chat.expect(told)
        staged(world)
        world.chat.says("submitter", "verified, looks good to me on enwiki")
        world.chat.expect(
            'submitter: I take "verified, looks good to me on enwiki" as neither.'
            ' Say "verified 1", or "broken 1" and why.'
        )
        world.chat.says("submitter", "untestable broken login")
        assert world.chat.skip()[0].startswith('#1 untestable, says submitter: "broken login"')


def test_broken_while_the_checks_ask_is_a_hold() -> None:
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "logs are stalled", baking=True)
        world.chat.says("submitter", "verified")
        world.chat.skip()
        world.advance(minutes=2)
        world.chat.says("submitter", "broken I see 503s")
        assert '#1 held by submitter: "I see 503s".' in world.chat.skip()[0]
        world.advance(minutes=30)
        assert all("has been held" in line for line in world.chat.skip())


def test_a_path_must_follow_then() -> None:
    with story() as world:
        world.chat.says("deployer", "!sync-dir wmf-config then")
        assert 'a path is missing after "then" or ","' in world.chat.skip()[0]


def test_help_for_a_command_that_is_none() -> None:
    with story() as world:
        world.chat.says("other", "!help frobnicate")
        world.chat.expect('other: I do not know !frobnicate. "!help" lists the commands.')
