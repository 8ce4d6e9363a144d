"""Hosts that are ill are left out of everything, and come back like new ones."""

from dataclasses import replace
from datetime import timedelta

from swatbot.domain.deployment import State
from swatbot.domain.stage import Outcome
from tests.stories.test_what_hosts_hold import submit
from tests.world import story


def test_an_excluded_host_gets_nothing_and_is_caught_up_when_it_takes_part_again() -> None:
    with story(patrol_every=timedelta(hours=6)) as world:
        world.fleet.fail("mw1262", outcome=Outcome.UNREACHABLE)
        world.chat.says("deployer", "!exclude mw1262 broken disk, T12345")
        world.chat.expect(
            'mw1262 excluded by deployer: "broken disk, T12345". Nothing is done with it; "!include mw1262"'
            " lets it take part again."
        )
        submit(world)
        world.chat.says("submitter", "verified")
        assert "#1 is live on 100 hosts" in world.chat.skip()[-1]
        world.advance(hours=7)
        world.chat.silent()
        world.chat.says("other", "!drift")
        world.chat.expect(
            "other: 100 hosts prove what the fleet has: everything ~.",
            "other: Excluded, and so not asked: mw1262.",
        )
        world.chat.says("other", "!status")
        world.chat.expect(
            "other: nothing is active.", 'other: Excluded by deployer: "broken disk, T12345": mw1262.'
        )
        world.fleet.heal("mw1262")
        world.chat.says("deployer", "!include mw1262")
        lines = world.chat.skip()
        assert lines[:2] == [
            "mw1262 takes part again, says deployer.",
            "New, or back, among the hosts: mw1262. First it has to prove what the fleet has.",
        ]
        assert lines[-1].startswith("mw1262 is caught up: 1 file")


def test_a_host_that_is_excluded_does_not_fail_what_is_under_way() -> None:
    with story() as world:
        submit(world)
        world.chat.says("deployer", "!exclude mw[1262,1300] they are on fire")
        world.fleet.fail("mw1262", "mw1300")
        world.chat.skip()
        world.chat.says("submitter", "verified")
        lines = world.chat.skip()
        assert "!log deployer@deploy1001 Synchronized wmf-config: Enable related articles (" in lines[-2]
        assert "#1 is live on 99 hosts" in lines[-1]
        assert world.engine.status.stale == {}


def test_who_was_excluded_stays_so_after_a_restart_and_a_change_of_the_config() -> None:
    with story() as world:
        world.chat.says("deployer", "!exclude mw1262 broken")
        world.restart()
        world.rules = replace(world.rules, verify_within=timedelta(minutes=30))
        world.restart()
        world.chat.skip()
        submit(world)
        world.chat.says("submitter", "verified")
        assert "#1 is live on 100 hosts" in world.chat.skip()[-1]


def test_mistakes_about_excluding_are_answered() -> None:
    with story() as world:
        world.chat.says("deployer", "!exclude")
        world.chat.expect("deployer: which host? Usage: !exclude HOST[,HOST…] WHY")
        world.chat.says("deployer", "!exclude mw1262")
        world.chat.expect('deployer: please say why: "!exclude HOST[,HOST…] WHY".')
        world.chat.says("deployer", "!exclude mw1262 mw1263 broken")
        world.chat.expect('deployer: please say why: "!exclude mw1262,mw1263 WHY".')
        world.chat.says("deployer", "!exclude 1 broken")
        world.chat.expect('deployer: there is no host "1" in the fleet: see fleet.toml for their names.')
        world.chat.says("deployer", "!exclude db1 it is a database")
        world.chat.expect('deployer: there is no host "db1" in the fleet: see fleet.toml for their names.')
        world.chat.says("deployer", "!exclude mwdebug1001 broken")
        world.chat.expect(
            'deployer: then testservers would have no host left to deploy to: "!lock WHY" stops deploying.'
        )
        world.chat.says("other", "!exclude mw1262 broken")
        world.chat.expect("other: !exclude is for deployers. Ask one: deployer, boss.")
        world.chat.says("deployer", "!include mw1262")
        world.chat.expect('deployer: mw1262 is not excluded: "!status" says who is.')
        world.chat.says("deployer", "!exclude mw1262, mw1263 broken")
        world.chat.skip()
        for command in ("exclude mw1262 again", "repair mw1262"):
            world.chat.says("deployer", f"!{command}")
            world.chat.expect(
                'deployer: mw1262 is excluded already: "!include mw1262" lets it take part again.'
            )
        assert world.engine.status.latest == 0
        assert not world.engine.status.in_state(State.QUEUED)
