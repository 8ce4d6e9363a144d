"""The `http` check: asks every host itself, by its address, and reads what it answers."""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from threading import Event, Timer

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from swatbot.checks.settings import HttpCheck, WebAddress
from swatbot.checks.wording import first_line, told
from swatbot.domain.hosts import fold
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import Stop

_AT_ONCE = 20
_LARGEST = 1_000_000
_PAUSE = 0.5
_TOO_LATE = "nothing complete within {:g} s"


def check_http(
    check: HttpCheck, hosts: Sequence[str], addresses: Mapping[str, WebAddress], stop: Stop
) -> Verdict:
    """Ask all hosts, 20 at once: a pass if every one answers as it should.

    A host that does not answer fails. It is unknown if there was no host to ask, a host has no known
    address, or it was told to stop.
    """
    strangers = [host for host in hosts if host not in addresses]
    if not hosts or strangers:
        why = f"no web address of {fold(strangers)} is known" if strangers else "there was no host to ask"
        return Verdict(check.name, Finding.UNKNOWN, why, tuple(strangers))
    with ThreadPoolExecutor(min(_AT_ONCE, len(hosts))) as pool:
        said = list(pool.map(lambda host: _ask(check, host, addresses[host], stop), hosts))
    faults = {host: fault for host, fault in zip(hosts, said, strict=True) if fault}
    if faults:
        return Verdict(check.name, Finding.FAIL, told(faults), tuple(faults))
    if None in said:
        return Verdict(check.name, Finding.UNKNOWN, "stopped before every host was asked", tuple(hosts))
    return Verdict(check.name, Finding.PASS, f"{len(hosts)}/{len(hosts)} answer", tuple(hosts))


def _ask(check: HttpCheck, host: str, web: WebAddress, stop: Stop) -> str | None:
    """What is wrong with a host's answer, "" if nothing is, None if it was not asked."""
    fault = None
    for number in range(max(1, check.tries)):
        if stop.is_set() or (number and stop.wait(_PAUSE)):
            return fault
        fault = _try(check, host, web)
        if not fault:
            return fault
    return fault


def _try(check: HttpCheck, host: str, web: WebAddress) -> str:
    headers = {"User-Agent": "swatbot", "Host": check.host_header or host}
    connection = _connection(check, host, web)
    late = Event()
    try:
        connection.connect()
        with closing(connection), _limit(connection.sock, check.timeout, late):
            connection.request("GET", check.path, headers=headers | dict(check.send), preload_content=False)
            with closing(connection.getresponse()) as response:
                data = response.read(_LARGEST)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        # ValueError: a certificate for another name, or a path that can not be sent.
        return f"does not answer: {_TOO_LATE.format(check.timeout) if late.is_set() else _why(error, check)}"
    if late.is_set():
        return f"does not answer: {_TOO_LATE.format(check.timeout)}"
    return _judge(check, response, data)


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


def _connection(check: HttpCheck, host: str, web: WebAddress) -> HTTPConnection:
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


def _judge(check: HttpCheck, response: BaseHTTPResponse, data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    line = first_line(text)
    tail = f": {line}" if line else ""
    if response.status != check.status:
        return f"answers {response.status}{tail}"
    for name, wanted in check.headers:
        value = response.headers.get(name)
        if value is None or not re.search(wanted, value):
            return f"answers {name}: {first_line(value)}" if value else f"answers without {name}"
    if check.body and not re.search(check.body, text):
        return f"answers without {check.body!r}{tail}"
    return ""


def _why(error: Exception, check: HttpCheck) -> str:
    # A refused connection is, for urllib3, also a kind of timeout.
    cause = error.__cause__ if isinstance(error, NewConnectionError) else error
    if isinstance(cause, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
        return _TOO_LATE.format(check.timeout)
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {first_line(cause.reason or str(cause))}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return first_line(str(error)) or type(error).__name__
