"""Looks at the secrets and certificates that the config names, which not everybody may see."""

import re
import ssl
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from swatbot.config.faults import Fault
from swatbot.config.raw import Found, Table, below, every

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""How the name of an environment variable looks."""

_NO_PAIR = "{cert} and {key} are no certificate and its key, in PEM form and without a passphrase"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a config refers to outside of itself: where relative paths start, and the environment."""

    directory: Path
    environ: Mapping[str, str]


def secret_faults(file: str, raw: Table, around: Surroundings) -> Iterator[Fault]:
    """What is wrong with the secrets and certificates themselves, which not everybody may see.

    Args:
        file: as messages name it.
        raw: its content.
        around: where they are.
    """
    for place, table in every(raw, ""):
        yield from (Fault(file, key, text) for key, text in _secrets(place, table, around))


def _secrets(key: str, table: Table, around: Surroundings) -> Found:
    variable, file = table.get("password_env"), table.get("password_file")
    named = isinstance(variable, str) and VARIABLE.fullmatch(variable)
    if named and variable not in around.environ:
        yield below(key, "password_env"), f"the environment variable {variable} is not set"
    for fault in _file_faults(around.directory / Path(file).expanduser()) if isinstance(file, str) else ():
        yield below(key, "password_file"), fault
    trusted = table.get("ca_file")
    for fault in (
        _ca_faults(around.directory / Path(trusted).expanduser()) if isinstance(trusted, str) else ()
    ):
        yield below(key, "ca_file"), fault
    yield from _own_faults(key, table, around.directory)


def _own_faults(key: str, table: Table, directory: Path) -> Found:
    """What is wrong with a certificate of our own and its key."""
    cert, apart = table.get("cert_file"), table.get("key_file")
    if not isinstance(cert, str):
        return
    path = directory / Path(cert).expanduser()
    secret = directory / Path(apart).expanduser() if isinstance(apart, str) else path
    name = "cert_file" if secret == path else "key_file"
    try:
        # Else OpenSSL would ask the terminal for a passphrase.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path, secret, password="")
        if secret.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield below(key, name), f"{secret} can be read or written by everyone: chmod o= {secret}"
    except ssl.SSLError:
        yield below(key, "cert_file"), _NO_PAIR.format(cert=path, key=secret)
    except OSError as error:
        yield below(key, "cert_file"), f"{path} or {secret} can not be read: {error.strerror}"


def _file_faults(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            first = file.readline().strip()
        mode = path.stat().st_mode
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"
        return
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        yield f"{path} can be read or written by everyone on this machine: chmod o= {path}"
    if not first:
        yield f"{path} has an empty first line, expected the password there"


def _ca_faults(path: Path) -> Iterator[str]:
    """Told before a host or a network is blamed for it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        yield f"{path} holds no certificates, expected them in PEM form"
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"
