"""The helper as a process of its own, under any Python, with pipes instead of SSH."""

import json
import select
import shlex
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from swatbot.domain.manifest import Manifest
from swatbot.fleet import program, wire
from swatbot.fleet.helper import PARTS
from swatbot.fleet.payload import entries_of
from swatbot.fleet.program import Program

_CRASHING = Path(__file__).with_name("crashing_helper.py")


def hello_to(root: Path, state: str = "", ignore: Sequence[str] = ()) -> dict[str, Any]:
    """The request with which a conversation begins."""
    usual = {"owner": ("", ""), "directory_mode": 0o755}
    return {"op": "hello", "root": str(root), "state": state, "ignore": ignore, **usual}


def altered(old: bytes, new: bytes) -> Program:
    """The helper with something else in its source."""
    source = program.HELPER.source
    assert old in source
    return Program(source.replace(old, new))


class HelperProcess:
    """One helper, started by the very command that a host runs."""

    def __init__(
        self,
        root: Path,
        python: str,
        state: str = "",
        *,
        hello: bool = True,
        ignore: Sequence[str] = (),
        dies: Sequence[str] = (),
    ) -> None:
        """Start it; `dies` are the arguments of crashing_helper.py, for one that does not live."""
        argv = shlex.split(wire.command(python))
        source = program.HELPER.sent
        if dies:
            argv, source = [python, "-X", "utf8", str(_CRASHING), *dies], b""
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.write(source)
        assert self._out.readline() == wire.GREETING
        if hello:
            self.hello = self.ask(hello_to(root, state, ignore))

    def ask(self, header: dict[str, Any], blob: bytes = b"") -> dict[str, Any]:
        return self.ask_raw(wire.request(header, blob))

    def ask_raw(self, request: bytes) -> dict[str, Any]:
        self.write(request)
        return self.answer()

    def look(self, roots: Sequence[str]) -> tuple[Manifest, object]:
        """What it holds, and the step that is unfinished there."""
        proof = self.ask({"op": "prove", "roots": roots, "near": [""] * PARTS})
        manifest = Manifest.of(roots, entries_of(proof["entries"]))
        assert manifest.digest == proof["digest"]
        return manifest, proof["unfinished"]

    def is_silent(self, seconds: float) -> bool:
        """Whether no answer begins within so many seconds."""
        return not select.select([self._out], [], [], seconds)[0]

    def answer(self) -> dict[str, Any]:
        size = self._out.read(4)
        if not size:
            raise EOFError
        answer = json.loads(self._out.read(int.from_bytes(size, "big")))
        assert isinstance(answer, dict)
        return answer

    def write(self, data: bytes) -> None:
        try:
            self._in.write(data)
            self._in.flush()
        except BrokenPipeError:
            raise EOFError from None

    def close(self) -> int:
        with suppress(BrokenPipeError):
            self._in.close()
        code = self.process.wait(10)
        self._out.close()
        return code

    @property
    def _in(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout
