"""The practice site breaks where its files are broken, and says so in its answers and its logs."""

import hashlib
import json
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path

import pytest

from swatbot.errors import UserError
from swatbot.practice.doors import Doorman
from swatbot.practice.log_line import Line
from swatbot.practice.sample_files import BASELINE, COMMON, SETTINGS
from swatbot.practice.sample_patches import PATCHES, PENDING
from swatbot.practice.sample_tree import SampleTree
from swatbot.practice.site import Site
from swatbot.practice.traffic import USUAL, Traffic, pages
from swatbot.practice.web_door import WebDoors

PATHS = ("/", "/wiki/Oak", "/wiki/Special:Upload", "/healthz", "/config.json", "/w/index.php")


class World:
    """A site that serves the tree itself, and what it logged."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: list[Line] = []
        self.site = Site("mw1262", root, lambda _, line: self.lines.append(line))

    def statuses(self) -> dict[str, int]:
        return {path: self.site.get(path).status for path in PATHS}

    def errors(self) -> set[str]:
        return {line.normalized for line in self.lines if line.level == "ERROR"}

    def ship(self, path: str, data: bytes) -> None:
        """As the fleet does it: a new file, moved into place."""
        fresh = self.root / f"{path}.new"
        fresh.write_bytes(data)
        fresh.replace(self.root / path)


@pytest.fixture
def tree(tmp_path: Path) -> SampleTree:
    return SampleTree.make(tmp_path / "tree")


@pytest.fixture
def world(tree: SampleTree) -> World:
    return World(tree.path)


def test_every_page_of_the_tree_is_well(world: World) -> None:
    assert set(world.statuses().values()) == {200}
    assert world.errors() == set()
    assert [line.level for line in world.lines] == ["INFO"] * len(PATHS)


def test_static_files_come_as_they_are(world: World) -> None:
    answer = world.site.get("/static/images/logo.png")
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert answer.body == BASELINE["static/images/logo.png"]


@pytest.mark.parametrize(
    "path", ["/nope", "/static/no.png", "/static/../../../etc/passwd", "/w/no.php", "/static/%00"]
)
def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    assert world.site.get(path).status == 404
    assert world.lines[-1].level == "WARNING"


def test_a_link_that_leaves_the_root_is_not_served(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="ascii")
    (world.root / "static" / "out.txt").symlink_to(tmp_path / "secret.txt")
    assert world.site.get("/static/out.txt").status == 404


def test_a_changed_file_is_served_at_once(world: World) -> None:
    before = world.site.get("/").body
    world.ship(SETTINGS, BASELINE[SETTINGS].replace(b"Practice Wiki", b"Changed Wiki!"))
    assert b"Practice Wiki" in before
    assert b"Changed Wiki!" in world.site.get("/").body


def footer(site: Site) -> str:
    return site.get("/").body.decode().partition("<footer>")[2].partition("</footer>")[0]


def test_an_opcode_cache_serves_what_was_loaded_until_it_is_told_to_reload(tree: SampleTree) -> None:
    reload = tree.path.parent / "reload"
    world = World(tree.path)
    site = Site("mw1262", tree.path, lambda *_: None, opcache=True, reload=reload)
    assert (footer(site), site.opcache) == ("Privacy | About", True)
    before = (tree.path / SETTINGS).read_bytes()
    world.ship(SETTINGS, before.replace(b"'Privacy'", b"'Data'"))
    world.ship("dblists/all.dblist", b"frwiki\n")
    assert footer(site) == "Privacy | About"
    assert footer(world.site) == "Data | About"
    old = json.loads(site.get("/config.json").body)
    assert old["files"][SETTINGS] == hashlib.sha256(before).hexdigest()
    assert old["settings"]["wgAllWikis"] == ["frwiki"], "a list is no code"
    reload.touch()
    new = json.loads(site.get("/config.json").body)
    assert new["files"][SETTINGS] == hashlib.sha256((tree.path / SETTINGS).read_bytes()).hexdigest()
    assert footer(site) == "Data | About"
    assert not reload.exists()


def test_an_opcode_cache_keeps_what_is_deleted_and_knows_nothing_of_what_was_not_asked_for(
    tree: SampleTree,
) -> None:
    site = Site("mw1262", tree.path, lambda *_: None, opcache=True)
    assert site.get("/").status == 200
    (tree.path / "w/index.php").unlink()
    (tree.path / "w/load.php").unlink()
    assert (site.get("/").status, site.get("/w/load.php").status) == (200, 404)
    site.opcache = False
    assert site.get("/").status == 500


ARTICLES = {"/wiki/Oak": 500}
ALL = dict.fromkeys(PATHS, 500)
FATE: dict[str, tuple[dict[str, int], set[str]]] = {
    "typo": (ARTICLES, {"Call to undefined function arrray()"}),
    "half": ({}, set()),
    "order": ({}, set()),
    "syntax": (ALL, {"PHP Parse error: syntax error, unexpected ';'"}),
    "missing-file": (
        ALL,
        {"readDblist(dblists/closing.dblist): Failed to open stream: No such file or directory"},
    ),
    "logo": ({}, set()),
}


@pytest.mark.parametrize("name", FATE)
def test_what_comes_of_a_patch(tree: SampleTree, world: World, name: str) -> None:
    tree.apply(name)
    broken, errors = FATE[name]
    assert world.statuses() == dict.fromkeys(PATHS, 200) | broken
    assert world.errors() == errors


def test_half_a_patch_breaks_every_page(tree: SampleTree, world: World) -> None:
    tree.apply("half")
    (tree.path / "dblists" / "uploadsdisabled.dblist").unlink()
    assert world.statuses() == ALL


def test_the_wrong_order_breaks_every_page_and_the_right_one_none(tree: SampleTree, world: World) -> None:
    tree.apply("order")
    settings, common = ((tree.path / path).read_bytes() for path in (SETTINGS, COMMON))
    old_common = tree.git("show", f"HEAD~1:{COMMON}").encode()
    old_settings = tree.git("show", f"HEAD~1:{SETTINGS}").encode()
    world.ship(COMMON, old_common)
    assert set(world.statuses().values()) == {200}
    world.ship(COMMON, common)
    world.ship(SETTINGS, old_settings)
    assert world.statuses() == ALL
    assert world.errors() == {"Undefined variable $wgThumbDefault"}
    world.ship(SETTINGS, settings)
    assert set(world.statuses().values()) == {200}


def test_one_request_in_a_hundred_fails(tree: SampleTree, world: World) -> None:
    tree.apply("one-percent")
    failed = sum(world.site.get("/").status == 500 for _ in range(5000))
    assert 25 <= failed <= 80
    assert world.errors() == {"Call to undefined function measure()"}


def test_every_patch_is_in_these_tests() -> None:
    assert {p.name for p in PATCHES} == set(FATE) | {"one-percent"}


@pytest.mark.parametrize(
    ("php", "sentence"),
    [
        ("$a = 'open;", "PHP Parse error: syntax error, unexpected character"),
        ("$a = array( 1, 2;", "PHP Parse error: syntax error, unexpected ';', expecting ','"),
        ("if ( true ) { $a = 1;", "PHP Parse error: syntax error, unexpected end of file"),
        ("$a = $b;", "Undefined variable $b"),
        ("$a = array( 'x' => 1 ); $b = $a['y'];", 'Undefined array key "y"'),
        ("require 'wmf-config/CommonSettings.php';", "Files nest too deep"),
        ("require '../../etc/passwd';", "require(../../etc/passwd): Failed to open stream"),
        ("$a = count( 5 );", "Wrong arguments for count()"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(world: World, php: str, sentence: str) -> None:
    world.ship(COMMON, f"<?php\n{php}\n".encode())
    answer = world.site.get("/healthz")
    assert answer.status == 500
    assert sentence in answer.body.decode()
    assert all(error.startswith(sentence) for error in world.errors())


def test_the_tree_is_the_same_wherever_it_is_made(tree: SampleTree, tmp_path: Path) -> None:
    other = SampleTree.make(tmp_path / "other")
    assert (other.head, other.apply("typo")) == (tree.head, tree.apply("typo"))


def test_each_directory_has_the_pending_change_of_one_person(tree: SampleTree) -> None:
    log = tree.git("log", "--format=%ae", "--name-only", "baseline..HEAD").split()
    assert log == [
        "alice@practice.example", SETTINGS,
        "bob@practice.example", "dblists/all.dblist",
        "carol@practice.example", "static/robots.txt",
    ]  # fmt: skip
    assert len(PENDING) == 3


def test_the_baseline_is_what_the_hosts_are_filled_with(tree: SampleTree) -> None:
    assert tree.git("ls-tree", "-r", "--name-only", tree.baseline).split() == sorted(BASELINE)
    assert all(
        tree.git("show", f"baseline:{p}").encode() == d for p, d in BASELINE.items() if p[-3:] != "png"
    )


def test_patches_apply_on_top_of_each_other_once(tree: SampleTree) -> None:
    for patch in PATCHES:
        tree.apply(patch.name)
    with pytest.raises(UserError, match="merged already"):
        tree.apply("typo")
    with pytest.raises(UserError, match="there is no patch nonsense; there are typo, half"):
        tree.apply("nonsense")
    assert tree.git("status", "--porcelain") == ""


def test_a_reverted_patch_is_undone(tree: SampleTree, world: World) -> None:
    tree.revert(tree.apply("syntax"))
    assert set(world.statuses().values()) == {200}


def test_visitors_are_the_same_for_the_same_seed() -> None:
    assert list(islice(pages(7), 500)) == list(islice(pages(7), 500))
    assert list(islice(pages(7), 500)) != list(islice(pages(8), 500))


def test_visitors_meet_the_typo_and_never_ask_a_host_that_is_down(tree: SampleTree) -> None:
    tree.apply("typo")
    one, two = World(tree.path), World(tree.path)
    two.site.up = False
    traffic = Traffic([one.site, two.site], noise=0.1)
    traffic.visit(400)
    usual = {normalized for _, normalized in USUAL}
    assert traffic.asked == 200
    assert two.lines == []
    assert one.errors() == usual | {"Call to undefined function arrray()"}


def test_http_and_its_bad_manners(world: World) -> None:
    doorman = Doorman()
    web = WebDoors(doorman)
    door = web.door(world.site.answer)
    door.open()
    doorman.start()
    try:
        status, body = _ask(door.port, lambda c: c.request("GET", "/wiki/Oak?x=1"))
        assert (status, b"<h1>Oak</h1>" in body) == (200, True)
        assert _ask(door.port, lambda c: c.request("HEAD", "/"))[1] == b""
        assert (
            _ask(door.port, lambda c: c.request("POST", "/", headers={"Content-Length": "9999999"}))[0] == 413
        )
        assert _ask(door.port, lambda c: c.request("POST", "/", headers={"Content-Length": "many"}))[0] == 400
        assert _ask(door.port, lambda c: c.request("BREW", "/"))[0] == 501
        assert _ask(door.port, lambda c: c.request("GET", "/healthz"))[0] == 200
    finally:
        door.close()
        web.stop()
        doorman.stop()


def _ask(port: int, say: Callable[[HTTPConnection], None]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    say(connection)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()
