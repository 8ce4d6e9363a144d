"""The Chat port on a Unix socket: `swatbot say` on the deployment host, for when there is no other chat.

Who speaks is proven by the kernel: the socket tells the user id of the process at the other end. Both sides
send one JSON object a line. A client says {"say": TEXT} and gets {"heard": ID}; after that it is sent
{"channel": ..., "text": ..., "yours": ...} for each line, and {"complete": ID} when the answer is whole.
"""

import asyncio
import json
import logging
import pwd
import secrets
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from swatbot.adapters.chat_text import as_said, clean
from swatbot.errors import OperationalError
from swatbot.ports import ChannelRole, Clock, Done, Incoming, Outgoing

_log = logging.getLogger(__name__)
ANNOUNCEMENTS = "#local"
_CREDENTIALS = struct.Struct("3i")
_LONGEST_LINE = 2**16
_UNREAD_BYTES = 2**20
_WORLD_MAY_SPEAK = 0o666
_STOP_SECONDS = 3.0
# Seconds in which further lines of a private answer have come.
_REST_OF_ANSWER = 0.5


@dataclass(eq=False)
class _Peer:
    """One connected client: who it is by the kernel's word, and its private channel."""

    writer: asyncio.StreamWriter
    user: str
    channel: str
    messages: int = 0

    def tell(self, **what: object) -> None:
        """Send one object; a client that does not read is cut off."""
        transport = self.writer.transport
        if transport.get_write_buffer_size() > _UNREAD_BYTES:
            transport.abort()
        elif not transport.is_closing():
            self.writer.write(json.dumps(what).encode() + b"\n")


class LocalChat:
    """Listens on a Unix socket, on a thread of its own; `hear` runs there and must not block.

    Args:
        path: of the socket. Its folder is made if it is missing (mode 0755); everyone may speak (0666).
        clock: tells which lines are late.
        host: this machine's name in accounts, `local:HOST/USER`.
    """

    def __init__(self, path: Path, clock: Clock, host: str = "") -> None:
        self._path, self._clock = path, clock
        self._host = host or socket.gethostname()
        self._peers: set[_Peer] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="local-chat", daemon=True)
        self._server: asyncio.Server | None = None
        self._hear: Callable[[Incoming], None] | None = None

    @property
    def network(self) -> str:
        """Always "local"."""
        return "local"

    @property
    def channels(self) -> dict[str, ChannelRole]:
        """Announcements go to everyone who is connected."""
        return {ANNOUNCEMENTS: ChannelRole.COMMANDS}

    def called(self, channel: str) -> str:
        """There is no other name for it."""
        return channel

    @property
    def redelivers(self) -> bool:
        """What was said and not heard is lost."""
        return False

    def start(self, hear: Callable[[Incoming], None]) -> None:
        """Listen; returns when clients can connect.

        Raises:
            OperationalError: another swatbot listens there, or the folder is no safe place.
        """
        self._hear = hear
        try:
            listener = _listen(self._path)
        except OperationalError:
            self._loop.close()
            raise
        self._thread.start()
        self._await(self._serve(listener))

    def post(self, line: Outgoing, done: Done) -> None:
        """Send a line to all clients ("#local"), to one ("say-…"), or to all of a user's; nothing waits here.

        A client that has gone in the meantime gets nothing; the line still counts as sent.
        """
        self._soon(self._post, line.channel, as_said(line, self._clock.now()), done)

    def stop(self) -> None:
        """Send what is queued if that is possible within seconds, hang up, and remove the socket."""
        if not self._thread.is_alive():
            return
        self._await(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._path.unlink(missing_ok=True)

    def _soon(self, call: Callable[..., None], *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *args)

    def _await(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * _STOP_SECONDS)

    async def _serve(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_unix_server(self._talk, sock=listener, limit=_LONGEST_LINE)

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        for peer in list(self._peers):
            peer.writer.close()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        if talks:
            _, stuck = await asyncio.wait(talks, timeout=_STOP_SECONDS)
            for talk in stuck:
                talk.cancel()
            await asyncio.gather(*stuck, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _Peer(writer, _user(writer), f"say-{secrets.token_hex(4)}")
        self._peers.add(peer)
        try:
            while line := await reader.readline():
                self._heard(peer, line)
        except (OSError, ValueError) as fault:
            peer.tell(error=f"not understood: {fault}")
        finally:
            self._peers.discard(peer)
            writer.close()

    def _heard(self, peer: _Peer, line: bytes) -> None:
        """Pass on what a client says; the account is the kernel's word, never the client's.

        Raises:
            ValueError: the line is not what a client may send.
        """
        said = json.loads(line)
        text = said.get("say") if isinstance(said, dict) else None
        if not isinstance(text, str):
            raise ValueError('a line must be {"say": TEXT}')  # noqa: TRY004 - one kind of fault for all of JSON
        peer.messages += 1
        message = f"{peer.channel}-{peer.messages}"
        passed_on = self._pass_on(
            Incoming(
                text=text,
                nick=peer.user,
                account=f"local:{self._host}/{peer.user}",
                channel=peer.channel,
                private=True,
                message=message,
                addressed=True,
            )
        )
        if passed_on:
            peer.tell(heard=message)
        else:
            peer.tell(error="swatbot stumbled over it; see its log")

    def _pass_on(self, incoming: Incoming) -> bool:
        if self._hear is None:
            return False
        try:
            self._hear(incoming)
        except Exception:  # noqa: BLE001 - the front end outlives what others do with a line
            _log.exception("a line from the local socket could not be dealt with")
            return False
        return True

    def _post(self, channel: str, text: str, done: Done) -> None:
        for peer in self._peers:
            yours = channel in (peer.channel, peer.user)
            if yours or channel == ANNOUNCEMENTS:
                peer.tell(channel=channel, text=clean(text), yours=yours)
        done(text)


def say(path: Path, text: str, out: Callable[[str], None], quiet_after: float) -> int:
    """Say one line to the swatbot that runs here, and pass on its answer.

    Args:
        path: of its socket.
        text: the line.
        out: gets each line of the answer.
        quiet_after: seconds of silence after which the answer is taken for whole.

    Returns:
        0 if there was an answer, 1 if there was none.

    Raises:
        OperationalError: no swatbot listens, or it did not understand.
    """
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(quiet_after)
        _connect(sock, path)
        sock.sendall(json.dumps({"say": text}).encode() + b"\n")
        with sock.makefile("rb") as lines:
            return _hear_answer(sock, lines, out, quiet_after)


def _hear_answer(sock: socket.socket, lines: BinaryIO, out: Callable[[str], None], quiet_after: float) -> int:
    """Pass lines on until it is quiet: what is asked for in public is answered to everyone.

    A line for us alone is an answer, and what belongs to it follows at once.
    """
    answered, until = 1, time.monotonic() + quiet_after
    while (left := until - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            line = lines.readline()
        except TimeoutError:
            break
        if not line:
            break
        told = json.loads(line)
        if "error" in told:
            raise OperationalError(f"swatbot: {told['error']}")
        if "text" in told:
            out(told["text"])
            answered = 0
            until = time.monotonic() + (min(quiet_after, _REST_OF_ANSWER) if told["yours"] else quiet_after)
    return answered


def _connect(sock: socket.socket, path: Path) -> None:
    try:
        sock.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError) as fault:
        raise OperationalError("no swatbot is running here: start it with 'swatbot run'") from fault
    except OSError as fault:
        raise OperationalError(f"can not speak to swatbot at {path}: {fault.strerror or fault}") from fault


def _listen(path: Path) -> socket.socket:
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o755)
    if path.parent.stat().st_mode & stat.S_IWOTH:
        raise OperationalError(f"{path.parent} can be written by everyone: no place for swatbot's socket")
    sock = socket.socket(socket.AF_UNIX)
    try:
        _remove_stale(path)
        sock.bind(str(path))
        path.chmod(_WORLD_MAY_SPEAK)
        sock.listen()
    except OSError as fault:
        sock.close()
        raise OperationalError(f"can not listen at {path}: {fault.strerror or fault}") from fault
    return sock


def _remove_stale(path: Path) -> None:
    """A killed swatbot leaves its socket behind; one that answers is left alone."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except FileNotFoundError:
            return
    raise OSError(None, "another swatbot listens there")


def _user(writer: asyncio.StreamWriter) -> str:
    peer = writer.get_extra_info("socket")
    packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(packed)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"
