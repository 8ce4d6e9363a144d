"""Slack's way to write text, for its stand-in: stored escaped, with ids for names, and links found in it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

_TOKEN = re.compile(r"<([^<>]+)>")
# Names that look like files and are links to Slack: .md, .py and .sh are domains of countries.
_DOMAIN = re.compile(
    r"(?<![\w/@.|<:-])((?:[A-Za-z0-9-]+\.)+(?:md|py|sh|io|org|com|net|rs|pl|ai|dev|app|so|zip)(?:/[\w./-]*\w)?)(?![\w.@-]*\w)"
)
_URL = re.compile(r"(?<![<|\w])(https?://[^\s<>|]+[^\s<>|.,;:!?)])")
_MENTION = re.compile(r"(?<![\w<])@([a-z0-9][a-z0-9._-]*)")
_CHANNEL = re.compile(r"(?<![\w<])#([a-z0-9_-]+)")
_KEPT_FROM_APPS = re.compile(r"<(?:[@#!]|https?:|mailto:)[^<>]*>|&(?:amp|lt|gt);")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, ids: Mapping[str, str]) -> str:
    """What Slack stores when a person types this; `ids` by "@name" and "#name".

    Whoever types the stored form of a mention, `<@U1>`, is taken to have picked that person from the list.
    """
    picked = re.compile(r"(<@[UW][A-Z0-9]+>)")
    parts = (part if picked.fullmatch(part) else _typed(part, ids) for part in picked.split(text))
    return "".join(parts)


def _typed(text: str, ids: Mapping[str, str]) -> str:
    text = escaped(text)
    text = _URL.sub(r"<\1>", text)
    text = _DOMAIN.sub(r"<http://\1|\1>", text)
    text = _MENTION.sub(lambda found: _mention(found[1], ids), text)
    return _CHANNEL.sub(lambda found: f"<#{ids[found[0]]}|{found[1]}>" if found[0] in ids else found[0], text)


def _mention(name: str, ids: Mapping[str, str]) -> str:
    """A name may be followed by a full stop or a dash, which could belong to a name as well."""
    known = name.rstrip(".-_")
    user = ids.get(f"@{name}")
    if user is not None:
        return f"<@{user}>"
    user = ids.get(f"@{known}")
    return f"@{name}" if user is None else f"<@{user}>{name[len(known) :]}"


def sent_by_app(text: str) -> str:
    """What Slack stores when an app sends this: its own forms are kept, what is no such form is escaped."""
    kept = _KEPT_FROM_APPS.findall(text)
    between = _KEPT_FROM_APPS.split(text)
    parts = [escaped(between[0])]
    for form, after in zip(kept, between[1:], strict=True):
        parts += [form, escaped(after)]
    return "".join(parts)


def plain(text: str, names: Mapping[str, str]) -> str:
    """As a person reads it; `names` by the ids of users and channels."""
    return unescaped(_TOKEN.sub(lambda found: _plain_token(found[1], names), text))


def _plain_token(token: str, names: Mapping[str, str]) -> str:
    target, bar, label = token.partition("|")
    if target.startswith("@"):
        return "@" + names.get(target[1:], target[1:])
    if target.startswith("#"):
        return "#" + (label or names.get(target[1:], target[1:]))
    if target.startswith("!"):
        return label if bar else "@" + target[1:]
    return label or target.removeprefix("mailto:")


def rich_text(text: str, block_id: str) -> Json:
    """The block that Slack's own clients send beside a text that was typed."""
    return {
        "type": "rich_text",
        "block_id": block_id,
        "elements": [{"type": "rich_text_section", "elements": list(_elements(text))}],
    }


def _elements(text: str) -> Iterator[Json]:
    end = 0
    for found in _TOKEN.finditer(text):
        if found.start() > end:
            yield {"type": "text", "text": unescaped(text[end : found.start()])}
        yield _element(found[1])
        end = found.end()
    if end < len(text) or not text:
        yield {"type": "text", "text": unescaped(text[end:])}


def _element(token: str) -> Json:
    target, bar, label = token.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    link: Json = {"type": "link", "url": unescaped(target)}
    return {**link, "text": unescaped(label)} if bar else link
