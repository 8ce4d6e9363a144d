"""The local socket and its client."""

import getpass
import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swatbot.adapters.clock import SystemClock
from swatbot.adapters.local_chat import LocalChat, say
from swatbot.errors import OperationalError
from swatbot.ports import Incoming, Outgoing

QUIET = 5.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "swatbot.sock"


@pytest.fixture
def local(path: Path) -> Iterator[LocalChat]:
    chat = LocalChat(path, SystemClock(), "deploy1001")
    yield chat
    chat.stop()


def test_say_prints_announcements_and_the_answer_and_ends_soon_after_it(path: Path, local: LocalChat) -> None:
    heard: list[Incoming] = []

    def hear(line: Incoming) -> None:
        heard.append(line)
        local.post(Outgoing("#local", "#42 goes on"), lambda _: None)
        local.post(Outgoing(line.channel, "first\x1b[2J"), lambda _: None)
        local.post(Outgoing(line.channel, "second"), lambda _: None)

    local.start(hear)
    lines: list[str] = []
    assert say(path, "!queue", lines.append, 60.0) == 0
    assert lines == ["#42 goes on", "first[2J", "second"]
    (line,) = heard
    assert (line.text, line.private, line.addressed) == ("!queue", True, True)
    assert line.account == f"local:deploy1001/{getpass.getuser()}"


def test_without_an_answer_say_ends_after_the_silence(path: Path, local: LocalChat) -> None:
    local.start(lambda _: local.post(Outgoing("say-another", "not for you"), lambda _: None))
    lines: list[str] = []
    assert say(path, "hello", lines.append, 0.2) == 1
    assert lines == []


def test_say_ends_when_the_bot_does(path: Path, local: LocalChat) -> None:
    stopping: list[threading.Thread] = []

    def hear(line: Incoming) -> None:
        local.post(Outgoing(line.channel, "going"), lambda _: None)
        stopping.append(threading.Thread(target=local.stop))
        stopping[0].start()

    local.start(hear)
    lines: list[str] = []
    assert say(path, "!queue", lines.append, 60.0) == 0
    assert lines == ["going"]
    stopping[0].join(QUIET)
    assert not path.exists()


def test_say_says_that_nobody_is_there(path: Path) -> None:
    with pytest.raises(OperationalError, match="no swatbot is running here: start it with 'swatbot run'"):
        say(path, "!queue", lambda _: None, QUIET)
    path.parent.mkdir()
    _abandoned(path)
    with pytest.raises(OperationalError, match="no swatbot is running here"):
        say(path, "!queue", lambda _: None, QUIET)


def test_everyone_may_speak_and_nobody_else_may_take_the_place(path: Path, local: LocalChat) -> None:
    local.start(lambda _: None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    with pytest.raises(OperationalError, match="another swatbot listens there"):
        LocalChat(path, SystemClock()).start(lambda _: None)
    path.parent.chmod(0o777)
    with pytest.raises(OperationalError, match="can be written by everyone"):
        LocalChat(path, SystemClock()).start(lambda _: None)


def test_the_socket_of_a_killed_bot_is_replaced(path: Path, local: LocalChat) -> None:
    path.parent.mkdir()
    _abandoned(path)
    local.start(lambda line: local.post(Outgoing(line.channel, "here"), lambda _: None))
    lines: list[str] = []
    assert say(path, "!status", lines.append, QUIET) == 0
    assert lines == ["here"]


def test_a_client_can_not_say_who_it_is(path: Path, local: LocalChat) -> None:
    heard: list[Incoming] = []
    local.start(heard.append)
    with _client(path) as client:
        client.sendall(b'{"say": "!hold", "account": "local:deploy1001/admin", "nick": "admin"}\n')
        assert b"heard" in client.recv(1000)
    assert heard[0].account == f"local:deploy1001/{getpass.getuser()}"
    assert heard[0].nick == getpass.getuser()


@pytest.mark.parametrize("line", [b"!queue\n", b"[]\n", b'{"say": 4}\n', b"\xff\n", b"x" * 70_000 + b"\n"])
def test_what_is_not_understood_is_said_and_the_others_go_on(
    line: bytes, path: Path, local: LocalChat
) -> None:
    local.start(lambda heard: local.post(Outgoing(heard.channel, "fine"), lambda _: None))
    with _client(path) as client:
        client.sendall(line)
        assert "not understood" in json.loads(client.recv(1000))["error"]
    assert say(path, "!status", lambda _: None, QUIET) == 0


def test_a_bug_behind_the_socket_is_told(path: Path, local: LocalChat) -> None:
    def hear(line: Incoming) -> None:
        raise RuntimeError(line.text)

    local.start(hear)
    with pytest.raises(OperationalError, match="stumbled over it"):
        say(path, "!queue", lambda _: None, QUIET)


def test_one_clients_answer_is_not_shown_to_another(path: Path, local: LocalChat) -> None:
    heard: list[Incoming] = []
    both = threading.Event()

    def hear(line: Incoming) -> None:
        heard.append(line)
        if len(heard) == 2:
            both.set()

    local.start(hear)
    with _client(path) as one, _client(path) as two:
        for client in (one, two):
            client.sendall(b'{"say": "!diff 42"}\n')
        assert both.wait(QUIET)
        assert heard[0].channel != heard[1].channel
        local.post(Outgoing(heard[0].channel, "for one"), lambda _: None)
        local.post(Outgoing("#local", "for all"), lambda _: None)
        texts = [
            [told["text"] for told in map(json.loads, _until(client, b"for all")) if "text" in told]
            for client in (one, two)
        ]
        assert sorted(texts) == [["for all"], ["for one", "for all"]]


def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(path: Path, local: LocalChat) -> None:
    local.start(lambda _: None)
    with _client(path) as client:
        client.sendall(b'{"say": "x"}\n')
        assert b"heard" in client.recv(1000)
        sent = threading.Semaphore(0)
        for _ in range(2000):
            local.post(Outgoing("#local", "x" * 1000), lambda _: sent.release())
        assert all(sent.acquire(timeout=QUIET) for _ in range(2000))
        assert _bytes_until_the_end(client) < 2000 * 1000


def _abandoned(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.fspath(path))
        sock.listen()


def _client(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(QUIET)
    sock.connect(os.fspath(path))
    return sock


def _until(client: socket.socket, end: bytes) -> list[bytes]:
    data = b""
    while end not in data or not data.endswith(b"\n"):
        data += client.recv(1000)
    return data.splitlines()


def _bytes_until_the_end(client: socket.socket) -> int:
    total = 0
    while data := client.recv(2**20):
        total += len(data)
    return total
