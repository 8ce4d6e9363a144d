"""The `command` check with real processes."""

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from swatbot.checks.command import check_command
from swatbot.checks.settings import CommandCheck
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask

STAGES = (Stage.CANARIES,)


def task(*hosts: str) -> CheckTask:
    since = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
    return CheckTask(42, Stage.CANARIES, 2, hosts, (), since, False, "")


def run(*command: str, per_host: bool = False, timeout: float = 20.0, tries: int = 1) -> Verdict:
    check = CommandCheck("cmd", STAGES, command, per_host, timeout, tries)
    return check_command(check, task("mw1261", "mw1262"), threading.Event())


def test_status_0_passes_for_all_or_for_each() -> None:
    assert run("true") == Verdict("cmd", Finding.PASS, "true passes", ("mw1261", "mw1262"))
    assert run("true", per_host=True).reason == "2/2 pass"


def test_another_status_fails_with_its_first_line() -> None:
    verdict = run("sh", "-c", "echo; echo first >&2; echo second; exit 3")
    assert verdict == Verdict("cmd", Finding.FAIL, "sh fails with 3: first", ("mw1261", "mw1262"))
    each = run("sh", "-c", "test $SWATBOT_HOSTS != mw1262", per_host=True)
    assert each == Verdict("cmd", Finding.FAIL, "mw1262 fails with 1", ("mw1262",))


def test_it_is_told_what_it_is_about_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWATBOT_IRC_PASSWORD", "hunter2")
    script = 'env | grep SWATBOT_ | sort | tr "\\n" " "; echo "arg=$1"; exit 1'
    verdict = run("sh", "-c", script, "probe", "http://{host}/")
    expected = (
        "SWATBOT_HOSTS=mw1261 mw1262 SWATBOT_NUMBER=42 SWATBOT_STAGE=canaries SWATBOT_STEP=2 "
        "arg=http://mw1261 mw1262/"
    )
    assert verdict.reason.startswith(f"sh fails with 1: {expected[:60]}")
    assert "hunter2" not in verdict.reason
    assert verdict.reason.endswith(expected[-20:])


def test_there_is_no_shell() -> None:
    assert run("test", "$(echo a)", "=", "$(echo a)").finding is Finding.PASS
    assert run("test", "$(echo a)", "=", "a").finding is Finding.FAIL


def test_what_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    begun = time.monotonic()
    verdict = run("sh", "-c", f"echo begun; (sleep 2; touch {mark}) & sleep 600", timeout=0.5)
    assert (verdict.finding, verdict.reason) == (Finding.FAIL, "sh does not end within 0.5 s: begun")
    assert time.monotonic() - begun < 2
    threading.Event().wait(2.2 - (time.monotonic() - begun))
    assert not mark.exists()


def test_what_can_not_run_is_unknown() -> None:
    verdict = run("/no/such/probe")
    assert (verdict.finding, verdict.reason) == (
        Finding.UNKNOWN,
        "/no/such/probe can not be run: No such file or directory",
    )
    nobody = check_command(CommandCheck("cmd", STAGES, ("true",)), task(), threading.Event())
    assert nobody.finding is Finding.UNKNOWN


def test_stop_ends_it_and_is_unknown() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    verdict = check_command(CommandCheck("cmd", STAGES, ("sleep", "600")), task("a1"), stop)
    assert (verdict.finding, verdict.reason) == (Finding.UNKNOWN, "stopped before it was done")
    assert time.monotonic() - begun < 5


def test_it_gets_its_second_try(tmp_path: Path) -> None:
    script = f"[ -e {tmp_path}/second ] || {{ touch {tmp_path}/second; exit 1; }}"
    assert run("sh", "-c", script, tries=2).finding is Finding.PASS


def test_much_output_does_not_block_it() -> None:
    verdict = run(sys.executable, "-c", "import sys; print('x' * 5_000_000); sys.exit(1)")
    assert verdict.finding is Finding.FAIL
    assert len(verdict.reason) < 300
