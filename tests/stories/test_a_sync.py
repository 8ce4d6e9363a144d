"""A sync, start to end, as TRANSCRIPTS has it; and the shapes a plan can take."""

from swatbot.domain.deployment import State
from tests.world import story


def test_a_sync_start_to_end() -> None:
    with story() as world:
        chat, fleet = world.chat, world.fleet
        world.tree.commit("submitter", "Enable related articles", wmf_config__x="1")
        world.tree.change("submitter", "More", {"wmf-config/InitialiseSettings.php": "settings 2"})
        world.tree.commits.pop(1)
        chat.says("deployer", "!sync-dir wmf-config Enable related articles on frwiki (T12345)")
        chat.expect(
            "deployer: #1 wmf-config: 1 change by submitter, 1 file (+1 −0). Nothing is ahead of it.",
            "submitter: #1 is on mwdebug1001 (~). Test with X-Wikimedia-Debug: backend=mwdebug1001,"
            ' then say "verified", or "broken" and why, by 14:22 UTC.',
        )
        fleet.progress_at["mw1310"] = 12
        world.advance(minutes=3)
        chat.says("submitter", "verified")
        chat.expect(
            "#1 verified by submitter (~). Syncing canaries mw[1261-1263].",
            "#1 canaries: 3/3 have ~, 3/3 answer. Watching them under traffic.",
            "#1 canaries pass after 14 s: 0.4 errors/s per host, control group 0.5. Syncing 97 hosts.",
            "#1 fleet:  48% (in-flight: 1; ok: 47; fail: 0; left: 49)",
            "!log deployer@deploy1001 Synchronized wmf-config: Enable related articles on frwiki (T12345)"
            " (duration: 00m 12s)",
            "deployer, submitter: #1 is live on 101 hosts (~).",
        )
        done = world.engine.status.past[1]
        assert done.state is State.COMPLETED
        assert {fleet.proof(h, ("wmf-config",)).digest for h in done.hosts()} == {done.states[-1]}
