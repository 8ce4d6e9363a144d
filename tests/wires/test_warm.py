"""A deployment finds its hosts connected to: that is done while its snapshot is taken."""

from pathlib import Path

import pytest

from swatbot.domain.findings import Holdings, Pin
from swatbot.domain.plan import Plan
from swatbot.fleet.link import Link
from swatbot.practising import bot
from swatbot.tree.tree import GitTree
from tests.wires.bot_process import WAIT, people, small_ground
from tests.wires.practice_lab import until


def test_the_first_stage_of_a_deployment_finds_warm_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        small_ground(tmp_path / "range", 8) as place,
        bot(place) as process,
        people(place, "dana", "alice") as (dana, alice),
    ):
        assert process.engine is not None
        fleet, hosts = process.engine.fleet, tuple(place.scene.hosts)
        assert not any(map(fleet.is_open, hosts))
        taken = GitTree.snapshot

        def slow(tree: GitTree, plan: Plan, holdings: Holdings) -> Pin:
            """It takes longer than connecting does; from then on nobody has to connect."""
            until(lambda: all(map(fleet.is_open, hosts)), "a host is not connected to")
            monkeypatch.setattr(Link, "dial", lambda *_: pytest.fail("it has to connect"))
            return taken(tree, plan, holdings)

        monkeypatch.setattr(GitTree, "snapshot", slow)
        dana.say("#swat", "!sync-dir wmf-config Enable related articles on frwiki (T12345)")
        alice.expect_text("alice: #1 is on mwdebug1001", WAIT)
        alice.say("#swat", "verified")
        dana.expect_text("#1 is live on 8 hosts", WAIT)
