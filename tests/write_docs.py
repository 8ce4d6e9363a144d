"""Writes the pages that are generated from the code; `make docs`."""

import logging
from collections.abc import Callable
from pathlib import Path

from swatbot.domain.diagram import states_page
from swatbot.domain.person import Role
from tests.card_page import page as cards_page
from tests.world import handlers

_WHO = {Role.ANYONE: "anyone", Role.PERSON: "people", Role.DEPLOYER: "deployers", Role.ADMIN: "admins"}


def commands_page() -> str:
    """The reference of chat commands, from their declarations."""
    rows = [
        f"| `{cell(handler.usage)}` | {_WHO[handler.least]} | {handler.about}{_aliases(handler.aliases)} |"
        for _, handler in sorted(handlers().items())
    ]
    return "\n".join((_HEAD, *rows, _TAIL))


def cell(text: str) -> str:
    """Text as it stands in a table."""
    return text.replace("|", "\\|")


def _aliases(names: tuple[str, ...]) -> str:
    return f" Also {', '.join(f'`!{name}`' for name in names)}." if names else ""


_HEAD = """\
# Chat commands

Generated from `handlers/`; `make docs` writes it anew. `#` is a deployment's number; words in capitals are
yours. `swatbot: queue` works like `!queue`, and so does a private message.

| usage | for | what it does |
| --- | --- | --- |"""

_TAIL = """
## Bare words

Who is asked to test may just say `verified`, `untestable WHY` or `broken WHY`, with a number if there is a
choice: `verified 42`. From others these words are chatter. What is nearly one of them is asked about, and
never guessed.

## Plans

`!sync-dir dblists, wmf-config MESSAGE` ships both together. `!sync-dir dblists then wmf-config MESSAGE` ships
them in this order: the first is live and checked on all hosts of a stage before the second begins. A path
with spaces, or named `then`, is written in quotation marks. The message begins at the first word after a path
that is neither `,` nor `then`. If words of it are paths, and seem to go on with the plan, you are asked; in
quotation marks it is only said. Options come before the paths:

| option | meaning |
| --- | --- |
| `--for NAME` | whose word is wanted, instead of the authors' |
| `--partial` | ship a change in part, knowingly |
| `--dirty` | ship edits that are in no commit, knowingly |
| `--delete-many` | delete more files than the guard allows, knowingly |
| `--emergency WHY` | do not wait for a window, a freeze or a lock; one word, or several in quotation marks |
"""

GENERATED: dict[str, Callable[[], str]] = {
    "docs/commands.md": commands_page,
    "docs/reference/states.md": states_page,
    "docs/slack-cards.html": cards_page,
}

if __name__ == "__main__":
    logging.disable()  # a story in which the bot stumbles is no trouble of whoever writes the documents
    for name, page in GENERATED.items():
        (Path(__file__).parent.parent / name).write_text(page(), encoding="utf-8")
