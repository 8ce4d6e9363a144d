"""What any Tree must do; run against the git tree."""

import getpass
import os
import socket
from pathlib import Path

import pytest

from swatbot.domain.changed import Changes, Lines
from swatbot.domain.findings import Holdings, Mark
from swatbot.domain.manifest import Kind
from swatbot.domain.plan import Plan, Step
from swatbot.errors import OperationalError, UserError
from tests.contracts.tree_lab import FIRST, GitLab, TreeLab, file_entry, fleet_manifest

SETTINGS, COMMON = "wmf-config/InitialiseSettings.php", "wmf-config/CommonSettings.php"


@pytest.fixture
def lab(tmp_path: Path) -> TreeLab:
    return GitLab(tmp_path)


def plan(*steps: str) -> Plan:
    return Plan(tuple(Step(tuple(step.split(","))) for step in steps))


def fault(lab: TreeLab, path: str) -> tuple[str, str]:
    faults = lab.tree.inspect(plan(path), lab.holdings).faults
    assert len(faults) == 1, faults
    assert faults[0].path == path or faults[0].path.startswith(path + "/")
    with pytest.raises(UserError, match="can not be shipped"):
        lab.tree.snapshot(plan(path), lab.holdings)
    return faults[0].fault, faults[0].suggestion


def test_nothing_differs_from_what_was_adopted(lab: TreeLab) -> None:
    found = lab.tree.inspect(plan("."), lab.holdings)
    assert (found.faults, found.changes, found.files, found.dirty) == ((), (), (), ())
    assert (found.added, found.removed, found.deletions, found.held) == (0, 0, 0, 4)


def test_a_change_is_found_with_its_person_files_and_lines(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"<?php\n$a = 2;\n$b = 3;\n")
    commit = lab.commit("alice", "Enable related articles (T12345)")
    found = lab.tree.inspect(plan("wmf-config"), lab.holdings)
    assert found.head == commit
    (change,) = found.changes
    assert (change.commit, change.person, change.subject) == (
        commit,
        "alice",
        "Enable related articles (T12345)",
    )
    assert change.files == found.files == (SETTINGS,)
    assert (found.added, found.removed, found.deletions, found.held) == (2, 1, 0, 2)
    assert found.dirty == ()


def test_an_unknown_author_is_nobody(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"x")
    lab.commit("mallory", "Mine")
    (change,) = lab.tree.inspect(plan("wmf-config"), lab.holdings).changes
    assert (change.person, change.author, change.owner) == ("", "Mallory", "Mallory")


def test_changes_apart_from_the_plan_are_listed_newest_first(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"x")
    first = lab.commit("alice", "one")
    lab.write("dblists/all.dblist", b"y")
    second = lab.commit("bob", "two")
    found = lab.tree.inspect(plan("wmf-config"), lab.holdings)
    assert [c.commit for c in found.changes] == [second, first]
    assert found.files == (SETTINGS,)


def test_files_that_are_not_deployed_are_no_part_of_a_change(lab: TreeLab) -> None:
    lab.write("README.md", b"new\n")
    lab.write("tests/a.php", b"new\n")
    lab.commit("alice", "docs")
    found = lab.tree.inspect(plan("."), lab.holdings)
    assert (found.changes, found.files) == ((), ())


def test_a_rename_counts_on_both_sides(lab: TreeLab) -> None:
    lab.write("w/logo.png", FIRST["static/logo.png"])
    lab.delete("static/logo.png")
    lab.commit("alice", "move")
    found = lab.tree.inspect(plan("static"), lab.holdings)
    assert found.changes[0].files == ("static/logo.png", "w/logo.png")
    assert found.deletions == found.held == 1


def test_uncommitted_edits_are_dirty_and_counted(lab: TreeLab) -> None:
    lab.write(SETTINGS, FIRST[SETTINGS] + b"more\n")
    lab.write("wmf-config/odd name\n.php", b"1\n2\n")
    found = lab.tree.inspect(plan("wmf-config"), lab.holdings)
    assert found.files == (SETTINGS, "wmf-config/odd name\n.php")
    assert [(e.path, e.owner) for e in found.dirty] == [(f, getpass.getuser()) for f in found.files]
    told = found.dirty
    lab.write(SETTINGS, FIRST[SETTINGS] + b"else\n")
    again = lab.tree.inspect(plan("wmf-config"), lab.holdings).dirty
    assert [a == b for a, b in zip(told, again, strict=True)] == [False, True]
    assert (found.added, found.removed, found.changes) == (3, 0, ())


def test_an_edit_is_seen_at_once_however_often_one_looks(lab: TreeLab) -> None:
    for n in range(50):
        lab.write(SETTINGS, b"%02d" % n)
        held = lab.tree.snapshot(plan("wmf-config"), lab.holdings)
        entry = lab.tree.manifest(held.digest).by_path[SETTINGS]
        assert lab.tree.content(entry.content) == b"%02d" % n
        assert lab.tree.inspect(plan("wmf-config"), lab.holdings).files == (SETTINGS,)
        lab.write(SETTINGS, FIRST[SETTINGS])
        assert lab.tree.inspect(plan("wmf-config"), lab.holdings).files == ()


def test_words_that_are_paths_are_known_by_tree_or_fleet(lab: TreeLab) -> None:
    lab.delete("dblists/all.dblist")
    lab.write("w/new", b"x")
    lab.write("tests/a", b"x")
    words = ("wmf-config", "dblists", SETTINGS, "w", "Two", "README.md", "tests", "../x", "/", "", ".git")
    assert lab.tree.known(words, lab.holdings) == ("wmf-config", "dblists", SETTINGS, "w")
    assert lab.tree.known((), lab.holdings) == ()


def test_a_mistyped_path_is_answered_with_the_nearest(lab: TreeLab) -> None:
    assert fault(lab, "wmf-confg")[1] == "wmf-config"
    assert fault(lab, "wmf-confg/InitializeSettings.php")[1] == SETTINGS
    assert fault(lab, "CommonSettings.php")[1] == COMMON
    assert fault(lab, "zzz") == ("it is not in the tree, and the fleet does not hold it", "")
    assert fault(lab, "a" * 4000)[1] == ""


@pytest.mark.parametrize("path", ["../etc", "/etc/passwd", "wmf-config/../..", "wmf-config/.git", "a\0b", ""])
def test_a_path_that_leaves_the_tree_is_refused(lab: TreeLab, path: str) -> None:
    assert fault(lab, path)[0].startswith("it ")


def test_a_path_that_is_not_deployed_is_refused(lab: TreeLab) -> None:
    assert fault(lab, "README.md")[0] == "it is not deployed: the config ignores it"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "inner/../../x", "../.."])
def test_a_link_that_leaves_the_tree_is_refused(lab: TreeLab, target: str) -> None:
    (lab.path / "dblists").mkdir(exist_ok=True)
    (lab.path / "wmf-config/inner").symlink_to("../dblists")
    (lab.path / "wmf-config/out").symlink_to(target)
    # `inner/../../x` stays inside by its letters, and leaves it by way of the other link.
    assert fault(lab, "wmf-config")[0] == f"it is a link that leaves the tree (to {target})"


def test_what_is_neither_file_nor_link_is_refused(lab: TreeLab) -> None:
    os.mkfifo(lab.path / "static/pipe")
    assert fault(lab, "static") == ("it is a fifo", "")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(lab.path / "dblists/s"))
        assert fault(lab, "dblists/s") == ("it is a socket", "")


def test_a_path_behind_a_link_is_refused_and_a_link_ships_as_a_link(lab: TreeLab) -> None:
    (lab.path / "current").symlink_to("wmf-config")
    assert fault(lab, "current/CommonSettings.php")[0] == "it lies behind the link current"
    pin = lab.tree.snapshot(plan("current"), lab.holdings)
    (entry,) = lab.tree.manifest(pin.digest).entries
    assert (entry.kind, entry.content, entry.mode, entry.size) == (Kind.LINK, "wmf-config", 0, 10)


def test_a_path_below_what_the_fleet_holds_as_a_file_is_refused(lab: TreeLab) -> None:
    lab.delete("dblists/all.dblist")
    lab.write("dblists/all.dblist/part", b"x")
    assert fault(lab, "dblists/all.dblist/part")[1] == "dblists/all.dblist"
    assert lab.tree.inspect(plan("dblists"), lab.holdings).files == (
        "dblists/all.dblist",
        "dblists/all.dblist/part",
    )


def test_a_path_deleted_in_the_tree_is_a_deletion(lab: TreeLab) -> None:
    lab.delete(COMMON)
    lab.commit("bob", "drop")
    found = lab.tree.inspect(plan(COMMON), lab.holdings)
    assert (found.faults, found.deletions, found.held, found.removed) == ((), 1, 1, 2)
    pin = lab.tree.snapshot(plan(COMMON), lab.holdings)
    assert lab.tree.manifest(pin.digest).entries == ()
    after = lab.tree.overlay(lab.holdings.manifest, pin.digest)
    assert COMMON not in lab.tree.manifest(after).by_path


def test_a_snapshot_holds_every_state_over_the_same_roots(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"new settings", 0o775)
    lab.write("dblists/new.dblist", b"dewiki\n")
    lab.commit("alice", "both")
    pin = lab.tree.snapshot(plan("dblists", "wmf-config"), lab.holdings)
    states = [lab.tree.manifest(digest) for digest in pin.states]
    assert [state.roots for state in states] == [("dblists", "wmf-config")] * 3
    assert states[0] == lab.tree.manifest(lab.holdings.manifest).select(("dblists", "wmf-config"))
    assert states[0].differences(states[1]) == ("dblists/new.dblist",)
    assert states[1].differences(states[2]) == (SETTINGS,)
    assert states[2].by_path[SETTINGS] == file_entry(SETTINGS, b"new settings", 0o755)
    assert pin.digest == states[2].digest
    assert {lab.tree.content(e.content) for state in states for e in state.entries} >= {
        b"new settings",
        FIRST[SETTINGS],
        b"dewiki\n",
    }
    assert pin.findings == lab.tree.inspect(plan("dblists", "wmf-config"), lab.holdings)


def test_what_was_shipped_lies_over_what_the_fleet_held_and_comes_off_again(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"new settings")
    lab.write("dblists/new.dblist", b"dewiki\n")
    pin = lab.tree.snapshot(plan("dblists", "wmf-config"), lab.holdings)
    digest = lab.tree.overlay(lab.holdings.manifest, pin.digest)
    after = lab.tree.manifest(digest)
    assert after.select(("dblists", "wmf-config")) == lab.tree.manifest(pin.digest)
    assert after.by_path["static/logo.png"] == file_entry("static/logo.png", FIRST["static/logo.png"])
    assert lab.tree.overlay(digest, pin.states[0]) == lab.holdings.manifest


def test_a_snapshot_does_not_change_with_the_tree(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"pinned")
    pin = lab.tree.snapshot(plan("wmf-config"), lab.holdings)
    lab.write(SETTINGS, b"later")
    entry = lab.tree.manifest(pin.digest).by_path[SETTINGS]
    assert lab.tree.content(entry.content) == b"pinned"
    assert lab.tree.snapshot(plan("wmf-config"), lab.holdings).digest != pin.digest


def test_equal_content_gives_an_equal_digest(lab: TreeLab) -> None:
    first = lab.tree.snapshot(plan("wmf-config"), lab.holdings)
    os.utime(lab.path / SETTINGS, (1, 1))
    assert lab.tree.snapshot(plan("wmf-config"), lab.holdings) == first
    assert first.states[0] == first.states[1]
    assert lab.tree.overlay(lab.holdings.manifest, first.digest) == lab.holdings.manifest


def test_what_was_deployed_waits_no_more(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"x")
    lab.write("dblists/all.dblist", b"y")
    commit = lab.commit("alice", "both")
    pin = lab.tree.snapshot(plan("wmf-config"), lab.holdings)
    after = lab.tree.overlay(lab.holdings.manifest, pin.digest)
    now = Holdings(after, (*lab.holdings.marks, Mark("wmf-config", commit, 1)))
    found = lab.tree.inspect(plan("wmf-config"), now)
    assert (found.files, [c.files for c in found.changes]) == ((), [("dblists/all.dblist",)])
    pin = lab.tree.snapshot(plan("dblists"), now)
    after = lab.tree.overlay(after, pin.digest)
    now = Holdings(after, (*now.marks, Mark("dblists", commit, 2)))
    assert lab.tree.inspect(plan("."), now).changes == ()


def test_a_change_that_leaves_no_difference_does_not_wait(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"x")
    lab.commit("alice", "there")
    lab.write(SETTINGS, FIRST[SETTINGS])
    lab.commit("bob", "and back")
    assert lab.tree.inspect(plan("."), lab.holdings).changes == ()


def test_private_paths_are_marked_and_not_shown(lab: TreeLab) -> None:
    lab.write("private/keys.php", b"secret\n")
    lab.write("static/x.txt", b"open\n")
    lab.commit("alice", "rotate")
    assert lab.tree.inspect(plan("private"), lab.holdings).private
    assert lab.tree.inspect(plan("."), lab.holdings).private
    assert lab.tree.inspect(plan("static"), lab.holdings).private  # its change also names private/keys.php
    assert not lab.tree.inspect(plan("wmf-config"), lab.holdings).private
    found = lab.tree.diff((".",), lab.holdings)
    assert [(f.path, f.lines) for f in found.files] == [("static/x.txt", Lines(("+open",), 1))]
    assert found.private == 1
    assert lab.tree.diff(("private",), lab.holdings) == Changes((), 1)


def test_a_diff_has_every_file_with_its_lines(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"<?php\n$a = 2;\n")
    lab.delete(COMMON)
    common, settings = lab.tree.diff(("wmf-config",), lab.holdings).files
    assert (settings.path, settings.lines) == (SETTINGS, Lines(("-$a = 1;", "+$a = 2;"), 2))
    assert (common.path, common.new, common.lines.total) == (COMMON, None, 2)
    assert common.old == file_entry(COMMON, FIRST[COMMON])
    assert lab.tree.diff(("static",), lab.holdings) == Changes()
    with pytest.raises(UserError, match="Did you mean static"):
        lab.tree.diff(("statik",), lab.holdings)


HEADERS = (
    b"-- a\n++ b\n--- c\n+++ d\n@@ -1 +1 @@\ndiff --git a/1 b/1\n\\ No newline\n"
    b"Binary files a/0 and b/0 differ\n"
)


def test_no_line_no_name_and_no_attribute_is_taken_for_another(lab: TreeLab) -> None:
    lab.write("static/.gitattributes", b"* -diff\n")
    lab.write("static/headers", HEADERS)
    lab.write("static/diff --git a\nb/x", b"\r\x0c\xe2\x80\xa8\n\xff")
    lab.write("static/logo.png", b"\0\1")
    lab.write("static/many", b"\n" * 1000)
    found = {file.path: file.lines for file in lab.tree.diff(("static",), lab.holdings).files}
    assert found == {
        "static/.gitattributes": Lines(("+* -diff",), 1),
        "static/headers": Lines(tuple("+" + line for line in HEADERS.decode().split("\n")[:-1]), 8),
        "static/diff --git a\nb/x": Lines(("+\r\x0c\u2028", "+\ufffd (no newline at its end)"), 2),
        "static/logo.png": Lines((), 0, binary=True),
        "static/many": Lines(("+",) * 20, 1000),
    }


def test_a_diff_has_files_without_lines(lab: TreeLab) -> None:
    lab.write(SETTINGS, FIRST[SETTINGS], 0o755)
    lab.write("wmf-config/empty", b"")
    (lab.path / "wmf-config/link").symlink_to("empty")
    found = lab.tree.diff(("wmf-config",), lab.holdings).files
    assert [file.path for file in found] == [SETTINGS, "wmf-config/empty", "wmf-config/link"]
    assert all(file.lines == Lines() for file in found)
    assert [file.new.mode for file in found if file.new] == [0o755, 0o644, 0]


def test_only_what_the_hosts_hold_is_adopted(lab: TreeLab) -> None:
    head = lab.holdings.marks[0].commit
    wrong = FIRST | {SETTINGS: b"edited on the hosts", "static/extra.txt": b"?"}
    del wrong["dblists/all.dblist"]
    with pytest.raises(UserError) as refused:
        lab.tree.adopt(fleet_manifest(wrong), head)
    assert f"3 files differ (dblists/all.dblist, static/extra.txt, {SETTINGS})" in str(refused.value)
    with pytest.raises(UserError, match="has no commit"):
        lab.tree.adopt(fleet_manifest(FIRST), "--help")
    with pytest.raises(UserError, match="has no commit"):
        lab.tree.adopt(fleet_manifest(FIRST), "0" * 40)
    assert lab.tree.adopt(fleet_manifest(FIRST, 0o664), head[:12]) == lab.holdings


def test_a_file_beside_git_is_adopted_from_the_tree(lab: TreeLab) -> None:
    lab.write("private/keys.php", b"secret\n")
    held = lab.tree.adopt(
        fleet_manifest(FIRST | {"private/keys.php": b"secret\n"}), lab.holdings.marks[0].commit
    )
    assert lab.tree.inspect(plan("."), held).files == ()
    entry = lab.tree.manifest(held.manifest).by_path["private/keys.php"]
    assert lab.tree.content(entry.content) == b"secret\n"


def test_what_the_store_does_not_have_is_said(lab: TreeLab) -> None:
    with pytest.raises(OperationalError, match="does not have"):
        lab.tree.manifest("0" * 64)
    with pytest.raises(OperationalError, match="is not a SHA-256"):
        lab.tree.content("../../etc/passwd")


def test_two_states_of_a_snapshot_are_compared_whatever_the_tree_has_now(lab: TreeLab) -> None:
    lab.write("dblists/all.dblist", b"enwiki\nfrwiki\nnlwiki\n")
    lab.commit("Add nlwiki", "bob")
    pin = lab.tree.snapshot(plan("dblists"), lab.holdings)
    lab.write("dblists/all.dblist", b"nothing\n")
    (file,) = lab.tree.compare(pin.states[0], pin.states[-1]).files
    assert file.lines.first == ("+nlwiki",)
    assert lab.tree.compare(pin.states[0], pin.states[0]) == Changes()


def test_the_commit_that_hosts_hold_is_found(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"second")
    second = lab.commit("alice", "second")
    lab.write("README.md", b"not deployed")
    readme = lab.commit("bob", "docs")
    lab.write(COMMON, b"third", 0o755)
    lab.delete("static/logo.png")
    lab.commit("bob", "third")
    held = lab.tree.adopt(fleet_manifest(FIRST | {SETTINGS: b"second"}))
    assert held.marks == (Mark(".", readme, 0),), f"the newest of those that fit, not {second}"
    assert lab.tree.adopt(fleet_manifest(FIRST)).marks == lab.holdings.marks


def test_where_no_commit_is_what_hosts_hold_the_nearest_is_named(lab: TreeLab) -> None:
    lab.write(SETTINGS, b"second")
    second = lab.commit("alice", "second")
    lab.write(SETTINGS, b"third")
    lab.write(COMMON, b"third")
    lab.commit("alice", "third")
    held = FIRST | {SETTINGS: b"second", "dblists/all.dblist": b"edited on the hosts\n"}
    with pytest.raises(UserError) as refused:
        lab.tree.adopt(fleet_manifest(held))
    assert str(refused.value).startswith(
        f"of the last 3 commits none is what the hosts hold; {second[:7]} comes nearest: 1 file differs"
        " (dblists/all.dblist)."
    )
