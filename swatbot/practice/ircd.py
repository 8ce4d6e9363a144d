"""A small IRC server for the practice range, on loopback, that ordinary clients and the bot can both use.

Not a server for the world: no services but a NickServ, no bans, no other servers. It is here because the
range must prove accounts (`account-tag`) without anything being installed; see decision 0002.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Mapping

from swatbot.errors import OperationalError
from swatbot.ports import Clock
from swatbot.practice.ircd_commands import COMMANDS
from swatbot.practice.ircd_state import LINE_BYTES, Client, State

_READ_BYTES = 4096
# A line may have 8,191 bytes of tags before its 512.
_LONGEST_UNFINISHED = 16_384
_PING_SECONDS = 60.0
_SILENT_ROUNDS = 2


class PracticeIrcd:
    """The server, on a thread of its own.

    Args:
        port: to listen on; 0 takes a free one.
        accounts: passwords by account name.
        name: what the server calls itself.
        clock: for `server-time`, which is not offered without one.

    Attributes:
        port: where it listens, once started.
    """

    def __init__(
        self,
        port: int = 0,
        accounts: Mapping[str, str] | None = None,
        name: str = "practice.example",
        clock: Clock | None = None,
    ) -> None:
        self.port = port
        self._state = State(name, dict(accounts or {}), clock)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="practice-ircd", daemon=True)
        self._settled = threading.Event()
        self._fault: OSError | None = None

    def start(self) -> None:
        """Listen; returns when clients can connect.

        Raises:
            OperationalError: the port is taken, or not for everybody.
        """
        self._thread.start()
        self._settled.wait()
        if self._fault is not None:
            # asyncio's own text repeats the address and the number of the error.
            why = os.strerror(self._fault.errno or 0).lower()
            raise OperationalError(
                f"the practice IRC server can not listen on 127.0.0.1, port {self.port} ({why}): "
                "end what listens there, or take a free port with --irc-port 0"
            ) from self._fault

    def stop(self) -> None:
        """Drop all clients and end the thread; may be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        try:
            server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        except OSError as error:
            self._fault = error
            self._loop.close()
            self._settled.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._settled.set()
        pinging = self._loop.create_task(self._ping_the_silent())
        self._loop.run_forever()
        pinging.cancel()
        server.close()
        self._loop.run_until_complete(self._close())
        self._loop.close()

    async def _close(self) -> None:
        for client in list(self._state.clients):
            self._state.drop(client, "the practice range closes")
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=1) if others else None
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer, self._state.name)
        self._state.clients.add(client)
        try:
            async for line in _lines(reader):
                self._obey(client, line)
        finally:
            self._state.drop(client, "connection closed")

    def _obey(self, client: Client, line: bytes) -> None:
        args = _parse(line)
        if not args:
            return
        client.silent_rounds = 0
        word = args.pop(0).upper()
        command = COMMANDS.get(word)
        if command is None:
            client.numeric("421", word, "Unknown command")
        elif not (command.early or client.registered):
            client.numeric("451", "You have not registered")
        elif len(args) < command.least:
            client.numeric("461", word, "Not enough parameters")
        else:
            command.run(self._state, client, args)

    async def _ping_the_silent(self) -> None:
        while True:
            await asyncio.sleep(_PING_SECONDS)
            for client in list(self._state.clients):
                client.silent_rounds += 1
                if client.silent_rounds > _SILENT_ROUNDS:
                    self._state.drop(client, "ping timeout")
                elif client.registered:
                    client.write(f"PING :{self._state.name}")


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Lines as they come, until the client is gone or sends one without an end."""
    buffered = b""
    while len(buffered) < _LONGEST_UNFINISHED:
        try:
            data = await reader.read(_READ_BYTES)
        except OSError:
            return
        if not data:
            return
        *whole, buffered = (buffered + data).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")


def _parse(line: bytes) -> list[str]:
    """The command and its parameters. Tags that a client sends are dropped, so none can be forged.

    Bytes that are not UTF-8 pass through as they came.
    """
    if line.startswith(b"@"):
        line = line.partition(b" ")[2].lstrip(b" ")
    text = line[: LINE_BYTES - 2].decode(errors="surrogateescape").replace("\0", "").replace("\r", " ")
    if text.startswith(":"):
        text = text.partition(" ")[2]
    words, colon, last = text.partition(" :")
    return [*(word for word in words.split(" ") if word), *([last] if colon else [])]
