"""Hashed names of known_hosts, found fast: nobody can look up a hash, so each name is held against all.

The two SHA-1 states of an HMAC that depend on the salt alone are made once, which halves what a name costs;
and a name that was found is not looked for again, since a hashed line is about one name.
"""

import hashlib
from typing import Generic, TypeVar

_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
Line = TypeVar("Line")


class HashedNames(Generic[Line]):
    """Lines by the salt and the HMAC-SHA1 of the one name that each is about."""

    def __init__(self) -> None:
        """Begin with no lines."""
        self._salts: dict[bytes, dict[bytes, list[Line]]] = {}
        self._states: dict[bytes, tuple[hashlib._Hash, hashlib._Hash]] = {}
        self._found: dict[str, list[Line]] = {}

    def add(self, salt: bytes, digest: bytes, line: Line) -> None:
        """Take a line; all are added before the first is looked for."""
        self._salts.setdefault(salt, {}).setdefault(digest, []).append(line)
        if salt not in self._states:
            self._states[salt] = _states(salt)

    def of(self, name: str) -> list[Line]:
        """All lines about this name; it is hashed at most once for each salt."""
        if name not in self._found:
            self._found[name] = self._search(name.encode())
        return self._found[name]

    def _search(self, name: bytes) -> list[Line]:
        hits = []
        for salt, (inner_start, outer_start) in self._states.items():
            inner = inner_start.copy()
            inner.update(name)
            outer = outer_start.copy()
            outer.update(inner.digest())
            digest = outer.digest()
            if digest in self._salts[salt]:
                hits.append((salt, digest))
        return [line for salt, digest in hits for line in self._take(salt, digest)]

    def _take(self, salt: bytes, digest: bytes) -> list[Line]:
        lines = self._salts[salt].pop(digest)
        if not self._salts[salt]:
            del self._salts[salt], self._states[salt]
        return lines


def _states(salt: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The beginnings of an HMAC (RFC 2104) with this key."""
    key = salt if len(salt) <= _BLOCK else _sha1(salt).digest()
    key = key.ljust(_BLOCK, b"\0")
    return _sha1(key.translate(_INNER)), _sha1(key.translate(_OUTER))


def _sha1(data: bytes) -> "hashlib._Hash":
    return hashlib.sha1(data, usedforsecurity=False)
