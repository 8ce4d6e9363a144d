"""Runs one command of an SSH client as a real subprocess, its three streams wired to the channel."""

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import paramiko

GONE = (OSError, EOFError, paramiko.SSHException)  # what a channel raises when its client has left
_PIECE = 128 * 1024  # bytes; larger pieces are re-sliced for every packet


class Command:
    """`/bin/sh -c TEXT` in a directory, for as long as its channel or itself lives.

    Args:
        channel: where stdin comes from, and stdout, stderr and the exit status go to.
        text: what the client asked to run.
        directory: where it runs.
        delay: asked before each piece of stdin is passed on; seconds to wait.
    """

    def __init__(
        self, channel: paramiko.Channel, text: str, directory: Path, delay: Callable[[], float]
    ) -> None:
        self._channel = channel
        self._delay = delay
        self._ended = threading.Event()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", text],
            cwd=directory,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._pumps = [
            threading.Thread(target=pump, name=f"practice-{pump.__name__}", daemon=True)
            for pump in (self._feed, self._drain)
        ]
        for pump in self._pumps:
            pump.start()

    @property
    def ended(self) -> bool:
        """Whether it has ended and its exit status is sent."""
        return self._ended.is_set()

    def kill(self) -> None:
        """End it and what it started, as a power cut would, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(*GONE):
            self._channel.close()
        # What it started in another session may hold its pipes for longer; that is not waited for.
        self._ended.wait(2.0)

    def _feed(self) -> None:
        """Channel to stdin, until either ends; a process that reads no more does not block its client."""
        stdin = _piped(self._process.stdin)
        reading = True
        while piece := self._channel.recv(_PIECE):
            if (seconds := self._delay()) > 0:
                self._ended.wait(seconds)
            reading = reading and _written(stdin, piece)
        with contextlib.suppress(OSError):
            stdin.close()

    def _drain(self) -> None:
        """Stdout and stderr to the channel as they come, the exit status last."""
        sinks: dict[int, Callable[[bytes], object]] = {
            _piped(self._process.stdout).fileno(): self._channel.sendall,
            _piped(self._process.stderr).fileno(): self._channel.sendall_stderr,
        }
        # poll, not epoll: it takes no file descriptor of its own, and there may be hundreds of commands.
        poll = select.poll()
        for fd in sinks:
            poll.register(fd, select.POLLIN)
        with contextlib.suppress(*GONE):
            while sinks:
                _carry(poll, sinks)
        self._end()

    def _end(self) -> None:
        for pipe in (self._process.stdout, self._process.stderr):
            _piped(pipe).close()
        code = self._process.wait()
        with contextlib.suppress(*GONE):
            self._channel.send_exit_status(code if code >= 0 else 128 - code)
            self._channel.close()
        self._ended.set()


def _carry(poll: select.poll, sinks: dict[int, Callable[[bytes], object]]) -> None:
    for fd, _ in poll.poll():
        piece = os.read(fd, _PIECE)
        if piece:
            sinks[fd](piece)
        else:
            poll.unregister(fd)
            del sinks[fd]


def _written(stdin: IO[bytes], piece: bytes) -> bool:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[os.write(stdin.fileno(), rest) :]
    except OSError:  # the process has closed its stdin, or ended
        return False
    return True


def _piped(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("every stream of a command is a pipe")
    return pipe
