"""The stand-in for Slack holds blocks and modals against Block Kit's rules, and reads them as people do."""

import pytest

from tests.wires.slack.blocks import block_faults, view_faults
from tests.wires.slack.reading import as_read
from tests.wires.slack.text import Json


def _text(text: str, kind: str = "plain_text") -> Json:
    return {"type": kind, "text": text}


def _button(**more: object) -> Json:
    return {"type": "button", "text": _text("Go"), "action_id": "go", **more}


def _actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


@pytest.mark.parametrize(
    ("block", "where"),
    [
        ({"type": "section", "text": _text("x" * 3001, "mrkdwn")}, "/blocks/0/text/text"),
        ({"type": "section"}, "/blocks/0"),
        ({"type": "section", "text": "bare"}, "/blocks/0/text"),
        ({"type": "section", "text": _text("", "mrkdwn")}, "/blocks/0/text/text"),
        ({"type": "section", "text": _text("x"), "color": "red"}, "/blocks/0"),
        ({"type": "header", "text": _text("x" * 151)}, "/blocks/0/text/text"),
        ({"type": "header", "text": _text("x", "mrkdwn")}, "/blocks/0/text"),
        ({"type": "context", "elements": [_text("x")] * 11}, "/blocks/0/elements"),
        ({"type": "context", "elements": []}, "/blocks/0/elements"),
        (_actions(*(_button(action_id=f"{n}") for n in range(26))), "/blocks/0/elements"),
        (_actions(_button(text=_text("x" * 76))), "/blocks/0/elements/0/text/text"),
        (_actions(_button(value="x" * 2001)), "/blocks/0/elements/0/value"),
        (_actions(_button(action_id="x" * 256)), "/blocks/0/elements/0/action_id"),
        (_actions(_button(style="green")), "/blocks/0/elements/0/style"),
        (_actions(_button(), _button()), "/blocks"),
        (_actions(_button(confirm={"title": _text("Sure?")})), "/blocks/0/elements/0/confirm/text"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "/blocks/0/elements/0"),
        ({"type": "banner"}, "/blocks/0/type"),
    ],
)
def test_blocks_against_the_rules(block: Json, where: str) -> None:
    assert any(f"[json-pointer:{where}]" in fault for fault in block_faults([block]))


def test_good_blocks_have_no_faults() -> None:
    confirm = {"title": _text("Sure?"), "text": _text("It is *live*.", "mrkdwn")}
    confirm |= {"confirm": _text("Yes"), "deny": _text("No")}
    said = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}
    quoted = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a\nb"}]}
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [said, said]}
    blocks = [
        {"type": "header", "text": _text("Ships")},
        {"type": "section", "text": _text("*x*", "mrkdwn"), "accessory": _button(action_id="diff")},
        {"type": "context", "elements": [_text("a"), _text("b", "mrkdwn")]},
        {"type": "divider"},
        {"type": "rich_text", "elements": [said, quoted, listed]},
        _actions(_button(style="danger", value="1", confirm=confirm)),
    ]
    assert block_faults(blocks) == []
    lines = as_read({"blocks": blocks}, {"U1": "amy"}).splitlines()
    assert lines == ["Ships", "*x*", "[Go]", "a b", "———", "@amy", "> a", "> b", "• @amy", "• @amy", "[Go]"]


def test_a_modal_against_the_rules() -> None:
    label = {"type": "input", "label": _text("x" * 2001), "element": {"type": "plain_text_input"}}
    view = {"type": "modal", "title": _text("x" * 25), "private_metadata": "x" * 3001, "blocks": [label]}
    faults = " ".join(view_faults(view))
    for where in ("/view/title/text", "/view/private_metadata", "/view/blocks/0/label/text", "/view]"):
        assert where in faults
