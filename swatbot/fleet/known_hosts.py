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
from swatbot.fleet.hashed_names import HashedNames

_RSA = ("rsa-sha2-512", "rsa-sha2-256")
_WILD = frozenset("*?")
_MARKERS = ("", "@revoked", "@cert-authority")
_BEST_FIRST = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA)


@dataclass(frozen=True, slots=True)
class HostKey:
    """One line of known_hosts: a key, where it stands, and how it says which names it is for.

    Attributes:
        kind: type of the key.
        blob: the key.
        line: number of the line.
        revoked: whether the line says that nobody may have this key.
        authority: whether it is the key of who signs certificates, and so never a host's own.
        names: written out; they are looked up, since there may be thousands.
        wild: patterns with * or ?.
        not_for: patterns of names that it is not for, whatever else it says.
        hashed: salt and HMAC of a name.
    """

    kind: str
    blob: bytes
    line: int
    revoked: bool
    authority: bool
    names: tuple[str, ...]
    wild: tuple[str, ...]
    not_for: tuple[str, ...]
    hashed: tuple[bytes, bytes] | None

    def matches(self, name: str) -> bool:
        """Whether the line is about this name."""
        if self.excludes(name):
            return False
        return self.is_of(name) or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.wild)

    def excludes(self, name: str) -> bool:
        """Whether the line says that it is not for this name."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.not_for)

    def is_of(self, name: str) -> bool:
        """Whether the line is about this name alone, and not by a pattern that many fit."""
        if name in self.names:
            return True
        return (
            self.hashed is not None and hmac.digest(self.hashed[0], name.encode(), "sha1") == self.hashed[1]
        )


class KnownHosts:
    """The host keys of one file; it is parsed again only when the file changes."""

    def __init__(self, path: Path) -> None:
        """Remember the file; it is read at the first use."""
        self._path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._named: dict[str, list[HostKey]] = {}
        self._hashed: HashedNames[HostKey] = HashedNames()
        self._wild: list[HostKey] = []
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
                self._found[wanted] = self._search(wanted)
            return self._found[wanted]

    def fault(self, names: Sequence[str], kind: str, blob: bytes) -> str | None:
        """Why this key must not be trusted for the host of these names; None if it may.

        Where lines have the host by its name, they alone count: an address may be another machine's by now.

        Args:
            names: as the host could be written in the file, its name last; the first is used in the reason.
            kind: type of the key that the host offers.
            blob: the key, as in the file's third field, decoded.
        """
        offered = f"{kind} {fingerprint(blob)}"
        same = (key for key in self.lookup(names) if key.blob == blob)
        if revoked := next((key for key in same if key.revoked), None):
            return f"host key {offered} is revoked: {self._path} line {revoked.line}"
        known = self._trusted(names)
        if any(key.blob == blob for key in known):
            return None
        if not known:
            return f"unknown host key {offered}: {self._path} {self._lacks(names)}"
        first = next((k for k in known if k.kind == kind), known[0])
        return (
            f"host key changed: {self._path} line {first.line} has {first.kind} {fingerprint(first.blob)}, "
            f"the host offers {offered}"
        )

    def algorithms(self, names: Sequence[str]) -> tuple[str, ...]:
        """Host key algorithms to offer, best first: those of the known keys, else all."""
        kinds = {k.kind for k in self._trusted(names)}
        known = tuple(a for a in _BEST_FIRST if a in kinds or (a in _RSA and "ssh-rsa" in kinds))
        return known or _BEST_FIRST

    def _lacks(self, names: Sequence[str]) -> str:
        """What the file has instead of a key of the host."""
        authority = next((key for key in self.lookup(names) if key.authority), None)
        if authority is None:
            return f"has no line for {names[0]}"
        return (
            f"line {authority.line} has {names[0]} by @cert-authority only, and certificates of hosts are "
            f"not supported: add the line that `{_keyscan(names[0])}` prints"
        )

    def _trusted(self, names: Sequence[str]) -> tuple[HostKey, ...]:
        """The keys of which the host must have one: those under its own name, or else all.

        A line that is not for one of its names is not for the host, whichever of the others it fits.
        """
        fit = (key for key in self.lookup(names) if not (key.revoked or key.authority))
        keys = tuple(key for key in fit if not any(map(key.excludes, names)))
        return tuple(key for key in keys if key.is_of(names[-1])) or keys

    def _search(self, names: tuple[str, ...]) -> tuple[HostKey, ...]:
        near = [key for name in names for key in (*self._named.get(name, ()), *self._hashed.of(name))]
        found = (key for key in (*near, *self._wild) if any(map(key.matches, names)))
        return tuple(sorted(dict.fromkeys(found), key=lambda key: key.line))

    def _refresh(self) -> None:
        try:
            info = self._path.stat()
            stamp = (info.st_ino, info.st_size, info.st_mtime_ns)
            if stamp == self._stamp:
                return
            text = self._path.read_text("utf-8", "replace")
        except OSError as error:
            raise OperationalError(f"no host can be trusted: {self._path}: {error.strerror}") from error
        self._named, self._hashed, self._wild, self._found = {}, HashedNames(), [], {}
        for number, line in enumerate(text.splitlines(), 1):
            if (key := _parse(line, number)) is not None:
                self._file(key)
        self._stamp = stamp

    def _file(self, key: HostKey) -> None:
        for name in key.names:
            self._named.setdefault(name, []).append(key)
        if key.hashed:
            self._hashed.add(*key.hashed, key)
        if key.wild:
            self._wild.append(key)


def names_of(address: str, port: int, name: str) -> tuple[str, ...]:
    """How a host may be written in known_hosts: by address or by name, with the port unless it is 22."""
    if port == 22:
        return (address, name)
    return (f"[{address}]:{port}", f"[{name}]:{port}")


def _keyscan(name: str) -> str:
    """The command that prints the line of a host, given as it is written in the file."""
    address, _, port = name.removeprefix("[").rpartition("]:")
    return f"ssh-keyscan -p {port} {address}" if address else f"ssh-keyscan {name}"


def fingerprint(blob: bytes) -> str:
    """As OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _parse(line: str, number: int) -> HostKey | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    if len(fields) < 3 or fields[0].startswith("#") or marker not in _MARKERS:
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except binascii.Error:
        return None
    patterns = fields[0].split(",")
    wanted = [pattern for pattern in patterns if not pattern.startswith(("!", "|"))]
    return HostKey(
        fields[1],
        blob,
        number,
        marker == "@revoked",
        marker == "@cert-authority",
        tuple(pattern for pattern in wanted if not _WILD.intersection(pattern)),
        tuple(_glob(pattern) for pattern in wanted if _WILD.intersection(pattern)),
        tuple(_glob(pattern[1:]) for pattern in patterns if pattern.startswith("!")),
        _hash(fields[0]),
    )


def _glob(pattern: str) -> str:
    """In known_hosts brackets are letters; only * and ? are wild."""
    return pattern.replace("[", "[[]")


def _hash(pattern: str) -> tuple[bytes, bytes] | None:
    """The salt and the HMAC in `|1|SALT|HMAC`; such a pattern stands alone on its line."""
    try:
        salt, wanted = (base64.b64decode(part) for part in pattern.split("|")[2:4])
    except (ValueError, binascii.Error):
        return None
    return (salt, wanted) if pattern.startswith("|1|") else None
