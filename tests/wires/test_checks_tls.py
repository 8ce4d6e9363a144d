"""Over TLS a host must bear the right name, and somebody must vouch for it whom we trust: always."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from swatbot.checks.settings import HttpCheck
from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Finding
from tests.wires.test_checks_http import ask, says, server

STAGES = (Stage.CANARIES,)


class Authority:
    """An authority of our own, whose certificate is in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("swatbot test authority")
        self._count = 1
        root = _begun(self._name, self._name, self._key.public_key(), 1)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        file.write_bytes(root.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def serves(self, name: str) -> ssl.SSLContext:
        """What a server of this name needs."""
        self._count += 1
        key = ec.generate_private_key(ec.SECP256R1())
        begun = _begun(_named(name), self._name, key.public_key(), self._count)
        begun = begun.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        made = begun.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file = self.file.with_name(f"server-{self._count}.pem")
        file.write_bytes(made + key.private_bytes(serialization.Encoding.PEM, form, none))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, number: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(number)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
    )


def check(ca_file: str = "", host_header: str = "", server_name: str = "") -> HttpCheck:
    return HttpCheck(
        "web",
        STAGES,
        scheme="https",
        tries=1,
        ca_file=ca_file,
        host_header=host_header,
        server_name=server_name,
    )


@pytest.mark.parametrize(
    ("bears", "header", "server_name", "wanted"),
    [
        ("en.example.org", "en.example.org", "", ""),
        ("en.example.org", "en.example.org:8443", "", ""),
        ("mw1261", "", "", ""),
        ("mw1261.example.org", "en.example.org", "{host}.example.org", ""),
        ("web.example.org", "", "web.example.org", ""),
        ("en.example.org", "de.example.org", "", "de.example.org"),
        ("mw1262", "", "", "mw1261"),
        ("mw1262.example.org", "en.example.org", "{host}.example.org", "mw1261.example.org"),
        ("en.example.org", "en.example.org", "web.example.org", "web.example.org"),
    ],
)
def test_the_certificate_must_bear_the_name(
    tmp_path: Path, bears: str, header: str, server_name: str, wanted: str
) -> None:
    authority = Authority(tmp_path / "ca.pem")
    with server(says(200), authority.serves(bears)) as web:
        verdict = ask(check(str(authority.file), header, server_name), mw1261=web)
    assert verdict.finding is (Finding.FAIL if wanted else Finding.PASS), verdict.reason
    assert wanted in verdict.reason


@pytest.mark.parametrize("trusted", ["", "another"])
def test_who_is_vouched_for_by_a_stranger_is_refused(tmp_path: Path, trusted: str) -> None:
    authority = Authority(tmp_path / "ca.pem")
    another = str(Authority(tmp_path / "another.pem").file) if trusted else ""
    with server(says(200), authority.serves("mw1261")) as web:
        verdict = ask(check(another), mw1261=web)
    assert verdict.finding is Finding.FAIL
    assert verdict.reason == "mw1261 does not answer: TLS: CERTIFICATE_VERIFY_FAILED"
