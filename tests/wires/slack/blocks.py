"""Block Kit's documented rules, for Slack's stand-in, so that a card which Slack would refuse fails a test.

What the rules below leave out, the library's types may still find.
"""

from collections.abc import Callable, Iterable, Sequence

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.wires.slack.faults import Faults
from tests.wires.slack.text import Json

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
_INPUTS = {
    "plain_text_input",
    "static_select",
    "users_select",
    "radio_buttons",
    "checkboxes",
    "datepicker",
    "number_input",
}
_RICH = {"text", "user", "link", "emoji", "channel", "date", "broadcast", "usergroup", "color"}
_RICH_PARTS = {
    "rich_text_section": _RICH,
    "rich_text_preformatted": {"text", "link"},
    "rich_text_quote": _RICH,
    "rich_text_list": {"rich_text_section"},
}
_RICH_NEEDS = {"user": "user_id", "link": "url", "emoji": "name", "channel": "channel_id", "text": "text"}


def block_faults(blocks: object) -> list[str]:
    """What is wrong with the blocks of a message."""
    faults = Faults()
    _blocks(faults, blocks, "/blocks", MESSAGE_BLOCKS)
    return faults.messages or _library_faults(blocks)


def view_faults(view: object) -> list[str]:
    """What is wrong with a modal."""
    faults = Faults()
    if not isinstance(view, dict) or view.get("type") != "modal":
        faults.need(False, "must be a modal", "/view")
        return faults.messages
    plain_only = ("plain_text",)
    faults.text(view.get("title"), "/view/title", 24, plain_only)
    for part in ("submit", "close"):
        if part in view:
            faults.text(view[part], f"/view/{part}", 24, plain_only)
    faults.short(view.get("private_metadata"), "/view/private_metadata", 3000)
    faults.short(view.get("callback_id"), "/view/callback_id", 255)
    _blocks(faults, view.get("blocks"), "/view/blocks", VIEW_BLOCKS)
    inputs = [block for block in view.get("blocks") or [] if block.get("type") == "input"]
    faults.need(not inputs or "submit" in view, "submit is required with an input block", "/view")
    return faults.messages or _library(lambda: View(**view).validate_json())


def _blocks(faults: Faults, blocks: object, at: str, most: int) -> None:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        faults.need(False, "must be a list of blocks", at)
        return
    faults.need(len(blocks) <= most, f"no more than {most} items allowed", at)
    for index, block in enumerate(blocks):
        _block(faults, block, f"{at}/{index}")
    _unique(faults, [block["block_id"] for block in blocks if "block_id" in block], "block_id", at)
    _unique(faults, list(_action_ids(blocks)), "action_id", at)


def _unique(faults: Faults, values: Sequence[str], name: str, at: str) -> None:
    for value in sorted({value for value in values if values.count(value) > 1}):
        faults.need(False, f"`{name}` {value} already exists", at)


def _action_ids(blocks: Iterable[Json]) -> Iterable[str]:
    for block in blocks:
        holders = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        yield from (one["action_id"] for one in holders if isinstance(one, dict) and "action_id" in one)


def _block(faults: Faults, block: Json, at: str) -> None:
    rule = _BLOCKS.get(str(block.get("type")))
    if rule is None:
        faults.need(False, f"unsupported type: {block.get('type')}", f"{at}/type")
        return
    keys, check = rule
    faults.known(block, {"type", "block_id", *keys}, at)
    faults.short(block.get("block_id"), f"{at}/block_id", 255)
    check(faults, block, at)


def _section(faults: Faults, block: Json, at: str) -> None:
    fields = block.get("fields", [])
    faults.need("text" in block or bool(fields), "text or fields is required", at)
    if "text" in block:
        faults.text(block["text"], f"{at}/text", 3000)
    faults.need(len(fields) <= 10, "no more than 10 items allowed", f"{at}/fields")
    for index, field in enumerate(fields):
        faults.text(field, f"{at}/fields/{index}", 2000)
    if "accessory" in block:
        _element(faults, block["accessory"], f"{at}/accessory")


def _header(faults: Faults, block: Json, at: str) -> None:
    faults.text(block.get("text"), f"{at}/text", 150, ("plain_text",))


def _elements(faults: Faults, block: Json, at: str, most: int) -> list[Json]:
    elements = block.get("elements")
    good = isinstance(elements, list) and 0 < len(elements) <= most
    faults.need(good, f"must have 1 to {most} items", f"{at}/elements")
    return elements if isinstance(elements, list) else []


def _context(faults: Faults, block: Json, at: str) -> None:
    for index, element in enumerate(_elements(faults, block, at, 10)):
        if element.get("type") == "image":
            _image(faults, element, f"{at}/elements/{index}")
        else:
            faults.text(element, f"{at}/elements/{index}", 3000)


def _actions(faults: Faults, block: Json, at: str) -> None:
    for index, element in enumerate(_elements(faults, block, at, 25)):
        _element(faults, element, f"{at}/elements/{index}")


def _element(faults: Faults, element: Json, at: str) -> None:
    faults.short(element.get("action_id"), f"{at}/action_id", 255)
    if "confirm" in element:
        _confirm(faults, element["confirm"], f"{at}/confirm")
    if element.get("type") == "button":
        _button(faults, element, at)
    elif element.get("type") == "image":
        _image(faults, element, at)


def _button(faults: Faults, button: Json, at: str) -> None:
    keys = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
    faults.known(button, keys, at)
    faults.text(button.get("text"), f"{at}/text", 75, ("plain_text",))
    faults.short(button.get("value"), f"{at}/value", 2000)
    faults.short(button.get("url"), f"{at}/url", 3000)
    faults.short(button.get("accessibility_label"), f"{at}/accessibility_label", 75)
    faults.need(
        button.get("style", "danger") in {"primary", "danger"}, "must be a valid enum value", f"{at}/style"
    )


def _confirm(faults: Faults, confirm: Json, at: str) -> None:
    faults.known(confirm, {"title", "text", "confirm", "deny", "style"}, at)
    faults.text(confirm.get("title"), f"{at}/title", 100, ("plain_text",))
    faults.text(confirm.get("text"), f"{at}/text", 300)
    for answer in ("confirm", "deny"):
        faults.text(confirm.get(answer), f"{at}/{answer}", 30, ("plain_text",))


def _image(faults: Faults, image: Json, at: str) -> None:
    faults.need(bool(image.get("image_url") or image.get("slack_file")), "image_url is required", at)
    faults.need(bool(image.get("alt_text")), "alt_text is required", at)
    faults.short(image.get("alt_text"), f"{at}/alt_text", 2000)


def _input(faults: Faults, block: Json, at: str) -> None:
    faults.text(block.get("label"), f"{at}/label", 2000, ("plain_text",))
    if "hint" in block:
        faults.text(block["hint"], f"{at}/hint", 2000, ("plain_text",))
    element = block.get("element") or {}
    faults.need(element.get("type") in _INPUTS, "unsupported type of element", f"{at}/element")
    faults.short(element.get("action_id"), f"{at}/element/action_id", 255)
    if "placeholder" in element:
        faults.text(element["placeholder"], f"{at}/element/placeholder", 150, ("plain_text",))


def _rich_text(faults: Faults, block: Json, at: str) -> None:
    for index, part in enumerate(block.get("elements") or []):
        _rich_part(faults, part, f"{at}/elements/{index}")


def _rich_part(faults: Faults, part: Json, at: str) -> None:
    allowed = _RICH_PARTS.get(str(part.get("type")))
    if allowed is None or not isinstance(part.get("elements"), list):
        faults.need(False, f"unsupported rich text: {part.get('type')}", at)
        return
    for index, element in enumerate(part["elements"]):
        here = f"{at}/elements/{index}"
        kind = element.get("type")
        faults.need(kind in allowed, f"unsupported type: {kind}", here)
        faults.need(bool(element.get(_RICH_NEEDS.get(kind, "type"))), f"incomplete element: {kind}", here)
        if kind == "rich_text_section":
            _rich_part(faults, element, here)


def _markdown(faults: Faults, block: Json, at: str) -> None:
    faults.need(bool(block.get("text")), "must be more than 0 characters", f"{at}/text")
    faults.short(block.get("text"), f"{at}/text", 12_000)


def _nothing(_faults: Faults, _block: Json, _at: str) -> None:
    """A divider has nothing in it."""


def _library_faults(blocks: object) -> list[str]:
    assert isinstance(blocks, list)

    def check() -> None:
        for block in Block.parse_all(blocks):
            block.validate_json()

    return _library(check)


def _library(check: Callable[[], None]) -> list[str]:
    try:
        check()
    except (SlackObjectFormationError, TypeError) as error:
        return [f"[ERROR] {error} [json-pointer:/]"]
    return []


_BLOCKS: dict[str, tuple[set[str], Callable[[Faults, Json, str], None]]] = {
    "section": ({"text", "fields", "accessory", "expand"}, _section),
    "header": ({"text"}, _header),
    "context": ({"elements"}, _context),
    "actions": ({"elements"}, _actions),
    "divider": (set(), _nothing),
    "image": ({"image_url", "slack_file", "alt_text", "title"}, _image),
    "rich_text": ({"elements"}, _rich_text),
    "input": ({"label", "element", "hint", "optional", "dispatch_action"}, _input),
    "markdown": ({"text"}, _markdown),
}
