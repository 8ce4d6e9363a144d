"""What a network that can edit its messages shows of a deployment: one card, kept true until it is over."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum


class Tone(Enum):
    """How a card looks at first glance."""

    WAITING = "waiting"
    WORKING = "working"
    HELD = "held"
    GOOD = "good"
    BAD = "bad"


class Weight(Enum):
    """What a button does: it lets something go on, it stops or undoes something, or neither."""

    PLAIN = "plain"
    GO = "go"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Button:
    """A command that can be clicked; it is for the deployment of its card.

    Attributes:
        command: its name, as after `!`.
        label: what stands on the button.
        weight: what it does.
        reason: what is asked for in a dialog before; "" where no reason is needed.
        sure: what has to be confirmed before; "" where nothing has.
    """

    command: str
    label: str
    weight: Weight = Weight.PLAIN
    reason: str = ""
    sure: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many hosts of a stage have it, of how many."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Card:
    """A deployment at one moment, in words that are safe to show.

    Attributes:
        number: the deployment's.
        title: its number and what ships.
        tone: how it looks.
        state: where it stands, in a sentence.
        message: what the deployer typed beside the paths, "" for nothing.
        changes: what ships and whose it is, a line each.
        people: who was asked, and who answered what, a line each.
        checks: what the last checks said, a line each.
        bars: how far each stage is.
        buttons: what makes sense now.
        over: whether nothing changes any more by itself.
        since: when (UTC) it was asked for: there was no card of it before. None where that is not known.
    """

    number: int
    title: str
    tone: Tone
    state: str
    message: str = ""
    changes: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    buttons: tuple[Button, ...] = ()
    over: bool = False
    since: datetime | None = None

    @property
    def text(self) -> str:
        """The same in one line, for who can not see the card; how far a stage is changes it not."""
        said = "; ".join(self.people)
        parts = [f"{self.title}: {self.state}", self.message, ", ".join(self.changes), said]
        return " · ".join(part for part in parts if part)

    def without_buttons(self) -> "Card":
        """For a channel in which no command is heard."""
        return replace(self, buttons=())
