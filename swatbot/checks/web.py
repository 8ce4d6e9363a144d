"""Asks every host itself, by its address: what the `http` and the `served` check have in common."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from threading import Event, Timer

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from swatbot.checks.settings import WebAddress, WebCheck
from swatbot.checks.wording import first_line, told
from swatbot.domain.hosts import fold
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import Stop

LARGEST = 1_000_000
"""Bytes that an answer may have, unless more are expected."""

_AT_ONCE = 20
_PAUSE = 0.5
_TOO_LATE = "nothing complete within {:g} s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host said; names of headers are looked up in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Judge = Callable[[Answer], str]
"""What is wrong with an answer, said of one host ("answers 500"), "" if nothing is."""


def ask_all(
    check: WebCheck,
    hosts: Sequence[str],
    addresses: Mapping[str, WebAddress],
    stop: Stop,
    judge: Judge,
    *,
    does: str = "answer",
    largest: int = LARGEST,
) -> Verdict:
    """Ask all hosts, 20 at once: a pass if nothing is wrong with any answer.

    A host that does not answer fails. It is unknown if there was no host to ask, a host has no known
    address, or it was told to stop.

    Args:
        check: what is asked.
        hosts: of whom.
        addresses: where each host's web server answers.
        stop: told to end early.
        judge: of each answer.
        does: what hosts do that pass, after their number.
        largest: bytes that are read of a body.
    """
    strangers = [host for host in hosts if host not in addresses]
    if not hosts or strangers:
        why = f"no web address of {fold(strangers)} is known" if strangers else "there was no host to ask"
        return Verdict(check.name, Finding.UNKNOWN, why, tuple(strangers))
    with ThreadPoolExecutor(min(_AT_ONCE, len(hosts))) as pool:
        said = list(pool.map(lambda h: _ask(check, h, addresses[h], stop, judge, largest), hosts))
    faults = {host: fault for host, fault in zip(hosts, said, strict=True) if fault}
    if faults:
        return Verdict(check.name, Finding.FAIL, told(faults), tuple(faults))
    if None in said:
        return Verdict(check.name, Finding.UNKNOWN, "stopped before every host was asked", tuple(hosts))
    return Verdict(check.name, Finding.PASS, f"{len(hosts)}/{len(hosts)} {does}", tuple(hosts))


def status_fault(answer: Answer, wanted: int = 200) -> str:
    """What is wrong with the status, and what the host says of it."""
    return "" if answer.status == wanted else f"answers {answer.status}{opening(answer)}"


def opening(answer: Answer) -> str:
    """The first line of a body, to be put after what is wrong."""
    line = first_line(answer.body[:LARGEST].decode("utf-8", "replace"))
    return f": {line}" if line else ""


def _ask(check: WebCheck, host: str, web: WebAddress, stop: Stop, judge: Judge, largest: int) -> str | None:
    """What is wrong with a host's answer, "" if nothing is, None if it was not asked."""
    fault = None
    for number in range(max(1, check.tries)):
        if stop.is_set() or (number and stop.wait(_PAUSE)):
            return fault
        fault = _try(check, host, web, judge, largest)
        if not fault:
            return fault
    return fault


def _try(check: WebCheck, host: str, web: WebAddress, judge: Judge, largest: int) -> str:
    headers = {"User-Agent": "swatbot", "Host": check.host_header or host}
    connection = _connection(check, host, web)
    late = Event()
    try:
        connection.connect()
        with closing(connection), _limit(connection.sock, check.timeout, late):
            connection.request("GET", check.path, headers=headers | dict(check.send), preload_content=False)
            with closing(connection.getresponse()) as response:
                data = response.read(largest)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        # ValueError: a certificate for another name, or a path that can not be sent.
        return f"does not answer: {_TOO_LATE.format(check.timeout) if late.is_set() else _why(error, check)}"
    if late.is_set():
        return f"does not answer: {_TOO_LATE.format(check.timeout)}"
    return judge(Answer(response.status, response.headers, data))


@contextmanager
def _limit(sock: socket.socket, seconds: float, late: Event) -> Iterator[None]:
    """End a request whose time is over: the socket's timeout never ends one that comes in drops."""

    def cut() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connection(check: WebCheck, host: str, web: WebAddress) -> HTTPConnection:
    port = check.port or web.port
    if check.scheme != "https":
        return HTTPConnection(web.address, port, timeout=check.timeout)
    name = check.server_name.replace("{host}", host) or check.host_header.partition(":")[0] or host
    return HTTPSConnection(
        web.address,
        port,
        timeout=check.timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=check.ca_file or None,
        assert_hostname=name,
        server_hostname=name,
    )


def _why(error: Exception, check: WebCheck) -> str:
    # A refused connection is, for urllib3, also a kind of timeout.
    cause = error.__cause__ if isinstance(error, NewConnectionError) else error
    if isinstance(cause, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
        return _TOO_LATE.format(check.timeout)
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {first_line(cause.reason or str(cause))}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return first_line(str(error)) or type(error).__name__
