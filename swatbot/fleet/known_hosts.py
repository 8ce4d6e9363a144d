"""Strict host keys: known_hosts is parsed once, and a refusal says which line of which file."""

import base64
import binascii
import fnmatch
import hashlib
import hmac
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swatbot.errors import OperationalError

_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_BEST_FIRST = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA)


@dataclass(frozen=True, slots=True)
class HostKey:
    """One line of known_hosts: the patterns of the names it is for, the key, and where it stands."""

    patterns: tuple[str, ...]
    kind: str
    blob: bytes
    line: int
    revoked: bool

    def matches(self, name: str) -> bool:
        """Whether the line is about this name, hashed names included."""
        wanted = False
        for pattern in self.patterns:
            if pattern.startswith("!"):
                if fnmatch.fnmatchcase(name, _plain(pattern[1:])):
                    return False
            elif pattern.startswith("|1|"):
                wanted = wanted or _hashed(pattern, name)
            else:
                wanted = wanted or fnmatch.fnmatchcase(name, _plain(pattern))
        return wanted


class KnownHosts:
    """The host keys of one file; it is parsed again only when the file changes."""

    def __init__(self, path: Path) -> None:
        """Remember the file; it is read at the first use."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[HostKey, ...] = ()
        self._found: dict[tuple[str, ...], tuple[HostKey, ...]] = {}

    def lookup(self, names: Sequence[str]) -> tuple[HostKey, ...]:
        """The keys for a host that has any of these names.

        Raises:
            OperationalError: the file can not be read.
        """
        wanted = tuple(names)
        with self._lock:
            self._refresh()
            if wanted not in self._found:
                self._found[wanted] = tuple(k for k in self._keys if any(k.matches(n) for n in wanted))
            return self._found[wanted]

    def fault(self, names: Sequence[str], kind: str, blob: bytes) -> str | None:
        """Why this key must not be trusted for the host of these names; None if it may.

        Args:
            names: as the host could be written in the file; the first is used in the reason.
            kind: type of the key that the host offers.
            blob: the key, as in the file's third field, decoded.
        """
        keys = self.lookup(names)
        offered = f"{kind} {fingerprint(blob)}"
        for key in keys:
            if key.blob == blob:
                return f"host key {offered} is revoked: {self._path} line {key.line}" if key.revoked else None
        known = [k for k in keys if not k.revoked]
        if not known:
            return f"unknown host key {offered}: {self._path} has no line for {names[0]}"
        first = next((k for k in known if k.kind == kind), known[0])
        return (
            f"host key changed: {self._path} line {first.line} has {first.kind} {fingerprint(first.blob)}, "
            f"the host offers {offered}"
        )

    def algorithms(self, names: Sequence[str]) -> tuple[str, ...]:
        """Host key algorithms to offer, best first: those of the known keys, else all."""
        kinds = {k.kind for k in self.lookup(names) if not k.revoked}
        known = tuple(a for a in _BEST_FIRST if a in kinds or (a in _RSA and "ssh-rsa" in kinds))
        return known or _BEST_FIRST

    def _refresh(self) -> None:
        try:
            info = self._path.stat()
            stamp = (info.st_ino, info.st_size, info.st_mtime_ns)
            if stamp == self._stamp:
                return
            text = self._path.read_text("utf-8", "replace")
        except OSError as error:
            raise OperationalError(f"no host can be trusted: {self._path}: {error.strerror}") from error
        parsed = (_parse(line, number) for number, line in enumerate(text.splitlines(), 1))
        self._keys = tuple(key for key in parsed if key is not None)
        self._found = {}
        self._stamp = stamp


def names_of(address: str, port: int, name: str) -> tuple[str, ...]:
    """How a host may be written in known_hosts: by address or by name, with the port unless it is 22."""
    if port == 22:
        return (address, name)
    return (f"[{address}]:{port}", f"[{name}]:{port}")


def fingerprint(blob: bytes) -> str:
    """As OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _parse(line: str, number: int) -> HostKey | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if len(fields) < 3 or fields[0].startswith("#") or marker not in ("", "@revoked"):
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except binascii.Error:
        return None
    return HostKey(tuple(fields[0].split(",")), fields[1], blob, number, marker == "@revoked")


def _plain(pattern: str) -> str:
    """In known_hosts brackets are letters; only * and ? are wild."""
    return pattern.replace("[", "[[]")


def _hashed(pattern: str, name: str) -> bool:
    try:
        salt, wanted = (base64.b64decode(part) for part in pattern.split("|")[2:4])
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), wanted)
