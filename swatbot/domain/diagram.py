"""Draws the transition table, so that the picture in the docs can not differ from what runs."""

from collections.abc import Iterator

from swatbot.domain.deployment import TERMINAL, State
from swatbot.domain.transitions import BACK, TABLE

_PAGE = """# The states of a deployment

Drawn from `swatbot/domain/transitions.py`: `make docs` writes this page anew, and a test fails
when it is out of date. An arrow is a state that an event leads to; the label is the event.

- **held** remembers the state that it interrupted; `Resumed` and `Continued` lead back there.
- A rollback that was asked for by number is queued at once, and never inspected, staged or verified.
- Nothing leaves a terminal state.

```mermaid
{diagram}
```

What an event leaves where it is: it is recorded, and the state stays.

| state | events |
| --- | --- |
{staying}
"""


def mermaid() -> str:
    """The transitions that change the state, as a Mermaid `stateDiagram-v2`."""
    return "\n".join(("stateDiagram-v2", *(f"    {line}" for line in _lines())))


def states_page() -> str:
    """The reference page with the diagram, and a table of the events that leave the state as it is."""
    return _PAGE.format(diagram=mermaid(), staying="\n".join(_staying()))


def _lines() -> Iterator[str]:
    yield f"[*] --> {State.INSPECTING.value}: Requested"
    yield f"[*] --> {State.QUEUED.value}: Requested (a rollback)"
    for source, target, events in _edges():
        yield f"{source} --> {target}: {', '.join(events)}"
    for state in State:
        if state in TERMINAL:
            yield f"{state.value} --> [*]"
    yield f"note right of {State.HELD.value}"
    yield "    Resumed, Continued: back to the state that was held"
    yield "end note"


def _edges() -> Iterator[tuple[str, str, list[str]]]:
    """Source, target and the events between them, in the order of the states."""
    found: dict[tuple[State, State], list[str]] = {}
    for (source, event), target in TABLE.items():
        if target not in (BACK, source):
            found.setdefault((source, State(target)), []).append(event.__name__)
    order = list(State)
    for source, end in sorted(found, key=lambda edge: (order.index(edge[0]), order.index(edge[1]))):
        yield source.value, end.value, sorted(found[source, end])


def _staying() -> Iterator[str]:
    for state in State:
        events = sorted(event.__name__ for (source, event), to in TABLE.items() if source is state is to)
        if events:
            yield f"| {state.value} | {', '.join(events)} |"
