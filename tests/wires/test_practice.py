"""The practice range as a whole: what it writes, who visits it, and a restart on the same directory."""

import json
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from swatbot.domain.stage import Stage
from swatbot.errors import OperationalError
from swatbot.practice.practice_host import RELOAD
from swatbot.practice.range import Range
from swatbot.practice.sample_files import BASELINE, SETTINGS
from tests.wires.practice_lab import HOST, WAIT, SystemClock, connect, make, read, run, until


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Range]:
    with make(tmp_path / "range") as started:
        yield started


def test_visitors_are_logged_for_canaries_and_fleet_but_not_for_test_servers(practice: Range) -> None:
    practice.traffic.rate = 100
    until(lambda: len(practice.logs) > 200, "no visitors")
    practice.traffic.rate = 0
    hosts = _asked(practice, {"size": 0, "aggs": {"hosts": {"terms": {"field": "host"}}}})
    keys = {bucket["key"] for bucket in hosts["aggregations"]["hosts"]["buckets"]}
    assert keys == {"mw1261", "mw1262", "mw1263", "mw1264"}
    practice.log_door.refuse()
    with pytest.raises(urllib.error.URLError, match="refused"):
        _asked(practice, {})
    practice.log_door.open()
    assert _asked(practice, {})["timed_out"] is False


def _asked(practice: Range, body: object) -> dict[str, Any]:
    url = f"{practice.wiring.log_url}/{practice.wiring.log_index}/_search"
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=WAIT) as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(answer)
    return found


def test_hosts_with_an_opcode_cache_load_their_code_anew_when_the_command_is_run_on_them(
    tmp_path: Path,
) -> None:
    with Range(tmp_path / "range", 4, clock=SystemClock(), rate=0, opcache=True) as practice:
        sites = [practice.hosts[name].site for name in (HOST, "mw1263")]
        for site in sites:
            assert b"Practice Wiki" in site.get("/").body
            path = practice.hosts[site.host].root / SETTINGS
            path.write_bytes(BASELINE[SETTINGS].replace(b"Practice Wiki", b"Other Wiki"))
        command = " ".join(["cd srv/mediawiki;", *map(shlex.quote, RELOAD)])
        assert run(connect(practice.wiring), command).recv_exit_status() == 0
        assert [b"Other Wiki" in site.get("/").body for site in sites] == [True, False]


def test_names_and_stages(practice: Range) -> None:
    assert practice.wiring.stage(Stage.TESTSERVERS) == ("mwdebug1001",)
    assert practice.wiring.stage(Stage.CANARIES) == ("mw1261", "mw1262", "mw1263")
    assert practice.wiring.stage(Stage.FLEET) == ("mw1264",)
    assert all(practice.held(name) == BASELINE for name in practice.hosts)


def test_a_range_on_the_same_directory_keeps_ports_keys_and_what_the_hosts_hold(tmp_path: Path) -> None:
    with make(tmp_path / "range") as first:
        run(connect(first.wiring), "echo new > srv/mediawiki/static/robots.txt").recv_exit_status()
        first.tree.apply("logo")
        head = first.tree.head
    with make(tmp_path / "range") as second:
        assert second.wiring == first.wiring
        assert second.held(HOST)["static/robots.txt"] == b"new\n"
        assert second.held("mw1263") == BASELINE
        assert second.tree.head == head
        assert read(run(connect(second.wiring), "echo same keys")) == b"same keys\n"


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="ascii")
    with pytest.raises(OperationalError, match="not empty, and no practice range"):
        make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_second_range_on_the_same_directory_is_refused_by_its_ports(practice: Range) -> None:
    with pytest.raises(OperationalError, match=r"port \d+ on 127.0.0.1 is taken"):
        make(practice.wiring.directory)
    assert read(run(connect(practice.wiring), "echo unharmed")) == b"unharmed\n"


def test_another_number_of_hosts_is_refused(practice: Range) -> None:
    with pytest.raises(OperationalError, match="has 5 hosts, not 6"):
        make(practice.wiring.directory, hosts=6)


def test_a_killed_range_in_another_process_comes_back_with_its_ports(tmp_path: Path) -> None:
    first = _serve(tmp_path / "range")
    facts = Range.facts(tmp_path / "range")
    channel = run(connect(facts), "echo $$; cat")
    pid = int(channel.recv(20))
    first.kill()
    first.wait()
    until(lambda: not Path(f"/proc/{pid}").exists(), "the command outlived its range")
    second = _serve(tmp_path / "range")
    try:
        assert Range.facts(tmp_path / "range") == facts
        assert read(run(connect(facts), "echo again")) == b"again\n"
    finally:
        second.kill()
        second.wait()


def _serve(directory: Path) -> "subprocess.Popen[str]":
    code = (
        "import sys, threading\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from swatbot.practice.range import Range\n"
        "class Clock:\n"
        "    def now(self): return datetime.now(UTC)\n"
        "with Range(Path(sys.argv[1]), 4, clock=Clock()):\n"
        "    print('ready', flush=True)\n"
        "    threading.Event().wait()\n"
    )
    command = [sys.executable, "-c", code, str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("hosts", "seconds"), [(12, 2.0), (100, 10.0)])
def test_a_range_starts_within_seconds(tmp_path: Path, hosts: int, seconds: float) -> None:
    began = time.monotonic()
    with make(tmp_path / "range", hosts) as started:
        assert time.monotonic() - began < seconds
        assert len(started.hosts) == hosts
