"""The helper: the one program that runs on a target, sent over SSH, so that nothing is installed there.

It stands alone: standard library only, Python 3.7 to 3.14, nothing of swatbot. It answers requests on
stdin until stdin ends. A request is a length (4 bytes, big-endian), a JSON header, and as many raw bytes
as the header's `blob` says; an answer is a length and a JSON header. Python runs in its UTF-8 mode: names
that are not UTF-8 are surrogate-escaped text here, as they are in JSON.

What keeps a host whole: new files are written into the state directory (on the root's file system) and
proven and synced there; the step is noted; then everything is renamed into place, back to back. Each
file is old or new at any moment, and a note that is left behind says that a step is unfinished.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import fnmatch
import grp
import hashlib
import io
import json
import operator
import os
import pwd
import re
import select
import signal
import stat
import sys
import time
import zlib

# ruff: noqa: PTH102, PTH108, PTH119, PTH208, B905 - a directory is an open descriptor here, or pathlib takes
# too long to load; Python 3.7 has no strict zip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, BinaryIO

    Entry = tuple[str, str, int, int, str]  # path, kind, mode, size, sha256 or link target

GREETING = b"swatbot-helper 1\n"
LARGEST_HEADER = 64 << 20
PIECE = 1 << 18
KEPT_STEPS = 4
LOCK_SECONDS = 20
# Who asks may be gone without a word: nobody is kept out for longer than that without a byte.
PATIENCE_SECONDS = 60.0
PARTS = 256
# A link's target can not be longer than this everywhere (XFS: 1024).
LONGEST_NOTE = 1000
# Of what a command says on stderr, so much is passed on.
SAID = 2000
# A file that changed less than this ago could change again under the same time stamp: it is read again.
SETTLED_SECONDS = 2.0
# From so many files on the disk is asked to keep several at once, which it does in one go: so many.
MANY, AT_ONCE = 16, 16
# So many bytes may take the disk longer than who asks bears silence.
LARGE = 32 << 20
# A file that is sent as how it differs from what is there is sent in pieces of this size, each of which
# refers to the old file there, and so far around it: zlib looks back no further than a little under 32 KiB.
CHUNK, AROUND = 24 << 10, 4 << 10
# Who asks takes a long silence for death: while files are read, there is a sign of life so often.
SIGN_SECONDS = 5.0
# So often it is seen that no more comes than was asked for.
SIZE_SECONDS = 1.0
# What was pulled for a step that came to nothing is removed when a connection opens so much later.
PULLED_SECONDS = 24 * 3600
SHA = re.compile("[0-9a-f]{64}")
KEPT = re.compile("[0-9]+[.][0-9a-f]{64}")
# What a file is called until it is moved into place.
READY = re.compile("[0-9]+([.][0-9a-f]{64})?")
# There is no room on a disk, or no more of it for us.
FULL = (errno.ENOSPC, errno.EDQUOT)
RSYNC = ["--files-from=-", "--no-implied-dirs", "--sockopts=TCP_NODELAY"]
# Runs a command in a group that ends when nobody holds the other end of the pipe that is its stdout: so it
# does not go on when we are killed. Stdin has to be named, since a shell gives none to what it runs aside.
GUARD = """exec 3<&1 4<&0 >/dev/null
"$@" <&4 3<&- 4<&- & command=$!
{ read -r _ <&3; kill -9 0; } 2>/dev/null 4<&- &
exec 3<&- 4<&-
wait $command
"""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# What a file keeps when it is renamed, but not when somebody writes to it; and all that tells of a change.
IDENTITY = operator.attrgetter("st_dev", "st_ino", "st_size", "st_mtime_ns")
STAMP = operator.attrgetter("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns", "st_mode")


class Trouble(Exception):  # noqa: N818 - a stale token is trouble, but no error
    """What a person can be told in one sentence; `facts` go into the answer beside it."""

    def __init__(self, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.facts = facts


def elsewhere(path: str) -> Trouble:
    """What can not be moved into place in one go."""
    return Trouble(f"{path!r} is on another file system than the state directory")


def checked(path: str) -> str:
    """A path from a request, refused unless it stays inside the root."""
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise Trouble(f"{path!r} is not a path inside the root")
    return path


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


def encoded(text: str) -> bytes:
    """A text as the file system has it."""
    return text.encode("utf-8", "surrogateescape")


def line(entry: Entry) -> bytes:
    """An entry as it goes into digests."""
    path, kind, mode, size, content = entry
    return encoded(f"{kind}\0{mode:o}\0{size}\0{content}\0{path}\0\n")


def digest(roots: Iterable[str], entries: dict[str, Entry]) -> str:
    """The same as Manifest.digest in swatbot/domain/manifest.py; a contract test holds them together."""
    lines = [encoded(f"root\0{root}\0\n") for root in sorted(set(roots))]
    return hashlib.sha256(b"".join([*lines, *map(line, sorted(entries.values()))])).hexdigest()


def part(path: str) -> int:
    """Which part of a sketch a path belongs to."""
    return zlib.crc32(encoded(path)) % PARTS


def sketch(entries: Iterable[Entry]) -> list[str]:
    """A digest for each part of the entries: where two sketches differ, so do the entries."""
    parts = [hashlib.sha256() for _ in range(PARTS)]
    for entry in sorted(entries):
        parts[part(entry[0])].update(line(entry))
    return [sha.hexdigest()[:16] for sha in parts]


def alike(nth: int) -> tuple[int, int]:
    """Where in the old file the bytes begin and end that a piece of the new one refers to."""
    return max(nth * CHUNK - AROUND, 0), (nth + 1) * CHUNK + AROUND


def flush(names: Iterable[str], opened: Callable[[str], int], then: Callable[[], None]) -> None:
    """Have the disk keep files and directories; `opened` gives a descriptor, or -1 for what is gone."""
    for name in names:
        fd = opened(name)
        if fd >= 0:
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
        then()


def flush_all(
    names: list[str], opened: Callable[[str], int], between: Callable[[], None], size: int = 0
) -> None:
    """The same, of many several at once; `between` is called meanwhile, also for one that is large."""
    if len(names) < MANY and size < LARGE:
        flush(names, opened, between)
        return
    left = iter(names)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            flush(left, opened, lambda: None)
        except Exception as error:  # noqa: BLE001 - raised again below
            errors.append(error)

    at_once(min(AT_ONCE, len(names)), work, between)
    if errors:
        raise errors[0]


def at_once(number: int, work: Callable[[], None], between: Callable[[], None]) -> None:
    """Work so many times at once, or as often as the host allows threads; `between` is called meanwhile."""
    import threading  # noqa: PLC0415 - most connections never need it, and it takes long to load

    threads = []
    with contextlib.suppress(RuntimeError):
        for _ in range(number):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            threads.append(thread)
    if not threads:
        work()
    for thread in threads:
        while thread.is_alive():
            thread.join(1.0)
            between()


def pieces(fd: int) -> Iterator[bytes]:
    """The bytes of an open file, which is closed at their end."""
    with os.fdopen(fd, "rb", 0) as file:
        yield from iter(lambda: file.read(PIECE), b"")


class Frames:
    """Requests and answers; `left` counts the raw bytes of the current request that were not read yet.

    With a `patience`, that is how many seconds may go by without a byte; then it is as if input had ended.
    """

    def __init__(self, source: io.BufferedReader[Any], sink: BinaryIO) -> None:
        self.source, self.sink, self.left = source, sink, 0
        self.patience: float | None = None

    @contextlib.contextmanager
    def impatient(self, seconds: float) -> Iterator[None]:
        """Who asks may be gone without a word: do not wait for ever while others are kept out."""
        self.patience = seconds
        try:
            yield
        finally:
            self.patience = None

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        data = self.source.read(size) if self.patience is None else b"".join(self._coming(size))
        if len(data) < size:
            raise EOFError
        return data

    def _coming(self, size: int) -> Iterator[bytes]:
        """So many bytes as they come, fewer when nothing comes for too long."""
        while size and select.select([self.source], [], [], self.patience)[0]:
            data = self.source.read1(size)
            if not data:
                return
            size -= len(data)
            yield data

    def refuse(self, error: Trouble) -> None:
        """Answer what is no request, and read on until nothing more comes: then who asked can hear it."""
        self.answer({"error": str(error)})
        with self.impatient(1), contextlib.suppress(EOFError):
            while True:
                self.exactly(PIECE)

    def read(self) -> dict[str, Any]:
        """The next request's header."""
        size = int.from_bytes(self.exactly(4), "big")
        if size > LARGEST_HEADER:
            raise Trouble(f"a request of {size >> 20} MiB without its contents is too large for a host")
        header: dict[str, Any] = json.loads(self.exactly(size).decode("ascii"))
        self.left, self.stream = int(header.get("blob", 0)), zlib.decompressobj()
        return header

    def piece(self, size: int = PIECE) -> bytes:
        """So many of the request's raw bytes, fewer at their end."""
        data = self.exactly(min(size, self.left))
        self.left -= len(data)
        return data

    def content(self, size: int) -> Iterator[bytes]:
        """The next so many bytes of the contents, which are one compressed stream."""
        while size:
            source = self.stream.unconsumed_tail or self.piece()
            data = self.stream.decompress(source, min(size, PIECE))
            if not (data or source):
                raise Trouble("the contents end too early")
            size -= len(data)
            yield data

    def answer(self, header: dict[str, Any]) -> None:
        """Read what is left of the request, then answer it."""
        while self.left:
            self.piece()
        data = json.dumps(header, separators=(",", ":")).encode("ascii")
        self.sink.write(len(data).to_bytes(4, "big") + data)
        self.sink.flush()


class Tree:
    """The files under the root, reached through directory descriptors only: no link is ever followed.

    What is ignored is as if it were not there; `spared` are the paths of that which the last look came
    upon. `at` is the path last worked on. `between` is called between two pieces of a file that is read.
    `sure` are contents by the identity of their files, for those that the current request has proven, and
    `pulled` those that were proven when they came.
    """

    def __init__(self, root: str, ignore: Iterable[str]) -> None:
        # The root must be there already: a disk that is not mounted is not an empty tree.
        self.root, self.fd, self.at = root, os.open(root, DIRECTORY), ""
        globs = [glob.strip("/") for glob in ignore if glob.strip("/")]
        self.names = any_of([".git", *(glob for glob in globs if "/" not in glob)])
        self.paths = any_of(glob for glob in globs if "/" in glob)
        self.owner, self.directory_mode = (-1, -1), 0o755
        self.between: Callable[[], None] = lambda: None
        self.spared: list[str] = []
        self.sure: dict[Any, str] = {}
        self.pulled: dict[Any, str] = {}
        self.seen: dict[str, tuple[Any, Entry]] = {}
        self.known: dict[str, tuple[list[str], dict[str, Entry]]] = {}

    def stands(self, path: str, entry: Entry | None, *, may_be_directory: bool = False) -> bool:
        """Whether a path is still what it was, None for nothing at all; only what may differ is read.

        A directory is no entry: there may be one where nothing was, if it makes way for what is to come.
        """
        try:
            with self.parent(path) as (fd, name):
                info = os.stat(name, dir_fd=fd, follow_symlinks=False)
                seen = self.seen.get(path)
                if seen is not None and seen[0] == STAMP(info):
                    return seen[1] == entry
                if stat.S_ISDIR(info.st_mode):
                    return may_be_directory and entry is None
                return self._entry(fd, name, path, info) == entry
        except FileNotFoundError:
            return entry is None
        except NotADirectoryError:  # there is something else where a directory was, or is to be
            return False

    def ignores(self, path: str) -> bool:
        """Whether a path is left alone; the same as Patterns.match in swatbot/tree/patterns.py."""
        names = any(map(self.names.match, path.split("/")))
        return names or any(map(self.paths.match, [path, *above(path)]))

    @contextlib.contextmanager
    def parent(self, path: str, make: int | None = None) -> Iterator[tuple[int, str]]:
        """The descriptor of a path's directory, and the name in it.

        `make` is the descriptor of where a directory that is lacking is made ready; without, none is made.
        """
        self.at = path
        *directories, name = path.split("/")
        fd = os.dup(self.fd)
        try:
            for directory in directories:
                try:
                    inner = os.open(directory, DIRECTORY, dir_fd=fd)
                except FileNotFoundError:
                    if make is None:
                        raise
                    self._make(make, fd, directory)
                    inner = os.open(directory, DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = inner
            yield fd, name
        finally:
            os.close(fd)

    def _make(self, ready: int, fd: int, name: str) -> None:
        """Make a directory; it is never seen without its owner and mode, whoever is killed."""
        os.mkdir("made", 0o700, dir_fd=ready)
        made = os.open("made", DIRECTORY, dir_fd=ready)
        self.give(made, self.directory_mode)
        os.close(made)
        try:
            os.rename("made", name, src_dir_fd=ready, dst_dir_fd=fd)
        except OSError as error:
            os.rmdir("made", dir_fd=ready)
            if error.errno == errno.EXDEV:
                raise elsewhere(self.at) from None
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise

    def give(self, fd: int, mode: int) -> None:
        """Have an open file be whose the config says, with this mode."""
        if self.owner != (-1, -1):
            os.fchown(fd, *self.owner)
        os.fchmod(fd, mode & 0o7777)

    def prove(self, roots: list[str]) -> tuple[str, dict[str, Entry]]:
        """What lies under the roots: its digest, and all by path."""
        entries = self.hold(roots)
        return self.named(roots, entries), entries

    def named(self, roots: list[str], entries: dict[str, Entry]) -> str:
        """The digest of these entries; that of the last few is known."""
        for sha, known in self.known.items():
            if known == (roots, entries):
                return sha
        sha = digest(roots, entries)
        self.known[sha] = (roots, entries)
        if len(self.known) > KEPT_STEPS:
            del self.known[next(iter(self.known))]
        return sha

    def hold(self, roots: Iterable[str]) -> dict[str, Entry]:
        """What lies under the roots, by path."""
        found: dict[str, Entry] = {}
        self.spared = []
        for root in roots:
            if root in ("", "."):
                self._walk(self.fd, "", found)
            elif not self.ignores(checked(root)):
                gone = contextlib.suppress(FileNotFoundError, NotADirectoryError)
                with gone, self.parent(root) as (fd, name):
                    self._visit(fd, name, root, os.stat(name, dir_fd=fd, follow_symlinks=False), found)
        return found

    def _walk(self, fd: int, directory: str, found: dict[str, Entry]) -> None:
        with os.scandir(fd) as items:
            for item in items:
                self.at = path = directory + item.name
                seen = self.seen.get(path)
                if seen is None and (self.names.match(item.name) or self.paths.match(path)):
                    self.spared.append(path)
                    continue
                try:
                    info = item.stat(follow_symlinks=False)
                    if seen is not None and seen[0] == STAMP(info):
                        found[path] = seen[1]
                    else:
                        self._visit(fd, item.name, path, info, found)
                except FileNotFoundError:
                    continue

    def _visit(self, fd: int, name: str, path: str, info: os.stat_result, found: dict[str, Entry]) -> None:
        if stat.S_ISDIR(info.st_mode):
            inner = os.open(name, DIRECTORY, dir_fd=fd)
            try:
                self._walk(inner, path + "/", found)
            finally:
                os.close(inner)
            return
        found[path] = self._entry(fd, name, path, info)
        if time.time() - info.st_ctime > SETTLED_SECONDS:  # noqa: TID251 - a target has no Clock port
            self.seen[path] = (STAMP(info), found[path])

    def _entry(self, fd: int, name: str, path: str, info: os.stat_result) -> Entry:
        if stat.S_ISLNK(info.st_mode):
            target = os.readlink(name, dir_fd=fd)
            return (path, "link", 0, len(encoded(target)), target)
        if not stat.S_ISREG(info.st_mode):
            raise Trouble(f"{path!r} is neither a file, a link nor a directory: remove it")
        sha = self.sure.get(IDENTITY(info)) or self.hash(os.open(name, READ, dir_fd=fd))
        return (path, "file", stat.S_IMODE(info.st_mode), info.st_size, sha)

    def hash(self, fd: int) -> str:
        """The sha256 of an open file, which is closed."""
        sha = hashlib.sha256()
        for data in pieces(fd):
            sha.update(data)
            self.between()
        return sha.hexdigest()


class State:
    """The state directory: lock, notes, files that are being written, that were replaced, that were pulled.

    A note is a link that leads nowhere, and its target is what is noted. So it is there as a whole or not
    at all, and has no data that would have to be synced; file systems keep the order of names by themselves.
    A step that was begun has a note of its own for its roots: what others do elsewhere does not end it.
    """

    def __init__(self, path: str, root: str, device: int) -> None:
        if (os.path.realpath(path) + "/").startswith(os.path.realpath(root).rstrip("/") + "/"):
            raise Trouble(f"the state directory {path!r} lies inside the root")
        self.fd = self._open(path, None)
        info = os.fstat(self.fd)
        if info.st_uid != os.geteuid() or info.st_mode & 0o022:
            raise Trouble(f"the state directory {path!r} is not ours alone")
        if info.st_dev != device:
            raise Trouble(f"the state directory {path!r} is not on the root's file system")
        self.device, self.pulled = device, f"{path}/pulled"
        self.new, self.kept = self._open("new", self.fd), self._open("kept", self.fd)
        os.close(self._open("pulled", self.fd))
        self.lock = os.open("lock", os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=self.fd)

    @staticmethod
    def _open(path: str, fd: int | None) -> int:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700, dir_fd=fd)
        return os.open(path, DIRECTORY, dir_fd=fd)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other helpers out; what one that was killed left behind is removed first."""
        signal.alarm(LOCK_SECONDS)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX)
            signal.alarm(0)
            self.clean()
            yield
        finally:
            signal.alarm(0)
            fcntl.flock(self.lock, fcntl.LOCK_UN)

    def clean(self) -> None:
        """Remove what was made ready and never moved into place; what had been kept is kept on."""
        for name in os.listdir(self.new):
            if KEPT.fullmatch(name):
                os.rename(name, name, src_dir_fd=self.new, dst_dir_fd=self.kept)
                continue
            try:
                os.unlink(name, dir_fd=self.new)
            except IsADirectoryError:
                os.rmdir(name, dir_fd=self.new)

    def note(self, name: str, text: str) -> None:
        """Note something."""
        try:
            os.symlink(text, name, dir_fd=self.fd)
        except FileExistsError:
            os.symlink(text, name, dir_fd=self.new)
            os.rename(name, name, src_dir_fd=self.new, dst_dir_fd=self.fd)

    def noted(self, name: str) -> str:
        """What was noted, "" if nothing was."""
        try:
            return os.readlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            return ""

    def fence(self) -> int:
        """The highest token that was seen."""
        return int(self.noted("fence") or 0)

    def guard(self, token: int, durable: bool) -> None:
        """Refuse a token that is lower than one seen before; remember a higher one."""
        seen = self.fence()
        if token < seen:
            raise Trouble(f"the fencing token {token} is older than {seen}", stale=seen)
        if token > seen:
            self.note("fence", str(token))
            if durable:
                os.fsync(self.fd)

    def begin(self, number: object, step: object, target: str, roots: list[str]) -> None:
        """Note that a step is about to change files under these roots."""
        text = f"{number}/{step}/{target[:16]}/"
        said = json.dumps(roots)
        self.note(self.begun(roots), text + (said if len(text + said) <= LONGEST_NOTE else '["."]'))

    @staticmethod
    def begun(roots: list[str]) -> str:
        """The name of the note that a step on these roots was begun."""
        return "step-" + digest(roots, {})[:16]

    def steps(self) -> dict[str, tuple[dict[str, str], list[str]]]:
        """The steps that were begun and not ended, by the names of their notes, and the roots of each."""
        found = {}
        for name in os.listdir(self.fd):
            note = self.noted(name) if name.startswith("step") else ""
            if note:
                *rest, roots = [*note.split("/", 3), '["."]'][:4]
                found[name] = (dict(zip(("number", "step", "target"), rest)), json.loads(roots))
        return found

    def unfinished(self) -> Any:
        """The first step that was begun and not ended, {number, step, target}, or None."""
        steps = [step for step, _ in self.steps().values()]
        return min(steps, key=lambda step: (int(step["number"]), step["step"]), default=None)

    def finish(self, roots: list[str]) -> None:
        """Nothing is unfinished any more under these roots."""
        own = self.begun(roots)
        for name, (_, noted) in self.steps().items():
            if name == own or all(covered(root, roots) for root in noted):
                os.unlink(name, dir_fd=self.fd)

    def forget(self, roots: list[str]) -> None:
        """Of a step that was begun with these roots, nothing has come."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.begun(roots), dir_fd=self.fd)

    def keeps(self) -> dict[str, str]:
        """Contents that were replaced by the last few steps: sha256 -> name, which is SERIAL.SHA256."""
        return {name.partition(".")[2]: name for name in os.listdir(self.kept)}

    def has_pulled(self, least: int = 1) -> bool:
        """Whether something is there that was pulled for so many steps."""
        return len(os.listdir(self.pulled)) >= least

    def sweep(self, most: int, seconds: float = 0) -> None:
        """Remove what was pulled, except for the last so many steps, and what is younger than that."""
        import shutil  # noqa: PLC0415 - most connections never need it, and it takes long to load

        found = []
        for item in os.scandir(self.pulled):
            with contextlib.suppress(FileNotFoundError):  # another connection's helper may be sweeping, too
                found.append((item.stat().st_mtime, item.path))
        for changed, path in sorted(found)[: max(len(found) - most, 0)]:
            if time.time() - changed >= seconds:  # noqa: TID251 - a target has no Clock port
                shutil.rmtree(path, ignore_errors=True)

    def owner(self, owner: str, group: str) -> tuple[int, int]:
        """Whose the files are to be, by number; tried on the lock, before anything is written."""
        try:
            uid = pwd.getpwnam(owner).pw_uid if owner else -1
            gid = grp.getgrnam(group).gr_gid if group else -1
            os.fchown(self.lock, uid, gid)
        except (KeyError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else "there is none of that name"
            whose = f"owner {owner!r} and group {group!r}"
            raise Trouble(f"files can not be given to {whose} as the config wants: {why}") from None
        return uid, gid


class Step:
    """One request to bring the files under some roots from a base to a target.

    `new` are the entries to be written, by the name that their file has until it is moved into place, `sent`
    the names of those whose contents come with the request, `differing` of those as how they differ from the
    file at the same path, with the sizes of their pieces; the others are among those that were kept, or
    pulled. A host that `serves` others holds on to what it has pulled.
    """

    def __init__(self, tree: Tree, state: State, request: dict[str, Any]) -> None:
        self.tree, self.state, self.request = tree, state, request
        self.durable, self.begun = bool(request["durable"]), state.steps().keys()
        self.roots: list[str] = request["roots"]
        self.drop: set[str] = set(request["drop"])
        self.keeps, self.changed = state.keeps(), False
        self.back: set[str] = set()
        rows = {self._name(n, row): row for n, row in enumerate(request["set"])}
        self.new: dict[str, Entry] = {
            n: (str(p), str(k), m, s, str(c)) for n, (p, k, m, s, c, _) in rows.items()
        }
        self.sent = {name for name, row in rows.items() if row[5]}
        self.differing: dict[str, list[int]] = {n: r[5] for n, r in rows.items() if isinstance(r[5], list)}
        self.fresh = set(self.sent)
        self.serves = request.get("serves")
        self.pulled = None if self.serves is None else Pulled(tree, state, request["target"])
        self.pulls = self.pulled.found() if self.pulled else {}
        self.now, self.held = self._look()

    def run(self, frames: Frames) -> dict[str, Any]:
        """Carry it out, or say what is missing for that."""
        target = str(self.request["target"])
        if self.now == target:
            if self.durable and self.begun:  # the one that was killed may not have come to that
                self._sync_directories()
            return self._done(target, [])
        if self.now != self.request["base"]:
            return {"other": self.now}
        wanted = {path: entry for path, entry in self.held.items() if path not in self.drop}
        wanted.update((entry[0], entry) for entry in self.new.values())
        self._check(wanted, target)
        local = {e[4] for name, e in self.new.items() if e[1] == "file" and name not in self.sent}
        need = local - self.keeps.keys() | self._linked()
        if self.pulled:  # all that is spoilt is told at once
            need -= self.pulled.proven(need)
        if need:
            return {"need": sorted(need)}
        kept = self._carry_out(frames, target, local)
        proven = self.tree.prove(self.roots)[0]
        return self._done(target, kept) if proven == target else {"other": proven}

    def _carry_out(self, frames: Frames, target: str, local: set[str]) -> list[str]:
        """Write it all, or leave nothing of it behind; the contents that were replaced."""
        try:
            self._stage(frames)
            return self._move(target)
        except BaseException as error:
            with contextlib.suppress(OSError):
                self.state.clean()
                if not (self.changed or self.state.begun(self.roots) in self.begun):
                    self.state.forget(self.roots)
            if isinstance(error, OSError) and error.errno in FULL and not self.changed:
                raise self._full(error, local) from None
            raise

    def _look(self) -> tuple[str, dict[str, Entry]]:
        """What lies under the roots.

        Where little is to change, and that is still as it was, the rest is taken to be so as well: the proof
        that comes after it looks at everything, and finds what is not. None comes where nothing changes.
        """
        roots, held = self.tree.known.get(self.request["base"], ([], {}))
        paths = self._paths()
        is_little = roots == self.roots and 0 < len(paths) * 8 < len(held)
        # What the last look found in the way may be gone.
        is_little = is_little and self._stuck().keys().isdisjoint(paths)
        if is_little and all(self.tree.stands(path, held.get(path)) for path in paths):
            return self.request["base"], held
        return self.tree.prove(self.roots)

    def _done(self, target: str, kept: list[str]) -> dict[str, Any]:
        self.state.finish(self.roots)
        self.tree.pulled.clear()
        if self.serves is False:
            self.state.sweep(0)
        # What it had kept it did not pull: others that lack it find it elsewhere.
        served = sorted(self.pulled.found()) if self.serves and self.pulled else []
        return {"done": target, "kept": kept, "serves": served}

    def _name(self, nth: int, row: list[Any]) -> str:
        """The name of an entry's file: one that was kept has its own on the way, so that it finds back."""
        kept = None if row[5] or row[1] != "file" else self.keeps.get(row[4])
        if kept is None or kept in self.back:
            return str(nth)
        self.back.add(kept)
        return kept

    def _paths(self) -> list[str]:
        return [entry[0] for entry in self.new.values()] + [*self.drop]

    def _linked(self) -> set[str]:
        """What should go back, and has another name somewhere: who writes to that would write to ours."""
        found = set()
        for name in self.back:
            if os.stat(name, dir_fd=self.state.kept, follow_symlinks=False).st_nlink != 1:
                os.unlink(name, dir_fd=self.state.kept)
                found.add(self.new[name][4])
        return found

    def _outermost(self) -> list[str]:
        """The paths, but for those under a file that makes way for a directory: that is a path itself."""
        return [path for path in self._paths() if not self.held.keys() & set(above(path))]

    def _check(self, wanted: dict[str, Entry], target: str) -> None:
        """Refuse what makes no sense here."""
        paths = [checked(entry[0]) for entry in self.new.values()]
        inside = self.held.keys() >= self.drop and all(covered(path, self.roots) for path in paths)
        if not inside or self.tree.named(self.roots, wanted) != target:
            raise Trouble("the request does not add up to its target")
        stuck = self._stuck()
        for path in paths:
            if self.tree.ignores(path):
                raise Trouble(f"{path!r} is ignored by the config, and not written")
            if path in stuck:
                why = f"is a directory that holds {stuck[path]!r}, which is ignored: remove it"
                raise Trouble(f"{path!r} {why}")

    def _stuck(self) -> dict[str, str]:
        """The directories that something ignored lies in, and what."""
        return {directory: path for path in self.tree.spared for directory in above(path)}

    def _stage(self, frames: Frames) -> None:
        """Make ready what is new; no file under the root changes yet."""
        self._prepare()
        # The contents that are sent as differences come first in the request.
        for name in sorted(self.new, key=lambda name: name not in self.differing):
            self.tree.at, kind, mode, _, content = self.new[name]
            if kind == "link":
                os.symlink(content, name, dir_fd=self.state.new)
                os.chown(name, *self.tree.owner, dir_fd=self.state.new, follow_symlinks=False)
                continue
            if name in self.sent:
                with os.fdopen(os.open(name, CREATE, 0o600, dir_fd=self.state.new), "wb") as file:
                    file.writelines(self._content(name, frames))
            elif name in self.back:
                os.rename(name, name, src_dir_fd=self.state.kept, dst_dir_fd=self.state.new)
                del self.keeps[content]
                self.pulls[content] = (name, self.state.new)
            else:
                self._take(name, content)
            self._ready(name, mode, content)

    def _content(self, name: str, frames: Frames) -> Iterator[bytes]:
        """The bytes of a content that comes with the request."""
        path, _, _, size, content = self.new[name]
        if name not in self.differing:
            yield from frames.content(size)
            return
        with self.tree.parent(path) as (fd, old):
            base = os.open(old, READ, dir_fd=fd)
        with os.fdopen(base, "rb", 0):
            for nth, size in enumerate(self.differing[name]):
                begin, end = alike(nth)
                packed = zlib.decompressobj(-zlib.MAX_WBITS, os.pread(base, end - begin, begin))
                try:
                    yield packed.decompress(frames.piece(size), CHUNK)
                except zlib.error:
                    raise Trouble("what it is to be made of has changed", need=[content]) from None

    def _take(self, name: str, content: str) -> None:
        """Move what was pulled; copy what must stay, or was made ready for another entry already."""
        place, at = self.pulls[content]
        self.fresh.add(name)
        if at is None and not self.serves:
            os.rename(place, name, dst_dir_fd=self.state.new)
            self.pulls[content] = (name, self.state.new)
            return
        with os.fdopen(os.open(name, CREATE, 0o600, dir_fd=self.state.new), "wb") as file:
            for data in pieces(os.open(place, READ, dir_fd=at)):
                file.write(data)
                self.tree.between()

    def _full(self, error: OSError, local: set[str]) -> Trouble:
        """Nothing changed, since there is no room: give up what was pulled, and be asked once more."""
        why = f"{error.strerror} for {self.tree.at!r}"
        if self.state.has_pulled():
            self.state.sweep(0)
            return Trouble(f"{why}: what was pulled has been removed", need=sorted(local))
        disk = os.fstatvfs(self.tree.fd)
        free = disk.f_bavail * disk.f_frsize >> 20
        return Trouble(f"{why}: make room where {self.tree.root!r} is, which has {free} MiB left")

    def _prepare(self) -> None:
        """Make directories, and see that all can be written: better to fail now than half-way."""
        for path in self._outermost():
            with self.tree.parent(path, None if path in self.held else self.state.new) as (fd, _):
                if not os.access(".", os.W_OK | os.X_OK, dir_fd=fd):
                    raise Trouble(f"the directory of {path!r} can not be written to")
                if os.fstat(fd).st_dev != self.state.device:
                    raise elsewhere(path)

    def _ready(self, name: str, mode: int, wanted: str) -> None:
        """See that a file is what was meant, and nobody's but ours; give it its owner and mode."""
        with os.fdopen(os.open(name, READ, dir_fd=self.state.new), "rb", 0) as file:
            info = os.fstat(file.fileno())
            if info.st_nlink == 1:
                self.tree.give(file.fileno(), mode)
                self.tree.sure[IDENTITY(info)] = wanted
            sha = self.tree.pulled.get(IDENTITY(info)) if name in self.fresh - self.sent else None
            sha = sha or self.tree.hash(os.dup(file.fileno()))
        if sha != wanted or info.st_nlink != 1:
            os.unlink(name, dir_fd=self.state.new)
            raise Trouble("what was written is not what was meant", need=[wanted])

    def _move(self, target: str) -> list[str]:
        """Put it all into place; the contents that were replaced.

        To get here may have taken long: what somebody edited meanwhile is told, like what was there before.
        """
        paths = self._outermost()
        if not all(self.tree.stands(path, self.held.get(path), may_be_directory=True) for path in paths):
            raise Trouble("it changes while it is synced", other=self.tree.prove(self.roots)[0])
        self.state.begin(self.request["number"], self.request["step"], target, self.roots)
        self._sync_files()
        kept = self._keep()
        self.changed = True
        self._replace()
        self._sync_directories()
        return kept

    def _sync_files(self) -> None:
        """Have the disk keep what is new; what goes back has been there for long."""
        fresh = [name for name, entry in self.new.items() if entry[1] == "file" and name in self.fresh]
        if self.durable:
            size = sum(self.new[name][3] for name in fresh)
            flush_all(fresh, lambda name: os.open(name, READ, dir_fd=self.state.new), self.tree.between, size)

    def _sync_directories(self) -> None:
        """Have the disk keep what was moved; where a name came or went, a directory may have as well.

        After a step that was begun and not ended, that may be everywhere under the roots.
        """
        if not self.durable:
            return
        everywhere: list[str] = []
        if self.begun:
            everywhere = [*self.held, *self.tree.spared, *(f"{root}/." for root in self.roots)]
        places = {directory for path in everywhere for directory in [*above(path), ""]}
        for path in self._paths():
            near = [*above(path), ""]
            places.update(near[:1] if path in self.held and path not in self.drop else near)
        flush_all(sorted(places), self._opened, self.tree.between)

    def _opened(self, directory: str) -> int:
        gone = contextlib.suppress(FileNotFoundError, NotADirectoryError)
        with gone, self.tree.parent(f"{directory}/." if directory else ".") as (fd, _):
            return os.dup(fd)
        return -1

    def _keep(self) -> list[str]:
        """Hold on to what is about to be replaced, so that going back needs no transfer."""
        serials = {name: int(name.partition(".")[0]) for name in self.keeps.values()}
        serial, kept = max(serials.values(), default=0) + 1, []
        for entry in [self.held[path] for path in self._paths() if path in self.held]:
            if entry[1] == "file":
                with contextlib.suppress(OSError), self.tree.parent(entry[0]) as (fd, name):
                    place = f"{serial}.{entry[4]}"
                    os.link(name, place, src_dir_fd=fd, dst_dir_fd=self.state.kept, follow_symlinks=False)
                    kept.append(entry[4])
        for name in [name for name, old in serials.items() if old <= serial - KEPT_STEPS]:
            os.unlink(name, dir_fd=self.state.kept)
        return kept

    def _replace(self) -> None:
        """Move all into place, back to back; what stands in the way goes first, what must go last."""
        paths = {entry[0] for entry in self.new.values()}
        over = {directory for path in paths for directory in above(path)}
        first = [path for path in self.drop if path in over or not paths.isdisjoint(above(path))]
        for path in first:
            self._remove(path)
        for name, entry in self.new.items():
            self._rename(name, entry[0])
        for path in self.drop.difference(first):
            self._remove(path)

    def _rename(self, ready: str, path: str) -> None:
        with self.tree.parent(path, None if path in self.held else self.state.new) as (fd, name):
            try:
                os.rename(ready, name, src_dir_fd=self.state.new, dst_dir_fd=fd)
            except IsADirectoryError:
                hollow(fd, name)
                os.rename(ready, name, src_dir_fd=self.state.new, dst_dir_fd=fd)

    def _remove(self, path: str) -> None:
        with self.tree.parent(path) as (fd, name):
            os.unlink(name, dir_fd=fd)
        for directory in above(path):
            with contextlib.suppress(OSError), self.tree.parent(directory) as (fd, name):
                if covered(directory, self.roots):
                    os.rmdir(name, dir_fd=fd)


def hollow(fd: int, name: str) -> None:
    """Remove a directory in which there are only directories."""
    inner = os.open(name, DIRECTORY, dir_fd=fd)
    try:
        for child in os.listdir(inner):
            hollow(inner, child)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=fd)


def run(argv: list[str], seconds: float, root: str) -> dict[str, Any]:
    """Run a command; its exit status (None: it did not end in time), and how its stderr begins."""
    import subprocess  # noqa: PLC0415 - most connections never need it, and it takes long to load
    import threading  # noqa: PLC0415 - the same

    none, pipe = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(
        argv, bufsize=0, cwd=root, stdin=none, stdout=none, stderr=pipe, start_new_session=True
    )
    said = bytearray()

    def listen(stderr: Any) -> None:
        for data in iter(lambda: stderr.read(PIECE), b""):
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


@contextlib.contextmanager
def limited(size: int) -> Iterator[None]:
    """What is begun meanwhile can write no file that is larger."""
    import resource  # noqa: PLC0415 - most connections never need it

    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    is_least = before != resource.RLIM_INFINITY and before < size
    resource.setrlimit(resource.RLIMIT_FSIZE, (before if is_least else size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


class Pulled:
    """Contents that rsync fetches for one step, into a directory that is named after the step's target.

    A content lies where its sha256 says, as in the snapshot store: AB/CDEF. It is proven as soon as it has
    come; what is not what its name says is removed.
    """

    def __init__(self, tree: Tree, state: State, target: str) -> None:
        self.name = self._sha(target)[:16]
        self.tree, self.state, self.path = tree, state, f"{state.pulled}/{self.name}"

    @staticmethod
    def _sha(text: str) -> str:
        if not SHA.fullmatch(text):
            raise Trouble(f"{text!r} is not a sha256")
        return text

    def begin(self) -> Pulled:
        """Make the directory, which is the newest of those that are held on to."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.path, 0o700)
        os.utime(self.path)
        self.state.sweep(KEPT_STEPS)
        return self

    def found(self) -> dict[str, tuple[str, int | None]]:
        """What seems to be there, by sha256: its path, and the directory from which that leads, None for any.

        What a pull that was killed left behind may be among it, or what spoilt since: see `proven`.
        """
        found: dict[str, tuple[str, int | None]] = {}
        for path, _, names in os.walk(self.path):
            places = ((os.path.basename(path) + name, (f"{path}/{name}", None)) for name in names)
            found.update((sha, place) for sha, place in places if SHA.fullmatch(sha))
        return found

    def proven(self, contents: Iterable[str]) -> set[str]:
        """Those of these contents that are there; what is not what its name says is removed."""
        return {sha for sha in contents if self._is_proven(sha)}

    def fetch(self, request: dict[str, Any]) -> dict[str, Any]:
        """Have rsync fetch contents; which of them are lacking then, and why rsync says that is."""
        places = {self._sha(sha): f"{sha[:2]}/{sha[2:]}" for sha in request["contents"]}
        if not request["url"].startswith("rsync://"):
            raise Trouble(f"{request['url']!r} is not where an rsync daemon listens")
        # Another host has them in a directory of the same name. It is no part of the url: some daemons
        # then list the files, and do not find them.
        inside = f"{self.name}/" if request["host"] else ""
        # The last name ends its line, too: where it crosses a buffer rsync refuses its directory else.
        names = "".join(f"{inside}{place}\n" for place in places.values())
        try:
            said = self._rsync(request, names)
            if self.state.has_pulled(2) and any(os.strerror(error) in said for error in FULL):
                self.state.sweep(1)  # what is held on to for earlier steps is wanted less
                said = self._rsync(request, names)
        except (FileNotFoundError, PermissionError):
            return {"lack": list(places), "said": "it has no rsync", "absent": True}
        except OSError as error:
            return {"lack": list(places), "said": error.strerror}
        finally:
            self._tidy()
        return {"lack": [sha for sha in places if not self._is_proven(sha)], "said": said}

    def _rsync(self, request: dict[str, Any], names: str) -> str:
        """Run rsync until it ends, its time is over or somebody asks for something else; what it said."""
        most = self._size() + sum(request["contents"].values())
        end, held = os.pipe()
        with os.fdopen(held, "wb", 0):
            with os.fdopen(end, "rb", 0) as guarded:
                process = self._start(request, names, guarded)
            try:
                return self._said(process.stderr, time.monotonic() + request["seconds"], most)
            finally:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(self, request: dict[str, Any], names: str, guarded: Any) -> Any:
        """Rsync in a session of its own, which ends with us."""
        import shutil  # noqa: PLC0415 - most connections never need them, and they take long to load
        import subprocess  # noqa: PLC0415 - the same

        rsync = shutil.which("rsync")
        if rsync is None:
            raise FileNotFoundError
        largest = max(request["contents"].values(), default=0)
        limits = [f"--contimeout={request['connect']}", f"--timeout={request['silence']}"]
        limits.append(f"--max-size={max(largest, 1)}")
        command = [rsync, *RSYNC, *limits, "--", request["url"], "."]
        env = {**os.environ, "LC_ALL": "C", "RSYNC_PASSWORD": request["password"]}
        with os.fdopen(os.open(f"{self.path}/.{os.getpid()}", os.O_RDWR | os.O_CREAT, 0o600), "w+") as listed:
            listed.write(names)
            listed.seek(0)
            with limited(largest):
                return subprocess.Popen(
                    ["/bin/sh", "-c", GUARD, "sh", *command],
                    bufsize=0,
                    cwd=self.state.pulled if request["host"] else self.path,
                    env=env,
                    stdin=listed,
                    stdout=guarded,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )

    def _size(self) -> int:
        """The bytes of all that is there."""
        found = 0
        for path, _, names in os.walk(self.path):
            for name in names:
                with contextlib.suppress(FileNotFoundError):  # rsync renames what is whole
                    found += os.lstat(f"{path}/{name}").st_size
        return found

    def _said(self, stderr: Any, end: float, most: int) -> str:
        """What a process says on stderr until it ends, unless more comes than was asked for."""
        with stderr:
            said, look = b"", time.monotonic() + SIZE_SECONDS
            while time.monotonic() < end:
                if time.monotonic() > look:
                    if self._size() > most:
                        return "more came than was asked for"
                    look = time.monotonic() + SIZE_SECONDS
                if select.select([stderr], [], [], 0.2)[0]:
                    data = os.read(stderr.fileno(), PIECE)
                    if not data:
                        return said.decode("utf-8", "replace")
                    said += data[: SAID - len(said)]
                self.tree.between()
        return "it took too long"

    def _tidy(self) -> None:
        """Remove what rsync had begun, and what it was told."""
        for path, _, names in os.walk(self.path):
            for name in names:
                if name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(f"{path}/{name}")

    def _is_proven(self, sha: str) -> bool:
        place = f"{self.path}/{sha[:2]}/{sha[2:]}"
        with contextlib.suppress(OSError):
            info = os.lstat(place)
            if self.tree.pulled.get(IDENTITY(info)) == sha:
                return True
            if stat.S_ISREG(info.st_mode):
                fd = os.open(place, READ)
                identity = IDENTITY(os.fstat(fd))
                if self.tree.hash(fd) == sha:
                    self.tree.pulled[identity] = sha
                    return True
        self._remove(place)
        return False

    @staticmethod
    def _remove(place: str) -> None:
        """Whatever it is: who serves us may have sent anything."""
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.lstat(place).st_mode):
                import shutil  # noqa: PLC0415 - this is hardly ever needed

                shutil.rmtree(place, ignore_errors=True)
            else:
                os.unlink(place)


class Host:
    """What answers the requests of one connection."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.greeting: dict[str, Any] = {}
        self.patience = PATIENCE_SECONDS
        self.tree: Tree | None = None
        self.state: State | None = None
        self.may_stop, self.sign = False, time.monotonic()

    def serve(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request."""
        asked = request.get("op")
        if asked == "ping":
            return {}
        if asked == "hello":
            return self._hello(request)
        if self.tree is None or self.state is None:
            raise Trouble("hello comes first")
        if not os.path.samestat(os.lstat(self.tree.root), os.fstat(self.tree.fd)):
            self._hello(self.greeting)  # somebody put another directory in the root's place
        self.tree.sure.clear()
        # What a deployment waits for is answered, whatever comes after it.
        self.may_stop = asked == "pull" or bool(asked == "prove" and request.get("afresh"))
        if asked == "prove":
            return self._prove(self.tree, self.state, request)
        if asked not in ("apply", "pull", "run"):
            raise Trouble(f"{asked!r} is not a request")
        return self._change(self.tree, self.state, request)

    def _change(self, tree: Tree, state: State, request: dict[str, Any]) -> dict[str, Any]:
        """Answer a request that only one may make at a time, and none with an older token."""
        asked = request["op"]
        with state.locked(), self.frames.impatient(self.patience):
            state.guard(int(request["token"]), bool(request["durable"]))
            if asked == "apply":
                return Step(tree, state, request).run(self.frames)
            pulled = Pulled(tree, state, request["target"]).begin() if asked == "pull" else None
        # Nobody has to wait until all has been pulled: that touches no file of the root.
        if pulled:
            return pulled.fetch(request)
        return run(request["argv"], request["seconds"], tree.root)

    def _hello(self, request: dict[str, Any]) -> dict[str, Any]:
        self.greeting = request
        self.patience = float(request.get("answer_timeout", PATIENCE_SECONDS))
        root = request["root"].rstrip("/") or "/"
        head, _, name = root.rpartition("/")
        tree = Tree(root, request["ignore"])
        state = State(request["state"] or f"{head}/.swatbot-{name}", root, os.fstat(tree.fd).st_dev)
        tree.owner, tree.directory_mode = state.owner(*request["owner"]), request["directory_mode"]
        tree.between = self._breathe
        self.tree, self.state = tree, state
        if state.has_pulled():
            state.sweep(0, PULLED_SECONDS)
        disk = os.fstatvfs(tree.fd)
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

    def _breathe(self) -> None:
        """Between two pieces of a file: who asks for a proof can have it stopped by another request."""
        if self.may_stop and select.select([self.frames.source], [], [], 0)[0]:
            raise Trouble("it stopped reading its files, since it was asked something else", stopped=True)
        if time.monotonic() - self.sign > SIGN_SECONDS:
            self.sign = time.monotonic()
            os.write(2, b"\n")

    def explain(self, error: BaseException) -> dict[str, Any]:
        """The answer to a request that could not be carried out."""
        answer: dict[str, Any] = {"error": f"{type(error).__name__}: {error}"}
        if isinstance(error, Trouble):
            answer = {"error": str(error), **error.facts}
        elif isinstance(error, OSError):
            name = error.filename
            # A name alone does not tell where it is, and that which it has for a while nothing at all.
            if self.tree and name and (name in self.tree.at.split("/") or READY.fullmatch(os.fsdecode(name))):
                name = self.tree.at
            why = (
                "Not a directory, or a link, which is not followed" if error.errno == errno.ENOTDIR else None
            )
            answer = {"error": (why or error.strerror or str(error)) + (f": {name!r}" if name else "")}
        with contextlib.suppress(OSError):
            answer["unfinished"] = self.state.unfinished() if self.state else None
        return answer


def give_up(*_: object) -> None:
    """The lock was waited for long enough."""
    raise Trouble(f"another swatbot has been at work on this host for {LOCK_SECONDS} s")


def main() -> None:
    """Answer requests until there are no more."""
    os.umask(0o022)
    signal.signal(signal.SIGALRM, give_up)
    # A buffer of one byte reads what is asked for and no more: whether the next request is there can be seen.
    source = io.BufferedReader(io.FileIO(0, closefd=False), 1)
    frames = Frames(source, sys.stdout.buffer)
    host = Host(frames)
    frames.sink.write(GREETING)
    frames.sink.flush()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            try:
                request = frames.read()
            except Trouble as error:
                frames.refuse(error)
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
