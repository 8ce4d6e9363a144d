"""Real IRC servers from Debian, on loopback and free ports, with all they keep in a temporary folder."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.wires.irc_client import RawClient

START_SECONDS = 20.0

NGIRCD = """
[Global]
Name = irc.example
Info = test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = hello
[Limits]
MaxConnectionsIP = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""

INSPIRCD = """
<server name="{name}" description="test" network="Testnet" id="{id}">
<admin name="t" nick="t" email="t@irc.example">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls_port}" type="clients" ssl="gnutls">
<bind address="127.0.0.1" port="{link_port}" type="servers">
<connect allow="*" timeout="30" pingfreq="120" recvq="65536" hardsendq="1048576" softsendq="65536"
 threshold="{threshold}" commandrate="1000" fakelag="{fakelag}" localmax="100" globalmax="100"
 resolvehostnames="no" useident="no">
<performance quietbursts="yes">
<options defaultmodes="not">
<dns server="127.0.0.1" timeout="1">
<pid file="{folder}/inspircd.pid">
<security maxtargets="20">
<log method="file" type="*" level="default" target="{folder}/inspircd.log">
{modules}
<sslprofile name="gnutls" provider="gnutls" certfile="{folder}/cert.pem"
 keyfile="{folder}/key.pem" hash="sha256">
<sasl target="services.example">
<link name="services.example" ipaddr="127.0.0.1" port="{link_port}" allowmask="127.0.0.1"
 sendpass="link" recvpass="link">
<uline server="services.example" silent="yes">
<class name="all" commands="*" usermodes="*" chanmodes="*" privs="*">
<type name="admin" classes="all">
<oper name="root" password="oper-secret" host="*@*" type="admin">
{links}
"""
INSPIRCD_LINK = """
<link name="{name}" ipaddr="127.0.0.1" port="{port}" allowmask="127.0.0.1" sendpass="link" recvpass="link">
<autoconnect period="1" server="{name}">
"""
INSPIRCD_MODULES = (
    "spanningtree services_account sasl cap ssl_gnutls sslinfo botmode ircv3 ircv3_accounttag "
    "ircv3_capnotify ircv3_ctctags ircv3_echomessage ircv3_msgid ircv3_servertime muteban deaf"
)

ATHEME = """
loadmodule "modules/protocol/inspircd";
loadmodule "modules/backend/opensex";
loadmodule "modules/crypto/pbkdf2v2";
loadmodule "modules/chanserv/main";
loadmodule "modules/chanserv/flags";
loadmodule "modules/chanserv/invite";
loadmodule "modules/chanserv/register";
loadmodule "modules/chanserv/unban_self";
loadmodule "modules/nickserv/main";
loadmodule "modules/nickserv/cert";
loadmodule "modules/nickserv/ghost";
loadmodule "modules/nickserv/identify";
loadmodule "modules/nickserv/logout";
loadmodule "modules/nickserv/register";
loadmodule "modules/saslserv/external";
loadmodule "modules/saslserv/main";
loadmodule "modules/saslserv/plain";
serverinfo {{
  name = "services.example"; desc = "services"; numeric = "00A"; netname = "Testnet"; recontime = 1;
  adminname = "t"; adminemail = "t@irc.example"; registeremail = "t@irc.example"; mta = "/bin/true";
  loglevel = {{ info; }}; maxlogins = 50; maxusers = 0; auth = none;
}};
uplink "{name}" {{
  host = "127.0.0.1"; vhost = "127.0.0.1"; port = {link_port};
  send_password = "link"; receive_password = "link";
}};
chanserv {{ nick = "ChanServ"; user = "ChanServ"; host = "services.example"; real = "c"; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "services.example"; real = "n"; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services.example"; real = "s"; }};
database {{ }};
general {{ default_clone_allowed = 100; }};
"""


@dataclass
class Program:
    """A server that can be ended, by its own pid, and started again with all that it keeps."""

    args: list[str]
    folder: Path
    name: str
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{self.name}.out").open("ab") as out:
            self.process = subprocess.Popen(
                self.args, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder
            )
        return self.process

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def ask_to_end(self) -> None:
        """So that it writes down what it knows."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(START_SECONDS)


@dataclass(frozen=True)
class Server:
    """Where a server listens; `ca_file` is the certificate of its TLS port, `link_port` for other servers.

    `ircd` and `services` are the programs, where there is more than one.
    """

    port: int
    tls_port: int = 0
    ca_file: str = ""
    link_port: int = 0
    ircd: Program | None = None
    services: Program | None = None

    def end_ircd(self) -> None:
        assert self.ircd is not None
        self.ircd.end()

    def end_services(self) -> None:
        assert self.services is not None
        self.services.ask_to_end()
        with RawClient(self.port, "mourner") as probe:
            probe.expect(" 001 ")
            await_answer(probe, "WHOIS NickServ", " 401 ", " (311|401) .*NickServ")

    def start_services(self) -> None:
        assert self.services is not None
        self.services.start()
        await_services(self.port)

    def register(self, nick: str, password: str) -> None:
        """Make an account with services."""
        with RawClient(self.port, nick) as registering:
            registering.expect(" 001 ")
            registering.say("NickServ", f"REGISTER {password} {nick}@irc.example")
            registering.expect("now registered")


def need(program: str, package: str) -> str:
    """The program's path; without it the test is skipped, but in CI it fails."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/lib/inspircd")
    if found:
        return found
    line = f"no {program} here: apt install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in socks]


@contextlib.contextmanager
def running(args: list[str], folder: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that is ended when the test is over."""
    program = Program(args, folder, name)
    try:
        yield program.start()
    finally:
        program.end()


def await_port(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    logs = "\n".join(path.read_text(errors="replace") for path in folder.glob("*.out"))
    raise AssertionError(f"nobody listens on {port}:\n{logs}")


@contextlib.contextmanager
def ngircd(folder: Path) -> Iterator[Server]:
    """ngIRCd: no accounts at all."""
    program = need("ngircd", "ngircd")
    (port,) = free_ports(1)
    config = folder / "ngircd.conf"
    config.write_text(NGIRCD.format(port=port))
    with running([program, "-n", "-f", str(config)], folder, "ngircd") as process:
        await_port(process, port, folder)
        yield Server(port)


@contextlib.contextmanager
def inspircd(
    folder: Path, *, threshold: int = 1000, fakelag: str = "off", without: tuple[str, ...] = ()
) -> Iterator[Server]:
    """InspIRCd with Atheme's services, TLS and the IRCv3 modules, or without some of these."""
    with _inspircd(folder, Links("irc.example", "001"), threshold, fakelag, without) as server:
        yield server


@dataclass(frozen=True)
class Links:
    """A server's name and id, and the one that it links to, as name and port."""

    name: str
    number: str
    other: tuple[str, int] | None = None
    services: bool = True


@contextlib.contextmanager
def linked(folder: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers of one network, "hub.example" and "leaf.example"; services are at the leaf."""
    for name in ("hub", "leaf"):
        (folder / name).mkdir()
    hub = Links("hub.example", "001", services=False)
    with _inspircd(folder / "hub", hub, 1000, "off", (), others="leaf.example") as first:
        leaf = Links("leaf.example", "002", ("hub.example", first.link_port))
        with _inspircd(folder / "leaf", leaf, 1000, "off", ()) as second:
            with RawClient(first.port, "linkprobe") as probe:
                probe.expect(" 001 ")
                await_answer(probe, "WHOIS NickServ", " 311 ", " (311|401) .*NickServ")
            yield first, second


@contextlib.contextmanager
def _inspircd(
    folder: Path, place: Links, threshold: int, fakelag: str, without: tuple[str, ...], others: str = ""
) -> Iterator[Server]:
    ircd, services = need("inspircd", "inspircd"), need("atheme-services", "atheme-services")
    cert = make_certificate(folder)
    port, tls_port, link_port = free_ports(3)
    modules = [f'<module name="{name}">' for name in INSPIRCD_MODULES.split() if name not in without]
    links = INSPIRCD_LINK.format(name=place.other[0], port=place.other[1]) if place.other else ""
    if others:  # it calls us, so we only let it in
        links = INSPIRCD_LINK.format(name=others, port=1).split("<autoconnect")[0]
    values = {"port": port, "tls_port": tls_port, "link_port": link_port, "folder": folder}
    values |= {"name": place.name, "id": place.number, "links": links, "modules": "\n".join(modules)}
    config = folder / "inspircd.conf"
    config.write_text(INSPIRCD.format(threshold=threshold, fakelag=fakelag, **values))
    atheme = folder / "atheme.conf"
    atheme.write_text(ATHEME.format(**values))
    as_root = ["--runasroot"] if os.geteuid() == 0 else []
    server = Program([ircd, f"--config={config}", "--nofork", "--nolog", *as_root], folder, "inspircd")
    args = [services, "-n", "-c", str(atheme), "-D", str(folder), "-l", str(folder / "atheme.log")]
    helpers = Program([*args, "-p", str(folder / "atheme.pid")], folder, "atheme")
    try:
        await_port(server.start(), port, folder)
        if place.services:
            helpers.start()
            await_services(port)
        yield Server(port, tls_port, str(cert), link_port, server, helpers)
    finally:
        helpers.end()
        server.end()


def await_services(port: int) -> None:
    """Wait until NickServ is there."""
    with RawClient(port, "probe") as probe:
        probe.expect(" 001 ")
        await_answer(probe, "WHOIS NickServ", " 311 ", " (311|401) .*NickServ")


def await_answer(client: RawClient, question: str, wanted: str, answers: str) -> None:
    """Ask again and again, until the answer is the one that is wanted."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        client.send(question)
        if wanted in client.expect(answers):
            return
        with contextlib.suppress(AssertionError):
            client.expect("no line is like this", 0.2)
    raise AssertionError(f"{question}: never {wanted!r}")


def make_certificate(folder: Path) -> Path:
    """A certificate for "localhost", signed by itself."""
    openssl = need("openssl", "openssl")
    cert = folder / "cert.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(cert), "-days", "2"]
    subprocess.run([openssl, "req", "-x509", *curve, *names, *files], check=True, capture_output=True)
    ssl.create_default_context(cafile=str(cert))
    return cert
