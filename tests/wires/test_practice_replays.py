"""Deployments that went wrong elsewhere, replayed by a bot on a range whose sites break as PHP does."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from swatbot.bootstrap import Process, take_baseline
from swatbot.checks.checker import Checks
from swatbot.config import load
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Verdict
from swatbot.ports import CheckTask, Stop
from swatbot.practice.sample_files import COMMON, SETTINGS
from swatbot.practice.sample_tree import DOMAIN
from swatbot.practising import Ground
from tests.wires.bot_process import edit, small_ground
from tests.wires.quick_chat import QuickChat

PAGES = ("/", "/wiki/Oak", "/wiki/Special:Upload", "/config.json")
LIST = "dblists/uploadsdisabled.dblist"
STALE = "mw1266"
# As weak as `php -l`: it reads a file, and calls nothing in it.
LINT = "import sys; from swatbot.practice.php import parse; parse(open(sys.argv[1]).read())"


@dataclass(frozen=True)
class Seen:
    """How the hosts of a stage were in a state: what their pages answered, what their settings' file held."""

    stage: Stage
    step: int
    statuses: frozenset[int]
    settings: frozenset[bytes]


@dataclass
class States:
    """Each state that the bot checked, as it was then."""

    place: Ground
    seen: list[Seen] = field(default_factory=list)

    def look(self, task: CheckTask) -> None:
        hosts = [self.place.scene.hosts[host] for host in task.hosts]
        statuses = frozenset(host.site.get(page).status for host in hosts for page in PAGES)
        settings = frozenset((host.root / SETTINGS).read_bytes() for host in hosts)
        self.seen.append(Seen(task.stage, task.step, statuses, settings))

    @property
    def statuses(self) -> set[int]:
        """All that any page answered."""
        return {status for seen in self.seen for status in seen.statuses}


@dataclass
class Scene:
    """A range with a bot, and its channel."""

    place: Ground
    states: States
    chat: QuickChat

    def commit(self, author: str, path: str, old: str, new: str) -> None:
        """Merge a change of somebody's."""
        tree = self.place.scene.tree
        text = (tree.path / path).read_text()
        assert text.count(old) == 1
        (tree.path / path).write_text(text.replace(old, new))
        tree.git("commit", "--all", "--quiet", f"--author={author} <{author}@{DOMAIN}>", "-m", f"By {author}")

    def drop(self) -> None:
        """Take back the last change, which nobody has deployed."""
        self.place.scene.tree.git("reset", "--hard", "--quiet", "HEAD~1")

    def says(self, text: str) -> None:
        """Dana speaks; what was looked at before is forgotten."""
        self.states.seen.clear()
        self.chat.says("dana", text)

    def verified(self) -> int:
        """Wait until people are asked, and have all of them verify; the deployment's number."""
        names, _, rest = self.chat.expect(r": #\d+ is on mwdebug1001").partition(": #")
        number = int(rest.split()[0])
        for name in names.replace(" and ", ", ").split(", "):
            self.chat.says(name, f"verified {number}")
        return number

    def pages(self, page: str = "/") -> dict[str, int]:
        """What every host answers."""
        return {name: host.site.get(page).status for name, host in self.place.scene.hosts.items()}

    def holders(self, path: str, text: bytes) -> set[str]:
        """The hosts whose file has this text in it."""
        held = {host: self.place.scene.held(host) for host in self.place.scene.hosts}
        return {host for host, files in held.items() if text in files.get(path, b"")}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One range and one bot for all replays; each leaves a tree that can be deployed."""
    with small_ground(tmp_path_factory.mktemp("replays") / "range", 8) as place:
        lint = f'[[tree.lint]]\nmatch = "*.php"\ncommand = ["{sys.executable}", "-c", "{LINT}"]\n'
        edit(place, "swatbot.toml", "[deploy]\n", f"{lint}\n[deploy]\n")
        config, chat = load(place.config), QuickChat()
        take_baseline(config, place.scene.wiring.baseline, "the test")
        process = Process(config, ("engine", "clock"), [chat])
        with watched(place) as states:
            process.start()
            try:
                yield Scene(place, states, chat)
            finally:
                process.stop()


@contextmanager
def watched(place: Ground) -> Iterator[States]:
    """Every state is looked at just before it is checked, when all hosts of the stage are in it."""
    states = States(place)
    plain = Checks.check

    def check(checks: Checks, task: CheckTask, stop: Stop) -> tuple[Verdict, ...]:
        states.look(task)
        return plain(checks, task, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checks, "check", check)
        yield states


def test_a_new_list_and_the_code_that_reads_it(scene: Scene) -> None:
    """Replay (a): the order decides whether the state in between serves."""
    scene.place.scene.tree.apply("half")
    scene.says("!sync-dir wmf-config then dblists Hide uploads")
    failed = scene.chat.expect("testservers step 1 of 2 fails")
    assert failed.startswith(
        "#1 testservers step 1 of 2 fails: health: mwdebug1001 answers 500: PHP Fatal error:"
        f" Uncaught Error: readDblist({LIST}): Failed to open stream: No such file or dir"
    )
    scene.chat.expect("#1 rolled back: mwdebug1001 has")
    assert [(seen.stage, seen.step) for seen in scene.states.seen] == [(Stage.TESTSERVERS, 1)]
    assert scene.states.statuses == {500}
    assert scene.holders(LIST, b"frwiki") == scene.holders(COMMON, b"uploadsdisabled") == set()
    assert set(scene.pages().values()) == {200}

    scene.says("!sync-dir dblists then wmf-config Hide uploads")
    scene.verified()
    scene.chat.expect("#2 is live on 8 hosts")
    checked = {(seen.stage, seen.step) for seen in scene.states.seen}
    assert checked == {(stage, step) for stage in Stage for step in (1, 2)}
    assert scene.states.statuses == {200}
    assert scene.holders(LIST, b"frwiki") == set(scene.place.scene.hosts)


def test_a_fatal_that_lint_passes_is_stopped_by_the_load_check(scene: Scene) -> None:
    """Replay (c): it parses, and nothing can be served with it."""
    before = len(scene.chat.texts)
    scene.commit("carol", SETTINGS, "$wgThumbLimits = array( 120", "$wgThumbLimits = arrray( 120")
    scene.says("!sync-dir wmf-config More thumbnails")
    failed = scene.chat.expect("testservers fail")
    assert "testservers fail: health: mwdebug1001 answers 500: PHP Fatal error: Uncaught Error:" in failed
    assert "Call to undefined function arrray()" in failed
    scene.chat.expect("rolled back: mwdebug1001 has")
    assert {seen.stage for seen in scene.states.seen} == {Stage.TESTSERVERS}
    assert scene.holders(SETTINGS, b"arrray") == set()
    assert set(scene.pages().values()) == {200}
    assert not [line for line in scene.chat.texts[before:] if "!log" in line]
    scene.drop()


def test_the_same_checksum_and_an_old_value_is_not_live(scene: Scene) -> None:
    """Replay (i): every host proves its files, and one serves the old ones from its opcode cache."""
    before = len(scene.chat.texts)
    stale = scene.place.scene.hosts[STALE].site
    stale.opcache = True
    assert stale.get("/").status == 200
    scene.commit("carol", SETTINGS, "$wgMaxUploadSize = 4096;", "$wgMaxUploadSize = 8192;")
    scene.says("!sync-dir wmf-config Larger uploads")
    number = scene.verified()
    failed = scene.chat.expect(f"#{number} fleet fails")
    assert f"served settings: {STALE} serves " in failed
    assert "where the snapshot has" in failed
    assert "try a reload. Rolling back." in failed
    scene.chat.expect(f"#{number} rolled back")
    last = scene.states.seen[-1]
    assert (last.stage, last.statuses, len(last.settings)) == (Stage.FLEET, frozenset({200}), 1)
    assert b"8192" in next(iter(last.settings))
    assert scene.holders(SETTINGS, b"8192") == set()
    said = scene.chat.texts[before:]
    assert not [line for line in said if "live" in line or "Synchronized" in line]

    stale.opcache = False
    scene.says(f"!retry {number}")
    scene.verified()
    scene.chat.expect("is live on 8 hosts")
    assert scene.holders(SETTINGS, b"8192") == set(scene.place.scene.hosts)
