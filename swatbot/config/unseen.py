"""Looks at the secrets and certificates that the config names, which not everybody may see."""

import re
import ssl
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from swatbot.config.faults import Fault
from swatbot.config.raw import Found, Table, below, every

SECRETS = ("password", "bot_token", "app_token")
"""What may be in the environment (`..._env`) or in a file (`..._file`), and nowhere else."""
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""How the name of an environment variable looks."""


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
    for name in SECRETS:
        yield from _secret(key, name, table, around)
    trusted = table.get("ca_file")
    for fault in (
        _ca_faults(around.directory / Path(trusted).expanduser()) if isinstance(trusted, str) else ()
    ):
        yield below(key, "ca_file"), fault
    yield from _own_faults(key, table, around.directory)


def _secret(key: str, name: str, table: Table, around: Surroundings) -> Found:
    variable, file = table.get(f"{name}_env"), table.get(f"{name}_file")
    named = isinstance(variable, str) and VARIABLE.fullmatch(variable)
    if named and variable not in around.environ:
        yield below(key, f"{name}_env"), f"the environment variable {variable} is not set"
    path = around.directory / Path(file).expanduser() if isinstance(file, str) else None
    for fault in _file_faults(path, name.replace("_", " ")) if path else ():
        yield below(key, f"{name}_file"), fault


def _own_faults(key: str, table: Table, directory: Path) -> Found:
    """What is wrong with a certificate of our own and its key, which may be in one file."""
    said = ((name, table.get(name)) for name in ("cert_file", "key_file"))
    files = {name: directory / Path(text).expanduser() for name, text in said if isinstance(text, str)}
    if "cert_file" not in files:
        return
    unreadable = [(below(key, name), fault) for name, path in files.items() for fault in _unreadable(path)]
    yield from unreadable
    if unreadable:
        return
    *_, (name, secret) = files.items()
    yield from ((below(key, name), fault) for fault in _open_to_everyone(secret))
    try:
        # Else OpenSSL would ask the terminal for a passphrase.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(files["cert_file"], secret, password="")
    except ssl.SSLError:
        where = " and ".join(map(str, files.values()))
        why = f"there is no certificate with its own key in {where}"
        yield below(key, "cert_file"), f"{why}, expected both in PEM form, the key without a passphrase"


def _file_faults(path: Path, what: str) -> Iterator[str]:
    if unreadable := [*_unreadable(path)]:
        yield from unreadable
        return
    yield from _open_to_everyone(path)
    with path.open("rb") as file:
        first = file.readline().strip()
    if not first:
        yield f"{path} has an empty first line, expected the {what} there"


def _unreadable(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"


def _open_to_everyone(path: Path) -> Iterator[str]:
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield f"{path} can be read or written by everyone on this machine: chmod o= {path}"


def _ca_faults(path: Path) -> Iterator[str]:
    """Told before a host or a network is blamed for it."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        yield f"{path} holds no certificates, expected them in PEM form"
    except OSError as error:
        yield f"{path} can not be read: {error.strerror}"
