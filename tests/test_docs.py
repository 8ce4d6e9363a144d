"""Prose is tested like code: what the docs show runs, and what the code has is in the docs."""

import re
from pathlib import Path

import pytest

from swatbot.cli import main
from tests.world import handlers, story
from tests.write_docs import GENERATED, cell

ROOT = Path(__file__).parent.parent


def test_the_transcript_in_the_readme_is_what_happens() -> None:
    block = re.search(r"```\n(<deployer>.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    with story() as world:
        world.tree.change("submitter", "Related", {"wmf-config/InitialiseSettings.php": "settings 2"})
        for line in block[1].splitlines():
            nick, text = re.fullmatch(r"<(\w+)> (.*)", line).groups()  # type: ignore[union-attr]  # or it fails
            if nick == "swatbot":
                world.chat.expect(re.sub(r"\b3f2a9c\b", "~", text))
            else:
                world.chat.says(nick, text)


@pytest.mark.parametrize("path", sorted(GENERATED))
def test_generated_pages_are_as_the_code_is(path: str) -> None:
    assert (ROOT / path).read_text() == GENERATED[path](), "run: make docs"


def test_every_command_of_the_program_explains_itself() -> None:
    for name, command in main.commands.items():
        assert command.help, name


def test_every_handler_has_a_page_and_is_a_file_of_its_own() -> None:
    page = (ROOT / "docs/commands.md").read_text()
    files = {file.stem.rstrip("_").replace("_", "-") for file in (ROOT / "handlers").glob("[a-z]*.py")}
    assert files == set(handlers())
    for handler in handlers().values():
        assert f"`{cell(handler.usage)}`" in page


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert len(pages) > 5
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"


OUR_URLS = {"https://keepachangelog.com/en/1.1.0/", "https://semver.org/"}
OUR_PATHS = {"/opt/swatbot", "/etc/swatbot", "/etc/rsyncd", "/dev/null"}


def test_pages_name_no_foreign_host_and_no_path_of_a_machine() -> None:
    """What is not on these lists is either a mistake, or wants a line here."""
    found: set[str] = set()
    pages = [ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile")]
    for page in [*pages, *(p for p in (ROOT / "docs").rglob("*.*") if p.suffix != ".png")]:
        text = page.read_text()
        urls = set(re.findall(r"https?://[^\s)>`\"']+", text))
        paths = set(re.findall(r"(?<![\w.<])(/[a-z]+/[a-z]+)", text))
        assert urls <= OUR_URLS, f"{page}: {urls - OUR_URLS}"
        assert paths <= OUR_PATHS, f"{page}: {paths - OUR_PATHS}"
        found |= urls | paths
    assert found == OUR_URLS | OUR_PATHS


def test_setup_says_that_owner_group_and_mode_of_directories_are_not_proven() -> None:
    text = " ".join((ROOT / "docs" / "setup.md").read_text().split())
    assert "`group` and `directory_mode` are set on what is written from then on, and are not part of" in text
