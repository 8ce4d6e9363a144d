"""Looks at the files of [ssh], without which no host lets us in; a fault in one of them fails every host."""

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from swatbot.config.raw import Found, Table, listed

_PUBLIC = re.compile(rb"(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ [A-Za-z0-9+/]+")
_PEM = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----\s(.*?)-----END", re.DOTALL)
_MAGIC = b"openssh-key-v1\0"
_LARGEST = 64 << 10
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def ssh_faults(ssh: object, directory: Path) -> Found:
    """Key and sentence of each fault in the files that [ssh] names, as fleet.toml has it.

    Args:
        ssh: the table.
        directory: where relative paths start.
    """
    if not isinstance(ssh, dict):
        return
    known = ssh.get("known_hosts")
    if isinstance(known, str) and (fault := known_hosts_fault(directory / Path(known).expanduser())):
        yield "ssh.known_hosts", fault
    for number, (_, name) in enumerate(listed(ssh, "keys")):
        path = directory / Path(name).expanduser()
        if fault := key_fault(path) or _open_to_others(path):
            yield f"ssh.keys[{number}]", fault
    if _none(ssh):
        yield "ssh", "has neither keys nor agent = true: there is nothing to log in with"


def unusable(known_hosts: Path, keys: Sequence[Path]) -> Iterator[str]:
    """Why no host at all could be reached with these files; nothing where they will do.

    Args:
        known_hosts: the hosts' keys.
        keys: our own.
    """
    faults = (known_hosts_fault(known_hosts), *map(key_fault, keys))
    yield from filter(None, faults)


def known_hosts_fault(path: Path) -> str:
    """Why no host can be trusted by this file, "" if some may."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return f"{path} can not be read: {error.strerror}"
    return ""


def key_fault(path: Path) -> str:
    """Why nobody can log in with this file, "" if it is a private key that needs no passphrase."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        return f"{path} can not be read: {error.strerror}"
    if _PUBLIC.match(text.lstrip()):
        return f"{path} is a public key, expected the private one beside it"
    found = _PEM.search(text)
    if found is None:
        return f"{path} is no private key"
    if found[1] == b"ENCRYPTED " or b"Proc-Type: 4,ENCRYPTED" in found[2] or _enciphered(found[2]):
        return f"{path} needs a passphrase, which nobody is there to type: give it to an agent, or remove it"
    return ""


def _enciphered(body: bytes) -> bool:
    """Whether a key in OpenSSH's form is enciphered: its first field is the name of the cipher."""
    try:
        data = base64.b64decode(b"".join(body.split()))
    except binascii.Error:
        return False
    return data.startswith(_MAGIC) and not data.startswith(_MAGIC + b"\0\0\0\4none")


def _open_to_others(path: Path) -> str:
    """As OpenSSH refuses a key: one that is ours, and that others may read or write."""
    info = path.stat()
    if info.st_uid != os.getuid() or not info.st_mode & _OTHERS:
        return ""
    return f"{path} can be read or written by others on this machine: chmod go= {path}"


def _none(ssh: Table) -> bool:
    return ssh.get("keys", []) == [] and ssh.get("agent", False) is False
