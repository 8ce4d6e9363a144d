"""A message as a person reads it, for the tests' expectations: blocks as lines, mentions by name."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from tests.wires.slack.text import Json, plain

Names = Mapping[str, str]


def as_read(message: Json, names: Names) -> str:
    """What the client shows: the blocks, and the text only where there are none."""
    blocks = message.get("blocks")
    if not blocks:
        return plain(message.get("text", ""), names)
    return "\n".join(block_as_read(block, names) for block in blocks)


def block_as_read(block: Json, names: Names) -> str:
    return _BLOCKS[block["type"]](block, names)


def mentioned(message: Json) -> set[str]:
    """Whom a new message with this content notifies."""
    shown = message.get("blocks") or message.get("text", "")
    found = re.findall(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", json.dumps(shown))
    return {*found, *(element["user_id"] for element in _nested(shown) if element.get("type") == "user")}


def buttons(message: Json) -> dict[str, Json]:
    """The elements that can be clicked, by action_id, each with the id of its block."""
    found = {}
    for block in message.get("blocks") or []:
        elements = [*block.get("elements", []), *([block["accessory"]] if "accessory" in block else [])]
        for element in elements:
            if "action_id" in element:
                found[element["action_id"]] = {**element, "block_id": block["block_id"]}
    return found


def _nested(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _nested(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nested(inner)


def _text(thing: Json, names: Names) -> str:
    if thing["type"] == "mrkdwn":
        return plain(thing["text"], names)
    return str(thing["text"])


def _section(block: Json, names: Names) -> str:
    texts = [block["text"]] if "text" in block else []
    lines = [_text(text, names) for text in [*texts, *block.get("fields", [])]]
    return "\n".join([*lines, *([_element(block["accessory"], names)] if "accessory" in block else [])])


def _element(element: Json, names: Names) -> str:
    if element["type"] == "image":
        return f"({element['alt_text']})"
    if element["type"] in {"mrkdwn", "plain_text"}:
        return _text(element, names)
    label = element.get("text") or element.get("placeholder") or {"type": "plain_text", "text": "…"}
    return f"[{_text(label, names)}]"


def _row(block: Json, names: Names) -> str:
    return " ".join(_element(element, names) for element in block["elements"])


def _rich(block: Json, names: Names) -> str:
    return "\n".join(_rich_part(part, names) for part in block["elements"])


def _rich_part(part: Json, names: Names) -> str:
    if part["type"] == "rich_text_list":
        numbered = part.get("style") == "ordered"
        items = [_rich_part(item, names) for item in part["elements"]]
        return "\n".join(f"{f'{at}.' if numbered else '•'} {item}" for at, item in enumerate(items, 1))
    text = "".join(_rich_element(element, names) for element in part["elements"])
    return text.replace("\n", "\n> ").join(["> ", ""]) if part["type"] == "rich_text_quote" else text


def _rich_element(element: Json, names: Names) -> str:
    match element["type"]:
        case "user":
            return "@" + names.get(element["user_id"], element["user_id"])
        case "channel":
            return "#" + names.get(element["channel_id"], element["channel_id"])
        case "link":
            return str(element.get("text") or element["url"])
        case "emoji":
            return f":{element['name']}:"
        case "date":
            return str(element.get("fallback", element["timestamp"]))
        case "broadcast":
            return "@" + str(element["range"])
    return str(element["text"])


_BLOCKS: dict[str, Callable[[Json, Names], str]] = {
    "section": _section,
    "header": lambda block, names: _text(block["text"], names),
    "context": _row,
    "actions": _row,
    "divider": lambda _block, _names: "———",
    "image": lambda block, _names: f"({block['alt_text']})",
    "rich_text": _rich,
    "input": lambda block, names: _text(block["label"], names) + ": ____",
    "markdown": lambda block, _names: str(block["text"]),
}
