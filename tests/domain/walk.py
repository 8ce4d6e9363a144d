"""A long random walk through an environment, the same for the same seed: to see what is reached at all."""

import random
from collections.abc import Callable
from datetime import timedelta

from swatbot.domain import commands as c
from swatbot.domain import effects as f
from swatbot.domain.deployment import State, Word
from swatbot.domain.live import Phase
from swatbot.domain.plan import Plan, Step
from swatbot.domain.stage import Tally
from swatbot.domain.verdict import Finding
from tests.domain.desk import Desk, Running
from tests.domain.paper import (
    ACTORS,
    HOSTS,
    PATHS,
    PLACE,
    PRODUCTION,
    STAGES,
    WITHOUT_WEB5,
    Fate,
    plan_options,
    rules,
)

ADMIN = ACTORS[3]
FATES = [Fate.OK] * 6 + list(Fate)
FINDINGS = [Finding.PASS] * 4 + [Finding.FAIL, Finding.UNKNOWN]
ODD = [""] * 12 + ["fault", "frozen"]


def walk(seed: int, steps: int) -> Desk:
    """A desk after so many random steps; the promises were judged after each."""
    walker = Walker(seed)
    for _ in range(steps):
        walker.step()
        walker.desk.promises.standing(walker.desk.status)
        walker.desk.promises.at_rest(walker.desk.status)
    return walker.desk


class Walker:
    """Takes random steps."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a repeatable walk, not a secret
        self.desk = Desk(
            rules(
                rolls_back=self.random.random() < 0.6,
                spare=self.random.randrange(2),
                patrol=self.random.randrange(3),
            )
        )

    def step(self) -> None:
        """One random step: mostly effects end, often somebody says something."""
        moves: list[Callable[[], None]] = [self._go_on, self._effect, self._speak, self._brake, self._time]
        rare = [self._break, self._crash, self._ask, self._spoil, self._upkeep, self._other_hosts]
        (move,) = self.random.choices([*moves, *rare], [3, 5, 3, 4, 2, 1, 1, 3, 1, 1, 0.4])
        move()

    def _fates(self) -> list[Fate]:
        return self.random.choices(FATES, k=6)

    def _running(self) -> Running | None:
        found = list(self.desk.running.values())
        return self.random.choice(found) if found else None

    def _number(self) -> int | None:
        status = self.desk.status
        near = [*status.live, *status.live, *status.live, *sorted(status.past)[-2:]]
        return self.random.choice([None, None, *near])

    def _go_on(self) -> None:
        self.desk.go_on(self.random.randrange(1, 6))

    def _effect(self) -> None:
        running = self._running()
        if running is None:
            return
        if isinstance(running.effect, f.SyncStep) and self.random.random() < 0.2:
            self.desk.do(c.TellProgress(running.effect, Tally(1, self.random.randrange(9), 0, 1)))
            return
        self.desk.end(running, self._fates(), self.random.choice(FINDINGS), self.random.choice(ODD))

    def _break(self) -> None:
        running = self._running()
        if running is not None:
            self.desk.breaks(running, self._fates(), bug=self.random.random() < 0.7)

    def _crash(self) -> None:
        self.desk.crash(self._fates(), timedelta(seconds=self.random.choice((0, 41, 3600))))

    def _spoil(self) -> None:
        """Test servers are where people try things; what they hold matters from the next staging on."""
        active = self.desk.status.active
        waits = active is not None and active.state is State.AWAITING_VERIFICATION
        if active is None or (waits and (active.phase is Phase.DONE or self.desk.status.mending)):
            self.desk.hosts.spoil("debug1", self.random.choice(PATHS))

    def _other_hosts(self) -> None:
        """The inventory changes, and the bot is started with it; or somebody excludes a host for a while."""
        host = self.random.choice(PRODUCTION)
        for command in (c.Exclude(ADMIN, PLACE, (host,), "ill"), c.Include(ADMIN, PLACE, (host,))):
            if self.random.random() < 0.5:
                self.desk.do(command)
        self.desk.configure(WITHOUT_WEB5 if self.desk.rules.stages == STAGES else STAGES)

    def _upkeep(self) -> None:
        """A host answers again, or somebody wants one repaired."""
        self.desk.look()
        host = self.random.choice([*self.desk.status.stale, *HOSTS])
        says: tuple[c.Command, ...] = (c.HostReturned(host), c.Repair(ADMIN, PLACE, (host, "web5")))
        self.desk.do(self.random.choice(says))
        live = [n for n, d in self.desk.status.past.items() if d.state is State.COMPLETED]
        if live and self.random.random() < 0.5:  # somebody has no time to wait for that
            self.desk.do(c.Rollback(ADMIN, PLACE, self.random.choice(live), "because"))

    def _ask(self) -> None:
        if len(self.desk.status.live) > 3:
            return
        steps = [Step(tuple(self.random.sample(PATHS, self.random.randrange(1, 3)))) for _ in range(3)]
        plan = Plan(tuple(steps[: self.random.randrange(1, 4)]))
        self.desk.tree.commit("bob", plan.paths)
        self.desk.do(c.Sync(ADMIN, PLACE, plan, "a change", plan_options(partial=True)))

    def _speak(self) -> None:
        actor, word = self.random.choice(ACTORS), self.random.choice(list(Word))
        says: tuple[c.PersonCommand, ...] = (
            c.Speak(actor, PLACE, word, self._number(), "because"),
            c.Override(ADMIN, PLACE, self._number(), "asked by phone"),
            c.Here(ADMIN, PLACE, self._number()),
        )
        self.desk.do(self.random.choice(says))

    def _brake(self) -> None:
        number, why = self._number(), "because"
        says: tuple[c.PersonCommand, ...] = (
            c.PutHold(ADMIN, PLACE, number, why),
            c.Resume(ADMIN, PLACE, number),
            c.Resume(ADMIN, PLACE, number),
            c.Recheck(ADMIN, PLACE, number),
            c.Continue(ADMIN, PLACE, number, why),
            c.Cancel(ADMIN, PLACE, number, why),
            c.Rollback(ADMIN, PLACE, number or 1, why),
            c.Retry(ADMIN, PLACE, number or 1),
            c.PutLock(ADMIN, PLACE, why, self.desk.now + timedelta(minutes=5)),
            c.Unlock(ADMIN, PLACE),
        )
        self.desk.do(self.random.choice(says))

    def _time(self) -> None:
        self.desk.wait(timedelta(minutes=self.random.choice((0, 1, 5, 5, 30, 300))))
