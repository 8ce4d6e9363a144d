"""What Slack sends to the app and what became of it, so that a test can tell a lost event from a late one."""

from dataclasses import dataclass, field

from tests.wires.slack.text import Json


@dataclass
class Attempt:
    """One envelope on one socket; times are monotonic.

    Attributes:
        acked: when the acknowledgement came, which may have been too late.
        payload: that the acknowledgement brought along.
        failed: why this attempt does not count, if it does not.
    """

    number: int
    envelope_id: str
    link: int
    sent: float
    acked: float | None = None
    payload: Json | None = None
    failed: str = ""


@dataclass
class Delivery:
    """One event, click or command on its way to the app.

    Attributes:
        kind: "events_api", "interactive" or "slash_commands".
        retries: seconds to wait before each further attempt; none for what is never retried.
        done: acknowledged in time; `lost` when it never will be.
    """

    kind: str
    payload: Json
    retries: tuple[float, ...] = ()
    attempts: list[Attempt] = field(default_factory=list)
    done: bool = False
    lost: bool = False

    @property
    def event_id(self) -> str:
        return str(self.payload.get("event_id", ""))

    @property
    def event(self) -> Json:
        event = self.payload.get("event", {})
        assert isinstance(event, dict)
        return event

    @property
    def settled(self) -> bool:
        return self.done or self.lost


@dataclass(frozen=True)
class Answer:
    """What the app did with a click, a command or a modal.

    Attributes:
        acked: whether it answered in time; if not, Slack shows the person an error.
        seconds: until it answered, or until Slack gave up.
        payload: that came with the acknowledgement.
    """

    acked: bool
    seconds: float
    payload: Json
