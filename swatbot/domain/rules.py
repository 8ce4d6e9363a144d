"""What a site has decided beforehand; the config is where the values come from."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from swatbot.domain.findings import StageHosts
from swatbot.domain.person import People
from swatbot.domain.stage import MANY, Batch, Budget, Stage


class Outside(StrEnum):
    """What happens to a request outside a window."""

    ALLOW = "allow"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Rules:
    """The site's decisions.

    Attributes:
        stages: the hosts of testservers, canaries and fleet; a host is in one stage only.
        budgets: how many hosts of a stage may fail; a stage that is not named allows none.
        batch: hosts in flight at once.
        pause: between one batch and the next, which then begins when the whole batch is done; with none a
            host is begun as soon as another is done.
        self_verify: whether a deployer may verify the own change.
        verify_within: how long a verification is waited for.
        remind_every: how often those who are asked are reminded.
        park_after: how long an unanswered deployment may keep others waiting.
        parked_for: how long a parked deployment waits for its submitter.
        ask_within: how long an `unknown` waits for a decision before it is rolled back.
        hold_reminder: how often a hold is brought to mind.
        fail_rolls_back: whether a failed check rolls back at once (else it holds and asks).
        patrol_every: how often all hosts are asked what they hold; never if it is no time at all.
        outside: what happens outside a window.
        delete_share: share of the held files under a plan that may be deleted without `--delete-many`.
        delete_floor: this many deletions are always allowed.
        ignore: glob patterns of files that are not deployed.
        test_hint: how to reach the test server, with `{host}` in it.
        people: who is who.
    """

    stages: tuple[StageHosts, ...]
    budgets: dict[Stage, Budget] = field(default_factory=dict)
    batch: Batch = MANY
    pause: timedelta = timedelta()
    self_verify: bool = True
    verify_within: timedelta = timedelta(minutes=20)
    remind_every: timedelta = timedelta(minutes=5)
    park_after: timedelta = timedelta(minutes=5)
    parked_for: timedelta = timedelta(hours=4)
    ask_within: timedelta = timedelta(minutes=15)
    hold_reminder: timedelta = timedelta(minutes=10)
    fail_rolls_back: bool = True
    patrol_every: timedelta = timedelta(hours=6)
    outside: Outside = Outside.WARN
    delete_share: float = 0.2
    delete_floor: int = 10
    ignore: tuple[str, ...] = ()
    test_hint: str = "X-Wikimedia-Debug: backend={host}"
    people: People = field(default_factory=People)

    def hosts(self, stage: Stage) -> tuple[str, ...]:
        """The hosts of a stage."""
        return next((s.hosts for s in self.stages if s.stage is stage), ())

    def budget(self, stage: Stage) -> Budget:
        """The failure budget of a stage."""
        return self.budgets.get(stage, Budget())
