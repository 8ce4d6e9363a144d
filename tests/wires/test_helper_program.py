"""The helper starts from its byte code where that is the host's, and from its source everywhere else."""

import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from swatbot.fleet import program
from swatbot.fleet.program import HELPER, Program
from tests.contracts.fleet_lab import write_file
from tests.contracts.helper_process import HelperProcess


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Program:
    made = Program(HELPER.source)
    monkeypatch.setattr(program, "HELPER", made)
    return made


@pytest.mark.parametrize("python", ["ours", "another"])
def test_a_host_takes_the_byte_code_or_the_source(python: str, helper: Program, tmp_path: Path) -> None:
    """Each has only the one that is good for it."""
    write_file(tmp_path / "tree", "conf/a", b"a")
    if python == "ours":
        helper.sent = helper.sent[:-100] + b"?" * 100
    else:
        helper.sent = b"?" * 100 + helper.sent[100:]
        helper.starter = helper.starter.replace(repr(MAGIC_NUMBER), repr(b"another"))
    process = HelperProcess(tmp_path / "tree", sys.executable)
    assert [entry.path for entry in process.look(["conf"])[0].entries] == ["conf/a"]
    assert process.close() == 0


def test_the_wrong_one_is_of_no_use(helper: Program, tmp_path: Path) -> None:
    """What the test above takes for granted."""
    helper.sent = b"?" * 100 + helper.sent[100:]
    with pytest.raises(AssertionError):
        HelperProcess(tmp_path, sys.executable)
