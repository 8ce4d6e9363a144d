"""How lines and cards look on Slack: Block Kit, in which nothing that people wrote is taken for mark-up."""

from collections.abc import Iterable, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from swatbot.adapters.slack.shape import BLOCK
from swatbot.adapters.slack.text import Piece, Words, fitted, pieces, told_size
from swatbot.chat.card import Bar, Button, Card, Tone, Weight

Json = dict[str, Any]
_MARKS = {Tone.WAITING: "◌", Tone.WORKING: "▶", Tone.HELD: "▮▮", Tone.GOOD: "✔", Tone.BAD: "✖"}
_STYLES = {Weight.GO: "primary", Weight.STOP: "danger"}
_CELLS = 10
# Slack's limits: https://docs.slack.dev/reference/block-kit/blocks
_HEADER, _BUTTON, _TITLE, _REASON = 150, 75, 24, 300
REASON = "reason"
"""Id of the dialog's input, and of the block around it."""


def line_blocks(words: Words) -> list[Json]:
    """A line as blocks: exactly its characters, and mentions of those whom it addresses."""
    parts = [_part(piece) for piece in pieces(words)]
    return _checked([RichTextBlock(elements=[RichTextSectionElement(elements=parts)])])


def _part(piece: Piece) -> Any:
    parts = RichTextElementParts
    return parts.User(user_id=piece.text) if piece.is_user else parts.Text(text=piece.text)


def card_blocks(card: Card, most: int = BLOCK) -> list[Json]:
    """A card as blocks, with so many bytes in each at most; only what there is to show has one."""
    blocks: list[Block] = [
        HeaderBlock(text=_plain(card.title, _HEADER)),
        SectionBlock(text=_plain(f"{_MARKS[card.tone]} {card.state}", most)),
    ]
    if card.message:
        blocks.append(SectionBlock(text=_plain(card.message, most)))
    blocks += _list(card.changes, most)
    blocks += _list([_drawn(bar) for bar in card.bars], most)
    blocks += _list(card.people, most)
    blocks += _list(card.checks, most)
    if card.buttons:
        blocks.append(ActionsBlock(elements=[_button(b, card.number) for b in card.buttons]))
    return _checked(blocks)


def _list(lines: Sequence[str], most: int) -> list[Block]:
    """Lines in small print, one below the other; Slack takes no text that has nothing in it."""
    text = "\n".join(filter(None, lines))
    return [ContextBlock(elements=[_plain(text, most)])] if text else []


def _drawn(bar: Bar) -> str:
    """`fleet ▓▓▓▓▓░░░░░ 49 % (48 of 97)`."""
    full = bar.done * _CELLS // bar.total if bar.total else 0
    percent = bar.done * 100 // bar.total if bar.total else 0
    return f"{bar.stage} {'▓' * full}{'░' * (_CELLS - full)} {percent} % ({bar.done} of {bar.total})"


def _button(button: Button, number: int) -> ButtonElement:
    confirm = None
    if button.sure:
        confirm = ConfirmObject(
            title=_plain(f"{button.label} #{number}?", 100),
            text=_plain(button.sure, _REASON),
            confirm=_plain(button.label, 30),
            deny=_plain("No", 30),
            style="danger",
        )
    return ButtonElement(
        text=_plain(button.label, _BUTTON),
        action_id=button.command,
        value=f"{number} {button.reason}".strip(),
        style=_STYLES.get(button.weight),
        confirm=confirm,
    )


def dialog(command: str, number: int, question: str, where: str) -> Json:
    """The dialog in which a reason is given.

    Args:
        command: what it is for.
        number: the deployment.
        question: what is asked.
        where: comes back with the reason.
    """
    view = View(
        type="modal",
        callback_id=command,
        private_metadata=where,
        title=_plain(f"#{number} {command}", _TITLE),
        submit=_plain("Say it", _TITLE),
        close=_plain("Never mind", _TITLE),
        blocks=[
            InputBlock(
                block_id=REASON,
                label=_plain(question, 2000),
                element=PlainTextInputElement(action_id=REASON, max_length=_REASON, focus_on_load=True),
            )
        ],
    )
    found: Json = view.to_dict()
    return found


def _plain(text: str, limit: int) -> PlainTextObject:
    """Text in which not even a :smile: is one; Slack counts what it makes of it."""
    return PlainTextObject(text=fitted(text, limit, told_size), emoji=False)


def _checked(blocks: Iterable[Block]) -> list[Json]:
    """As they are sent; the library refuses what breaks Slack's rules.

    Raises:
        SlackObjectFormationError: a block does.
    """
    found = list(blocks)
    for block in found:
        block.validate_json()
    return [block.to_dict() for block in found]
