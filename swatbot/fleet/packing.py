"""The contents that travel with one request, as differences where the host holds something alike."""

import zlib
from collections.abc import Collection

from swatbot.domain.manifest import Entry, Kind, Manifest
from swatbot.errors import OperationalError
from swatbot.fleet import helper
from swatbot.ports import Contents

# Text shrinks about as well at this level as at the highest, at a third of the CPU time.
_LEVEL = 3
# A larger file is sent as a whole: both of its states would have to be in memory at once.
_LARGEST_DELTA = 8 << 20


class Packing:
    """Packs contents one by one; differences come first, then one stream of those that are whole."""

    def __init__(self, contents: Contents, held: Manifest, whole: Collection[str]) -> None:
        """Take where contents come from, what the host holds, and the sha256 of those that it wants whole."""
        self._contents, self._held, self._whole = contents, held, whole
        self._packer = zlib.compressobj(_LEVEL)
        self._deltas: list[bytes] = []
        self._pieces: list[bytes] = []

    def add(self, entry: Entry) -> bool | list[int]:
        """Pack the content of a file; True for a whole one, or the sizes of the pieces of its difference.

        Raises:
            OperationalError: it is not in the store, or damaged there.
        """
        content = self._contents.content(entry.content)
        base = self._base(entry)
        if base is None:
            self._pieces.append(self._packer.compress(content))
            return True
        pieces = delta(content, base)
        self._deltas += pieces
        return [len(piece) for piece in pieces]

    def blob(self) -> bytes:
        """All of it; nothing can be added then."""
        rest = [*self._pieces, self._packer.flush()] if self._pieces else []
        return b"".join([*self._deltas, *rest])

    def _base(self, entry: Entry) -> bytes | None:
        """What is at the file's path, None where it is to be sent whole."""
        old = self._held.by_path.get(entry.path)
        if old is None or old.kind is not Kind.FILE or entry.content in self._whole:
            return None
        if not entry.size or max(old.size, entry.size) > _LARGEST_DELTA:
            return None
        try:
            return self._contents.content(old.content)
        except OperationalError:  # it came there by other means, or was lost since: nothing depends on it
            return None


def delta(content: bytes, base: bytes) -> list[bytes]:
    """How a content differs from another, in pieces that the helper reads one by one.

    Each is compressed with the other's bytes around the same place as its dictionary, so that what is equal
    costs next to nothing, on the wire and to unpack. There is no checksum (RFC 1951): the whole is proven.
    """
    made = []
    for nth, at in enumerate(range(0, len(content), helper.CHUNK)):
        alike = base[slice(*helper.alike(nth))]
        packer = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS, zdict=alike)
        made.append(packer.compress(content[at : at + helper.CHUNK]) + packer.flush())
    return made
