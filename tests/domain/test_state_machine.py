"""Whatever people, hosts, checks, crashes and time do, in any order: the promises hold."""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from swatbot.domain import commands as c
from swatbot.domain.deployment import State, Word
from swatbot.domain.effects import RestoreStep, SyncStep
from swatbot.domain.person import Actor
from swatbot.domain.plan import Plan, Step
from swatbot.domain.stage import Tally
from swatbot.domain.verdict import Finding
from tests.domain.desk import Desk, Running
from tests.domain.paper import ACTORS, PATHS, PLACE, STRANGER, Fate, plan_options, rules
from tests.domain.safe_lines import HOSTILE
from tests.domain.walk import walk

SOAK = os.environ.get("SOAK") == "1"
pytestmark = pytest.mark.timeout(3600)  # a failure is made small before it is told, which takes minutes

actors = st.sampled_from((*ACTORS, STRANGER))
deployers = st.sampled_from((ACTORS[0], ACTORS[3]))
picks = st.integers(0, 7)
whys = st.sampled_from(("because", "", *HOSTILE[:3]))
paths = st.lists(st.sampled_from(PATHS), min_size=1, max_size=2, unique=True)
plans = st.lists(paths, min_size=1, max_size=3).map(lambda ps: Plan(tuple(Step(tuple(p)) for p in ps)))
fates = st.lists(st.sampled_from(Fate), max_size=5)
findings = st.sampled_from((Finding.PASS, Finding.PASS, Finding.FAIL, Finding.UNKNOWN))
odds = st.sampled_from(("", "", "", "", "", "", "fault", "dirty", "frozen"))
minutes = st.sampled_from((0, 1, 3, 5, 10, 30, 300))


some_live = precondition(lambda self: self.desk.status.live)
some_running = precondition(lambda self: self.desk.running)


class Environment(RuleBasedStateMachine):
    """People, hosts, checks, crashes and time, in any order."""

    desk: Desk

    @initialize(rolls_back=st.booleans(), spare=st.integers(0, 1), self_verify=st.booleans())
    def begin(self, rolls_back: bool, spare: int, self_verify: bool) -> None:
        self.desk = Desk(rules(rolls_back=rolls_back, spare=spare, self_verify=self_verify))

    # --- people ----------------------------------------------------------------------------------

    @some_live
    @rule(who=st.sampled_from(("alice", "bob", "carol")), what=paths)
    def somebody_commits(self, who: str, what: list[str]) -> None:
        self.desk.tree.commit(who, what)

    @rule(
        actor=deployers,
        plan=plans,
        names=st.sampled_from(((), (), ("carol",), ("nobody",))),
        whole=st.booleans(),
        emergency=st.sampled_from(("", "", "site down")),
        most=st.integers(0, 30),
    )
    def sync(
        self, actor: Actor, plan: Plan, names: tuple[str, ...], whole: bool, emergency: str, most: int
    ) -> None:
        """Somebody asks for a deployment, and all goes well until something else happens."""
        self.desk.tree.commit("bob", plan.paths)
        options = plan_options(names, partial=not whole, emergency=emergency)
        self.desk.do(c.Sync(actor, PLACE, plan, HOSTILE[most % len(HOSTILE)], options))
        self.desk.go_on(most)

    def number(self, pick: int) -> int | None:
        """None, then the live ones, then the latest that are over."""
        live, past = self.desk.status.live, self.desk.status.past
        numbers = [None, *live, *sorted(past, reverse=True), self.desk.status.latest + 1]
        return numbers[min(pick, len(numbers) - 1)]

    @some_live
    @rule(actor=actors, pick=picks, why=whys)
    def hold(self, actor: Actor, pick: int, why: str) -> None:
        self.desk.do(c.PutHold(actor, PLACE, self.number(pick), why))

    @some_live
    @rule(actor=deployers, pick=picks, why=whys, what=st.sampled_from((c.Rollback, c.Cancel, c.Continue)))
    def decide_why(
        self, actor: Actor, pick: int, why: str, what: type[c.Rollback | c.Cancel | c.Continue]
    ) -> None:
        self.desk.do(what(actor, PLACE, self.number(pick), why))

    @some_live
    @rule(actor=deployers, pick=picks, what=st.sampled_from((c.Resume, c.Recheck, c.Here)))
    def go_on(self, actor: Actor, pick: int, what: type[c.Resume | c.Recheck | c.Here]) -> None:
        self.desk.do(what(actor, PLACE, self.number(pick)))

    @precondition(lambda self: self.desk.status.past)
    @rule(actor=deployers, pick=picks, most=st.integers(0, 12))
    def rollback(self, actor: Actor, pick: int, most: int) -> None:
        past = sorted(self.desk.status.past, reverse=True)
        self.desk.do(c.Rollback(actor, PLACE, past[pick % len(past)], "broke search"))
        self.desk.go_on(most)

    @some_live
    @rule(actor=deployers, pick=picks)
    def retry(self, actor: Actor, pick: int) -> None:
        self.desk.do(c.Retry(actor, PLACE, self.number(pick) or 1))

    @some_live
    @rule(actor=actors, pick=picks, word=st.sampled_from(Word), why=whys, bare=st.booleans())
    def speak(self, actor: Actor, pick: int, word: Word, why: str, bare: bool) -> None:
        self.desk.do(c.Speak(actor, PLACE, word, self.number(pick), why, bare))

    @some_live
    @rule(actor=actors, pick=picks, why=whys, persons=st.sampled_from(((), ("bob",), ("carol", "dan"))))
    def override(self, actor: Actor, pick: int, why: str, persons: tuple[str, ...]) -> None:
        self.desk.do(c.Override(actor, PLACE, self.number(pick), why, persons))

    @some_live
    @rule(actor=actors, text=whys)
    def mumble(self, actor: Actor, text: str) -> None:
        self.desk.do(c.Mumble(actor, PLACE, text))

    @some_live
    @rule(actor=actors, why=whys, minutes=st.none() | minutes)
    def lock(self, actor: Actor, why: str, minutes: int | None) -> None:
        until = None if minutes is None else self.desk.now + timedelta(minutes=minutes)
        self.desk.do(c.PutLock(actor, PLACE, why, until))

    @some_live
    @rule(actor=actors)
    def unlock(self, actor: Actor) -> None:
        self.desk.do(c.Unlock(actor, PLACE))

    # --- the world -------------------------------------------------------------------------------

    def chosen(self, pick: int) -> Running:
        running = list(self.desk.running.values())
        return running[pick % len(running)]

    @some_running
    @rule(pick=picks, fates=fates, finding=findings, odd=odds)
    def an_effect_ends(self, pick: int, fates: list[Fate], finding: Finding, odd: str) -> None:
        self.desk.end(self.chosen(pick), fates, finding, odd)

    @some_running
    @rule(most=st.integers(1, 12))
    def all_goes_well(self, most: int) -> None:
        self.desk.go_on(most)

    @some_running
    @rule(pick=picks, fates=fates, bug=st.booleans())
    def an_effect_breaks(self, pick: int, fates: list[Fate], bug: bool) -> None:
        self.desk.breaks(self.chosen(pick), fates, bug=bug)

    @some_running
    @rule(pick=picks, ok=st.integers(0, 3))
    def progress(self, pick: int, ok: int) -> None:
        effect = self.chosen(pick).effect
        if isinstance(effect, SyncStep | RestoreStep):
            self.desk.do(c.TellProgress(effect, Tally(1, ok, 0, 3 - ok)))

    @some_live
    @rule(fates=fates, seconds=st.sampled_from((0, 41, 3600)))
    def the_engine_dies(self, fates: list[Fate], seconds: int) -> None:
        self.desk.crash(fates, timedelta(seconds=seconds))

    @some_live
    @rule(minutes=minutes)
    def time_passes(self, minutes: int) -> None:
        self.desk.wait(timedelta(minutes=minutes))

    @some_live
    @rule(minutes=minutes)
    def time_passes_unheard(self, minutes: int) -> None:
        self.desk.now += timedelta(minutes=minutes)
        self.desk.tick()

    # --- the promises ----------------------------------------------------------------------------

    @invariant()
    def everything_moves(self) -> None:
        self.desk.promises.standing(self.desk.status)

    @invariant()
    def nobody_is_stale_unnoticed(self) -> None:
        self.desk.promises.at_rest(self.desk.status)

    @invariant()
    def what_runs_is_of_the_active_one(self) -> None:
        pushing = [
            r.effect.number
            for r in self.desk.running.values()
            if isinstance(r.effect, SyncStep | RestoreStep)
        ]
        active = self.desk.status.active
        assert not pushing or (active is not None and pushing == [active.number])

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        assert self.desk.replay() == self.desk.status, "replaying the journal gives another status"
        self.everybody_ends()

    def everybody_ends(self) -> None:
        """From wherever this stopped: with the lock gone and holds resumed, everything comes to an end."""
        desk = self.desk
        if desk.status.lock is not None:
            desk.do(c.Unlock(ACTORS[3], PLACE))
        for _ in range(40):
            desk.go_on()
            for d in desk.status.in_state(State.HELD):
                desk.do(c.Resume(ACTORS[0], PLACE, d.number))
            desk.promises.standing(desk.status)
            if not desk.status.live:
                break
            if not desk.running:
                desk.wait(timedelta(hours=5))
        assert not desk.status.live, f"never ends: {desk.status.live}"
        desk.promises.at_rest(desk.status)
        assert desk.replay() == desk.status


Environment.TestCase.settings = settings(
    max_examples=5000 if SOAK else 300,
    stateful_step_count=80 if SOAK else 40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestTheDomain = Environment.TestCase


@pytest.mark.parametrize("seed", range(2000, 6000) if SOAK else range(2000, 2020))
def test_long_walks_keep_the_promises(seed: int) -> None:
    desk = walk(seed, 300)
    assert desk.replay() == desk.status
