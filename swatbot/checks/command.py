"""The `command` check: runs a site's own probe on the deployment host, never through a shell."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from swatbot.checks.settings import CommandCheck
from swatbot.checks.wording import first_line, told
from swatbot.domain.verdict import Finding, Verdict
from swatbot.ports import CheckTask, Stop

_AT_ONCE = 20
_LOOK_AGAIN = 0.25
_READ = 65536
# The bot's own environment may hold secrets: a command gets these, and what it is told.
_KEPT = ("PATH", "HOME", "LANG", "TZ")


class NotRunError(Exception):
    """The command could not be run to its end; the text says why."""


def check_command(check: CommandCheck, task: CheckTask, stop: Stop) -> Verdict:
    """Run the command, for each host or once: a pass if it ends with status 0.

    Another status, or no end within the time, fails. It is unknown if the command can not be started or
    was told to stop, or if there is no host.
    """
    if not task.hosts:
        return Verdict(check.name, Finding.UNKNOWN, "there was no host to ask")
    try:
        faults = _each(check, task, stop) if check.per_host else _once(check, task, stop)
    except NotRunError as error:
        return Verdict(check.name, Finding.UNKNOWN, str(error), task.hosts)
    if faults:
        reason = told(faults) if check.per_host else f"{check.run[0]} {next(iter(faults.values()))}"
        return Verdict(check.name, Finding.FAIL, reason, tuple(faults))
    ran = f"{len(task.hosts)}/{len(task.hosts)} pass" if check.per_host else f"{check.run[0]} passes"
    return Verdict(check.name, Finding.PASS, ran, task.hosts)


def _each(check: CommandCheck, task: CheckTask, stop: Stop) -> dict[str, str]:
    with ThreadPoolExecutor(min(_AT_ONCE, len(task.hosts))) as pool:
        said = list(pool.map(lambda host: _tries(check, task, (host,), stop), task.hosts))
    return {host: fault for host, fault in zip(task.hosts, said, strict=True) if fault}


def _once(check: CommandCheck, task: CheckTask, stop: Stop) -> dict[str, str]:
    fault = _tries(check, task, task.hosts, stop)
    return dict.fromkeys(task.hosts, fault) if fault else {}


def _tries(check: CommandCheck, task: CheckTask, hosts: Sequence[str], stop: Stop) -> str:
    fault = ""
    for _ in range(max(1, check.tries)):
        fault = _run(check, task, hosts, stop)
        if not fault:
            break
    return fault


def _run(check: CommandCheck, task: CheckTask, hosts: Sequence[str], stop: Stop) -> str:
    """What is wrong, "" if nothing is."""
    command = [word.replace("{host}", " ".join(hosts)) for word in check.run]
    env = {name: os.environ[name] for name in _KEPT if name in os.environ} | {
        "SWATBOT_NUMBER": str(task.number),
        "SWATBOT_STAGE": task.stage.value,
        "SWATBOT_STEP": str(task.step),
        "SWATBOT_HOSTS": " ".join(hosts),
    }
    with tempfile.TemporaryFile() as said:
        status = _wait(_start(command, env, said), check.timeout, stop)
        said.seek(0)
        line = first_line(said.read(_READ).decode("utf-8", "replace"))
    if status == 0:
        return ""
    if status is None:
        return f"does not end within {check.timeout:g} s" + (f": {line}" if line else "")
    return f"fails with {status}" + (f": {line}" if line else "")


def _start(command: list[str], env: dict[str, str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise NotRunError(f"{command[0]} can not be run: {error.strerror}") from error


def _wait(process: subprocess.Popen[bytes], seconds: float, stop: Stop) -> int | None:
    """The exit status, None if it was killed because the time was over."""
    end = time.monotonic() + seconds
    try:
        while True:
            left = end - time.monotonic()
            try:
                return process.wait(max(0.0, min(_LOOK_AGAIN, left)))
            except subprocess.TimeoutExpired:
                if stop.is_set():
                    raise NotRunError("stopped before it was done") from None
                if left <= 0:
                    return None
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the process; its children are in its group, which has its id until it is reaped."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
