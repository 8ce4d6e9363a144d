"""The brake, the queue, the lock, and what time alone brings."""

import pytest

from swatbot.domain.deployment import State
from swatbot.domain.events import HostsSynced
from swatbot.domain.stage import Budget, Outcome, Stage
from swatbot.domain.verdict import Finding
from tests.stories.test_who_may_say_it import staged
from tests.world import World, story


def shipping(world: World, at: str, command: str, who: str = "submitter") -> None:
    """A deployment is in the middle of the fleet when somebody says something."""
    staged(world)
    world.fleet.before[at] = lambda: world.chat.says(who, command)
    world.chat.settle = world.meanwhile
    world.chat.says("submitter", "verified")
    world.settle()
    world.chat.settle = world.settle


def test_a_hold_in_the_middle_of_the_fleet() -> None:
    with story() as world:
        shipping(world, "mw1295", "!hold seeing 503s on my end")
        held, still = world.chat.skip()[-2:]
        assert held == (
            '#1 held by submitter: "seeing 503s on my end". Hosts in flight finish.'
            ' deployer: "!resume 1" or "!rollback 1".'
        )
        digest = world.engine.status.live[1].digest
        assert still == f"#1 stands still: 31 of 97 hosts have {digest}."
        assert len(world.fleet.writes) == 1 + 3 + 31
        world.chat.says("other", "!queue")
        world.chat.expect("other: active #1 wmf-config, held for 0 s by submitter, 31/97 hosts.")
        world.tree.change("other", "Logo", {"static/logo.png": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.chat.expect("deployer: #2 static: 1 change by other, 1 file (+1 −0). 1 ahead of it: #1.")
        world.advance(minutes=10)
        world.chat.expect('deployer: #1 has been held by submitter for 10 min: "!resume 1" or "!rollback 1".')
        world.chat.says("deployer", "!resume 1")
        lines = world.chat.skip()
        assert lines[0] == "#1 resumed by deployer: fleet."
        assert any("#1 is live on 101 hosts" in line for line in lines)
        assert len(world.fleet.writes) == 1 + 3 + 97 + 1


def test_a_hold_does_not_wait_behind_answers_nor_these_behind_progress() -> None:
    """Where a network takes lines one by one only."""
    with story() as world:
        world.fleet.progress_at["mw1290"] = 12
        shipping(world, "mw1295", "!hold")
        world.chat.says("other", "!queue")
        said = dict(zip(world.chat.all, world.chat.urgencies, strict=True))
        world.chat.skip()
        (held,) = [urgency for text, urgency in said.items() if "held by submitter. Hosts" in text]
        (progress,) = [urgency for text, urgency in said.items() if text.startswith("#1 fleet:  ")]
        (answer,) = [urgency for text, urgency in said.items() if text.startswith("other: active #1")]
        assert held < answer < progress


def test_a_held_deployment_is_rolled_back() -> None:
    with story() as world:
        shipping(world, "mw1295", "!hold")
        world.chat.skip()
        world.chat.says("deployer", "!rollback 1 too risky")
        world.chat.expect(
            '#1 is rolled back by deployer: "too risky". Putting back what it touched.',
            "!log deployer@deploy1001 Rolled back wmf-config on 34 hosts: too risky (duration: 00m 00s)",
        )
        (end,) = world.chat.skip()
        assert end.startswith("#1 rolled back: mw[1261-1294] and mwdebug1001 have ")
        assert len({str(sorted(h.items())) for h in world.fleet.holds.values()}) == 1


def test_cancel_in_the_middle_waits_for_what_is_in_flight() -> None:
    with story() as world:
        shipping(world, "mw1270", "!cancel 1 wrong branch", "deployer")
        lines = world.chat.skip()
        assert any(line.startswith('#1 cancelled by deployer: "wrong branch".') for line in lines)
        assert world.engine.status.past[1].state is State.ROLLED_BACK
        assert len({str(sorted(h.items())) for h in world.fleet.holds.values()}) == 1


def test_a_lock_lets_the_active_one_finish() -> None:
    with story() as world:
        staged(world)
        world.tree.change("other", "Logo", {"static/logo.png": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.chat.skip()
        world.chat.says("deployer", "!lock Database maintenance until 15:30 UTC")
        world.chat.expect(
            'Deployments are locked by deployer until 15:30 UTC: "Database maintenance".'
            " #1 may finish; #2 waits."
        )
        world.chat.says("submitter", "verified")
        assert "#1 is live" in world.chat.skip()[-1]
        assert world.engine.status.live[2].state is State.QUEUED
        world.chat.says("boss", "!unlock")
        lines = world.chat.skip()
        assert lines[0] == "Deployments are unlocked by boss."
        assert lines[1].startswith("other: #2 is on mwdebug1001")


def test_a_lock_ends_by_itself_and_another_persons_lock_stands() -> None:
    with story() as world:
        world.chat.says("deployer", "!lock until 14:30 maintenance")
        world.chat.expect('Deployments are locked by deployer until 14:30 UTC: "maintenance".')
        world.chat.says("boss", "!lock me too")
        world.chat.expect(
            'boss: deployments are locked by deployer until 14:30 UTC: "maintenance".'
            " It waits; !unlock lets it go."
        )
        world.advance(minutes=29)
        world.chat.expect("Deployments are unlocked: its time is over.")
        world.chat.says("deployer", "!unlock")
        world.chat.expect('deployer: deployments are not locked: "!queue" says what is going on.')


@pytest.mark.parametrize(
    ("words", "command", "until"),
    [
        ("14:30 maintenance", "!lock maintenance until 14:30", "14:30"),
        ("14:30", "!lock WHY until 14:30", "14:30"),
        ("at 14:30 UTC: maintenance", "!lock maintenance until 14:30", "14:30"),
        ("9:05 maintenance", "!lock maintenance until 09:05", "09:05"),
        (f"14:30 {'because ' * 40}", "!lock WHY until 14:30", "14:30"),
    ],
)
def test_a_time_first_is_asked_about(words: str, command: str, until: str) -> None:
    with story() as world:
        world.chat.says("deployer", f"!lock {words}")
        world.chat.expect(
            f'deployer: not done yet: does the lock end at {until} UTC? Then say "{command}".'
            " Else begin with the reason."
        )
        assert world.engine.status.lock is None
        world.chat.says("deployer", command)
        (line,) = world.chat.skip()
        assert line.startswith(f"Deployments are locked by deployer until {until} UTC: ")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("2h maintenance", "maintenance"),
        ("for 30 min maintenance", "maintenance"),
        ("maintenance until 3pm", "maintenance"),
        ("maintenance until 3:00 pm", "maintenance"),
        ("maintenance until 15.30", "maintenance"),
        ("maintenance until 1530", "maintenance"),
        ("maintenance till 15:30", "maintenance"),
        ("maintenance until tomorrow 09:00", "maintenance"),
        ("maintenance until 15:30 CET", "maintenance"),
        ("until 15:30CET maintenance", "WHY"),
    ],
)
def test_an_end_that_can_not_be_read_is_asked_about(words: str, why: str) -> None:
    with story() as world:
        world.chat.says("deployer", f"!lock {words}")
        world.chat.expect(
            f'deployer: not done yet: I can not read when it ends. In UTC, say "!lock {why} until HH:MM".'
        )
        assert world.engine.status.lock is None


OPEN = ', until somebody says "!unlock"'


@pytest.mark.parametrize(
    ("words", "locked"),
    [
        ("500 errors everywhere", f'{OPEN}: "500 errors everywhere".'),
        ("Incident until further notice", f'{OPEN}: "Incident until further notice".'),
        ("Incident until 5 hosts are back", f'{OPEN}: "Incident until 5 hosts are back".'),
        ("maintenance Until 15:30UTC", ' until 15:30 UTC: "maintenance".'),
        ("14:30 change broke search until 15:30", ' until 15:30 UTC: "14:30 change broke search".'),
    ],
)
def test_what_is_clear_locks(words: str, locked: str) -> None:
    with story() as world:
        world.chat.says("deployer", f"!lock {words}")
        world.chat.expect(f"Deployments are locked by deployer{locked}")


def test_reminders_then_expiry() -> None:
    with story() as world:
        staged(world)
        for _ in range(3):
            world.advance(minutes=5)
            world.chat.expect('submitter: #1 still waits: "verified", or "broken" and why by 14:22 UTC.')
        world.advance(minutes=5)
        world.chat.expect(
            "#1 expired: no word from submitter. mwdebug1001 has ~ again."
            ' deployer: "!retry 1" when they are here.'
        )
        assert world.engine.status.past[1].state is State.ROLLED_BACK


def test_who_does_not_answer_is_parked_when_others_wait_and_rejoins() -> None:
    with story() as world:
        staged(world)
        world.tree.change("other", "Logo", {"static/logo.png": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.chat.skip()
        world.advance(minutes=5)
        lines = world.chat.skip()
        assert lines[0].startswith("#1 is parked: no word from submitter, and others wait. mwdebug1001 has ")
        assert lines[1].startswith("other: #2 is on mwdebug1001")
        world.chat.says("submitter", "here")
        lines = world.chat.skip()
        assert lines[0] == "#1 rejoins: submitter is here."
        assert "#1 wmf-config: 1 change by submitter" in lines[1]
        world.chat.says("other", "verified 2")
        assert any(line.startswith("submitter: #1 is on mwdebug1001") for line in world.chat.skip())


def test_a_parked_one_that_nobody_comes_for_is_off() -> None:
    with story() as world:
        staged(world)
        world.tree.change("other", "Logo", {"static/logo.png": "new"})
        world.chat.says("deployer", "!sync-dir static New logo")
        world.advance(minutes=6)
        world.chat.says("other", "verified 2")
        world.chat.skip()
        world.advance(hours=4)
        world.chat.expect('#1 was parked and nobody came: it is off. "!retry 1" asks anew.')


def test_rollback_of_a_completed_one_goes_ahead_of_the_queue() -> None:
    with story() as world:
        staged(world)
        world.chat.says("submitter", "verified")
        world.chat.skip()
        before = world.engine.status.past[1].previous
        world.chat.says("deployer", "!rollback 1 broke search")
        world.chat.expect(
            "#2 rolls back #1 for deployer: 101 hosts.",
            "!log deployer@deploy1001 Rolled back wmf-config (#1): broke search (duration: 00m 00s)",
            f"deployer, submitter: #1 is undone on 101 hosts ({before}). ~ is still in the tree;"
            " revert it, or the next sync ships it.",
        )
        world.chat.says("deployer", "!rollback 1")
        world.chat.expect('deployer: #1 is rolled back, so I can not roll it back: "!status 1" tells more.')
        world.advance(minutes=5)
        world.chat.says("deployer", "!sync-dir wmf-config Once more")
        assert "1 change by submitter" in world.chat.skip()[0]


def test_a_rollback_under_a_later_deployment_is_refused() -> None:
    with story() as world:
        for _ in range(2):
            staged(world)
            world.advance(minutes=2)
            world.chat.says("submitter", "verified")
            world.chat.skip()
            world.advance(minutes=2)
        world.chat.says("deployer", "!rollback 1")
        world.chat.expect('deployer: #2 shipped over #1 since: "!rollback 2" first.')


def test_numbers_that_mean_nothing() -> None:
    with story() as world:
        world.chat.says("deployer", "!cancel 99")
        world.chat.expect('deployer: there is no #99: "!queue" and "!history" list the ones there are.')
        world.chat.says("submitter", "!hold")
        world.chat.expect('submitter: there is nothing to hold now: "!queue" says what there is.')
        world.chat.says("deployer", "!resume")
        world.chat.expect('deployer: there is nothing to resume now: "!queue" says what there is.')


def test_questions_and_their_answers() -> None:
    with story() as world:
        world.chat.says("other", "!queue")
        world.chat.expect("other: nothing is active.")
        world.chat.says("other", "!whoami")
        world.chat.expect("other: you are other (irc:net/other), role person.")
        world.chat.says("stranger", "!whoami")
        world.chat.expect("stranger: I can not tell who you are: /msg NickServ identify, then ask again.")
        staged(world)
        world.chat.says("other", "!diff 1")
        world.chat.expect(
            "other: wmf-config/CommonSettings.php", "other: +by submitter 2026-11-23 14:02:00+00:00"
        )
        world.chat.says("other", "!status 1")
        world.chat.expect(
            "other: #1 wmf-config by deployer (changes by submitter):"
            " waiting for submitter until 14:22 UTC, ~."
        )
        world.chat.says("submitter", "verified")
        world.chat.skip()
        world.chat.says("other", "!history wmf-config")
        world.chat.expect("other: #1 wmf-config by deployer, completed 0 s ago: A change")
        world.chat.says("other", "!help hold")
        assert "!hold [#] [WHY]: stops what is going on" in world.chat.skip()[0]
        world.chat.says("other", "!help")
        assert len(world.chat.skip()) == 2


def test_hosts_that_are_down_within_the_budget_are_named_and_stale() -> None:
    with story(budgets={Stage.FLEET: Budget(hosts=2)}) as world:
        world.fleet.fail("mw1300", outcome=Outcome.UNREACHABLE)
        staged(world)
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert "#1 mw1300 failed: no answer in 10 s. It goes on without." in lines
        assert lines[-2].startswith("!log")
        assert "[100 of 101 hosts]" in lines[-2]
        assert lines[-1].endswith("NOT on mw1300 (no answer in 10 s): it is caught up when it answers again.")
        world.chat.says("other", "!status")
        world.chat.expect("other: nothing is active.", "other: Stale: mw1300 (see #1).")
        synced = [r for r in world.journal.read(0) if r.entry.type == HostsSynced.__name__]
        assert synced


def test_a_hold_and_its_end_while_the_canaries_are_watched() -> None:
    """The checks that the hold cut short have found nothing; they are asked again, not believed."""
    with story() as world:
        staged(world)
        world.checker.answer(Stage.CANARIES, Finding.UNKNOWN, "cut short", baking=True, once=True)

        def both() -> None:
            world.chat.says("submitter", "!hold a moment")
            world.chat.says("deployer", "!resume")

        world.checker.during = both
        world.chat.settle = world.meanwhile
        world.chat.says("submitter", "verified")
        world.settle()
        lines = world.chat.skip()
        assert not any("can not judge" in line for line in lines)
        assert "#1 is live on 101 hosts" in lines[-1]


def test_a_second_hold_is_told_that_there_is_one() -> None:
    with story() as world:
        shipping(world, "mw1295", "!hold")
        world.chat.skip()
        world.chat.says("other", "!hold me too")
        world.chat.expect('other: #1 is held, so I can not hold it: "!status 1" tells more.')
