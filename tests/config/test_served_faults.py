"""A `served` check with two ways to compare, half a way, or one that can not be read, is told at its key."""

from pathlib import Path

import pytest

from swatbot.config import ConfigError, load
from tests.config.test_config import SAMPLES

HEAD = """\
[[check]]
kind = "served"
name = "value"
stages = ["canaries"]
"""
POINTER, FILE_POINTER = 'pointer = "/a"', 'file_pointer = "/b"'
PATTERN, FILE_PATTERN = 'pattern = "(a)"', 'file_pattern = "(b)"'
DIGEST, FILE = 'digest = "sha256"', 'file = "wmf-config/a.json"'


def told(directory: Path, *lines: str) -> list[str]:
    """The faults of a checks.toml with one such check."""
    for sample in SAMPLES.glob("*.toml"):
        (directory / sample.name).write_text(sample.read_text())
    (directory / "checks.toml").write_text(HEAD + "\n".join(lines))
    try:
        load(directory, {})
    except ConfigError as error:
        return [f"{fault.key}: {fault.text}" for fault in error.faults]
    return []


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (POINTER, FILE_POINTER),
        ('pointer = ""', 'file_pointer = "/a~1b/~0/0/"'),
        (PATTERN, FILE_PATTERN),
        (DIGEST,),
        (DIGEST, POINTER),
        (DIGEST, PATTERN),
        ('scheme = "https"', 'server_name = "{host}.example.org"'),
    ],
)
def test_one_way_to_compare_is_right(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert told(tmp_path, FILE, *lines) == []


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        ((POINTER,), ["file_pointer: is missing, expected beside pointer"]),
        ((FILE_POINTER,), ["pointer: is missing, expected beside file_pointer"]),
        ((PATTERN,), ["file_pattern: is missing, expected beside pattern"]),
        ((FILE_PATTERN,), ["pattern: is missing, expected beside file_pattern"]),
        (
            (POINTER, FILE_POINTER, PATTERN, FILE_PATTERN),
            ["pattern: has a pointer beside it, expected one of them"],
        ),
        ((DIGEST, POINTER, PATTERN), ["pattern: has a pointer beside it, expected one of them"]),
        (
            (DIGEST, POINTER, FILE_POINTER),
            ["file_pointer: means nothing with digest, which is that of the whole file"],
        ),
        (
            (DIGEST, FILE_PATTERN),
            ["file_pattern: means nothing with digest, which is that of the whole file"],
        ),
        (('ca_file = "x"',), ['ca_file: means nothing without scheme = "https"', "ca_file: "]),
        (
            ('pattern = "a"', FILE_PATTERN),
            ['pattern: found "a", expected a regular expression with one group'],
        ),
        (
            (PATTERN, 'file_pattern = "(b)(c)"'),
            ['file_pattern: found "(b)(c)", expected a regular expression with one group'],
        ),
        (
            ('pattern = "("', FILE_PATTERN),
            ['pattern: found "(", expected a regular expression (missing'],
        ),
        (('digest = "md5"',), ["digest: found \"md5\", expected 'sha256'"]),
        (
            (POINTER, 'file_pointer = "b"'),
            ['file_pointer: found "b", expected a JSON pointer such as "/settings/version"'],
        ),
        (('pointer = "/~2"', FILE_POINTER), ['pointer: found "/~2", expected a JSON pointer']),
        (("pointer = 1", FILE_POINTER), ["pointer: found 1, expected text in quotes"]),
        (
            ("file_pionter = '/a'", POINTER),
            ["file_pionter: unknown key, did you mean file_pointer?", "file_"],
        ),
        (("status = 200",), ["status: unknown key"]),
    ],
)
def test_what_does_not_fit_is_told_at_its_key(
    tmp_path: Path, lines: tuple[str, ...], faults: list[str]
) -> None:
    found = told(tmp_path, FILE, *lines)
    assert len(found) == len(faults), found
    for fault, line in zip(faults, sorted(found, key=lambda line: "can not be read" in line), strict=True):
        assert line.startswith(f"check[0].{fault}")


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a//b", "a/./b", "", "a/", "a\\u0007"])
def test_a_file_is_one_of_the_tree(tmp_path: Path, path: str) -> None:
    (fault,) = told(tmp_path, f'file = "{path}"')
    assert fault.startswith("check[0].file: found ")
    assert fault.endswith("expected a file's path from the top of the tree")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    faults = told(tmp_path, POINTER, PATTERN, 'digest = "x"', "tries = 0")
    keys = [fault.partition(":")[0].removeprefix("check[0].") for fault in faults]
    assert sorted(keys) == ["digest", "file", "pattern", "tries"]
