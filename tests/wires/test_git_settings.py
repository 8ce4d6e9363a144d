"""Git answers the same, whatever the owner of the tree has set for own use."""

from pathlib import Path

import pytest

from swatbot.domain.plan import Plan, Step
from swatbot.tree.survey import Survey
from swatbot.tree.tree import GitTree
from tests.contracts.tree_lab import PEOPLE, GitLab, SystemClock
from tests.wires.tree_world import tree_story

SETTINGS = (
    "color.diff=always",
    "color.status=always",
    "color.ui=always",
    "core.abbrev=4",
    "core.attributesFile=ATTRIBUTES",
    "core.fileMode=false",
    "core.ignoreCase=true",
    "core.quotePath=true",
    "core.symlinks=false",
    "diff.algorithm=patience",
    "diff.colorMoved=zebra",
    "diff.context=0",
    "diff.external=false",
    "diff.ignoreSubmodules=all",
    "diff.interHunkContext=20",
    "diff.mnemonicPrefix=true",
    "diff.noprefix=true",
    "diff.orderFile=ORDER",
    "diff.relative=true",
    "diff.renames=copies",
    "diff.submodule=log",
    "diff.suppressBlankEmpty=true",
    "format.pretty=oneline",
    "i18n.logOutputEncoding=ISO-8859-1",
    "log.abbrevCommit=true",
    "log.date=relative",
    "log.decorate=full",
    "log.diffMerges=first-parent",
    "log.follow=true",
    "log.mailmap=true",
    "log.showRoot=false",
    "log.showSignature=true",
    "status.aheadBehind=false",
    "status.branch=false",
    "status.relativePaths=true",
    "status.renames=copies",
    "status.showStash=true",
    "status.showUntrackedFiles=no",
    "submodule.recurse=true",
    "submodule.vendor/lib.ignore=all",
)
BLANK = "".join(f"{n}\n\n" for n in range(30))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> GitLab:
    """A tree with something for each of them to change: a submodule, a rename, a merge, an upstream."""
    top = tmp_path_factory.mktemp("settings")
    lab = GitLab(top)
    lab.write("ORDER", b"w*\nd*\n")
    lab.write("ATTRIBUTES", b"* -diff\n")
    lab.write(".mailmap", b"Zed <zed@practice.example> <alice@practice.example>\n")
    lab.write("static/h\xc3\xa9.txt".encode().decode("latin-1"), BLANK.encode())
    lab.git("clone", "-q", "--bare", ".", str(top / "upstream.git"))
    (top / "library").mkdir()
    library = GitLab(top / "library")
    lab.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.path), "vendor/lib")
    lab.commit("alice", "Library (ä)")
    library.write("code.php", b"2\n")
    library.commit("bob", "Two")
    lab.git("-c", "protocol.file.allow=always", "-C", "vendor/lib", "pull", "-q")
    lab.git("mv", "dblists/all.dblist", "dblists/every.dblist")
    lab.write("static/h\xc3\xa9.txt".encode().decode("latin-1"), BLANK.replace("3", "three").encode())
    lab.commit("alice", "Bump")
    lab.git("checkout", "-q", "-b", "side", "HEAD~1")
    lab.write("static/side.txt", b"side\n")
    lab.commit("bob", "Side")
    lab.git("checkout", "-q", "main")
    lab.git("-c", "user.name=m", "-c", "user.email=m@m", "merge", "-q", "--no-ff", "-m", "Merge", "side")
    lab.git("remote", "add", "origin", str(top / "upstream.git"))
    lab.commit("bob", "Later")
    lab.git("push", "-q", "-u", "origin", "main")
    lab.git("reset", "-q", "--hard", "HEAD~1")
    (lab.path / "static/logo.png").chmod(0o755)
    lab.write("static/side.txt", b"by hand\n")
    return lab


def answers(lab: GitLab) -> tuple[object, ...]:
    """All that is asked of git, by somebody who remembers nothing."""
    tree = GitTree(lab.path, lab.store, PEOPLE, ignore=("*.md",), private=("private/",), clock=SystemClock())
    plan = Plan((Step((".",)),))
    survey = Survey(lab.path, "HEAD", ("static",), ())
    held = tree.manifest(lab.holdings.manifest)
    return (
        tree.inspect(plan, lab.holdings),
        tree.snapshot(plan, lab.holdings).states,
        tree.diff((".",), lab.holdings),
        tree.adopt(held),
        tuple(survey.rows()),
    )


def test_the_lab_has_something_for_each_setting(lab: GitLab) -> None:
    found, *_ = answers(lab)
    text = repr(found)
    for piece in ("vendor/lib'", "every.dblist", "'Bump'", "upstream_ahead=1", "private=False", "side.txt"):
        assert piece in text, piece


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_changes_an_answer(lab: GitLab, setting: str) -> None:
    name, _, value = setting.partition("=")
    expected = answers(lab)
    place = {"ATTRIBUTES": str(lab.path / "ATTRIBUTES"), "ORDER": str(lab.path / "ORDER")}
    lab.git("config", name, place.get(value, value))
    try:
        assert answers(lab) == expected
    finally:
        lab.git("config", "--unset", name)


def test_nor_does_a_forged_ancestry(lab: GitLab) -> None:
    expected = answers(lab)
    grafts = lab.path / ".git" / "info" / "grafts"
    grafts.write_text(lab.git("rev-parse", "HEAD") + "\n")
    try:
        assert answers(lab) == expected
    finally:
        grafts.unlink()


def test_a_submodule_that_moves_is_left_behind_by_name_whatever_the_settings_hide(tmp_path: Path) -> None:
    with tree_story(tmp_path) as world:
        tree, library = world.tree, tmp_path / "library"
        library.mkdir()
        tree.git("init", "-q", "-b", "main", cwd=library)
        (library / "code.php").write_text("1\n")
        tree.git("add", "-A", cwd=library)
        tree.git("commit", "-q", "-m", "One", cwd=library)
        tree.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "vendor/lib")
        tree.git("config", "-f", ".gitmodules", "submodule.vendor/lib.ignore", "all")
        tree.commit("submitter", "Library", {})
        world.deployed("!sync-dir vendor, .gitmodules Library", "submitter")
        (library / "code.php").write_text("2\n")
        tree.git("commit", "-q", "-a", "-m", "Two", cwd=library)
        tree.git("-c", "protocol.file.allow=always", "-C", "vendor/lib", "pull", "-q")
        tree.git("add", "-f", "vendor/lib")
        commit = tree.commit("submitter", "Bump", {"static/logo.svg": "new\n"})
        tree.git("config", "diff.ignoreSubmodules", "all")
        world.chat.says("deployer", "!sync-dir static Bump")
        assert f"Change {commit} by submitter also touches vendor/lib, which static" in world.chat.skip()[0]
