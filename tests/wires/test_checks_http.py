"""The `http` check and the checker against real web servers on loopback."""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server

import pytest

from swatbot.checks.checker import Checks
from swatbot.checks.http import check_http
from swatbot.checks.settings import Check, CommandCheck, HttpCheck, LogsCheck, WebAddress
from swatbot.checks.wording import first_line, told
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask
from swatbot.tree.snapshots import SnapshotStore

NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)
STAGES = (Stage.CANARIES,)
NOTHING = SnapshotStore(Path("nowhere"))
Answer = Callable[[BaseHTTPRequestHandler], None]


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def at(self, when: datetime | None, call: Callable[[], None]) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


def in_turn(*answers: Answer) -> Answer:
    left = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        left.pop(0)(request)

    return answer


@contextmanager
def server(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[WebAddress]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        if context:
            httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield WebAddress("127.0.0.1", httpd.server_port)
        finally:
            httpd.shutdown()
            thread.join()


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def ask(check: HttpCheck, **addresses: WebAddress) -> Verdict:
    return check_http(check, tuple(addresses), addresses, threading.Event())


def task(*hosts: str, baking: bool = False, stage: Stage = Stage.CANARIES) -> CheckTask:
    since = NOW - timedelta(seconds=5)
    return CheckTask(42, stage, 1, hosts, ("mw1264",), since, baking, "")


def test_all_hosts_that_answer_pass() -> None:
    with server(says(200, b"ok")) as web:
        verdict = ask(HttpCheck("web", STAGES, body="^ok$"), mw1261=web, mw1262=web, mw1263=web)
    assert verdict == Verdict("web", Finding.PASS, "3/3 answer", ("mw1261", "mw1262", "mw1263"))


def test_the_site_is_asked_for_by_its_name_at_the_hosts_address() -> None:
    seen: list[tuple[str | None, str, str | None]] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.headers["Host"], request.path, request.headers["X-Forwarded-Proto"]))
        says(200)(request)

    check = HttpCheck(
        "web",
        STAGES,
        path="/wiki/A?x=1",
        host_header="en.example.org",
        send=(("X-Forwarded-Proto", "https"),),
    )
    with server(answer) as web:
        assert ask(check, mw1261=web).finding is Finding.PASS
    assert seen == [("en.example.org", "/wiki/A?x=1", "https")]


def test_the_first_failing_hosts_are_folded_and_others_counted() -> None:
    fatal = b"\n<html><b>PHP Parse error:</b>  syntax error \x07 on line 3</html>\nmore"
    with server(says(500, fatal)) as bad, server(says(200)) as good, server(says(404)) as other:
        verdict = ask(HttpCheck("web", STAGES, tries=1), mw1261=good, mw1262=bad, mw1263=bad, mw1264=other)
    assert verdict.finding is Finding.FAIL
    assert (
        verdict.reason
        == "mw[1262-1263] answer 500: PHP Parse error: syntax error on line 3; 1 more fails otherwise"
    )
    assert verdict.hosts == ("mw1262", "mw1263", "mw1264")


def test_a_redirect_is_an_answer_of_its_own() -> None:
    with server(says(302, Location="http://127.0.0.1:1/")) as web:
        assert ask(HttpCheck("web", STAGES, tries=1), a1=web).reason == "a1 answers 302"
        wanted = HttpCheck("web", STAGES, status=302, headers=(("Location", r":1/$"),))
        assert ask(wanted, a1=web).finding is Finding.PASS


def test_body_and_headers_must_be_as_wanted() -> None:
    with server(says(200, b"Main page", X_Version="7")) as web:
        assert (
            ask(HttpCheck("w", STAGES, tries=1, body="Wiki"), a1=web).reason
            == "a1 answers without 'Wiki': Main page"
        )
        missing = HttpCheck("w", STAGES, tries=1, headers=(("X-Other", "."),))
        assert ask(missing, a1=web).reason == "a1 answers without X-Other"
        other = HttpCheck("w", STAGES, tries=1, headers=(("X-Version", "^8$"),))
        assert ask(other, a1=web).reason == "a1 answers X-Version: 7"


def test_a_host_that_does_not_answer_fails() -> None:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    verdict = ask(HttpCheck("web", STAGES, tries=1), mw1262=WebAddress("127.0.0.1", port))
    assert (verdict.finding, verdict.reason) == (Finding.FAIL, "mw1262 does not answer: connection refused")


def test_a_host_that_is_silent_or_sends_drops_runs_out_of_time() -> None:
    done = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        while not done.wait(0.05):
            request.wfile.write(b"H")

    def drip_body(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not done.wait(0.05):
            request.wfile.write(b"b")

    def guarded(answer: Answer) -> Answer:
        def quietly(request: BaseHTTPRequestHandler) -> None:
            try:
                answer(request)
            except OSError:
                request.close_connection = True

        return quietly

    check = HttpCheck("web", STAGES, tries=1, timeout=0.3)
    with (
        closing(create_server(("127.0.0.1", 0))) as mute,
        server(guarded(drip)) as drops,
        server(guarded(drip_body)) as body,
    ):
        silent = WebAddress("127.0.0.1", mute.getsockname()[1])
        verdict = ask(check, a1=silent, a2=drops, a3=body)
        done.set()
    assert (verdict.finding, verdict.reason) == (
        Finding.FAIL,
        "a[1-3] do not answer: nothing complete within 0.3 s",
    )


def test_a_host_gets_its_second_try() -> None:
    with server(in_turn(says(503), says(200))) as web:
        assert ask(HttpCheck("web", STAGES, tries=2), a1=web).finding is Finding.PASS


def test_no_host_no_address_and_stop_are_unknown() -> None:
    check = HttpCheck("web", STAGES)
    assert ask(check) == Verdict("web", Finding.UNKNOWN, "there was no host to ask")
    nowhere = check_http(check, ("mw1261", "mw1262"), {}, threading.Event())
    assert (nowhere.finding, nowhere.reason) == (Finding.UNKNOWN, "no web address of mw[1261-1262] is known")
    stop = threading.Event()
    stop.set()
    stopped = check_http(check, ("a1",), {"a1": WebAddress("127.0.0.1", 1)}, stop)
    assert (stopped.finding, stopped.reason) == (Finding.UNKNOWN, "stopped before every host was asked")


@pytest.mark.parametrize(
    ("header", "expected"), [("", "mw1261"), ("en.example.org:8080", "en.example.org:8080")]
)
def test_without_a_host_header_each_host_is_asked_by_its_own_name(header: str, expected: str) -> None:
    seen: list[list[str] | None] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers.get_all("Host"))
        says(200)(request)

    with server(answer) as web:
        assert ask(HttpCheck("web", STAGES, host_header=header), mw1261=web).finding is Finding.PASS
    assert seen == [[expected]]


def test_only_the_checks_of_the_stage_run_in_their_order() -> None:
    checks: list[Check] = [
        CommandCheck("true", STAGES, ("true",)),
        LogsCheck("logs", STAGES, "http://127.0.0.1:1", "x"),
        HttpCheck("web", STAGES),
        HttpCheck("other", (Stage.FLEET,)),
    ]
    with server(says(200)) as web:
        checker = Checks(checks, {"a1": web}, FixedClock(), NOTHING)
        verdicts = checker.check(task("a1"), threading.Event())
        assert [(v.check, v.finding) for v in verdicts] == [("true", Finding.PASS), ("web", Finding.PASS)]
        assert checker.check(task("a1", stage=Stage.TESTSERVERS), threading.Event()) == ()


def test_what_fails_at_once_is_not_baked() -> None:
    checks: list[Check] = [
        LogsCheck("logs", STAGES, "http://127.0.0.1:1", "x"),
        HttpCheck("web", STAGES, tries=1),
    ]
    with server(says(500)) as web:
        verdicts = Checks(checks, {"a1": web}, FixedClock(), NOTHING).check(
            task("a1", baking=True), threading.Event()
        )
    assert [(v.check, v.finding) for v in verdicts] == [("logs", Finding.UNKNOWN), ("web", Finding.FAIL)]
    assert verdicts[0].reason == "not watched, because another check did not pass"


def test_what_fails_at_the_end_of_the_bake_fails() -> None:
    with server(in_turn(says(200), says(500))) as web:
        checker = Checks([HttpCheck("web", STAGES, tries=1)], {"a1": web}, FixedClock(), NOTHING)
        (verdict,) = checker.check(task("a1", baking=True), threading.Event())
    assert (verdict.finding, verdict.reason) == (Finding.FAIL, "a1 answers 500")


def test_what_hosts_say_becomes_one_harmless_line() -> None:
    assert first_line(" \r\n\x1b[31m<p>a\tb</p>\u202egnp\nnext") == "[31m a b gnp"
    assert first_line("x" * 300) == "x" * 119 + "…"
    assert (
        told({"mw1": "does not answer: x", "mw2": "answers 500"})
        == "mw1 does not answer: x; 1 more fails otherwise"
    )


def test_a_pattern_that_is_none_is_a_fault_at_the_start() -> None:
    with pytest.raises(re.error, match="unterminated"):
        Checks([HttpCheck("web", STAGES, body="[")], {}, FixedClock(), NOTHING)


def test_a_port_of_its_own_goes_before_that_of_the_host() -> None:
    with server(says(200)) as web:
        check = HttpCheck("web", STAGES, tries=1, port=web.port)
        assert ask(check, a1=WebAddress("127.0.0.1", 1)).finding is Finding.PASS
