"""An error that Slack answers with, for its stand-in."""

from tests.wires.slack.text import Json


class RefusedError(Exception):
    """The call is refused with this error code, and what else Slack says beside it."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.body: Json = {"ok": False, "error": error, **more}


def bad_blocks(faults: list[str]) -> RefusedError:
    return RefusedError("invalid_blocks", errors=faults, response_metadata={"messages": faults})


def bad_arguments(*faults: str) -> RefusedError:
    return RefusedError("invalid_arguments", response_metadata={"messages": list(faults)})
