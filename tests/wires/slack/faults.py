"""What is wrong with blocks, in Slack's own sentences, each with a pointer to where it is."""

from collections.abc import Iterable, Sequence

from tests.wires.slack.text import Json, escaped

TEXTS = ("plain_text", "mrkdwn")


class Faults:
    """What is wrong, as Slack says it."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def need(self, good: bool, otherwise: str, pointer: str) -> None:
        if not good:
            self.messages.append(f"[ERROR] {otherwise} [json-pointer:{pointer}]")

    def text(self, thing: object, at: str, most: int, types: Sequence[str] = TEXTS) -> None:
        """A text object of one of these types, neither empty nor too long."""
        if not isinstance(thing, dict) or str(thing.get("type")) not in types:
            self.need(False, "must provide an object of type " + " or ".join(types), at)
            return
        text = thing.get("text")
        self.need(isinstance(text, str) and bool(text), "must be more than 0 characters", f"{at}/text")
        self.short(escaped(str(text)), f"{at}/text", most)  # as Slack keeps it
        known = {"type", "text", "emoji"} if thing["type"] == "plain_text" else {"type", "text", "verbatim"}
        self.known(thing, known, at)

    def short(self, value: object, at: str, most: int) -> None:
        self.need(value is None or len(str(value)) <= most, f"must be less than {most + 1} characters", at)

    def known(self, thing: Json, keys: Iterable[str], at: str) -> None:
        for key in sorted(set(thing) - set(keys)):
            self.need(False, f"invalid additional property: {key}", at)
