"""Whether it works: the probes of a stage."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from swatbot.domain.stage import Stage
from swatbot.domain.verdict import Verdict
from swatbot.ports.stop import Stop


@dataclass(frozen=True, slots=True)
class CheckTask:
    """What is to be checked.

    Attributes:
        number: the deployment.
        stage: its stage, which chooses the checks.
        step: index of the state that the hosts are in.
        hosts: the hosts that have it.
        control: the control group: hosts of the fleet that do not have it.
        since: when the first of the hosts got it (UTC).
        baking: whether the canaries are being watched under traffic, rather than asked once.
        state: digest of the manifest S_`step`, which is what the hosts hold under the plan's paths.
        last: whether that is the state the plan leads to; before it, a file may not be there yet.
    """

    number: int
    stage: Stage
    step: int
    hosts: tuple[str, ...]
    control: tuple[str, ...]
    since: datetime
    baking: bool
    state: str
    last: bool = True


class Checker(Protocol):
    """The automated probes of checks.toml."""

    def check(self, task: CheckTask, stop: Stop) -> tuple[Verdict, ...]:
        """Run the checks of the task's stage; one verdict for each, never an exception for a failed probe."""
        ...
