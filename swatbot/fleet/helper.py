"""The helper: the one program that runs on a target, sent over SSH, so that nothing is installed there.

It stands alone: standard library only, Python 3.7 to 3.14, nothing of swatbot. It answers requests on
stdin until stdin ends. A request is a length (4 bytes, big-endian), a JSON header, and as many raw bytes
as the header's `blob` says; an answer is a length and a JSON header. Paths and link targets are bytes
here, and surrogate-escaped text in JSON.

What keeps a host whole: new files are written into the state directory (on the root's file system) and
proven and synced there; a marker is written; then everything is renamed into place, back to back. Each
file is old or new at any moment, and a marker that is left behind says that a step is unfinished.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import zlib

# ruff: noqa: PTH208 - a directory is an open descriptor here, which pathlib can not list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, BinaryIO

    Entry = tuple[str, str, int, int, str]  # path, kind, mode, size, sha256 or link target

GREETING = b"swatbot-helper 1\n"
LARGEST_HEADER = 64 << 20
PIECE = 1 << 18
KEPT_STEPS = 4
LOCK_SECONDS = 20
PARTS = 256
# Of what a command says on stderr, so much is passed on.
SAID = 2000
# A file that changed less than this ago could change again under the same time stamp: it is read again.
SETTLED_SECONDS = 2.0
# Who asks takes a long silence for death: while files are read, there is a sign of life so often.
SIGN_SECONDS = 5.0
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Trouble(Exception):  # noqa: N818 - a stale token is trouble, but no error
    """What a person can be told in one sentence; `facts` go into the answer beside it."""

    def __init__(self, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.facts = facts


def to_text(name: bytes) -> str:
    """A name as JSON carries it."""
    return name.decode("utf-8", "surrogateescape")


def to_bytes(name: str) -> bytes:
    """A name as the file system has it."""
    return name.encode("utf-8", "surrogateescape")


def checked(path: str) -> bytes:
    """A path from a request, refused unless it stays inside the root."""
    raw = to_bytes(path)
    if b"\0" in raw or any(part in (b"", b".", b"..") for part in raw.split(b"/")):
        raise Trouble(f"{path!r} is not a path inside the root")
    return raw


def above(path: str) -> list[str]:
    """The directories that a path lies in, the innermost first."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]


def covered(path: str, roots: list[str]) -> bool:
    """Whether a path is one of these roots or lies under one."""
    return any(root in ("", ".") or path == root or path.startswith(root + "/") for root in roots)


def any_of(globs: Iterable[str]) -> Any:
    """One expression for all globs; for none, one that never matches."""
    return re.compile("|".join(map(fnmatch.translate, globs)) or "(?!)")


def line(entry: Entry) -> bytes:
    """An entry as it goes into digests."""
    path, kind, mode, size, content = entry
    return to_bytes(f"{kind}\0{mode:o}\0{size}\0{content}\0{path}\0\n")


def digest(roots: Iterable[str], entries: dict[str, Entry]) -> str:
    """The same as Manifest.digest in swatbot/domain/manifest.py; a contract test holds them together."""
    sha = hashlib.sha256()
    for root in sorted(set(roots)):
        sha.update(b"root\0" + to_bytes(root) + b"\0\n")
    for entry in sorted(entries.values()):
        sha.update(line(entry))
    return sha.hexdigest()


def part(path: str) -> int:
    """Which part of a sketch a path belongs to."""
    return zlib.crc32(to_bytes(path)) % PARTS


def sketch(entries: Iterable[Entry]) -> list[str]:
    """A digest for each part of the entries: where two sketches differ, so do the entries."""
    parts = [hashlib.sha256() for _ in range(PARTS)]
    for entry in sorted(entries):
        parts[part(entry[0])].update(line(entry))
    return [sha.hexdigest()[:16] for sha in parts]


def sync(fd: int, durable: bool) -> None:
    """Have the disk keep what was written."""
    if durable:
        os.fsync(fd)


def pieces(fd: int) -> Iterator[bytes]:
    """The bytes of an open file, which is closed at their end."""
    with os.fdopen(fd, "rb", 0) as file:
        yield from iter(lambda: file.read(PIECE), b"")


def whole(error: OSError, name: bytes, path: bytes) -> OSError:
    """An error about this name in a directory, as one about the path: a name alone tells not where it is."""
    if error.filename == name:
        error.filename = path
    return error


class Frames:
    """Requests and answers; `left` counts the raw bytes of the current request that were not read yet."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self.source, self.sink, self.left = source, sink, 0

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        data = self.source.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def read(self) -> dict[str, Any]:
        """The next request's header."""
        size = int.from_bytes(self.exactly(4), "big")
        if size > LARGEST_HEADER:
            raise Trouble(f"a header of {size} bytes is not a request")
        try:
            header = json.loads(self.exactly(size).decode("ascii"))
            self.left = max(int(header.get("blob", 0)), 0)
        except (ValueError, TypeError, AttributeError):
            raise Trouble("what came is not a request") from None
        return dict(header)

    def piece(self) -> bytes:
        """Some of the request's raw bytes, none at their end."""
        data = self.exactly(min(PIECE, self.left))
        self.left -= len(data)
        return data

    def answer(self, header: dict[str, Any]) -> None:
        """Read what is left of the request, then answer it."""
        while self.left:
            self.piece()
        data = json.dumps(header, separators=(",", ":")).encode("ascii")
        self.sink.write(len(data).to_bytes(4, "big") + data)
        self.sink.flush()


class Unpacked:
    """The contents in a request, which are one compressed stream, one after the other."""

    def __init__(self, frames: Frames) -> None:
        self.frames, self.stream = frames, zlib.decompressobj()

    def chunks(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes."""
        while size:
            source = self.stream.unconsumed_tail or self.frames.piece()
            data = self.stream.decompress(source, min(size, PIECE))
            if not (data or source):
                raise Trouble("the contents end too early")
            size -= len(data)
            yield data


class Tree:
    """The files under the root, reached through directory descriptors only: no link is ever followed.

    What is ignored is as if it were not there; `spared` are the paths of that which the last look came upon.
    """

    def __init__(self, root: bytes, ignore: Iterable[str]) -> None:
        # The root must be there already: a disk that is not mounted is not an empty tree.
        self.root, self.fd = root, os.open(root, DIRECTORY)
        globs = [glob.strip("/") for glob in ignore if glob.strip("/")]
        self.names = any_of([".git", *(glob for glob in globs if "/" not in glob)])
        self.paths = any_of(glob for glob in globs if "/" in glob)
        self.spared: list[str] = []
        self.seen: dict[str, tuple[Any, Entry]] = {}
        self.proven: tuple[list[str], dict[str, Entry], str] = ([], {}, digest((), {}))
        self.durable = True
        self.sign = time.monotonic()

    def ignores(self, path: str) -> bool:
        """Whether a path is left alone; the same as Patterns.match in swatbot/tree/patterns.py."""
        names = any(map(self.names.match, path.split("/")))
        return names or any(map(self.paths.match, [path, *above(path)]))

    def directory(self, path: bytes, make: bool = False) -> int:
        """A descriptor of a directory; made if need be."""
        fd = os.dup(self.fd)
        for part in path.split(b"/") if path else ():
            try:
                inner = self._inner(fd, part, make)
            except NotADirectoryError as error:
                if stat.S_ISLNK(os.stat(part, dir_fd=fd, follow_symlinks=False).st_mode):
                    raise Trouble(
                        f"{to_text(part)!r} in {to_text(path)!r} is a link, and not followed"
                    ) from None
                raise whole(error, part, path) from None
            except OSError as error:
                raise whole(error, part, path) from None
            finally:
                os.close(fd)
            fd = inner
        return fd

    def _inner(self, fd: int, part: bytes, make: bool) -> int:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=fd)
                sync(fd, self.durable)
        return os.open(part, DIRECTORY, dir_fd=fd)

    @contextlib.contextmanager
    def parent(self, path: bytes, make: bool = False) -> Iterator[tuple[int, bytes]]:
        """The descriptor of a path's directory, and the name in it."""
        head, _, name = path.rpartition(b"/")
        fd = self.directory(head, make)
        try:
            yield fd, name
        except OSError as error:
            raise whole(error, name, path) from None
        finally:
            os.close(fd)

    def prove(self, roots: list[str]) -> tuple[str, dict[str, Entry]]:
        """What lies under the roots: its digest, and all by path."""
        entries = self.hold(roots)
        if (roots, entries) != self.proven[:2]:
            self.proven = (roots, entries, digest(roots, entries))
        return self.proven[2], entries

    def hold(self, roots: Iterable[str]) -> dict[str, Entry]:
        """What lies under the roots, by path."""
        found: dict[str, Entry] = {}
        self.spared = []
        for root in roots:
            if root in ("", "."):
                self._walk(self.fd, "", found)
                continue
            path = checked(root)
            if self.ignores(root):
                continue
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), self.parent(path) as (fd, name):
                self._visit(fd, name, root, found)
        return found

    def _walk(self, fd: int, directory: str, found: dict[str, Entry]) -> None:
        for name in map(os.fsencode, os.listdir(fd)):
            text = to_text(name)
            path = directory + text
            if self.names.match(text) or self.paths.match(path):
                self.spared.append(path)
                continue
            try:
                self._visit(fd, name, path, found)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise whole(error, name, to_bytes(path)) from None

    def _visit(self, fd: int, name: bytes, path: str, found: dict[str, Entry]) -> None:
        info = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            inner = os.open(name, DIRECTORY, dir_fd=fd)
            try:
                self._walk(inner, path + "/", found)
            finally:
                os.close(inner)
            return
        stamp = (info.st_dev, info.st_ino, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
        known = self.seen.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, self._entry(fd, name, path, info))
            if time.time() - info.st_ctime > SETTLED_SECONDS:  # noqa: TID251 - a target has no Clock port
                self.seen[path] = known
        found[path] = known[1]

    def _entry(self, fd: int, name: bytes, path: str, info: os.stat_result) -> Entry:
        if stat.S_ISLNK(info.st_mode):
            target = os.readlink(name, dir_fd=fd)
            return (path, "link", 0, len(target), to_text(target))
        if not stat.S_ISREG(info.st_mode):
            raise Trouble(f"{path!r} is neither a file, a link nor a directory: remove it")
        sha = hashlib.sha256()
        for data in pieces(os.open(name, READ, dir_fd=fd)):
            sha.update(data)
            if time.monotonic() - self.sign > SIGN_SECONDS:
                self.sign = time.monotonic()
                os.write(2, b"\n")
        return (path, "file", stat.S_IMODE(info.st_mode), info.st_size, sha.hexdigest())


class State:
    """The state directory: lock, fence, marker, files that are being written, files that were replaced."""

    def __init__(self, path: bytes, root: bytes, device: int) -> None:
        if (os.path.realpath(path) + b"/").startswith(os.path.realpath(root).rstrip(b"/") + b"/"):
            raise Trouble(f"the state directory {to_text(path)!r} lies inside the root")
        self.fd = self._open(path, None)
        info = os.fstat(self.fd)
        if info.st_uid != os.geteuid() or info.st_mode & 0o022:
            raise Trouble(f"the state directory {to_text(path)!r} is not ours alone")
        if info.st_dev != device:
            raise Trouble(f"the state directory {to_text(path)!r} is not on the root's file system")
        self.device = device
        self.new, self.kept = self._open(b"new", self.fd), self._open(b"kept", self.fd)
        self.lock = os.open(b"lock", os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=self.fd)

    @staticmethod
    def _open(path: bytes, fd: int | None) -> int:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700, dir_fd=fd)
        return os.open(path, DIRECTORY, dir_fd=fd)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other helpers out; what one that was killed left behind is removed first."""
        signal.alarm(LOCK_SECONDS)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        except Trouble:  # the alarm may have come just after the lock was got
            fcntl.flock(self.lock, fcntl.LOCK_UN)
            raise
        finally:
            signal.alarm(0)
        try:
            self.clean()
            yield
        finally:
            with contextlib.suppress(OSError):
                self.clean()
            fcntl.flock(self.lock, fcntl.LOCK_UN)

    def tidy(self) -> None:
        """Clean, unless a helper is at work."""
        with contextlib.suppress(OSError):
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.clean()
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    def guard(self, token: int, durable: bool) -> None:
        """Refuse a token that is lower than one seen before; remember a higher one."""
        seen = self.fence()
        if token < seen:
            raise Trouble(f"the fencing token {token} is older than {seen}", stale=seen)
        if token > seen:
            self.write(b"token", b"%d" % token, durable)

    def clean(self) -> None:
        """Remove files that were written and never moved into place."""
        for name in os.listdir(self.new):
            os.unlink(name, dir_fd=self.new)

    def read(self, name: bytes) -> bytes:
        """A small file of the state directory; nothing if it is not there."""
        try:
            return b"".join(pieces(os.open(name, READ, dir_fd=self.fd)))
        except FileNotFoundError:
            return b""

    def write(self, name: bytes, data: bytes, durable: bool) -> None:
        """Replace a small file of the state directory."""
        with os.fdopen(os.open(name, CREATE, 0o600, dir_fd=self.new), "wb") as file:
            file.write(data)
            file.flush()
            sync(file.fileno(), durable)
        os.rename(name, name, src_dir_fd=self.new, dst_dir_fd=self.fd)
        sync(self.fd, durable)

    def fence(self) -> int:
        """The highest token that was seen."""
        try:
            return int(self.read(b"token") or b"0")
        except ValueError:
            raise Trouble("the token file in the state directory is damaged") from None

    def unfinished(self) -> Any:
        """The step that was begun and not ended, {number, step, target}, or None."""
        marker = self.read(b"unfinished")
        return json.loads(marker.decode("ascii")) if marker else None

    def finish(self) -> None:
        """Remove the marker."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(b"unfinished", dir_fd=self.fd)

    def keeps(self) -> dict[str, str]:
        """Contents that were replaced by the last few steps: sha256 -> name, which is SERIAL.SHA256."""
        return {name.partition(".")[2]: name for name in os.listdir(self.kept)}

    def next_serial(self) -> int:
        """The serial for a step's replaced contents; those of old steps are forgotten."""
        names = os.listdir(self.kept)
        serials = sorted({int(name.partition(".")[0]) for name in names})
        for name in names:
            if int(name.partition(".")[0]) in serials[: -KEPT_STEPS + 1]:
                os.unlink(name, dir_fd=self.kept)
        return serials[-1] + 1 if serials else 1


class Step:
    """One request to bring the files under some roots from a base to a target."""

    def __init__(self, tree: Tree, state: State, frames: Frames, request: dict[str, Any]) -> None:
        self.tree, self.state, self.frames, self.request = tree, state, frames, request
        self.durable = tree.durable = bool(request["durable"])
        self.roots: list[str] = request["roots"]
        self.drop: list[str] = request["drop"]
        self.new: list[Entry] = [(str(p), str(k), int(m), int(s), str(c)) for p, k, m, s, c in request["set"]]
        self.now, self.held = tree.prove(self.roots)
        self.staged: dict[str, int] = {}
        self.touched: set[bytes] = set()

    def run(self) -> dict[str, Any]:
        """Carry it out, or say what is missing for that."""
        now, target = self.now, str(self.request["target"])
        if now == target:
            if self.durable and self.state.unfinished():
                os.sync()  # the one that was killed may not have come to that
            self.state.finish()
            return {"done": now, "kept": []}
        if now != self.request["base"]:
            return {"other": now}
        self._check(target)
        missing = self._missing()
        if missing:
            return {"need": missing}
        self._stage()
        return self._move(target)

    def _check(self, target: str) -> None:
        gone = set(self.drop)
        wanted = {path: entry for path, entry in self.held.items() if path not in gone}
        wanted.update({entry[0]: entry for entry in self.new})
        for path in wanted:
            checked(path)
        inside = gone <= self.held.keys() and all(covered(path, self.roots) for path in wanted)
        if not inside or digest(self.roots, wanted) != target:
            raise Trouble("the request does not add up to its target")
        stuck = {directory: path for path in self.tree.spared for directory in above(path)}
        for entry in self.new:
            if self.tree.ignores(entry[0]):
                raise Trouble(f"{entry[0]!r} is ignored by the config, and not written")
            if entry[0] in stuck:
                why = f"is a directory that holds {stuck[entry[0]]!r}, which is ignored: remove it"
                raise Trouble(f"{entry[0]!r} {why}")

    def _missing(self) -> list[str]:
        self.at = {content: path for path, kind, _, _, content in self.held.values() if kind == "file"}
        self.keeps = self.state.keeps()
        here = {sha for sha, _ in self.request["contents"]}.union(self.at, self.keeps)
        return sorted({content for _, kind, _, _, content in self.new if kind == "file"} - here)

    def _stage(self) -> None:
        """Write what is new into the state directory; no file under the root changes yet."""
        self._prepare()
        places: dict[str, list[int]] = {}
        for place, (_, kind, _, _, content) in enumerate(self.new):
            if kind == "link":
                os.symlink(to_bytes(content), b"%d" % place, dir_fd=self.state.new)
            else:
                places.setdefault(content, []).append(place)
        sent = Unpacked(self.frames)
        for sha, size in self.request["contents"]:
            self._write(places[sha].pop(), sent.chunks(size))
        for sha, rest in places.items():
            for place in rest:
                self._write(place, pieces(self._local(sha)))

    def _prepare(self) -> None:
        """Make directories, and see that all can be written: better to fail now than half-way."""
        blocked = {entry[0] for entry in self.new if self.held.keys() & set(above(entry[0]))}
        for path in [entry[0] for entry in self.new if entry[0] not in blocked] + self.drop:
            with self.tree.parent(checked(path), make=path not in self.held) as (fd, _):
                if not os.access(b".", os.W_OK | os.X_OK, dir_fd=fd):
                    raise Trouble(f"the directory of {path!r} can not be written to")
                if os.fstat(fd).st_dev != self.state.device:
                    raise Trouble(f"{path!r} is on another file system than the state directory")

    def _local(self, sha: str) -> int:
        if sha in self.staged:
            return os.open(b"%d" % self.staged[sha], READ, dir_fd=self.state.new)
        if sha in self.at:
            with self.tree.parent(to_bytes(self.at[sha])) as (fd, name):
                return os.open(name, READ, dir_fd=fd)
        return os.open(self.keeps[sha], READ, dir_fd=self.state.kept)

    def _write(self, place: int, contents: Iterable[bytes]) -> None:
        _, _, mode, _, wanted = self.new[place]
        sha = hashlib.sha256()
        with os.fdopen(os.open(b"%d" % place, CREATE, 0o600, dir_fd=self.state.new), "wb") as file:
            for data in contents:
                sha.update(data)
                file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode & 0o7777)
            sync(file.fileno(), self.durable)
        if sha.hexdigest() != wanted:
            raise Trouble("what was written is not what was meant", need=[wanted])
        self.staged[wanted] = place

    def _move(self, target: str) -> dict[str, Any]:
        interrupted = self.state.unfinished()
        marker = {"number": self.request["number"], "step": self.request["step"], "target": target}
        self.state.write(b"unfinished", json.dumps(marker).encode("ascii"), self.durable)
        try:
            kept = self._keep()
            self._replace()
        except BaseException:
            if not (self.touched or interrupted):
                self.state.finish()
            raise
        for path in self.touched:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, Trouble):  # gone, or a link now
                fd = self.tree.directory(path)
                sync(fd, self.durable)
                os.close(fd)
        proven, _ = self.tree.prove(self.roots)
        if proven != target:
            raise Trouble("somebody changed files while they were synced")
        self.state.finish()
        return {"done": proven, "kept": kept}

    def _keep(self) -> list[str]:
        """Hold on to what is about to be replaced, so that going back needs no transfer."""
        serial, kept = self.state.next_serial(), []
        for path in [entry[0] for entry in self.new] + self.drop:
            if path in self.held and self.held[path][1] == "file":
                sha = self.held[path][4]
                with contextlib.suppress(OSError), self.tree.parent(to_bytes(path)) as (fd, name):
                    place = b"%d.%s" % (serial, sha.encode("ascii"))
                    os.link(name, place, src_dir_fd=fd, dst_dir_fd=self.state.kept, follow_symlinks=False)
                    kept.append(sha)
        return kept

    def _replace(self) -> None:
        """Move all into place, back to back; what stands in the way goes first, what must go last."""
        paths = {entry[0] for entry in self.new}
        over = {directory for path in paths for directory in above(path)}
        first = [path for path in self.drop if path in over or not paths.isdisjoint(above(path))]
        for path in first:
            self._remove(path)
        for place, entry in enumerate(self.new):
            self._rename(b"%d" % place, to_bytes(entry[0]))
        for path in set(self.drop).difference(first):
            self._remove(path)

    def _rename(self, place: bytes, path: bytes) -> None:
        with self.tree.parent(path, make=True) as (fd, name):
            try:
                os.rename(place, name, src_dir_fd=self.state.new, dst_dir_fd=fd)
            except IsADirectoryError:
                hollow(fd, name)
                os.rename(place, name, src_dir_fd=self.state.new, dst_dir_fd=fd)
        self.touched.add(path.rpartition(b"/")[0])

    def _remove(self, path: str) -> None:
        with self.tree.parent(to_bytes(path)) as (fd, name):
            os.unlink(name, dir_fd=fd)
        for directory in [path, *above(path)]:
            self.touched.add(to_bytes(directory).rpartition(b"/")[0])
            if directory == path:
                continue
            with contextlib.suppress(OSError), self.tree.parent(to_bytes(directory)) as (fd, name):
                if covered(directory, self.roots):
                    os.rmdir(name, dir_fd=fd)


def hollow(fd: int, name: bytes) -> None:
    """Remove a directory in which there are only directories."""
    inner = os.open(name, DIRECTORY, dir_fd=fd)
    try:
        for child in map(os.fsencode, os.listdir(inner)):
            hollow(inner, child)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=fd)


def run(argv: list[str], seconds: float, root: bytes) -> dict[str, Any]:
    """Run a command; its exit status (None: it did not end in time), and how its stderr begins."""
    said = bytearray()
    process = subprocess.Popen(
        argv,
        bufsize=0,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )

    def listen(pipe: Any) -> None:
        for data in iter(lambda: pipe.read(PIECE), b""):
            said.extend(data[: SAID - len(said)])

    # What the command leaves behind may keep stderr open for ever: only the command itself is waited for.
    listener = threading.Thread(target=listen, args=(process.stderr,), daemon=True)
    listener.start()
    status = None
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    listener.join(0.2)
    return {"status": status, "said": bytes(said).decode("utf-8", "replace")}


class Host:
    """What answers the requests of one connection."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.tree: Tree | None = None
        self.state: State | None = None

    def serve(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        asked = request.get("op")
        if asked == "ping":
            return {}
        if asked == "hello":
            return self._hello(request)
        if self.tree is None or self.state is None:
            raise Trouble("hello comes first")
        if asked == "prove":
            return self._prove(self.tree, self.state, request)
        if asked not in ("apply", "run"):
            raise Trouble(f"{asked!r} is not a request")
        with self.state.locked():
            self.state.guard(int(request["token"]), bool(request["durable"]))
            if asked == "apply":
                return Step(self.tree, self.state, self.frames, request).run()
        return run(request["argv"], request["seconds"], self.tree.root)

    def _hello(self, request: dict[str, Any]) -> dict[str, Any]:
        root = to_bytes(request["root"]).rstrip(b"/") or b"/"
        head, _, name = root.rpartition(b"/")
        default = head + b"/.swatbot-" + name
        tree = Tree(root, request["ignore"])
        state = State(to_bytes(request["state"]) or default, root, os.fstat(tree.fd).st_dev)
        state.tidy()
        disk = os.fstatvfs(tree.fd)
        self.tree, self.state = tree, state
        return {
            "python": ".".join(map(str, sys.version_info[:3])),
            "free": disk.f_bavail * disk.f_frsize,
            "clock": time.time(),  # noqa: TID251 - the target's own clock is what is asked for
            "fence": state.fence(),
            "unfinished": state.unfinished(),
            "kept": sorted(state.keeps()),
        }

    @staticmethod
    def _prove(tree: Tree, state: State, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("afresh"):
            tree.seen.clear()
        proven, entries = tree.prove(request["roots"])
        answer = {"digest": proven, "unfinished": state.unfinished()}
        if "near" in request:
            near = request["near"]
            parts = {place for place, here in enumerate(sketch(entries.values())) if here != near[place]}
            answer["parts"] = sorted(parts)
            answer["entries"] = sorted(entry for path, entry in entries.items() if part(path) in parts)
        return answer

    def explain(self, error: BaseException) -> dict[str, Any]:
        """The answer to a request that could not be carried out."""
        answer: dict[str, Any] = {"error": f"{type(error).__name__}: {error}"}
        if isinstance(error, Trouble):
            answer = {"error": str(error), **error.facts}
        elif isinstance(error, OSError):
            name = error.filename
            named = ": %r" % (to_text(name) if isinstance(name, bytes) else name) if name else ""
            answer = {"error": (error.strerror or str(error)) + named}
        with contextlib.suppress(OSError, ValueError):
            answer["unfinished"] = self.state.unfinished() if self.state else None
        return answer


def give_up(*_: object) -> None:
    """The lock was waited for long enough."""
    raise Trouble(f"another swatbot has been at work on this host for {LOCK_SECONDS} s")


def main() -> None:
    """Answer requests until there are no more."""
    os.umask(0o022)
    signal.signal(signal.SIGALRM, give_up)
    frames = Frames(sys.stdin.buffer, sys.stdout.buffer)
    host = Host(frames)
    frames.sink.write(GREETING)
    frames.sink.flush()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            try:
                request = frames.read()
            except Trouble as error:  # what follows can not be told apart any more
                frames.answer(host.explain(error))
                return
            try:
                answer = host.serve(request)
            except EOFError:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, it is answered in a frame
                answer = host.explain(error)
            frames.answer(answer)


if __name__ == "__main__":
    main()
