"""What every Leases promises: one holder at a time, tokens that only grow, and who was seen last."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from swatbot.adapters.clock import ManualClock
from swatbot.adapters.memory_journal import MemoryJournal
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.errors import OperationalError
from swatbot.ports import LeaseTakenError, StaleWriterError
from tests.contracts.journal_lab import LABS, NOON, Lab, decided


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    found: Lab = LABS[request.param](tmp_path)
    yield found
    found.close()


def test_the_first_lease(lab: Lab) -> None:
    lease = lab.leases().acquire("engine one")
    assert lease.token >= 1
    assert lease.last_seen is None


def test_a_second_engine_is_refused_and_told_who_is_first(lab: Lab) -> None:
    first, second = lab.leases(), lab.leases()
    lease = first.acquire("engine one")
    with pytest.raises(LeaseTakenError, match="engine one"):
        second.acquire("engine two")
    with pytest.raises(LeaseTakenError, match="engine one"):
        first.acquire("engine one again")
    first.release()
    assert second.acquire("engine two").token > lease.token


def test_after_a_release_the_next_knows_when_it_was(lab: Lab) -> None:
    first, second = lab.leases(), lab.leases()
    first.acquire("engine one")
    lab.clock.advance(minutes=3)
    first.release()
    first.release()
    lab.clock.advance(minutes=9)
    assert second.acquire("engine two").last_seen == NOON + timedelta(minutes=3)


def test_a_killed_holder_leaves_the_lease_free_and_its_last_sign_of_life(lab: Lab) -> None:
    first, second = lab.leases(), lab.leases()
    lease = first.acquire("engine one")
    lab.clock.advance(seconds=5)
    first.renew()
    lab.clock.advance(seconds=60)
    lab.vanish(first)
    taken = second.acquire("engine two")
    assert taken.last_seen == NOON + timedelta(seconds=5)
    assert taken.token > lease.token


def test_who_lost_the_lease_can_not_append(lab: Lab) -> None:
    journal, first = lab.open(), lab.leases()
    old = first.acquire("engine one")
    journal.append([decided()], token=old.token)
    lab.vanish(first)
    new = lab.leases().acquire("engine two")
    with pytest.raises(StaleWriterError):
        journal.append([decided()], token=old.token)
    journal.append([decided()], token=new.token)


def test_who_has_no_lease_renews_and_releases_nothing(lab: Lab) -> None:
    first, second = lab.leases(), lab.leases()
    first.acquire("engine one")
    lab.clock.advance(seconds=30)
    second.renew()
    second.release()
    lab.vanish(first)
    assert second.acquire("engine two").last_seen == NOON


HOLDER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from swatbot.adapters.clock import SystemClock
from swatbot.adapters.sqlite.engine_lock import EngineLock
from swatbot.adapters.memory_journal import MemoryJournal
EngineLock(Path(sys.argv[1]), MemoryJournal(), SystemClock()).acquire("swatbot") and print("held", flush=True)
threading.Event().wait()
"""


def test_another_process_is_named_and_its_end_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = EngineLock(path, MemoryJournal(), ManualClock(NOON))
        with pytest.raises(
            LeaseTakenError, match=rf"swatbot \(process {holder.pid} on .*, since 2.*\) already"
        ):
            lock.acquire("second")
    finally:
        holder.kill()
        holder.communicate()
    assert lock.acquire("second").last_seen is not None
    lock.release()


def test_a_lock_file_that_nobody_understands_is_still_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = (EngineLock(path, MemoryJournal(), ManualClock(NOON)) for _ in range(2))
    first.acquire("first")
    path.write_text("scribble")
    with pytest.raises(LeaseTakenError, match="another engine already runs"):
        second.acquire("second")
    first.release()


def test_a_lock_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    lock = EngineLock(tmp_path / "missing" / "lock", MemoryJournal(), ManualClock(NOON))
    with pytest.raises(OperationalError, match="No such file"):
        lock.acquire("first")
