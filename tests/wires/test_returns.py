"""Replay (h) on a whole range: one of eight hosts is down during a sync, and is caught up when it returns."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.practice.sample_files import SETTINGS
from swatbot.practising import Ground, bot
from tests.wires.bot_process import WAIT, people, small_ground
from tests.wires.irc_client import RawClient

DOWN = "mw1265"
CHANGE = b"$wgRelatedArticles = true;"
CAUGHT_UP = rf"{DOWN} is caught up: 1 file \({SETTINGS}\) had not been as the fleet has"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    ssh = 'connect_timeout = "1500ms"\nping_every = "200ms"'
    with small_ground(tmp_path / "range", 8, ssh=ssh, deploy_budgets="fleet = { hosts = 1 }") as made:
        yield made


def deploy_without(place: Ground, dana: RawClient, alice: RawClient) -> None:
    """Alice's change goes live on all hosts but the one that is down."""
    dana.say("#swat", "!sync-dir wmf-config Enable related articles on frwiki (T12345)")
    alice.expect_text("alice: #1 is on mwdebug1001", WAIT)
    place.scene.hosts[DOWN].refuse()
    alice.say("#swat", "verified")
    assert f"NOT on {DOWN}" in dana.expect_text("#1 is live on 7 hosts", WAIT)
    assert CHANGE not in place.scene.held(DOWN)[SETTINGS]


def test_it_is_caught_up_as_soon_as_it_answers(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        deploy_without(place, dana, alice)
        place.scene.hosts[DOWN].restore()
        dana.expect_text(f"!log swatbot@deploy1001 Caught up {DOWN}: 1 file", WAIT)
        dana.expect_text(CAUGHT_UP, WAIT)
        assert CHANGE in place.scene.held(DOWN)[SETTINGS]
        dana.say("#swat", "!drift")
        dana.expect_text("dana: 8 hosts prove what the fleet has: everything", WAIT)


def test_the_next_deployment_puts_right_what_it_holds_otherwise(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        deploy_without(place, dana, alice)
        place.scene.hosts[DOWN].restore()
        dana.expect_text(CAUGHT_UP, WAIT)
        (place.scene.hosts[DOWN].root / SETTINGS).write_bytes(b"<?php // spoiled\n")
        dana.say("#swat", "!drift")
        dana.expect_text(f"dana: {DOWN} has 1 file ", WAIT)
        dana.say("#swat", "!sync-dir --for alice static Robots")
        alice.expect_text("alice: #2 is on mwdebug1001", WAIT)
        alice.say("#swat", "verified 2")
        dana.expect_text("#2 is live on 8 hosts", WAIT)
        assert CHANGE in place.scene.held(DOWN)[SETTINGS]


def test_it_is_caught_up_when_it_came_back_while_the_bot_was_away(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        deploy_without(place, dana, alice)
    place.scene.hosts[DOWN].restore()
    with people(place, "dana") as (dana,), bot(place):
        dana.expect_text(CAUGHT_UP, WAIT)
        assert CHANGE in place.scene.held(DOWN)[SETTINGS]


def test_it_is_still_down_after_a_restart_and_caught_up_later(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        deploy_without(place, dana, alice)
    with people(place, "dana") as (dana,), bot(place):
        dana.say("#swat", "!status")
        dana.expect_text(f"dana: Stale: {DOWN} .see #1", WAIT)
        place.scene.hosts[DOWN].restore()
        dana.expect_text(CAUGHT_UP, WAIT)
