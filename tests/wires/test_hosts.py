"""`swatbot hosts` on real servers: what it tells of each host, in one line for all that are alike."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from swatbot.bootstrap import Report, look_at_hosts
from swatbot.bootstrap.hosts import Expected, _report
from swatbot.cli import main
from swatbot.config import Place, load
from swatbot.config.fleet import GroupSection
from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.domain.stage import Stage
from swatbot.fleet import wire
from swatbot.fleet.known_hosts import fingerprint
from swatbot.fleet.starting import Facts
from swatbot.fleet.sync import SshFleet
from swatbot.fleet.visit import Visited
from swatbot.ports import HostProof
from swatbot.practising import Ground, bot
from swatbot.visiting import lines
from tests.wires.bot_process import WAIT, people, small_ground
from tests.wires.rsync_lab import PullLab
from tests.wires.ssh_lab import SshLab
from tests.wires.sshd import Sshd
from tests.wires.sshd import sshd as sshd_fixture  # noqa: F401 - a fixture
from tests.wires.test_whole import staged

KEY = "ssh-ed25519 SHA256:"
TYPE = "Type names of hosts, or fold them as in 'mw[1261-1263]'."


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with small_ground(tmp_path / "range", 8, ssh='connect_timeout = "8s"') as made:
        yield made


def swatbot(place: Ground, *words: str) -> tuple[int, list[str], str]:
    """Exit status, lines on stdout, and stderr."""
    result = CliRunner().invoke(main, ["hosts", *words, "--config", str(place.config)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout.splitlines(), result.stderr


def exclude(place: Ground, host: str) -> None:
    file = place.config / "fleet.toml"
    file.write_text(f'{file.read_text()}\n[[exclude]]\nhosts = "{host}"\nwhy = "broken disk"\n')


# --- the command, on a practice range ------------------------------------------------------------


def test_before_there_is_a_journal_hosts_are_fit_and_say_what_they_hold(place: Ground) -> None:
    status, out, said = swatbot(place)
    assert status == 0, out
    assert "There is no journal at" in said
    assert "Connecting to 8 hosts, as the config says; a running bot is not asked" in said
    assert [line.split("  ")[0] for line in out] == ["mwdebug1001", "mw[1261-1263]", "mw[1264-1267]"]
    for line in out:
        assert ": fit; holds " in line
        assert "as the fleet" not in line
        assert KEY in line
        assert "Python 3." in line
        assert "GiB free; clock " in line


def test_beside_a_bot_hosts_are_held_against_what_the_fleet_holds(place: Ground) -> None:
    with bot(place):
        place.scene.hosts["mw1262"].refuse()
        place.scene.hosts["mw1264"].refuse()
        place.scene.hosts["mw1265"].refuse()
        (place.scene.hosts["mw1266"].root / "wmf-config" / "new").write_text("x")
        exclude(place, "mw1267")
        status, out, said = swatbot(place)
        assert status == 1
        assert "Connecting to 7 hosts" in said
        assert out[0].startswith("mwdebug1001  testservers (group debug): fit; holds ")
        assert " as the fleet does; " in out[0]
        assert out[2].startswith("mw1262  canaries (group canary): NOT FIT: 127.0.0.1 port ")
        assert out[2].endswith(": Connection refused")
        assert out[3] == "mw[1264-1265]  fleet (group app): NOT FIT: HOST: Connection refused"
        assert ": NOT FIT; holds " in out[4]
        assert ", 1 file not as the fleet has them; " in out[4]
        assert out[5] == "mw1267  fleet (group app): excluded: broken disk"
        assert [line.partition(":")[0] for line in out[6:]] == ["hint", "hint"]
        assert "[[exclude]]" in out[6]
        assert "!repair HOST" in out[7]


def test_hosts_that_somebody_excluded_are_named_with_the_reason(place: Ground) -> None:
    with bot(place), people(place, "dana") as (dana,):
        place.scene.hosts["mw1264"].refuse()
        dana.say("#swat", "!exclude mw1264 broken disk")
        dana.expect_text("mw1264", WAIT)
        status, out, _ = swatbot(place)
        assert "mw1264  fleet (group app): excluded: broken disk (by dana)" in out
        assert status == 0


def test_named_hosts_are_told_apart_as_json_excluded_ones_too(place: Ground) -> None:
    exclude(place, "mw1267")
    place.scene.hosts["mw1264"].refuse()
    status, out, _ = swatbot(place, "mw1261", "mw[1264,1267]", "--json")
    first, down, excluded = json.loads("\n".join(out))
    assert status == 1
    assert (first["host"], first["stage"], first["group"], first["fit"]) == (
        "mw1261",
        "canaries",
        "canary",
        True,
    )
    assert (first["key_type"], len(first["holds"]), first["differing_files"]) == ("ssh-ed25519", 64, None)
    assert abs(first["clock_offset_seconds"]) < 1
    assert first["free_bytes"] > 0
    assert (down["fit"], down["fault"].split(": ")[1], down["holds"]) == (False, "Connection refused", None)
    assert (excluded["excluded"], excluded["fit"], len(excluded["holds"])) == ("broken disk", True, 64)
    assert swatbot(place, "mw1261", "mw1267")[0] == 0


def test_a_host_that_is_not_there_is_told(place: Ground) -> None:
    status, _, said = swatbot(place, "mw[1260-1262]")
    assert status == 1
    assert said.startswith("swatbot: fleet.toml has no host mw1260, did you mean mw126")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("mw[1261-1262", "not a host range: 'mw[1261-1262'. Type 'mw[1261-1262]'."),
        (
            "mw [1261-",
            f"not a host range: 'mw [1261-'. {TYPE}",
        ),
        (
            "db1,mw[3-1]",
            f"host range '3-1' runs backwards or is too long: 'db1,mw[3-1]'. {TYPE}",
        ),
    ],
)
def test_a_word_that_can_not_be_read_is_quoted_with_what_to_type(word: str, told: str, place: Ground) -> None:
    assert swatbot(place, "mw1261", word) == (1, [], f"swatbot: {told}\n")


@pytest.mark.parametrize("word", ["", " ", ","])
def test_a_word_that_names_no_host_is_an_error(word: str, place: Ground) -> None:
    status, out, said = swatbot(place, "mw1261", word)
    assert (status, out) == (1, [])
    assert said == f"swatbot: {word!r} names no host: leave it out to look at all of them\n"


def test_a_host_without_room_for_a_sync_is_not_fit(place: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swatbot.bootstrap.hosts._ROOM", 1 << 60)
    status, out, _ = swatbot(place, "mw1264", "mw1265")
    assert status == 1
    assert out[0].startswith(f"mw[1264-1265]  fleet (group app): NOT FIT: less than {1 << 40} MiB free ")
    assert "; holds " in out[0]


def test_while_a_deployment_is_under_way_what_it_ships_is_no_fault(place: Ground) -> None:
    with bot(place), people(place, "dana", "alice") as (dana, alice):
        staged(dana, alice)
        status, out, _ = swatbot(place, "mwdebug1001", "mw1264")
        assert status == 0, out
        assert " not as the fleet has them (#1 is under way); " in out[0]
        assert " as the fleet does; " in out[1]


# --- a visit, on a real sshd ---------------------------------------------------------------------


@pytest.fixture
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SshLab]:
    server = request.getfixturevalue("sshd_fixture")
    assert isinstance(server, Sshd)
    made = SshLab(server, tmp_path)
    yield made
    made.close()


def visited(fleet: SshFleet, **hosts: bool) -> tuple[Visited, ...]:
    try:
        return fleet.visit(hosts)
    finally:
        fleet.close()


def with_python(lab: SshLab, text: str) -> SshFleet:
    place = lab.directory / "python"
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return lab.another([replace(lab.targets[0], python=str(place)), lab.targets[1]])


def test_a_visit_tells_key_tools_and_clock(lab: SshLab, sshd_fixture: Sshd) -> None:  # noqa: F811
    (found,) = visited(lab.another(), h1=True)
    assert (found.fault, found.noise, found.key_type) == ("", "", "ssh-ed25519")
    assert found.fingerprint == fingerprint(sshd_fixture.host_key_blob)
    assert found.facts is not None
    assert found.facts.free > 0
    assert found.clock_offset is not None  # the lab's clock stands
    assert abs(found.clock_offset - found.facts.clock_offset) < 60


def test_noise_and_a_missing_rsync_are_told_and_harm_nobody(lab: SshLab) -> None:
    noisy = (
        'printf "\\n\\033[1mWelcome\\033[0m to h1\\nno mail\\n"; real=$(command -v python3); PATH=/nowhere'
    )
    first, second = visited(with_python(lab, f'{noisy}; exec "$real" "$@"'), h1=True, h2=True)
    assert (first.fault, first.noise, first.rsync) == ("", "[1mWelcome [0m to h1", "")
    assert (second.fault, second.noise) == ("", "")
    assert first.clock_offset is not None


def test_daemons_that_do_not_answer_a_host_are_named(tmp_path: Path, sshd_fixture: Sshd) -> None:  # noqa: F811
    pulling = PullLab(sshd_fixture, tmp_path)
    assert [found.silent for found in visited(pulling.pulling(), h1=True, h2=True)] == [(), ()]
    pulling.doors["h1"].refuse()
    pulling.gate.hang = True
    first, second = visited(pulling.pulling(), h1=True, h2=True)
    assert (first.fault, first.silent) == ("", ("the deployment host",))
    assert (second.fault, second.silent) == ("", ("h1", "the deployment host"))
    pulling.close()


def test_a_helper_that_can_not_work_is_told_with_the_key(lab: SshLab) -> None:
    (found,) = visited(with_python(lab, "echo 'sudo: a password is required' >&2; exit 1"), h1=True)
    assert found.fault.startswith("the helper did not start: sudo: a password is required; ")
    assert found.key_type == "ssh-ed25519"
    lab.root("h2").rmdir()
    (found,) = visited(lab.another(), h2=True)
    assert found.fault.startswith("the helper can not work: No such file or directory")


@pytest.mark.parametrize(
    ("run_as", "script", "told", "advice"),
    [
        ("", "exec nologin", "This account is currently not available.", "the login shell of "),
        ("", "exit 1", "its command ended at once with status 1", "the login shell of "),
        ("", "echo 'sh: 1: python9: not found'; exit 127", "sh: 1: python9: not found", "'python3' must be"),
        ("www", "echo 'sh: 1: sudo: not found'; exit 127", "sh: 1: sudo: not found", "install sudo there"),
        (
            "www",
            "printf 'sudo: unknown user www\\nsudo: error initializing audit plugin\\n' >&2; exit 1",
            "sudo: unknown user www",
            "there is no user www: see `run_as` of its group",
        ),
        (
            "www",
            "printf 'We trust you\\nsudo: a password is required\\nLast login\\n' >&2; exit 1",
            "sudo: a password is required",
            "run commands as www by sudo without a password",
        ),
        (
            "www",
            "echo 'sudo: python3: command not found' >&2; exit 1",
            "sudo: python3: command",
            "3.7 or newer",
        ),
    ],
)
def test_a_helper_that_did_not_start_is_told_with_the_first_cause(
    run_as: str, script: str, told: str, advice: str, lab: SshLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = lab.directory / "shell"
    place.write_text(f"#!/bin/sh\nPATH=$PATH:/usr/sbin\n{script}\n")
    place.chmod(0o755)
    monkeypatch.setattr(wire, "command", lambda *_: str(place))
    (found,) = visited(lab.another([replace(lab.targets[0], run_as=run_as)]), h1=True)
    assert found.fault.startswith(f"the helper did not start: {told}")
    assert advice in found.fault.partition("; ")[2]


def test_a_host_that_let_us_in_and_then_is_silent_is_told_so(lab: SshLab) -> None:
    fleet = with_python(lab, "exec cat >/dev/null")
    fleet._settings = replace(fleet._settings, connect_timeout=1.0)
    for connection in fleet._connections:
        connection._settings = fleet._settings
    (found,) = visited(fleet, h1=True)
    assert found.fault == "127.0.0.1 let us in, then the helper did not start within 1 s"
    assert found.key_type == "ssh-ed25519"


def test_a_host_that_others_only_go_through_needs_no_helper(lab: SshLab) -> None:
    lab.root("h1").rmdir()
    (found,) = visited(lab.another(), h1=False)
    assert (found.fault, found.facts, found.key_type) == ("", None, "ssh-ed25519")


def test_a_host_that_stalls_while_it_is_looked_at_keeps_nobody_waiting(lab: SshLab) -> None:
    asks = 'case "$*" in *swatbot-probe*) exec cat >/dev/null;; esac; exec python3 "$@"'
    fleet = with_python(lab, asks)
    fleet._settings = replace(fleet._settings, connect_timeout=1.0)
    (found,) = visited(fleet, h1=True)
    assert (found.fault, found.clock_offset) == ("", None)
    assert found.facts is not None


# --- what is printed -----------------------------------------------------------------------------


def report(host: str, fault: str = "", free: int = 1, offset: float = 0.0, **values: object) -> Report:
    group = GroupSection(name="app", user="u", root="/r", address="{host}.example.org")
    facts = None if fault else Facts("3.11.2", free << 30, 0.0, 0, None)
    known = None if fault else offset
    seen = Visited(host, fault, "ssh-ed25519", f"SHA256:{host}", facts, "", "/usr/bin/rsync", known)
    made = Report(Place(host, group, Stage.FLEET, ""), seen, fault, "ab" * 32)
    return replace(made, **values)  # type: ignore[arg-type]  # the tests know the fields


def test_little_room_is_told_in_mib() -> None:
    seen = report("a1").visited
    assert seen is not None
    full = replace(report("a1"), visited=replace(seen, facts=Facts("3.11.2", 3 << 20, 0.0, 0, None)))
    assert "; 3 MiB free" in next(iter(lines([full])))
    assert "; 3 to 2048 MiB free" in next(iter(lines([full, report("a2", free=2)])))


def test_what_differs_counts_to_the_room_that_a_host_needs() -> None:
    held = Manifest.of((".",), [])
    whole = Manifest.of((".",), [Entry("big", Kind.FILE, 0o644, 5 << 20, "0" * 64)])
    place = report("a1").place
    found = {
        free: _report(
            place,
            Visited("a1", facts=Facts("3.11.2", free << 20, 0.0, 0, None)),
            HostProof("a1", held, ""),
            Expected(whole),
        )
        for free in (68, 69)
    }
    assert found[68].fault == "less than 69 MiB free where its root is, which a sync may need"
    assert (found[68].fit, found[68].differing) == (False, 1)
    assert found[69].fault == ""


def test_hosts_that_differ_in_numbers_and_keys_share_a_line() -> None:
    (line,) = lines([report("a1", free=3, offset=-0.021), report("a2", free=2, offset=-0.001)])
    assert line == (
        "a[1-2]  fleet (group app): fit; holds ababab; ssh-ed25519, 2 keys; Python 3.11.2, rsync; "
        "2.0 to 3.0 GiB free; clock -0.02 to +0.00 s"
    )


def test_hosts_that_can_not_pull_are_told_apart() -> None:
    fine = report("mw1")
    assert fine.visited is not None
    cut_off = replace(report("mw2"), visited=replace(fine.visited, host="mw2", silent=("mw1", "mw3")))
    first, second = lines([fine, cut_off])
    assert "Python 3.11.2, rsync; 1.0 GiB" in first
    assert "Python 3.11.2, rsync that can not pull from mw[1,3]; 1.0 GiB" in second


def test_faults_with_names_and_fingerprints_in_them_share_a_line() -> None:
    changed = (
        "host key changed: /k line {0} has ssh-ed25519 SHA256:o{0}, the host offers ssh-ed25519 SHA256:{0}"
    )
    faults = [report(f"a{n}", changed.format(n), digest="") for n in (1, 2)]
    unknown = report(
        "a3", "unknown host key ssh-ed25519 SHA256:x: /k has no line for [a3.example.org]:22", digest=""
    )
    found = list(lines([*faults, unknown]))
    assert found[0] == (
        "a[1-2]  fleet (group app): NOT FIT: host key changed: /k a line has ssh-ed25519 SHA256:…, "
        "the host offers ssh-ed25519 SHA256:…; ssh-ed25519, 2 keys"
    )
    assert "has no line for [a3.example.org]:22" in found[1]
    assert found[2].startswith("hint: compare the fingerprint")
    assert found[3].startswith("hint: was the host set up anew?")


def test_what_a_host_missed_or_left_unfinished_needs_mending() -> None:
    odd = report("a1", differing=2, stale=(7, 9), unfinished="step 1 of #9 is unfinished there")
    assert not odd.fit
    assert (
        "NOT FIT; holds ababab, 2 files not as the fleet has them, and missed #7, #9, and step 1 of #9 is"
        in next(iter(lines([odd])))
    )
    assert replace(odd, active=10).fit
    assert replace(odd, place=replace(odd.place, excluded="why")).fit
    assert report("a1", differing=0).fit


def test_a_journal_that_can_not_be_read_is_no_reason_not_to_look(place: Ground) -> None:
    config = load(place.config, secrets=False)
    Path(config.swatbot.journal.path).write_bytes(b"no database" * 100)
    told: list[str] = []
    found = look_at_hosts(config, ["mw1261"], told.append)
    assert [r.fit for r in found] == [True]
    assert told[0].startswith("What hosts hold is held against nothing: ")


OWNER = "files can not be given to owner 'x' and group '' as the config wants: there is none of that name"


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        ("the helper can not work: No such file or directory: '/srv'", "the root must be there"),
        ("the helper can not work: Permission denied: '/srv'", "the root must be there"),
        (
            "the helper can not work: Not a directory, or a link, which is not followed: '/srv'",
            "if root is a link",
        ),
        (f"the helper can not work: {OWNER}", ""),
        ("the helper can not work: the state directory '/s' is not on the root's file system", ""),
        ("the helper can not work: the state directory '/s' lies inside the root", ""),
        ("mw1 port 22: Name or service not known", "see `address` and `addresses` of the group"),
        ("the helper did not start: This account; the login shell of u there must run commands", ""),
        ("the helper did not start: sudo: a password is required; let u run", "try it by hand"),
        ("mw1 let us in, then the helper did not start within 3 s", "try it by hand"),
        ("mw1 does not answer within 3 s", "is the host up?"),
    ],
)
def test_hints_are_given_where_they_fit_only(fault: str, hint: str) -> None:
    _, *hints = lines([report("a1", fault, digest="")])
    assert [line.startswith(f"hint: {hint}") for line in hints] == ([True] if hint else [])
