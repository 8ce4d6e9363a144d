"""Taking over what a fleet holds that was deployed by other means."""

from collections.abc import Iterator
from typing import Any

import pytest

from swatbot.adapters.memory_fleet import MemoryFleet
from swatbot.app.baseline import Baseline
from swatbot.domain.commands import ShellCommand, TakeBaseline
from swatbot.domain.findings import Holdings, Mark
from swatbot.domain.manifest import Manifest, as_in_git
from swatbot.domain.status import Status
from swatbot.errors import OperationalError, UserError
from tests.world import CANARIES, FLEET, RULES, TEST

HOSTS = (*TEST, *CANARIES, *FLEET)
COMMIT = "3f2a9c0" * 5


class Engine:
    """One that takes what it is told."""

    def __init__(self) -> None:
        self.status, self.told = Status(), list[ShellCommand]()

    def take_over(self, _holder: str) -> None: ...

    def report(self, command: ShellCommand) -> None:
        self.told.append(command)

    def work(self) -> bool:
        return False


class Ground:
    """A fleet on which every host holds one file, and a tree that takes whatever it proves."""

    def __init__(self) -> None:
        self.fleet, self.engine = MemoryFleet(HOSTS), Engine()
        self.adopted: list[Manifest] = []
        for host in HOSTS:
            self.fleet.put(host, "conf/a", b"a")

    def adopt(self, manifest: Manifest, _commit: str) -> Holdings:
        self.adopted.append(manifest)
        return Holdings(manifest.digest, (Mark(".", COMMIT, 0),))

    def take(self) -> str:
        tree: Any = self
        engine: Any = self.engine
        return Baseline(tree, self.fleet, RULES).take(engine, "", "me")


@pytest.fixture
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    assert len(made.adopted) == len(made.engine.told), "what is taken over is recorded, and nothing else"


def test_what_production_agrees_on_is_taken_over(ground: Ground) -> None:
    held = ground.fleet.held("mw1300", ["."])
    assert (
        ground.take() == f"100 production hosts hold 3f2a9c0, the newest commit that fits ({held.digest[:6]})"
    )
    assert ground.adopted == [held]
    assert ground.engine.told == [TakeBaseline(Holdings(held.digest, (Mark(".", COMMIT, 0),)), 100, "me")]


def test_modes_that_git_can_not_hold_are_no_difference_and_their_hosts_are_named(ground: Ground) -> None:
    ground.fleet.put("mw1262", "conf/a", b"a", 0o664)
    ground.fleet.put("mw1300", "conf/a", b"a", 0o600)
    told = "; mw1262,mw1300 differ, and are put right where a deployment touches that"
    assert ground.take().endswith(told.replace("mw1262,mw1300", "mw[1262,1300]"))
    assert ground.adopted == [as_in_git(ground.fleet.held("mw1262", ["."]))]


def test_hosts_that_hold_something_else_than_most_are_named_with_the_files(ground: Ground) -> None:
    ground.fleet.put("mw1261", "conf/a", b"a", 0o755)
    ground.fleet.put("mw1301", "conf/b", b"b")
    with pytest.raises(UserError, match=r"most others do: mw1261: conf/a; mw1301: conf/b\. Make them equal"):
        ground.take()


def test_a_host_that_is_silent_is_named_and_nothing_is_taken_over(ground: Ground) -> None:
    ground.fleet.unreachable.add("mw1300")
    with pytest.raises(OperationalError, match=r"mw1300 can not be asked \(no answer in 10 s\): mend that"):
        ground.take()


def test_a_test_server_that_differs_is_named(ground: Ground) -> None:
    ground.fleet.put("mwdebug1001", "conf/b", b"b")
    assert ground.take().endswith("; mwdebug1001 differs, and is put right where a deployment touches that")
