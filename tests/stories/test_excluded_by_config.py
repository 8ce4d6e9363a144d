"""A host that the config excludes is nobody's business; when it comes back it is caught up first."""

from dataclasses import replace

from swatbot.domain.findings import StageHosts
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Stage
from tests.world import RULES, World, story


def without(host: str) -> Rules:
    """The rules as the config has them once it excludes this host."""
    left = (StageHosts(s.stage, tuple(h for h in s.hosts if h != host)) for s in RULES.stages)
    return replace(RULES, stages=tuple(left))


def deploy(world: World, number: int) -> None:
    world.tree.change("submitter", "Related", {"wmf-config/InitialiseSettings.php": f"settings {number + 1}"})
    world.chat.says("deployer", f"!sync-dir wmf-config Related {number}")
    world.chat.says("submitter", f"verified {number}")
    world.advance(minutes=3)


def restart(world: World, rules: Rules) -> None:
    world.rules = rules
    world.restart()


def test_an_excluded_host_is_left_alone_and_caught_up_when_it_is_back() -> None:
    with story() as world:
        before = world.fleet.proof("mw1300", ["."])
        restart(world, without("mw1300"))
        world.fleet.unreachable.add("mw1300")
        deploy(world, 1)
        assert world.engine.status.past[1].hosts(Stage.FLEET) == without("mw1300").hosts(Stage.FLEET)
        assert "#1 is live on 100 hosts" in world.chat.skip()[-1]
        assert world.fleet.proof("mw1300", ["."]) == before
        world.fleet.mend("mw1300")
        restart(world, RULES)
        world.advance(minutes=2)
        assert world.fleet.proof("mw1300", ["."]) == world.fleet.proof("mw1301", ["."])
        assert "mw1300" in " ".join(world.chat.skip())
