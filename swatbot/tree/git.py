"""Runs git so that neither its settings, nor a name, nor a hanging disk can change what a call means."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from swatbot.errors import OperationalError

_TIMEOUT = 30.0
_PIECE = 1 << 16
# Whoever owns the tree may have set these for own use; each changes what some call here would answer or run.
_SETTINGS = (
    "color.diff=false",
    "color.status=false",
    "color.ui=false",
    "core.attributesFile=/dev/null",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotepath=off",
    "diff.algorithm=default",
    "diff.ignoreSubmodules=none",
    "diff.indentHeuristic=true",
    "diff.interHunkContext=0",
    "diff.mnemonicPrefix=false",
    "diff.noprefix=false",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "diff.renames=false",
    "diff.suppressBlankEmpty=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.diffMerges=off",
    "log.follow=false",
    "log.mailmap=false",
    "log.showRoot=true",
    "log.showSignature=false",
    "status.aheadBehind=true",
    "status.renames=false",
    "submodule.recurse=false",
)
_FIXED = {
    "LC_ALL": "C",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
}
# HOME and XDG_CONFIG_HOME stay: `safe.directory` for a tree of another user can only be set there.
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")


class Git:
    """The git of one tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._head = ["git", *(word for setting in _SETTINGS for word in ("-c", setting))]
        self._env = {k: os.environ[k] for k in _KEPT if k in os.environ} | _FIXED

    def run(
        self, *args: str, given: bytes = b"", allowed: Sequence[int] = (0,), cwd: Path | None = None
    ) -> bytes:
        """What git prints.

        Args:
            args: the command and its arguments; paths after `--` are taken literally.
            given: what git reads.
            allowed: exit statuses that are answers.
            cwd: where to run, the tree unless told.

        Raises:
            OperationalError: git is missing, took more than 30 s or failed; the text has git's own words.
        """
        return self.ask(*args, given=given, allowed=allowed, cwd=cwd)[1]

    def ask(
        self, *args: str, given: bytes = b"", allowed: Sequence[int] = (0,), cwd: Path | None = None
    ) -> tuple[int, bytes]:
        """Exit status and output; otherwise as `run`."""
        try:
            done = subprocess.run(
                [*self._head, *args],
                cwd=cwd or self.path,
                env=self._env,
                input=given,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OperationalError(f"git {args[0]} took more than {_TIMEOUT:.0f} s in {self.path}") from None
        except OSError as error:
            raise OperationalError(f"git can not be run in {self.path}: {error.strerror}") from error
        if done.returncode not in allowed:
            raise OperationalError(f"git {args[0]} failed in {self.path}: {_words(done.stderr)}")
        return done.returncode, done.stdout

    def parts(self, before: bytes, *args: str) -> Iterator[bytes]:
        """What git prints, in parts that each begin with `before`, while it prints.

        Whoever stops to iterate ends git too. There is no limit of time: somebody watches.

        Raises:
            OperationalError: git is missing or failed; the text has git's own words.
        """
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    [*self._head, *args],
                    cwd=self.path,
                    env=self._env,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=said,
                )
            except OSError as error:
                raise OperationalError(f"git can not be run in {self.path}: {error.strerror}") from error
            with process:
                try:
                    yield from _split(process, before)
                finally:
                    process.kill()
            said.seek(0)
            if process.returncode:
                raise OperationalError(f"git {args[0]} failed in {self.path}: {_words(said.read())}")


def _split(process: "subprocess.Popen[bytes]", before: bytes) -> Iterator[bytes]:
    assert process.stdout is not None  # noqa: S101 - it was made with a pipe
    rest = b""
    while piece := os.read(process.stdout.fileno(), _PIECE):
        *whole, rest = (rest + piece).split(before)
        yield from (part for part in whole if part)
    process.wait()
    if rest:
        yield rest


def _words(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0] if lines else "it said nothing"
