"""Connecting takes longest, so hosts are connected to while a deployment waits, and not before."""

from collections.abc import Sequence

import pytest

from tests.fakes import FakeFleet
from tests.world import CANARIES, FLEET, TEST, story

EVERYONE = [*TEST, *CANARIES, *FLEET]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The hosts of each warming and each push, in order; a push has its hosts after the word."""
    found: list[list[str]] = []
    push = FakeFleet.push

    def pushed(fleet: FakeFleet, order: object, *args: object) -> object:
        found.append(["push"])
        return push(fleet, order, *args)  # type: ignore[arg-type]  # as they came

    def warmed(_: FakeFleet, hosts: Sequence[str]) -> None:
        found.append(list(hosts))

    monkeypatch.setattr(FakeFleet, "push", pushed)
    monkeypatch.setattr(FakeFleet, "warm", warmed)
    return found


def test_the_hosts_of_all_stages_are_connected_to_before_the_first_is_synced(calls: list[list[str]]) -> None:
    with story() as world:
        assert calls == []
        world.chat.says("deployer", "!sync-dir wmf-config Nothing to see")
        assert world.chat.skip()
        assert calls == [], "what is refused needs no host"
        world.tree.change("submitter", "Related", {"wmf-config/InitialiseSettings.php": "settings 2"})
        world.chat.says("deployer", "!sync-dir wmf-config Related")
        assert calls[0] == EVERYONE
        assert calls[1:] == [["push"]] * (len(calls) - 1)
        world.chat.says("submitter", "verified")
        assert EVERYONE not in calls[1:], "once is enough"
        world.advance(minutes=5)
        calls.clear()
        world.chat.says("deployer", "!rollback 2 Sorry")
        assert calls[0] == EVERYONE
        world.chat.skip()


def test_after_a_restart_they_are_connected_to_for_what_waits(calls: list[list[str]]) -> None:
    with story() as world:
        world.restart()
        assert calls == []
        world.tree.change("submitter", "Related", {"wmf-config/InitialiseSettings.php": "settings 2"})
        world.chat.says("deployer", "!sync-dir wmf-config Related")
        calls.clear()
        world.restart()
        assert calls[0] == EVERYONE
        world.chat.skip()
