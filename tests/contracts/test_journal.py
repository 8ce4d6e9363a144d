"""What every Journal promises, and what only files and processes can show of the one in SQLite."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from swatbot.adapters.memory_journal import MemoryJournal
from swatbot.adapters.sqlite import doorbell
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.app import audit, chain
from swatbot.errors import OperationalError
from swatbot.ports import Entry, RecordKind, StaleWriterError
from tests.contracts.journal_lab import LABS, NOON, Lab, Tokened, decided, entry

SOAK = bool(os.environ.get("SOAK"))


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    found: Lab = LABS[request.param](tmp_path)
    yield found
    found.close()


@pytest.fixture
def journal(lab: Lab) -> Tokened:
    return lab.open()


def test_an_empty_journal(journal: Tokened) -> None:
    assert (journal.head(), journal.read(0), journal.cursor("irc")) == (0, (), 0)
    assert not journal.wait(0, 0.01)
    assert audit.verify(journal) == audit.AuditReport(0, chain.GENESIS, None)


def test_what_was_appended_is_what_is_read(journal: Tokened, lab: Lab) -> None:
    zone = timezone(timedelta(hours=2))
    body = {
        "text": 'a "b" \udcff 😀\0\n',
        "n": [1, 2.5, None, True],
        "deep": {"z": 1, "a": {}},
        "pair": (1, 2),
    }
    full = Entry(
        RecordKind.SAID, "Told", body, NOON.astimezone(zone), 42, "irc:net/ali\udcc3ce", "net/#c 1", 3
    )
    first = journal.append([full, decided(x=1)])
    second = journal.append([entry()])
    assert [r.seq for r in (*first, *second)] == [1, 2, 3]
    assert lab.open().read(0) == (*first, *second)
    assert first[0].entry == replace(
        full, body=body | {"pair": [1, 2]}, time=NOON, account="irc:net/ali\\udcc3ce"
    )
    assert first[0].previous == chain.GENESIS
    assert second[0].previous == first[1].hash
    assert audit.verify(journal) == audit.AuditReport(3, second[0].hash, None)


def test_reading_in_pages(journal: Tokened) -> None:
    journal.append([entry(i=i) for i in range(10)])
    assert [r.seq for r in journal.read(3, 4)] == [4, 5, 6, 7]
    assert [r.seq for r in journal.read(8, 4)] == [9, 10]
    assert journal.read(10) == ()
    assert journal.head() == 10


def test_a_body_without_json_form_is_refused_and_nothing_is_appended(journal: Tokened) -> None:
    with pytest.raises(TypeError):
        journal.append([entry(), entry(x=object())])
    with pytest.raises(ValueError, match="Out of range"):
        journal.append([entry(x=float("nan"))])
    with pytest.raises(ValueError, match="zone"):
        journal.append([replace(entry(), time=NOON.replace(tzinfo=None))])
    assert journal.head() == 0


def test_expect_counts_decided_records_only(journal: Tokened) -> None:
    journal.append([decided()], expect=0)
    journal.append([entry(), replace(entry(), kind=RecordKind.SAID)])
    assert journal.append([decided(), decided()], expect=1)[-1].seq == 5
    journal.append([entry()])
    for wrong in (0, 1, 4, 6):
        with pytest.raises(StaleWriterError):
            journal.append([decided()], expect=wrong)
    assert journal.head() == 6
    assert journal.append([decided()], expect=5)[0].seq == 7


def test_an_older_token_is_refused_for_ever(journal: Tokened, lab: Lab) -> None:
    old, new = journal.next_token(), journal.next_token()
    assert old < new
    with pytest.raises(StaleWriterError):
        journal.append([decided()], token=old)
    journal.append([decided()], token=new)
    journal.append([decided()], token=new + 5)
    with pytest.raises(StaleWriterError):
        lab.open().append([decided()], token=new)
    assert journal.next_token() == new + 6
    assert journal.head() == 2


def test_what_need_not_be_durable_is_there_for_everybody_at_once(journal: Tokened, lab: Lab) -> None:
    other = lab.open()
    heard = journal.append([entry(i=1)], cursor=("irc", 1), durable=False)
    done = other.append([decided(i=2)], expect=0)
    assert other.read(0) == (*heard, *done)
    assert other.cursor("irc") == 1
    assert audit.verify(journal).head_hash == done[0].hash


def test_only_an_append_that_need_not_be_durable_leaves_the_disk_out(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path / "journal.sqlite")) as journal:
        for durable, level in ((True, 2), (False, 1), (False, 1), (True, 2)):
            journal.append([entry()], durable=durable)
            mode = journal._writer.execute("PRAGMA synchronous").fetchone()
            assert mode == (level,)


def test_a_cursor_moves_with_its_append_or_not_at_all(journal: Tokened, lab: Lab) -> None:
    journal.append([entry()], cursor=("irc", 7))
    assert (lab.open().cursor("irc"), journal.cursor("slack")) == (7, 0)
    with pytest.raises(StaleWriterError):
        journal.append([decided()], expect=99, cursor=("irc", 8))
    assert journal.cursor("irc") == 7
    assert journal.append([], cursor=("irc", 9)) == ()
    journal.append([], cursor=("irc", 3))
    assert journal.cursor("irc") == 9
    assert (journal.cursor("irc"), journal.head()) == (9, 1)


def test_watchers_are_called_after_appends_of_every_handle(journal: Tokened, lab: Lab) -> None:
    other, grown = lab.open(), threading.Event()
    journal.watch(grown.set)
    for who in (journal, other):
        grown.clear()
        who.append([entry(i=1)])
        assert grown.wait(10)
        assert journal.head() == len(journal.read(0))


def test_readers_see_every_record_whoever_appends(journal: Tokened, lab: Lab) -> None:
    other = lab.open()
    for number in range(30):
        (journal, other)[number % 3 == 0].append([entry(i=number), entry(i=-number)])
        for reader in (journal, other):
            for after in (0, 1, max(0, reader.head() - 3), reader.head()):
                assert [r.seq for r in reader.read(after)] == list(range(after + 1, reader.head() + 1))
    assert journal.read(0) == other.read(0)
    assert [r.seq for r in journal.read(10, 5)] == [11, 12, 13, 14, 15]


def test_wait_is_over_as_soon_as_another_appends(journal: Tokened, lab: Lab) -> None:
    other = lab.open()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(j.wait, 0, 30) for j in (journal, other)]
        other.append([entry()])
        assert [w.result(10) for w in waiting] == [True, True]
    assert journal.wait(0, 0)
    assert not journal.wait(1, 0.01)


def test_close_lets_waiting_readers_return(journal: Tokened) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(journal.wait, 0, 30)
        journal.close()
        assert waiting.result(10) is False
    assert journal.wait(0, 30) is False
    with pytest.raises(OperationalError, match="closed"):
        journal.append([entry()])
    journal.close()


def test_many_threads_leave_one_whole_chain(journal: Tokened, lab: Lab) -> None:
    journals = [journal, lab.open()]

    def work(n: int) -> list[int]:
        return [journals[n % 2].append([entry(n=n, i=i), entry()])[0].seq for i in range(25)]

    with ThreadPoolExecutor(8) as pool:
        places = [seq for seqs in pool.map(work, range(8)) for seq in seqs]
    assert sorted(places) == list(range(1, 400, 2))
    report = audit.verify(journal)
    assert (report.count, report.fault) == (400, None)


def test_of_many_that_expect_the_same_one_wins(journal: Tokened) -> None:
    start = threading.Barrier(8)

    def work(_: int) -> bool:
        start.wait()
        try:
            journal.append([decided()], expect=0)
        except StaleWriterError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    assert journal.head() == 1


# --- the file ------------------------------------------------------------------------------------

WRITER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from swatbot.adapters.sqlite.journal import SqliteJournal
from swatbot.ports import Entry, RecordKind
journal = SqliteJournal(Path(sys.argv[1]))
for i in range(int(sys.argv[2])):
    when = datetime.fromtimestamp(0, UTC)
    (record,) = journal.append([Entry(RecordKind.HEARD, "Thing", {"i": i, "at": time.monotonic()}, when)])
    print(record.seq, flush=True)
"""


@pytest.fixture
def writer() -> Iterator[Callable[[Path, int], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(path: Path, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(path), str(count)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


Start = Callable[[Path, int], subprocess.Popen[str]]


def test_several_processes_leave_one_whole_chain(tmp_path: Path, writer: Start) -> None:
    path = tmp_path / "journal.sqlite"
    processes = [writer(path, 50) for _ in range(4)]
    places = [int(line) for p in processes for line in p.communicate(timeout=60)[0].split()]
    journal = SqliteJournal(path)
    assert sorted(places) == list(range(1, 201))
    assert audit.verify(journal).fault is None
    journal.close()


def test_a_follower_sees_another_process_at_once(tmp_path: Path, writer: Start) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    process = writer(tmp_path / "journal.sqlite", 30)
    seen = 0
    while seen < 30:
        assert journal.wait(seen, 30), f"nothing after record {seen}"
        seen = journal.read(seen)[-1].seq
    assert process.wait(30) == 0
    journal.close()


def test_followers_go_on_where_there_is_no_inotify(
    tmp_path: Path, writer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "_watch", lambda _: None)
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(journal.wait, 0, 30)
        writer(tmp_path / "journal.sqlite", 1)
        assert waiting.result(30)
    journal.close()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, writer: Start) -> None:
    path = tmp_path / "journal.sqlite"
    last = 0
    for _ in range(20 if SOAK else 3):
        process = writer(path, 100_000)
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        acknowledged = [int(line) for line in process.communicate()[0].split()]
        journal = SqliteJournal(path)
        report = audit.verify(journal)
        assert report.fault is None
        assert report.count >= max(acknowledged, default=last + 20) > last
        last = journal.append([entry()])[0].seq
        assert last == report.count + 1
        journal.close()


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    journal.append([entry()])
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["journal.sqlite", "journal.sqlite-bell", "journal.sqlite-shm", "journal.sqlite-wal"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()} == {0o600}
    journal.close()


def test_it_is_durable_by_its_settings(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    db = journal._writer
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    journal.close()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE records SET body = '{\"i\":77}' WHERE seq = 5", "record 5 was altered"),
        (
            "UPDATE records SET body = '{\"i\": 4}' WHERE seq = 5",
            "record 5 was altered: it is not in the form",
        ),
        ("UPDATE records SET body = '{' WHERE seq = 5", "record 5 was altered: it can not be read"),
        ("UPDATE records SET time = replace(time, 'T', ' ') WHERE seq = 5", "record 5 was altered"),
        ("UPDATE records SET account = 'irc:net/eve' WHERE seq = 5", "record 5 was altered"),
        ("UPDATE records SET kind = 'forged' WHERE seq = 5", "record 5 was altered"),
        ("UPDATE records SET hash = upper(hash) WHERE seq = 5", "record 5 was altered"),
        ("DELETE FROM records WHERE seq = 5", "record 5 is missing: record 6 comes after record 4"),
        ("DELETE FROM records WHERE seq = 1", "record 1 is missing"),
    ],
)
def test_whatever_is_changed_in_the_file_is_found(tmp_path: Path, statement: str, fault: str) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    journal.append([entry(i=i) for i in range(10)])
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        assert db.execute(statement).rowcount == 1
    db.close()
    assert fault in (audit.verify(journal).fault or "")
    journal.close()


def test_what_is_not_a_journal_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text, foreign, newer = tmp_path / "text", tmp_path / "foreign", tmp_path / "newer"
    text.write_text("this is no database at all, " * 100)
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE cats (name)")
    db.close()
    SqliteJournal(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("UPDATE meta SET value = 99 WHERE key = 'schema'")
    db.close()
    for path, told in (
        (text, "choose another path"),
        (foreign, "not a journal of swatbot"),
        (newer, "has form 99, and this swatbot knows 1"),
        (tmp_path / "missing" / "journal", "is missing: make it"),
    ):
        with pytest.raises(OperationalError, match=told):
            SqliteJournal(path)
    assert text.read_text().startswith("this is no database")


def test_a_damaged_journal_is_told_not_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = SqliteJournal(path)
    journal.append([entry(text="x" * 1000) for _ in range(200)])
    journal.close()
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(OperationalError, match="put a copy back"):
        SqliteJournal(path)


def test_a_full_disk_appends_nothing_and_is_no_lasting_harm(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    journal.append([entry()])
    pages = journal._writer.execute("PRAGMA page_count").fetchone()[0]
    journal._writer.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(OperationalError, match="the disk is full"):
        journal.append([entry(text="x" * 20_000)])
    assert journal.head() == 1
    journal._writer.execute("PRAGMA max_page_count = 1000000")
    assert journal.append([entry(text="x" * 20_000)])[0].seq == 2
    journal.close()


def test_a_memory_journal_keeps_what_it_was_given_even_if_that_changes() -> None:
    journal, body = MemoryJournal(), {"list": [1]}
    journal.append([Entry(RecordKind.HEARD, "Thing", body, NOON)])
    body["list"].append(2)
    assert journal.read(0)[0].entry.body == {"list": [1]}
