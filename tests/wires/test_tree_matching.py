"""The commit that a fleet holds is found in histories with merges, links, modes and much else, and soon."""

import time
from pathlib import Path

import pytest

from bench.coverage import make_repository
from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.errors import UserError
from swatbot.tree.snapshots import SnapshotStore
from swatbot.tree.tree import GitTree
from tests.contracts.tree_lab import FIRST, PEOPLE, GitLab, SystemClock, file_entry, fleet_manifest

SETTINGS = "wmf-config/InitialiseSettings.php"


@pytest.fixture
def lab(tmp_path: Path) -> GitLab:
    return GitLab(tmp_path)


def test_on_a_branch_that_was_merged_since(lab: GitLab) -> None:
    lab.git("checkout", "-q", "-b", "side")
    lab.write("static/side.txt", b"side\n")
    side = lab.commit("bob", "side")
    lab.git("checkout", "-q", "main")
    lab.write("dblists/main.dblist", b"main\n")
    main = lab.commit("alice", "main")
    merge = ("-c", "user.name=m", "-c", "user.email=m@m", "merge", "-q", "--no-ff", "-m", "merge", "side")
    lab.git(*merge)
    assert lab.tree.adopt(fleet_manifest(FIRST | {"static/side.txt": b"side\n"})).marks[0].commit == side
    assert lab.tree.adopt(fleet_manifest(FIRST | {"dblists/main.dblist": b"main\n"})).marks[0].commit == main


def test_by_mode_and_link_and_files_beside_git(lab: GitLab) -> None:
    lab.write("static/run", b"#!/bin/sh\n")
    plain = lab.commit("alice", "plain")
    (lab.path / "static/run").chmod(0o755)
    runs = lab.commit("alice", "runs")
    (lab.path / "static/run").unlink()
    (lab.path / "static/run").symlink_to("logo.png")
    linked = lab.commit("alice", "linked")
    lab.write("private/keys.php", b"secret\n")  # in no commit
    entries = [file_entry(p, d) for p, d in (FIRST | {"private/keys.php": b"secret\n"}).items()]
    for commit, entry in (
        (plain, file_entry("static/run", b"#!/bin/sh\n")),
        (runs, file_entry("static/run", b"#!/bin/sh\n", 0o755)),
        (linked, Entry("static/run", Kind.LINK, 0, 8, "logo.png")),
    ):
        held = lab.tree.adopt(Manifest.of(["."], [*entries, entry]))
        assert held.marks[0].commit == commit
        assert entry in lab.tree.manifest(held.manifest).entries


def test_contents_of_equal_size_are_told_apart(lab: GitLab) -> None:
    made = {}
    for n in range(5):
        lab.write(SETTINGS, b"setting %d" % n)
        lab.write("static/copy", b"setting %d" % n)
        made[n] = lab.commit("alice", f"{n}")
    for n, commit in made.items():
        held = FIRST | {SETTINGS: b"setting %d" % n, "static/copy": b"setting %d" % n}
        assert lab.tree.adopt(fleet_manifest(held)).marks[0].commit == commit


def test_far_back_in_a_long_history(tmp_path: Path) -> None:
    """It takes about 0.3 s for these 3,000 commits; this only notices when it is far off."""
    make_repository(tmp_path / "tree", 3000)
    tree = GitTree(
        tmp_path / "tree",
        SnapshotStore(tmp_path / "store"),
        PEOPLE,
        ignore=(),
        private=(),
        clock=SystemClock(),
    )
    git = tree._history.git
    old = git.run("rev-parse", "main~2500").decode().strip()
    files = [
        file_entry(blob.path, data)
        for blob, data in tree._history.contents(tree._history.blobs(old).values())
    ]
    git.run("reset", "-q", "--hard", "main")
    begun = time.monotonic()
    assert tree.adopt(Manifest.of(["."], files)).marks[0].commit == old
    with pytest.raises(
        UserError, match=f"none is what the hosts hold; {old[:7]} comes nearest: 1 file differs"
    ):
        tree.adopt(Manifest.of(["."], [*files, file_entry("by/hand", b"x")]))
    assert time.monotonic() - begun < 10
